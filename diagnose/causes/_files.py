"""Trust files that cannot be used, whoever names them, and which programs obey which setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from diagnose.causes._shared import listing, tick
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.nouns import dataclass
from diagnose.model.store import DefectKind, FileDefect, StoreName
from diagnose.model.text import printable
from diagnose.model.verdict import Verdict

Item = TypeVar("Item")

#: Measured with pip 20.3-26.3, requests 2.28-2.34, httpx 0.23-0.28, uv 0.1-0.13, curl 7.88; Linux.
_OBEYED_BY = {
    "--bundle": "this check alone",
    "REQUESTS_CA_BUNDLE": "requests, pip, twine and poetry",
    "CURL_CA_BUNDLE": "curl; and requests and pip while REQUESTS_CA_BUNDLE is unset",
    "PIP_CERT": "pip, while REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are unset",
    "SSL_CERT_FILE": "OpenSSL itself (urllib, aiohttp), httpx, uv, truststore and pip since 24.2",
    "SSL_CERT_DIR": "OpenSSL itself (urllib, aiohttp), httpx, truststore and pip since 24.2",
}
_BY_PIP_CONFIGURATION = "pip, while the variables for bundles are unset"

_KINDS = {
    Trouble.BUNDLE_MISSING: (DefectKind.MISSING, "does not exist"),
    Trouble.BUNDLE_UNREADABLE: (DefectKind.UNREADABLE, "may not be read by this user"),
}


@dataclass(frozen=True, slots=True)
class BadFile:
    """A trust file or directory that cannot be used.

    `sources` are what names it, `stores` the stores that are read from it (none for a setting
    that was not probed). `defects` are fatal, the first the worst. `blocks`: a store has no
    anchors because of it.
    """

    path: str
    sources: tuple[str, ...]
    stores: tuple[StoreName, ...]
    defects: tuple[FileDefect, ...]
    blocks: bool

    @property
    def kind(self) -> DefectKind:
        return self.defects[0].kind

    @property
    def words(self) -> str:
        """The path and who names it: "`/etc/corp.pem` (PIP_CERT)"."""
        return f"{shown(self.path)} ({listing(self.sources)})"


def bad_files(case: Case) -> tuple[BadFile, ...]:
    """Every trust file that cannot be used, those first that cost a store its anchors."""
    settings = {setting.source for setting in case.recording.bundle_settings}
    found: dict[str, BadFile] = {}
    for source, stores, defects in _named(case):
        blocks = any(_has_nothing(case, name) for name in stores)
        for path in dict.fromkeys(each.path for each in defects):
            before = found.get(path)
            if before is None:
                here = tuple(each for each in defects if each.path == path)
                found[path] = BadFile(path, (source,), stores, here, blocks)
                continue
            # A setting says more than the words by which a store tells what chose it.
            also = (source,) if source in settings else ()
            found[path] = replace(
                before,
                sources=_joined(before.sources, also),
                stores=_joined(before.stores, stores),
                blocks=before.blocks or blocks,
            )
    return tuple(sorted(found.values(), key=lambda each: not each.blocks))


def settings_of(case: Case, bad: BadFile) -> tuple[str, ...]:
    """Those of its sources that a user can take away or set to another file."""
    settings = {setting.source for setting in case.recording.bundle_settings}
    return tuple(source for source in bad.sources if source in settings)


def obeyed_by(source: str) -> str:
    """The programs that take their bundle from this setting."""
    return _OBEYED_BY.get(source, _BY_PIP_CONFIGURATION)


def shown(path: str) -> str:
    """A path as a sentence shows it: a variable may hold anything."""
    return tick(printable(path)) if path else "an empty name"


def _named(case: Case) -> Iterator[tuple[str, tuple[StoreName, ...], tuple[FileDefect, ...]]]:
    """Who names a file, the stores read from it, and its fatal defects."""
    for setting in case.recording.bundle_settings:
        stores = (StoreName.BUNDLE,) if setting.probed else ()
        yield setting.source, stores, tuple(each for each in setting.defects if each.fatal)
    for name in StoreName:
        store = case.store(name)
        fatal = tuple(each for each in store.defects if each.fatal)
        failure = case.failure(name)
        if not fatal and failure is not None and failure.stage is Stage.STORE:
            fatal = (_refused(store.places[0] if store.places else "", failure),)
        yield store.chosen_by, (name,), fatal


def _refused(path: str, failure: Failure) -> FileDefect:
    """A file that looked sound, and that the TLS library refuses all the same."""
    kind, words = _KINDS.get(
        failure.trouble,
        (DefectKind.BROKEN_BLOCK, f"is refused by the TLS library: {failure.words}"),
    )
    return FileDefect(path, kind, words, fatal=True)


def _has_nothing(case: Case, name: StoreName) -> bool:
    if case.verdict(name) in (Verdict.VERIFIES, Verdict.NOT_CONFIGURED):
        return False
    failure = case.failure(name)
    return (failure is not None and failure.stage is Stage.STORE) or not case.store(name).anchors


def _joined(first: tuple[Item, ...], second: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys((*first, *second)))

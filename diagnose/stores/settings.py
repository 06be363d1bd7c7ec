"""Which bundle a Python client would take here: all settings that name one, strongest first."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagnose.model.nouns import dataclass
from diagnose.model.store import BundleSetting
from diagnose.platforms.survey import mask_url
from diagnose.stores.directory import read_directory
from diagnose.stores.pem import TrustFile, read_file

#: The variables in the order in which requests and pip obey them: REQUESTS_CA_BUNDLE and
#: CURL_CA_BUNDLE beat pip's own --cert, PIP_CERT and configuration (requests
#: `merge_environment_settings`; measured with pip 20.3-26.3). The last two are OpenSSL's, and
#: httpx's; requests and pip do not read them as a bundle.
BEFORE_PIP = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
AFTER_PIP = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class BundleContent:
    """A setting, and the anchors (DER) that the file or directory which it names holds."""

    setting: BundleSetting
    anchors: tuple[bytes, ...] = ()
    usable: bool = True

    @property
    def is_directory(self) -> bool:
        return os.path.isdir(self.setting.path.split(os.pathsep)[0])


def named_bundles(
    option: str | None,
    environment: Mapping[str, str],
    pip: Sequence[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Pairs of what names a bundle and the path, the strongest first; empty values are unset."""
    # Commands that give this path to a program must work from any folder.
    named = [("--bundle", os.path.abspath(option))] if option else []
    named += [(name, environment[name]) for name in BEFORE_PIP if environment.get(name)]
    named += [(f"pip configuration ({key})", path) for key, path in pip]
    named += [(name, environment[name]) for name in AFTER_PIP if environment.get(name)]
    # pip expands `~` in its own settings; requests does not in the variables.
    return [
        (source, mask_url(os.path.expanduser(path) if _is_pip(source) else path))
        for source, path in named
    ]


def read_bundles(named: Sequence[tuple[str, str]]) -> list[BundleContent]:
    """Read each named bundle once; the first is the one to be probed."""
    seen: dict[tuple[str, bool], BundleContent] = {}
    contents = []
    for position, (source, path) in enumerate(named):
        key = (path, source == "SSL_CERT_DIR")
        content = seen.get(key) or seen.setdefault(key, _read(source, path))
        setting = replace(content.setting, source=source, probed=position == 0)
        contents.append(replace(content, setting=setting))
    return contents


def _read(source: str, path: str) -> BundleContent:
    if source == "SSL_CERT_DIR" or os.path.isdir(path):
        return _read_directories(source, path)
    found = read_file(path)
    return BundleContent(_setting(source, path, found), found.anchors, found.usable)


def _read_directories(source: str, path: str) -> BundleContent:
    listed = [part for part in path.split(os.pathsep) if part]
    directories = [read_directory(part) for part in listed]
    anchors = tuple(dict.fromkeys(der for each in directories for der in each.anchors))
    defects = tuple(defect for each in directories for defect in each.defects)
    usable = any(each.usable for each in directories)
    digest = _digest(anchors) if anchors else None
    setting = BundleSetting(source, path, len(anchors) if usable else None, digest, defects)
    return BundleContent(setting, anchors, usable)


def _setting(source: str, path: str, found: TrustFile) -> BundleSetting:
    readable = bool(found.anchors) or found.usable
    return BundleSetting(
        source=source,
        path=path,
        anchors=len(found.anchors) if readable else None,
        digest=_digest(found.anchors) if found.anchors else None,
        defects=found.defects,
    )


def _digest(anchors: Sequence[bytes]) -> str:
    """Equal for equal content, whatever the order."""
    prints = sorted(hashlib.sha256(der).digest() for der in anchors)
    return hashlib.sha256(b"".join(prints)).hexdigest()


def _is_pip(source: str) -> bool:
    return source == "PIP_CERT" or source.startswith("pip ")

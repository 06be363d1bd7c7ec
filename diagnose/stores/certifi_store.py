"""certifi as it is here: where its file is, which release it is, and whether it was changed.

Asked is the installed package itself, since distributions patch `certifi.where()` (Debian's answers
the system's file) and programs obey it. Which roots certifi ever had is known to
`chain.public_roots`; the caller brings that knowledge as a function.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from diagnose.model.nouns import dataclass
from diagnose.model.store import CertifiFacts, FileDefect, Integrity
from diagnose.model.text import printable
from diagnose.stores.opening import read_bytes

_BUNDLE = "certifi/cacert.pem"
#: RECORD of certifi has about 15 lines.
_LIMIT_RECORD = 100_000


@dataclass(frozen=True, slots=True)
class CertifiPackage:
    """The installed certifi; tests bring their own.

    `record_sha256` is the hex digest that the release's RECORD states for `cacert.pem`; None where
    there is no RECORD or it does not say (a distribution's package, a zipapp). `redirected`:
    `where` is not the file inside the package.
    """

    where: str
    version: str
    record_sha256: str | None = None
    redirected: bool = False


def find() -> CertifiPackage | None:
    """Return the certifi that `import certifi` finds; None where there is none or it is broken."""
    try:
        import certifi

        where = str(certifi.where())
        version = str(getattr(certifi, "__version__", ""))
        origin = str(certifi.__file__)
    except Exception:  # noqa: BLE001 - somebody's patched package: whatever it raises, it is broken
        return None
    return package_at(origin, where, version)


def package_at(origin: str, where: str, version: str) -> CertifiPackage:
    """Describe the package whose `__init__.py` is `origin` and whose `where()` answers `where`."""
    folder = os.path.dirname(origin)
    if not os.path.isdir(folder):
        # A zipapp: `where` is a temporary copy of the file inside.
        record = _record_by_metadata(origin)
        return CertifiPackage(where, printable(version, 40), _stated(record))
    # An installer may link single files into a cache (uv: --link-mode symlink).
    inside = {
        os.path.join(os.path.dirname(os.path.realpath(origin)), "cacert.pem"),
        os.path.join(os.path.realpath(folder), "cacert.pem"),
    }
    # Homebrew and others make `cacert.pem` itself a link to the system's file.
    redirected = os.path.realpath(where) not in inside
    record = _record_beside(folder, version)
    return CertifiPackage(where, printable(version, 40), _stated(record), redirected)


def facts(
    package: CertifiPackage,
    anchors: Sequence[bytes],
    content: bytes | None = None,
    *,
    was_released: Callable[[str], bool],
    name_of: Callable[[bytes], str],
) -> CertifiFacts:
    """Judge the package by its file's `anchors` (DER) and `content` (read from `where` if None).

    `was_released` says of a SHA-256 fingerprint (hex) whether any certifi release had that root;
    `name_of` gives the subject of a DER certificate for people. What a release shipped itself is
    never `added`, even where the release is newer than what `was_released` knows. In a modified
    certifi that is newer, the roots which that release brought do count as added.
    """
    integrity = _integrity(package, content)
    added: dict[str, bytes] = {}
    if integrity is not Integrity.SHIPPED:
        prints = ((hashlib.sha256(der).hexdigest(), der) for der in anchors)
        added = {sha256: der for sha256, der in prints if not was_released(sha256)}
    return CertifiFacts(
        version=package.version,
        released=released(package.version),
        where=package.where,
        integrity=integrity,
        added=tuple(added),
        added_names=tuple(printable(name_of(der)) for der in added.values()),
    )


def released(version: str) -> date | None:
    """The day in a version such as 2022.5.18.1; None where the version is not a date."""
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?!\d)", version, re.ASCII)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _integrity(package: CertifiPackage, content: bytes | None) -> Integrity:
    if package.redirected:
        return Integrity.REDIRECTED
    if package.record_sha256 is None:
        return Integrity.UNKNOWN
    data = read_bytes(package.where) if content is None else content
    if isinstance(data, FileDefect):
        return Integrity.MODIFIED
    same = hashlib.sha256(data).hexdigest() == package.record_sha256
    return Integrity.SHIPPED if same else Integrity.MODIFIED


def _record_beside(folder: str, version: str) -> str | None:
    """Text of `certifi-VERSION.dist-info/RECORD` beside the package.

    Read directly: importlib.metadata costs 40 ms of start-up. Leftovers of broken upgrades carry
    other versions; their digests would accuse an honest file.
    """
    parent = os.path.dirname(folder)
    try:
        names = [name for name in os.listdir(parent) if _numbers_of(name) == _numbers(version)]
    except OSError:
        return None
    for name in sorted(names):
        data = read_bytes(os.path.join(parent, name, "RECORD"), _LIMIT_RECORD)
        if not isinstance(data, FileDefect):
            return data.decode("utf-8", "replace")
    return None


def _record_by_metadata(origin: str) -> str | None:
    """RECORD of a certifi that is not in a folder, by way of its import path."""
    from importlib import metadata

    try:
        for found in metadata.distributions(name="certifi"):
            # A path in an archive ends with a slash.
            if os.path.dirname(origin) == os.path.normpath(str(found.locate_file("certifi"))):
                return found.read_text("RECORD")
    except Exception:  # noqa: BLE001 - damaged metadata raises many things, and none is worth a stop
        return None
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """Compare by these: 2023.07.22 is installed in `certifi-2023.7.22.dist-info`."""
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())


def _numbers_of(name: str) -> tuple[int, ...] | None:
    found = re.fullmatch(r"certifi-([0-9.]+)\.dist-info", name)
    return _numbers(found[1]) if found else None


def _stated(record: str | None) -> str | None:
    """The SHA-256 (hex) that RECORD states for the bundle (PEP 376; base64url without padding)."""
    for row in _rows(record or ""):
        if len(row) >= 2 and row[0] == _BUNDLE and row[1].startswith("sha256="):
            digest = row[1].removeprefix("sha256=")
            try:
                raw = urlsafe_b64decode(digest + "=" * (-len(digest) % 4))
            except (Error, ValueError):
                return None
            return raw.hex() if len(raw) == 32 else None
    return None


def _rows(record: str) -> Iterable[list[str]]:
    try:
        return list(csv.reader(record.splitlines()))
    except csv.Error:
        return ()

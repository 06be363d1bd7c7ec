"""An OpenSSL certificate directory: the anchors that can be reached in it by name hash.

OpenSSL never lists such a directory. For an issuer it computes 8 hex digits from the name and asks
for `HASH.0`, `HASH.1` ... until one is missing or cannot be read to its end (OpenSSL 3
crypto/x509/by_dir.c: get_cert_by_subject). A certificate under any other name is not there, and
nothing says so.

Not checked: whether the hash in a name belongs to the certificate in the file (it takes OpenSSL's
canonical form of the name). A file under a wrong hash counts here and is not found by OpenSSL.
Go and git read every file of a directory, whatever its name; that is for `clients` to say.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from diagnose.model.nouns import dataclass
from diagnose.model.store import DefectKind, FileDefect
from diagnose.model.text import count, printable
from diagnose.stores.opening import LIMIT_BYTES, read_bytes
from diagnose.stores.pem import certificates_until_damage

#: Debian has 290 names for 145 certificates. Ten times the largest seen, and read in a second.
LIMIT_NAMES = 10_000

#: A file that looks like a single certificate beside the hashed names: 64 KiB hold any.
_LIMIT_STRAY_BYTES = 65_536
_LIMIT_STRAYS = 500

#: Enough to see the pattern; more would only bury the report.
_MOST_DEFECTS = 10

_HASHED = re.compile(r"([0-9a-f]{8})\.(0|[1-9][0-9]{0,5})")
_LOOKS_LIKE_ONE = (".pem", ".crt", ".cer", ".cert")


@dataclass(frozen=True, slots=True)
class TrustDirectory:
    """A certificate directory as OpenSSL uses it.

    `anchors` are DER certificates without repetition, in the order of the names. `hashed_names`
    counts the names that OpenSSL can reach. `usable` says that there is an anchor: OpenSSL itself
    accepts any name for a directory, even one that is not there.
    """

    path: str
    anchors: tuple[bytes, ...]
    hashed_names: int
    defects: tuple[FileDefect, ...]
    usable: bool


def read_directory(
    path: str, limit_bytes: int = LIMIT_BYTES, limit_names: int = LIMIT_NAMES
) -> TrustDirectory:
    """Read the directory at `path`. Never raises; reads at most `limit_bytes` of hashed files."""
    names = _names(path, limit_names)
    if isinstance(names, FileDefect):
        return TrustDirectory(path, (), 0, (names,), usable=False)
    if not names:
        defect = FileDefect(path, DefectKind.EMPTY_DIRECTORY, "is an empty directory", fatal=True)
        return TrustDirectory(path, (), 0, (defect,), usable=False)
    reached = reachable(names)
    harvest = _load(path, reached, limit_bytes)
    defects = harvest.defects[:_MOST_DEFECTS]
    defects.extend(_strays(path, names, set(reached), harvest))
    if not harvest.anchors and not defects:
        words = "is a directory without certificates"
        defects.append(FileDefect(path, DefectKind.EMPTY_DIRECTORY, words, fatal=True))
    anchors = tuple(harvest.anchors)
    return TrustDirectory(path, anchors, len(reached), tuple(defects), usable=bool(anchors))


def read_directories(paths: str) -> tuple[TrustDirectory, ...]:
    """Read a list of directories as in `SSL_CERT_DIR`: separated by `os.pathsep`."""
    return tuple(read_directory(path) for path in paths.split(os.pathsep) if path)


def reachable(names: Iterable[str]) -> tuple[str, ...]:
    """The `names` that OpenSSL can reach: 8 lower-case hex digits, and numbers without a gap."""
    numbers: dict[str, set[int]] = {}
    for name in names:
        if found := _HASHED.fullmatch(name):
            numbers.setdefault(found[1], set()).add(int(found[2]))
    reached: list[str] = []
    for digits in sorted(numbers):
        number = 0
        while number in numbers[digits]:
            reached.append(f"{digits}.{number}")
            number += 1
    return tuple(reached)


def _names(path: str, limit: int) -> Sequence[str] | FileDefect:
    names: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) > limit:
                    words = f"holds more than {limit:,} files, too many to look through"
                    return FileDefect(path, DefectKind.TOO_LARGE, words, fatal=True)
    except ValueError:
        return FileDefect(path, DefectKind.MISSING, "is no possible file name", fatal=True)
    except OSError as error:
        return _unlisted(path, error)
    return sorted(names)


def _unlisted(path: str, error: OSError) -> FileDefect:
    match error.errno:
        case errno.ENOENT | errno.ELOOP | errno.ENAMETOOLONG:
            return FileDefect(path, DefectKind.MISSING, "does not exist", fatal=True)
        case errno.ENOTDIR:
            return FileDefect(path, DefectKind.MISSING, "is not a directory", fatal=True)
        case errno.EACCES | errno.EPERM:
            words = "may not be listed by this user (permission denied)"
        case _:
            words = f"cannot be listed ({error.strerror or type(error).__name__})"
    return FileDefect(path, DefectKind.UNREADABLE, words, fatal=True)


@dataclass(slots=True)
class _Harvest:
    """What the hashed names lead to. `files`: of each file (device, inode) whether it is sound."""

    left: int
    anchors: dict[bytes, None] = field(default_factory=dict)
    files: dict[tuple[int, int], bool] = field(default_factory=dict)
    defects: list[FileDefect] = field(default_factory=list)


def _load(path: str, reached: Iterable[str], limit_bytes: int) -> _Harvest:
    harvest = _Harvest(limit_bytes)
    ended = ""
    for name in reached:
        digits = name.partition(".")[0]
        # After a file that it cannot read to its end, OpenSSL asks for no further number.
        if digits != ended and not _load_one(os.path.join(path, name), harvest):
            ended = digits
    return harvest


def _load_one(place: str, harvest: _Harvest) -> bool:
    """Add the certificates of one file; whether OpenSSL goes on to the next number."""
    identity = _identity(place)
    # `openssl rehash -compat` and Debian link each file twice: read it once.
    if identity is not None and identity in harvest.files:
        return harvest.files[identity]
    data = read_bytes(place, harvest.left)
    if isinstance(data, FileDefect):
        harvest.defects.append(replace(data, fatal=False))
        return False
    harvest.left -= len(data)
    found, sound = certificates_until_damage(data)
    if not sound:
        words = "has a hashed name, but "
        words += "is damaged" if found else "OpenSSL can read no certificate from it"
        kind = DefectKind.BROKEN_BLOCK if found else DefectKind.NO_CERTIFICATE
        harvest.defects.append(FileDefect(place, kind, words, fatal=False))
    harvest.anchors.update(dict.fromkeys(found))
    if identity is not None:
        harvest.files[identity] = sound
    return sound


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if found.st_ino else None


def _strays(
    path: str, names: Iterable[str], taken: set[str], harvest: _Harvest
) -> list[FileDefect]:
    """Files with one certificate that no hashed name leads to; bundles may lie beside (Debian)."""
    candidates = [name for name in names if name not in taken and _may_hold_one(name)]
    strays: list[str] = []
    for name in candidates[:_LIMIT_STRAYS]:
        place = os.path.join(path, name)
        if _identity(place) in harvest.files:
            continue
        data = read_bytes(place, _LIMIT_STRAY_BYTES)
        if isinstance(data, FileDefect):
            continue
        found, _ = certificates_until_damage(data)
        if len(found) == 1 and found[0] not in harvest.anchors:
            strays.append(name)
    if not strays:
        return []
    which = f"{count(len(strays), 'certificate')} (`{printable(strays[0], 80)}`"
    which += ", ...)" if len(strays) > 1 else ")"
    words = (
        f"holds {which} without a hashed name, which OpenSSL does not see until `openssl rehash`"
    )
    return [FileDefect(path, DefectKind.UNHASHED_DIRECTORY, words, fatal=not harvest.anchors)]


def _may_hold_one(name: str) -> bool:
    return name.lower().endswith(_LOOKS_LIKE_ONE) or _HASHED.fullmatch(name) is not None

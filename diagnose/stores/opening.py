"""Bytes of a file that somebody named: bounded, never blocking, and never an exception.

A name from an environment variable may be anything: a FIFO that nobody writes to, a terminal, a
file of many gigabytes. Nothing is opened that is not a regular file of bearable size.
"""

from __future__ import annotations

import errno
import os
import stat

from diagnose.model.store import DefectKind, FileDefect

#: certifi is 0.3 MB, the largest system bundles with their text forms about 2 MB. Ten times that
#: is still read in well under a second; what is larger is no list of trust anchors.
LIMIT_BYTES = 20_000_000

_SPECIAL = (
    (stat.S_ISFIFO, "a FIFO (named pipe)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: str, limit_bytes: int = LIMIT_BYTES) -> bytes | FileDefect:
    """Return the content of the regular file at `path`, or why it cannot be had.

    A name is used as it stands: `~`, variables and quotation marks are not expanded, as requests,
    pip's variables and OpenSSL do not expand them.
    """
    try:
        found = os.stat(path)
        refused = _refused(path, found, limit_bytes)
        return refused or _read(path, limit_bytes)
    except ValueError:
        # NUL in the name, or characters that the file system's encoding does not have
        return FileDefect(path, DefectKind.MISSING, "is no possible file name", fatal=True)
    except OSError as error:
        return _failed(path, error)


def _refused(path: str, found: os.stat_result, limit_bytes: int) -> FileDefect | None:
    if stat.S_ISDIR(found.st_mode):
        return FileDefect(path, DefectKind.DIRECTORY, "is a directory, not a file", fatal=True)
    for is_kind, words in _SPECIAL:
        if is_kind(found.st_mode):
            return FileDefect(path, DefectKind.NOT_A_FILE, f"is {words}, not a file", fatal=True)
    if not stat.S_ISREG(found.st_mode):
        return FileDefect(path, DefectKind.NOT_A_FILE, "is not a regular file", fatal=True)
    return _too_large(path, found.st_size, limit_bytes) if found.st_size > limit_bytes else None


def _read(path: str, limit_bytes: int) -> bytes | FileDefect:
    # The name may have become a FIFO since `stat`: O_NONBLOCK, and a second look at what is open.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    number = os.open(path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        refused = _refused(path, os.fstat(number), limit_bytes)
        if refused:
            return refused
        # Files that count as empty may still have content (/proc), and files may grow.
        data = file.read(limit_bytes + 1)
    return _too_large(path, len(data), limit_bytes) if len(data) > limit_bytes else data


def _too_large(path: str, size: int, limit_bytes: int) -> FileDefect:
    words = f"is {_megabytes(size)} large; bundles over {_megabytes(limit_bytes)} are not read"
    return FileDefect(path, DefectKind.TOO_LARGE, words, fatal=True)


def _megabytes(size: int) -> str:
    return f"{size:,} bytes" if size < 1_000_000 else f"{size / 1_000_000:,.0f} MB"


def _failed(path: str, error: OSError) -> FileDefect:
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}:
        return FileDefect(path, DefectKind.MISSING, _missing(path), fatal=True)
    if error.errno in {errno.EACCES, errno.EPERM}:
        words = "may not be read by this user (permission denied)"
    else:
        words = f"cannot be read ({error.strerror or type(error).__name__})"
    return FileDefect(path, DefectKind.UNREADABLE, words, fatal=True)


def _missing(path: str) -> str:
    """Words for a file that is not there, with the usual slip where one explains it."""
    bare = path.strip().strip("\"'")
    if not bare:
        return "is an empty name"
    if bare != path and os.path.exists(bare):
        return "does not exist, but it does without the quotation marks or blanks around the name"
    if path.startswith("~"):
        return "does not exist: `~` stands for the home folder in a shell only, not in this setting"
    if os.path.islink(path):
        return "is a symbolic link to a file that does not exist"
    return "does not exist"

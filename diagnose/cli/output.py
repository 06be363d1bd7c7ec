"""Where a report goes: the terminal, a pipe, or a file that is whole or not there at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import typer

from diagnose.model.errors import DiagnoseError, InternalError
from diagnose.model.text import printable

if TYPE_CHECKING:
    from diagnose.model.report import Page

#: For pipes and files, where nothing tells the width.
_WIDTH = 100
_NARROWEST = 40


def page(stream: TextIO) -> Page:
    """What an output can show. NO_COLOR and FORCE_COLOR decide before the terminal does."""
    from diagnose.model.report import Page

    return Page(width=_width(stream), colour=_colour(stream), signs=_shows_signs(stream))


def plain_page() -> Page:
    """For a file."""
    from diagnose.model.report import Page

    return Page(width=_WIDTH)


def show(text: str) -> None:
    """Write a report to stdout. Raises InternalError where that fails.

    A reader that has seen enough (`diagnose ... | head`) is no failure: the verdict stays.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _abandon(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            reason = error.strerror or str(error)
            raise InternalError(f"cannot write to standard output: {reason}") from None


def _abandon(stream: TextIO) -> None:
    """Let nothing more be written there: Python would try again, and complain, when it exits."""
    try:
        number = os.open(os.devnull, os.O_WRONLY)
        os.dup2(number, stream.fileno())
        os.close(number)
    except (OSError, ValueError):
        pass  # no real file, as in a test


class Waiting:
    """A file that is to be written later, in one piece.

    `place` is the path, or a number where an open descriptor is meant. `temporary` is the file
    beside it that takes its place; empty where the place is written to directly.
    """

    def __init__(self, path: str, place: str | int, temporary: str = "") -> None:
        self._path = path
        self._place = place
        self._temporary = temporary

    def write(self, text: str) -> None:
        """Write the whole text. Raises DiagnoseError where that fails; the old file then stays."""
        data = text.encode("utf-8", "backslashreplace")
        target = self._temporary or self._place
        try:
            sys.stdout.flush()
            with open(target, "wb", closefd=isinstance(target, str)) as file:
                file.write(data)
            if self._temporary:
                os.replace(self._temporary, str(self._place))
                self._temporary = ""
        except BrokenPipeError:
            return  # as in `show`
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def forget(self) -> None:
        if self._temporary:
            with suppress(OSError):
                os.unlink(self._temporary)
            self._temporary = ""


@contextmanager
def reserved(path: str | None) -> Iterator[Waiting | None]:
    """Make sure, before any work is done, that `path` can be written. Raises DiagnoseError.

    The text is written under a temporary name beside it and then renamed. A device or a pipe is
    written to directly, and so is what the shell has opened: `-`, `/dev/stdout`, `/dev/fd/3`.
    Renaming would replace the device, or the link that leads to it.
    """
    if path is None:
        yield None
        return
    waiting = _reserve(path)
    try:
        yield waiting
    finally:
        waiting.forget()


def _reserve(path: str) -> Waiting:
    number = _descriptor(path)
    if number is not None:
        try:
            os.fstat(number)
        except OSError as error:
            raise _unwritable(path, error) from None
        return Waiting(path, number)
    try:
        mode: int | None = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    if not path or path.endswith(("/", os.sep)) or (mode is not None and stat.S_ISDIR(mode)):
        raise DiagnoseError(f"cannot write `{printable(path)}`: it is a folder; name a file")
    if mode is not None and not stat.S_ISREG(mode):
        return Waiting(path, path)
    try:
        if mode is not None and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        import tempfile

        # A link stays a link, and what it leads to is replaced.
        place = os.path.realpath(path)
        handle, temporary = tempfile.mkstemp(prefix=".diagnose-", dir=os.path.dirname(place))
        os.close(handle)
        os.chmod(temporary, 0o666 & ~_umask() if mode is None else stat.S_IMODE(mode))
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    return Waiting(path, place, temporary)


def _descriptor(path: str) -> int | None:
    """The number of the open file that a name stands for, if it does."""
    named = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}.get(path)
    if named is not None:
        return named
    found = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d{1,4})", path)
    return int(found[1]) if found else None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _unwritable(path: str, error: Exception) -> DiagnoseError:
    reason = getattr(error, "strerror", None) or str(error)
    return DiagnoseError(f"cannot write `{printable(path)}`: {reason}; name another file")


def read_text(path: str, limit: int) -> str:
    """A file that the user named, `-` for stdin. Raises DiagnoseError."""
    shown = printable(path)
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise DiagnoseError(f"`{shown}` is not a file")
            with open(path, "rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DiagnoseError(f"cannot read `{shown}`: {reason}") from None
    if len(data) > limit:
        raise DiagnoseError(f"`{shown}` is larger than {limit // 1_048_576} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DiagnoseError(f"`{shown}` is not a text file") from None


def choice(value: str, names: tuple[str, ...], what: str) -> str:
    """`value` if it is one of `names`. Raises the usage error of the command line."""
    if value in names:
        return value
    raise typer.BadParameter(f"{what} is one of {', '.join(names)}")


def _width(stream: TextIO) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and len(columns) < 6 and int(columns):
        return max(int(columns), _NARROWEST)
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, _NARROWEST)
    except (OSError, ValueError):
        return _WIDTH


def _colour(stream: TextIO) -> bool:
    """https://no-color.org: set and not empty switches colours off, whatever else is set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return False
    if os.name != "nt":
        return True
    from rich.console import detect_legacy_windows

    return not detect_legacy_windows()


def _shows_signs(stream: TextIO) -> bool:
    try:
        "✔✘└─…".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

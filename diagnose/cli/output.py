"""Where a report goes: the terminal, a pipe, or a file that is whole or not there at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

from diagnose.model.errors import DiagnoseError
from diagnose.model.report import Page
from diagnose.model.text import printable

#: For pipes and files, where nothing tells the width.
_WIDTH = 100
_NARROWEST = 40


def page(stream: TextIO) -> Page:
    """What an output can show. NO_COLOR and FORCE_COLOR decide before the terminal does."""
    return Page(width=_width(stream), colour=_colour(stream), signs=_shows_signs(stream))


def plain_page() -> Page:
    """For a file."""
    return Page(width=_WIDTH)


def show(text: str) -> None:
    """Write a report to stdout."""
    sys.stdout.write(text)
    sys.stdout.flush()


class Waiting:
    """A file that is to be written later, in one piece."""

    def __init__(self, path: str, temporary: str | None) -> None:
        self._path = path
        self._temporary = temporary

    def write(self, text: str) -> None:
        """Write the whole text. Raises DiagnoseError where that fails; the old file then stays."""
        data = text.encode("utf-8", "backslashreplace")
        try:
            with open(self._temporary or self._path, "wb") as file:
                file.write(data)
            if self._temporary is not None:
                os.replace(self._temporary, self._path)
                self._temporary = None
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def forget(self) -> None:
        if self._temporary is not None:
            os.unlink(self._temporary)
            self._temporary = None


@contextmanager
def reserved(path: str | None) -> Iterator[Waiting | None]:
    """Make sure, before any work is done, that `path` can be written. Raises DiagnoseError.

    The text is written under a temporary name beside it and then renamed. A device or a pipe is
    written to directly: renaming over `/dev/stdout` would replace it.
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
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    if stat.S_ISDIR(mode):
        raise DiagnoseError(f"cannot write `{printable(path)}`: it is a folder; name a file")
    if not stat.S_ISREG(mode):
        return Waiting(path, None)
    try:
        handle, temporary = tempfile.mkstemp(
            prefix=".diagnose-", dir=os.path.dirname(os.path.abspath(path))
        )
        os.close(handle)
        os.chmod(temporary, 0o666 & ~_umask())
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    return Waiting(path, temporary)


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
    return data.decode("utf-8", "replace")


def choice(value: str, names: tuple[str, ...], what: str) -> str:
    """`value` if it is one of `names`. Raises the usage error of the command line."""
    if value in names:
        return value
    raise typer.BadParameter(f"{what} is one of {', '.join(names)}")


def _width(stream: TextIO) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
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

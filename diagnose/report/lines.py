"""Lines for a terminal: wrapped by what is seen, styled if wanted, in signs that can be shown.

rich gives the widths and the colours; its console and tables are left alone, since importing and
laying them out takes as long as all the connections of a check.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnose.model.report import Page
from diagnose.model.text import printable

#: Longer than any honest line; what a replayed file says is made printable here once more.
_LINE_LIMIT = 4_000

#: Heads are signs, names and versions.
_HEAD_LIMIT = 300

#: At least so much room for text, however deep the indentation.
_LEAST = 20

#: Our own signs take one column each: no need to import a table of widths for them.
_NARROW = dict.fromkeys(map(ord, "✔✘└─…"), "x")

_ASCII = {"✔": "+", "✘": "x", "└": "`", "─": "-", "…": "~"}


class Writer:
    """Collects lines of at most `page.width` columns."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._lines: list[str] = []

    def line(self, text: str, indent: int = 0, head: str = "", style: str = "") -> None:
        """A paragraph behind `head`; continuation lines stand below the text, not below the head.

        `style` is a style of rich ("bold", "red"), used where the page has colours.
        """
        head = self._signs(printable(head, _HEAD_LIMIT))
        lead = _width(head)
        if lead > self._page.width - _LEAST:
            text, head, lead = f"{head}{text}", "", 0  # a head that leaves no room is text
        indent = max(min(indent, self._page.width - _LEAST - lead), 0)
        room = max(self._page.width - indent - lead, _LEAST)
        for part in _wrap(self._signs(printable(text, _LINE_LIMIT)), room):
            self._lines.append(" " * indent + self._styled(head + part, style))
            head = " " * lead

    def command(self, text: str, indent: int) -> None:
        """A line to be copied: never wrapped, never coloured."""
        self._lines.append(" " * indent + printable(text, _LINE_LIMIT))

    def heading(self, text: str) -> None:
        self.blank()
        self.line(text, style="bold")

    def blank(self) -> None:
        self._lines.append("")

    def text(self) -> str:
        """All lines, each ended."""
        return "".join(f"{line.rstrip()}\n" for line in self._lines)

    def _signs(self, text: str) -> str:
        if self._page.signs or text.isascii():
            return text
        for sign, plain in _ASCII.items():
            text = text.replace(sign, plain)
        return text

    def _styled(self, text: str, style: str) -> str:
        if not self._page.colour or not style:
            return text
        from rich.color import ColorSystem
        from rich.style import Style

        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


def _wrap(text: str, room: int) -> Iterator[str]:
    """Lines of at most `room` columns: broken at blanks, and within words that are longer."""
    line, used = "", 0
    for each in text.split(" "):
        word, width = each, _width(each)
        if line and used + 1 + width <= room:
            line, used = f"{line} {word}", used + 1 + width
            continue
        if line:
            yield line
        while width > room:
            piece = _fitting(word, room)
            yield piece
            word = word[len(piece) :]
            width = _width(word)
        line, used = word, width
    yield line


def _fitting(word: str, room: int) -> str:
    """As much of the word as fits into `room` columns, at least one character."""
    if word.isascii():
        return word[:room]
    length = room
    while length > 1 and _width(word[:length]) > room:
        length -= 1
    return word[:length]


def _width(text: str) -> int:
    """Columns that the text takes; East Asian characters take two."""
    if text.isascii() or text.translate(_NARROW).isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)

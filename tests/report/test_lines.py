"""Lines for a terminal: their width, their signs, their styles, and nothing else in them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from diagnose.model.report import Page
from diagnose.report.lines import Writer

UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
TEXTS = {
    "words": "The operating system trusts this authority, certifi does not. " * 4,
    "long-word": "x" * 300,
    "cjk": "\u4f01\u696d\u306e\u8a8d\u8a3c\u5c40\u306f\u4fe1\u983c\u3055\u308c\u306a\u3044" * 12,
    "cjk-words": "\u8a8d\u8a3c\u5c40 \u306f \u4fe1\u983c " * 20,
    "combining": "a\u0301e\u0308o\u0302 " * 60,
    "signs": "\u2714\u2718\u2514\u2500\u2026 " * 40,
    "path": "/opt/" + "corp-certificates/" * 20 + "ca.pem",
}


def lines(text: str, page: Page, indent: int = 0, head: str = "", style: str = "") -> list[str]:
    writer = Writer(page)
    writer.line(text, indent, head, style)
    return writer.text().splitlines()


@pytest.mark.parametrize("width", [40, 41, 60, 80, 120])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize(
    ("indent", "head"),
    [(0, ""), (4, "- "), (26, "\u2514\u2500 \u2714 "), (2, "\u2714 pip 24.0 " * 3), (2, "h" * 90)],
)
def test_no_line_is_wider_than_the_page(width: int, text: str, indent: int, head: str) -> None:
    """Columns are counted, not characters; indentation gives way before the text does."""
    found = lines(text, Page(width=width), indent, head)
    assert max(map(cell_len, found)) <= width
    # Nothing is lost: without blanks the text is there.
    bare = re.sub(r"\s", "", head + text)
    assert re.sub(r"\s", "", "".join(found)) == bare


def test_continuation_lines_stand_below_the_text() -> None:
    """Behind the head, however wide its characters are."""
    assert lines("one two three four five six seven", Page(width=30), 2, "\u8a8d: ") == [
        "  \u8a8d: one two three four five",
        "      six seven",
    ]


def test_commands_are_never_wrapped_and_never_coloured() -> None:
    """They are to be copied as they stand."""
    writer = Writer(Page(width=40, colour=True))
    writer.command("export PIP_CERT=/opt/" + "x" * 90, 7)
    assert writer.text() == " " * 7 + "export PIP_CERT=/opt/" + "x" * 90 + "\n"


def test_a_page_without_signs_gets_ascii() -> None:
    """Each sign has a plain one."""
    assert lines("\u2714\u2718\u2514\u2500\u2026", Page(signs=False), head="\u2714 ") == ["+ +x`-~"]


def test_styles_are_there_only_with_colour() -> None:
    """Escape codes that are ours, around the text and not around the indentation."""
    assert lines("bad", Page(), 2, style="red") == ["  bad"]
    assert lines("bad", Page(colour=True), 2, style="red") == ["  \x1b[31mbad\x1b[0m"]
    assert lines("bad", Page(colour=True), 2) == ["  bad"]


def test_headings_stand_apart() -> None:
    """A blank line before, bold where there are colours."""
    writer = Writer(Page(colour=True))
    writer.heading("Remarks")
    assert writer.text() == "\n\x1b[1mRemarks\x1b[0m\n"


@given(st.text(), st.text(), st.integers(40, 120))
def test_nothing_unsafe_leaves_the_writer(text: str, head: str, width: int) -> None:
    """Control characters, bidirectional overrides and escape codes, in text, head and command."""
    writer = Writer(Page(width=width))
    writer.line(text, 2, head)
    writer.command(text, 2)
    kept = writer.text().replace("\n", "")
    assert [each for each in kept if unicodedata.category(each) in UNSAFE] == []


def test_a_flood_is_cut() -> None:
    """A megabyte of text is no paragraph."""
    assert sum(map(len, lines("x" * 1_000_000, Page()))) <= 4_000

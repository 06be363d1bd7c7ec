"""Hostile text made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.model.text import count, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Example CA", "Example CA"),
        ("Ünïcødé 日本", "Ünïcødé 日本"),
        ("\x1b[31mred\x07\x00", "\\x1b[31mred\\x07\\x00"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066x\u2069\u200b\ufeff", "\\u2066x\\u2069\\u200b\\ufeff"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\udc80\ue000", "\\udc80\\ue000"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_unsafe_characters_are_escaped(text: str, shown: str) -> None:
    """Control characters, overrides of direction, surrogates, private use: all are seen."""
    assert printable(text) == shown


@given(st.text(), st.integers(1, 50))
def test_the_limit_holds_and_nothing_unsafe_is_left(text: str, limit: int) -> None:
    """Never longer than the limit, printable, and no different when made printable again."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co") for each in shown)
    assert printable(shown, limit) == shown


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=60))
def test_harmless_text_stays(text: str) -> None:
    """Escaping changes nothing that needs no change."""
    assert printable(text, 60) == text


@pytest.mark.parametrize(
    ("number", "words"), [(0, "no anchors"), (1, "1 anchor"), (2, "2 anchors")]
)
def test_things_are_counted_in_words(number: int, words: str) -> None:
    """Singular, plural, and none."""
    assert count(number, "anchor") == words


def test_a_plural_of_its_own() -> None:
    """For nouns that need one."""
    assert count(2, "entry", "entries") == "2 entries"

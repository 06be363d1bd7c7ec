"""Hostile text made harmless: nothing that a peer or a file says reaches an output unescaped."""

from __future__ import annotations

import unicodedata

#: Long enough for any honest distinguished name or status line, short enough for a screen.
LIMIT = 300

#: Control characters, bidirectional overrides, surrogates, private use, line separators.
#: "Cf" covers U+202A-U+202E, U+2066-U+2069, zero-width characters and the byte order mark.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, limit: int = LIMIT) -> str:
    """Return `text` with every unsafe character escaped, at most `limit` characters long."""
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[: limit - 1] + "…"
    safe = "".join(_escape(character) for character in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def _escape(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 certificate`, `2 certificates`; "no" for none."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {plural or noun + 's'}"

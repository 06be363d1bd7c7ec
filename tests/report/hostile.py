"""Recordings in which everything that a peer or a file said is hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from diagnose.model.codec import decode, encode
from diagnose.model.observation import Recording

#: The fields of the nouns that hold free text; the others are words, digests and times of ours.
FREE = frozenset({
    "words", "detail", "path", "source", "chosen_by", "places", "notes", "system", "python",
    "openssl", "environment", "versions", "host", "shown", "server_name", "url", "problem",
    "where", "version", "because", "address", "addresses", "protocol", "cipher", "alpn", "engine",
    "added_names",
})  # fmt: skip

#: What would act on a terminal, a shell or a reader.
TEXTS = (
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe\u2066",
    "line\nbreak\r\x00\x7f\x9b31m",
    "\ud800 lone",
    "'; rm -rf ~ #`id`$(id)\"&|%PATH%",
    "<script>alert(1)</script>",
    "\u2028\u2029\ufeff\U000e0041",
    "",
    "x" * 5_000,
)  # fmt: skip


def spoiled(recording: Recording, texts: tuple[str, ...] = TEXTS) -> Recording:
    """The recording with the free texts replaced by these, one after another."""
    supply = cycle(texts)
    return decode(Recording, _spoil(encode(recording), supply, free=False))


def _spoil(value: Any, supply: Iterator[str], *, free: bool, key: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            name: _spoil(each, supply, free=name in FREE, key=name in ("environment", "versions"))
            for name, each in value.items()
        }
    if isinstance(value, list) and key:
        # Pairs of name and value: the name says which variable or package it is.
        return [[name, next(supply)] for name, _ in value]
    if isinstance(value, list):
        return [_spoil(each, supply, free=free) for each in value]
    return next(supply) if free and isinstance(value, str) else value

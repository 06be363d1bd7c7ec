"""An enumeration whose members are the words that JSON, help and docs use."""

from __future__ import annotations

from enum import Enum


class Word(str, Enum):
    """Like `enum.StrEnum`, which Python 3.10 does not have."""

    def __str__(self) -> str:
        return str(self.value)

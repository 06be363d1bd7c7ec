"""The exit codes: one table that `--help`, the docs and the tests share."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Codes of every command; all others are reserved.

    1 and 2 belong to Python and to the command line parser, so verdicts start above them.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_VERDICT = 3
    MIXED = 11
    NONE = 12


MEANING: dict[Exit, str] = {
    Exit.OK: "every asked store of every target verifies",
    Exit.FAILED: "diagnose itself failed",
    Exit.USAGE: "the command line or a file it names is wrong",
    Exit.NO_VERDICT: "some target gave no verdict (name, network, proxy, or not TLS)",
    Exit.MIXED: "some store verifies, some does not",
    Exit.NONE: "no store verifies",
}


def table() -> str:
    """The table as plain text, one code a line, for `--help` and the docs."""
    return "\n".join(f"{code.value:>3}  {meaning}" for code, meaning in MEANING.items())

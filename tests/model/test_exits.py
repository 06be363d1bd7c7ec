"""One table of exit codes, shared by help, docs and errors."""

from __future__ import annotations

from diagnose.model.errors import DiagnoseError, InternalError
from diagnose.model.exits import MEANING, Exit, table


def test_the_codes_are_a_promise() -> None:
    """Scripts depend on the numbers."""
    assert {each.name: each.value for each in Exit} == {
        "OK": 0, "FAILED": 1, "USAGE": 2, "NO_VERDICT": 3, "MIXED": 11, "NONE": 12,
    }  # fmt: skip


def test_every_code_has_a_line() -> None:
    """In the order of the numbers, right-aligned."""
    assert set(MEANING) == set(Exit)
    lines = table().splitlines()
    assert lines[0] == "  0  every asked store of every target verifies"
    assert lines[-1] == " 12  no store verifies"
    assert [int(each.split()[0]) for each in lines] == sorted(Exit)


def test_errors_know_their_code() -> None:
    """Bad input is 2, our own failure is 1."""
    assert (DiagnoseError.exit, InternalError.exit) == (Exit.USAGE, Exit.FAILED)

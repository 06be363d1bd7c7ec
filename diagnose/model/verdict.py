"""The four words for a store, and the exit code that they add up to."""

from __future__ import annotations

from collections.abc import Iterable

from diagnose.model.attempt import Attempt, Stage
from diagnose.model.exits import Exit
from diagnose.model.store import Store
from diagnose.model.words import Word


class Verdict(Word):
    VERIFIES = "verifies"
    FAILS = "fails"
    NOT_CONFIGURED = "not-configured"
    NOT_REACHED = "not-reached"


def verdict(store: Store, attempt: Attempt | None) -> Verdict:
    """What one store says of one target.

    A bundle that cannot be loaded fails: programs that are told to use it fail before they
    connect. Every other failure before verification says nothing about trust.
    """
    if not store.configured:
        return Verdict.NOT_CONFIGURED
    if attempt is None:
        return Verdict.NOT_REACHED
    if attempt.failure is None:
        return Verdict.VERIFIES
    if attempt.failure.stage in (Stage.VERIFY, Stage.STORE):
        return Verdict.FAILS
    return Verdict.NOT_REACHED


def exit_code(asked: Iterable[Verdict]) -> Exit:
    """The exit code for the verdicts of all asked stores of all targets."""
    verdicts = [each for each in asked if each is not Verdict.NOT_CONFIGURED]
    if not verdicts or Verdict.NOT_REACHED in verdicts:
        return Exit.NO_VERDICT
    if all(each is Verdict.VERIFIES for each in verdicts):
        return Exit.OK
    if all(each is Verdict.FAILS for each in verdicts):
        return Exit.NONE
    return Exit.MIXED

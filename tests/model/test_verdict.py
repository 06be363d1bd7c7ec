"""The four words for a store, and what they add up to."""

from __future__ import annotations

from itertools import product

import pytest

from diagnose.model.attempt import Attempt, Failure, Profile, Stage, Trouble
from diagnose.model.exits import Exit
from diagnose.model.store import Store, StoreName
from diagnose.model.verdict import Verdict, exit_code, verdict

STORE = Store(StoreName.BUNDLE, configured=True)


def attempt(stage: Stage | None) -> Attempt:
    failure = Failure(stage, Trouble.OTHER, "words") if stage else None
    return Attempt(StoreName.BUNDLE, Profile.DEFAULT, "openssl", failure)


@pytest.mark.parametrize("stage", Stage)
def test_only_loading_and_verifying_say_something_of_trust(stage: Stage) -> None:
    """Every other failure leaves the question open."""
    judged = stage in (Stage.STORE, Stage.VERIFY)
    assert verdict(STORE, attempt(stage)) is (Verdict.FAILS if judged else Verdict.NOT_REACHED)


def test_the_other_words() -> None:
    """No failure, no attempt, no store."""
    assert verdict(STORE, attempt(None)) is Verdict.VERIFIES
    assert verdict(STORE, None) is Verdict.NOT_REACHED
    absent = Store(StoreName.BUNDLE, configured=False)
    assert verdict(absent, attempt(None)) is Verdict.NOT_CONFIGURED


@pytest.mark.parametrize("asked", list(product(Verdict, repeat=3)), ids="-".join)
def test_the_exit_code_of_every_combination(asked: tuple[Verdict, ...]) -> None:
    """What is not configured does not count; without an answer there is no verdict."""
    counted = {each for each in asked if each is not Verdict.NOT_CONFIGURED}
    expected = {
        frozenset({Verdict.VERIFIES}): Exit.OK,
        frozenset({Verdict.FAILS}): Exit.NONE,
        frozenset({Verdict.VERIFIES, Verdict.FAILS}): Exit.MIXED,
    }.get(frozenset(counted), Exit.NO_VERDICT)
    assert exit_code(asked) is expected


def test_nothing_asked_is_no_verdict() -> None:
    """An empty list is not success."""
    assert exit_code(()) is Exit.NO_VERDICT

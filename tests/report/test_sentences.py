"""The sentences that all formats share, whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.examine import diagnose
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Confidence, Diagnosis, Finding, Who
from diagnose.model.store import DefectKind, Store, StoreName
from diagnose.model.walk import BudgetSpent
from diagnose.report.sentences import (
    anchor_of,
    conclusion,
    failure_words,
    found_words,
    missing_issuer,
    reason,
    route_words,
    strict_words,
    where,
)
from tests.causes.scenes import NOT_CRITICAL, SCENES
from tests.clients.facts import broken, facts, probed

CERTIFI, BUNDLE, SYSTEM = StoreName


def sentence(case: Case) -> tuple[str, Who]:
    return conclusion(case, diagnose(case))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            facts("certifi system"),
            (("www.example.com is trusted by certifi and the operating system's store; nothing"
             " needs to be done"), Who.NOBODY),
            id="all",
        ),
        pytest.param(
            facts("certifi bundle system", settings=(probed("PIP_CERT"),)),
            (("www.example.com is trusted by certifi, the bundle and the operating system's store;"
             " nothing needs to be done"), Who.NOBODY),
            id="all-three",
        ),
        pytest.param(
            facts("system"),
            (("The operating system trusts `Corp Root CA`, the authority behind www.example.com;"
             " certifi does not; you can mend this yourself"), Who.USER),
            id="some",
        ),
        pytest.param(
            facts("certifi system", settings=(broken("PIP_CERT", DefectKind.MISSING, first=True),)),
            (("PIP_CERT names the trust file `/broken/missing`, which is bad; you can mend this"
             " yourself"), Who.USER),
            id="a-file-in-the-way",
        ),
    ],
)  # fmt: skip
def test_the_first_sentence(case: Case, expected: tuple[str, Who]) -> None:
    """What is wrong and who must act, to be read aloud."""
    assert sentence(case) == expected


def test_the_first_sentence_where_none_verifies() -> None:
    """It names what is missing, and somebody other than nobody."""
    said, who = sentence(facts(""))
    assert "Corp Root CA" in said
    assert who is not Who.NOBODY


def test_the_first_sentence_without_a_verdict() -> None:
    """It names what kept the check from one."""
    said, who = sentence(facts("", unreached=True))
    assert "refuse" in said
    assert who is not Who.NOBODY
    assert conclusion(facts("", unreached=True), ()) == (
        "www.example.com is not judged by any store; nothing needs to be done", Who.NOBODY,
    )  # fmt: skip


def test_a_remark_is_no_conclusion() -> None:
    """The first diagnosis that is none decides."""
    finding = Finding("certifi is old", Confidence.CERTAIN, Who.USER, ("a",), remark=True)
    main = replace(finding, summary="the clock is wrong", remark=False)
    case = facts("certifi system")
    assert conclusion(case, (Diagnosis("a", finding),))[1] is Who.NOBODY
    both = (Diagnosis("a", finding), Diagnosis("b", main))
    assert conclusion(case, both) == ("The clock is wrong; you can mend this yourself", Who.USER)


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (Store(SYSTEM, True, ("/etc/ssl/cert.pem",), "SSL_CERT_FILE", 142),
         "/etc/ssl/cert.pem, 142 anchors, chosen by SSL_CERT_FILE"),
        (Store(SYSTEM, True, ("a", "b"), "x", 1, complete=False),
         "a and b, 1 anchor listed, chosen by x"),
        (Store(SYSTEM, True, (), "x", 0), "no file, no anchors, chosen by x"),
        (Store(SYSTEM, True, ("ROOT",), "x", None, complete=False),
         "ROOT, anchors not readable, chosen by x"),
        (Store(CERTIFI, False, notes=("certifi is not installed",)), "certifi is not installed"),
    ],
)  # fmt: skip
def test_where_a_store_lives(store: Store, expected: str) -> None:
    """Place, number, and what chose it."""
    assert where(store) == expected


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Failure(Stage.VERIFY, Trouble.EXPIRED, "expired", 10, 0), "expired (code 10 at depth 0)"),
        (Failure(Stage.VERIFY, Trouble.EXPIRED, "expired"), "expired"),
        (Failure(Stage.VERIFY, Trouble.UNTRUSTED, "no", -2146762487), "no (code 0x800B0109)"),
        (Failure(Stage.VERIFY, Trouble.UNTRUSTED, "no", -67843), "no (code -67843)"),
        (Failure(Stage.CONNECT, Trouble.REFUSED, "refused"), "refused (while connecting)"),
        (Failure(Stage.STORE, Trouble.BUNDLE_MISSING, "gone"), "gone (while loading the file)"),
    ],
)
def test_a_failure_in_words(failure: Failure, expected: str) -> None:
    """OpenSSL's codes in decimal, Windows' in hexadecimal, Apple's negative."""
    assert failure_words(failure) == expected


def test_the_reason_of_each_verdict() -> None:
    """One line for each of the four."""
    case = facts("system")
    assert reason(case, SYSTEM) == "anchor `Corp Root CA`"
    assert reason(case, CERTIFI) == "error 20 (code 20 at depth 1)"
    assert reason(case, BUNDLE) == "no option, variable or pip setting names a bundle"
    blind = replace(case, walks={})
    assert reason(blind, SYSTEM) == "the connection was verified"
    nothing = replace(case, observation=replace(case.observation, attempts=()))
    assert reason(nothing, SYSTEM) == "there was no connection"


def test_what_the_strict_profile_adds() -> None:
    """Only where it says something else than the store's own line."""
    lax = facts("system", strict={SYSTEM: NOT_CRITICAL})
    assert strict_words(lax, SYSTEM) == (
        "strict profile of Python 3.13: Basic Constraints not critical (code 89)"
    )
    assert strict_words(facts("system"), SYSTEM) == ""
    assert strict_words(facts("system"), BUNDLE) == ""
    partial = SCENES["intermediate-in-bundle"].case()
    assert strict_words(partial, BUNDLE) == (
        "verifies under the strict profile of Python 3.13 (partial chains allowed)"
    )
    both = facts("", strict={SYSTEM: NOT_CRITICAL})
    assert strict_words(both, SYSTEM) == ""
    fails = SCENES["intermediate-in-bundle"]
    twice = replace(fails, strict_answers={BUNDLE: NOT_CRITICAL}).case()
    assert strict_words(twice, BUNDLE) == ""


def test_the_way_to_the_target() -> None:
    """Directly, or through which proxy and who chose it."""
    assert route_words(facts()) == "directly"
    assert route_words(facts(proxied=True)) == (
        "through the proxy http://proxy.example.com:3128 (HTTPS_PROXY)"
    )


def test_the_anchor_and_the_missing_issuer() -> None:
    """Of a walk that ends in one, of the first store that lacks it."""
    case = facts("system")
    found = anchor_of(case, case.walks[SYSTEM])
    assert found is not None
    assert found.subject.short == "Corp Root CA"
    assert anchor_of(case, case.walks[CERTIFI]) is None
    gap = missing_issuer(case)
    assert gap is not None
    assert found_words(gap) == "found in the operating system's store"
    assert missing_issuer(facts("certifi system")) is None
    assert missing_issuer(SCENES["leaf-expired"].case()) is None
    # A search that was given up knows of no gap, nor does a store without a walk.
    spent = {
        name: replace(walk, best=replace(walk.best, end=BudgetSpent(9)))
        for name, walk in case.walks.items()
    }
    assert missing_issuer(replace(case, walks=spent)) is None
    assert missing_issuer(replace(case, walks={})) is None

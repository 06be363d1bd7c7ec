"""What requests would see, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnose.clients.requests import CLIENT
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import SetClock, TrustAnchor, UpgradeCertifi, UseSystemStore, Who
from diagnose.model.store import BundleSetting, DefectKind, StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.verdict import Verdict
from tests.causes.scenes import ISSUING, LEAF, NO_NAME, NOT_CRITICAL
from tests.clients.facts import UNKNOWN, broken, facts, names, probed
from tests.clients.shells import variables_after

OK, NO = Verdict.VERIFIES, Verdict.FAILS
LAX: dict[StoreName, Failure | None] = {StoreName.CERTIFI: NOT_CRITICAL}
UNNAMED: dict[StoreName, Failure | None] = {StoreName.CERTIFI: NO_NAME}
CUT: dict[StoreName, Failure | None] = {
    StoreName.CERTIFI: Failure(Stage.HANDSHAKE, Trouble.RESET, "reset")
}
NEED = TrustAnchor("Corp Root CA", None, (StoreName.BUNDLE,))


def told(holding: str, **given: Any) -> tuple[Verdict | None, Trouble | None]:
    prediction = CLIENT.predict(facts(holding, requests="2.34.2", **given))
    assert prediction is not None
    return prediction.verdict, prediction.trouble


@pytest.mark.parametrize(
    ("holding", "settings", "expected"),
    [
        pytest.param("certifi", (), (OK, None), id="certifi"),
        pytest.param("system", (), (NO, UNKNOWN), id="never-the-system"),
        pytest.param("certifi", (probed("REQUESTS_CA_BUNDLE"),), (NO, UNKNOWN), id="replaces"),
        pytest.param("bundle", (probed("CURL_CA_BUNDLE"),), (OK, None), id="curl's-variable"),
        pytest.param("certifi", (probed("PIP_CERT"),), (OK, None), id="pip's-is-not-read"),
        pytest.param("certifi", (probed("SSL_CERT_FILE"),), (OK, None), id="openssl's-is-not-read"),
        pytest.param("certifi", (probed("--bundle", "/x", "x"), names("REQUESTS_CA_BUNDLE")),
                     (None, None), id="its-bundle-was-not-probed"),
        pytest.param("bundle", (probed("--bundle", "/x"), names("REQUESTS_CA_BUNDLE")),
                     (OK, None), id="the-same-content-was"),
        pytest.param("certifi", (broken("REQUESTS_CA_BUNDLE", DefectKind.MISSING, first=True),),
                     (NO, Trouble.BUNDLE_MISSING), id="missing"),
        pytest.param("certifi", (probed("--bundle"), broken("CURL_CA_BUNDLE", DefectKind.DER)),
                     (NO, Trouble.BUNDLE_INVALID), id="invalid-and-not-probed"),
    ],
)  # fmt: skip
def test_which_file_requests_trusts(holding: str, settings: Any, expected: object) -> None:
    """One file and no other: a variable's, else certifi's."""
    assert told(holding, settings=settings) == expected


@pytest.mark.parametrize(
    ("python", "urllib3", "strict", "expected"),
    [
        pytest.param("3.13.1", "2.4.0", LAX, (NO, Trouble.STRICT), id="strict"),
        pytest.param("3.13.1", None, LAX, (NO, Trouble.STRICT), id="strict-likely"),
        pytest.param("3.13.1", "2.3.0", LAX, (OK, None), id="urllib3-too-old"),
        pytest.param("3.12.4", "2.8.0", LAX, (OK, None), id="python-too-old"),
        pytest.param("3.13.1", "2.8.0", CUT, (OK, None), id="the-strict-attempt-was-cut-off"),
        pytest.param("3.13.1", "2.8.0", {}, (OK, None), id="sound"),
        pytest.param("3.12.4", "2.0.7", UNNAMED, (NO, Trouble.NAME_MISMATCH), id="no-common-name"),
        pytest.param("3.12.4", "1.26.20", UNNAMED, (OK, None), id="urllib3-1"),
    ],
)
def test_how_strictly_requests_verifies(
    python: str, urllib3: str | None, strict: dict[StoreName, Failure | None], expected: object
) -> None:
    """As urllib3 does: the flags of Python 3.13, and no host name in a common name."""
    assert told("certifi", python=python, urllib3=urllib3, strict=strict) == expected


def test_a_partial_chain_is_enough_for_a_strict_requests() -> None:
    """Python 3.13 trusts an intermediate that a bundle holds; 3.12 does not."""
    from tests.causes.build import Scene

    scene = Scene((LEAF, ISSUING), bundle=(ISSUING,))
    for python, expected in (("3.13.0", (OK, None)), ("3.12.0", (NO, Trouble.PARTIAL_CHAIN))):
        case = replace(scene, python=python).case()
        around = replace(case.surroundings, versions=(("requests", "2.34"), ("urllib3", "2.5")))
        prediction = CLIENT.predict(
            replace(case, recording=replace(case.recording, surroundings=around))
        )
        assert prediction is not None
        assert (prediction.verdict, prediction.trouble) == expected


def test_the_words_say_which_file_and_what_is_ignored() -> None:
    """A user sees at once that PIP_CERT does nothing for requests."""
    settings = (probed("REQUESTS_CA_BUNDLE"), names("CURL_CA_BUNDLE"), names("PIP_CERT"))
    prediction = CLIENT.predict(facts("bundle", requests="2.34.2", settings=settings))
    assert prediction is not None
    assert prediction.because == "it trusts only the file in REQUESTS_CA_BUNDLE"
    assert prediction.ignored == ("CURL_CA_BUNDLE", "PIP_CERT")
    assert CLIENT.predict(facts("certifi")) is None


@pytest.mark.parametrize("former", [None, "/opt/old ca.pem"])
def test_the_bundle_is_given_and_taken_back(former: str | None) -> None:
    """After the command requests reads the file; after the undo, what it read before."""
    settings: tuple[BundleSetting, ...] = (probed("--bundle", "/opt/corp ca.pem"),)
    if former:
        settings = (*settings, names("REQUESTS_CA_BUNDLE", former, "o"))
    (remedy,) = CLIENT.meet(NEED, facts("bundle", requests="2.34", settings=settings))
    before = {"REQUESTS_CA_BUNDLE": former} if former else {}
    name = "REQUESTS_CA_BUNDLE"
    assert variables_after(remedy.commands.sh, before, name) == {name: "/opt/corp ca.pem"}
    undone = variables_after((*remedy.commands.sh, *remedy.undo.sh), before, name)
    assert undone == {name: former}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(facts("bundle", requests="2.34", settings=(probed("REQUESTS_CA_BUNDLE"),)),
                     id="it-works-already"),
        pytest.param(facts("", requests="2.34", settings=(probed("--bundle"),)), id="no-use"),
        pytest.param(
            facts("bundle", requests="2.34", settings=(probed("--bundle"),), python="3.13.0",
                  strict={StoreName.BUNDLE: NOT_CRITICAL}),
            id="refused-by-the-strict-profile",
        ),
    ],
)  # fmt: skip
def test_a_bundle_that_would_not_help_is_not_given(case: Case) -> None:
    """No command that changes nothing for the better."""
    assert CLIENT.meet(NEED, case) == ()


def test_an_anchor_that_nobody_has_needs_a_file() -> None:
    """A stand-in name, and somebody else who has the file."""
    *_, remedy = CLIENT.meet(replace(NEED, held_by=()), facts(requests="2.34"))
    assert remedy.who is Who.IT
    assert remedy.commands.sh == ("export REQUESTS_CA_BUNDLE=corp-ca.pem",)


@pytest.mark.parametrize(
    ("platform", "places", "expected"),
    [
        (Platform.LINUX, (), ["export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt",
                              "python -m pip install pip-system-certs"]),
        (Platform.MACOS, ("/Library/K.keychain",), ["python -m pip install pip-system-certs"]),
        (Platform.WINDOWS, ("ROOT",), ["python -m pip install pip-system-certs"]),
    ],
)  # fmt: skip
def test_the_system_store_by_its_file_or_by_a_package(
    platform: Platform, places: tuple[str, ...], expected: list[str]
) -> None:
    """A file exists on Linux only; the package reads the store everywhere, and goes quietly."""
    case = facts("system", requests="2.34", platform=platform, places=places)
    remedies = CLIENT.meet(UseSystemStore("Corp Root CA"), case)
    assert [line for each in remedies for line in each.commands.sh] == expected
    assert remedies[-1].undo.sh == ("python -m pip uninstall --yes pip-system-certs",)
    works = facts("certifi system", requests="2.34", platform=platform)
    assert CLIENT.meet(UseSystemStore("Corp Root CA"), works) == ()


def test_certifi_is_updated_or_installed_afresh() -> None:
    """A damaged certifi may be the newest one already: then it must be forced."""
    (newer,) = CLIENT.meet(UpgradeCertifi("2026.10.18"), facts())
    (afresh,) = CLIENT.meet(UpgradeCertifi(None), facts())
    assert newer.commands.sh == ("python -m pip install --upgrade certifi",)
    assert afresh.commands.sh == (
        "python -m pip install --upgrade --force-reinstall --no-deps certifi",
    )
    assert CLIENT.meet(SetClock(), facts()) == ()


def test_a_variable_that_names_the_file_already_is_not_set_again() -> None:
    """Nobody is told to type what is there."""
    path = "/opt/corp-ca.pem"
    settings = (probed("--bundle", path),)
    (*_, given) = CLIENT.meet(NEED, facts("bundle", settings=settings))
    assert given.commands.sh == (f"export REQUESTS_CA_BUNDLE={path}",)
    there = (*settings, names("REQUESTS_CA_BUNDLE", path))
    assert CLIENT.meet(NEED, facts("bundle", settings=there)) == ()

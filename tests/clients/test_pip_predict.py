"""What pip would see, by its version: a table of measured behaviour."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnose.clients.pip import CLIENT
from diagnose.model.attempt import Trouble
from diagnose.model.store import DefectKind, Integrity, StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.verdict import Verdict
from tests.clients.facts import UNKNOWN, broken, facts, names, probed

OK, NO = Verdict.VERIFIES, Verdict.FAILS
WRONG = {"settings": (probed("PIP_CERT"),)}
LEGACY, ADDING = ("22.1", "22.3", "23.3", "24.0", "24.1"), ("24.2", "25.1", "25.2", "26.3")
Row = tuple[dict[str, Any], Verdict | None, Trouble | None]


def told(**given: Any) -> tuple[Verdict | None, Trouble | None]:
    prediction = CLIENT.predict(facts(**given))
    assert prediction is not None
    return prediction.verdict, prediction.trouble


@pytest.mark.parametrize("pip", LEGACY)
@pytest.mark.parametrize(
    ("given", "verdict", "trouble"),
    [
        pytest.param({"holding": "certifi"}, OK, None, id="certifi-has-it"),
        pytest.param({"holding": "system"}, NO, UNKNOWN, id="the-system-store-does-not-count"),
        pytest.param({"holding": "certifi system", **WRONG}, NO, UNKNOWN, id="a-bundle-replaces"),
        pytest.param({"holding": "bundle", **WRONG}, OK, None, id="the-bundle-has-it"),
    ],
)
def test_before_24_2_one_source_counts(
    pip: str, given: dict[str, Any], verdict: Verdict, trouble: Trouble | None
) -> None:
    """Up to 24.1 pip trusts its bundle, or certifi where there is none; never the system."""
    assert (verdict, trouble) == told(pip=pip, **given)
    assert (verdict, trouble) == told(pip=pip, proxied=True, **given)


@pytest.mark.parametrize("pip", ADDING)
@pytest.mark.parametrize("holding", ["certifi", "system", "bundle"])
def test_from_24_2_on_everything_adds(pip: str, holding: str) -> None:
    """One of the three that has the root is enough."""
    assert told(pip=pip, holding=holding, **WRONG) == (OK, None)


@pytest.mark.parametrize("pip", ADDING)
def test_where_none_has_it_every_pip_fails(pip: str) -> None:
    """Three stores without the root are no better than one."""
    assert told(pip=pip, **WRONG) == (NO, UNKNOWN)


@pytest.mark.parametrize(
    ("pip", "holding", "platform", "expected"),
    [
        ("24.2", "certifi", Platform.LINUX, (NO, UNKNOWN)),
        ("25.1", "certifi", Platform.LINUX, (NO, UNKNOWN)),
        ("25.1.1", "certifi", Platform.WINDOWS, (NO, UNKNOWN)),
        ("25.2", "certifi", Platform.LINUX, (OK, None)),
        ("26.3", "certifi", Platform.LINUX, (OK, None)),
        ("24.2", "system", Platform.LINUX, (OK, None)),
        ("25.1", "system", Platform.WINDOWS, (OK, None)),
        # OpenSSL's default paths are not the keychain, and nothing here knows what they hold.
        ("25.1", "system", Platform.MACOS, (None, None)),
        ("25.1", "bundle", Platform.MACOS, (OK, None)),
        ("25.2", "system", Platform.MACOS, (OK, None)),
    ],
)
def test_through_a_proxy_24_2_to_25_1_forget_certifi(
    pip: str, holding: str, platform: Platform, expected: object
) -> None:
    """pypa/pip#13288: through a proxy these trust OpenSSL's default paths and the bundle only."""
    settings = (probed("PIP_CERT"),) if "bundle" in holding else ()
    found = told(pip=pip, holding=holding, platform=platform, proxied=True, settings=settings)
    assert expected == found


@pytest.mark.parametrize(
    ("pip", "settings", "holding", "expected"),
    [
        pytest.param("24.0", (probed("REQUESTS_CA_BUNDLE", "/x", "x"), names("PIP_CERT")), "bundle",
                     (OK, None), id="requests-variable-first"),
        pytest.param("26.3", (probed("CURL_CA_BUNDLE", "/x", "x"), names("PIP_CERT")), "bundle",
                     (OK, None), id="curl-variable-first"),
        pytest.param("24.0", (probed("--bundle", "/x", "x"), names("PIP_CERT")), "bundle",
                     (None, None), id="pip-cert-was-not-probed"),
        pytest.param("26.3", (probed("--bundle", "/x", "x"), names("PIP_CERT")), "bundle system",
                     (OK, None), id="not-probed-and-not-needed"),
        pytest.param("26.3", (probed("--bundle", "/x", "x"), names("PIP_CERT")), "bundle",
                     (None, None), id="not-probed-and-perhaps-enough"),
        pytest.param("24.0", (probed("--bundle", "/x"), names("PIP_CERT")), "bundle",
                     (OK, None), id="the-same-content-was-probed"),
        pytest.param("24.0", (probed("--bundle", "/x", None), names("PIP_CERT", "/x", None)),
                     "bundle", (OK, None), id="the-same-file-was-probed"),
        pytest.param("24.0", (probed("--bundle"),), "bundle", (NO, UNKNOWN),
                     id="the-option-of-diagnose-is-not-pip's"),
        pytest.param("24.0", (probed("SSL_CERT_FILE"),), "bundle", (NO, UNKNOWN),
                     id="nor-is-openssl's-variable"),
        pytest.param("24.0", (probed("pip configuration (global.cert)"),), "bundle", (OK, None),
                     id="configuration"),
    ],
)  # fmt: skip
def test_which_bundle_pip_takes(
    pip: str, settings: tuple[Any, ...], holding: str, expected: object
) -> None:
    """The strongest of its own sources; where nothing like it was probed, it cannot be told."""
    assert expected == told(pip=pip, settings=settings, holding=holding)


@pytest.mark.parametrize(
    ("pip", "expected"),
    [("23.3", (NO, UNKNOWN)), ("24.1", (OK, None)), ("26.3", (OK, None))],
)
def test_with_a_proxy_of_its_own_pip_ignores_the_variables(pip: str, expected: object) -> None:
    """PIP_PROXY takes REQUESTS_CA_BUNDLE out of play since 24.1: the wrong bundle hurts no more."""
    settings = (probed("REQUESTS_CA_BUNDLE"),)
    given: dict[str, Any] = {"holding": "certifi system", "variables": {"PIP_PROXY": "http://p:1"}}
    assert expected == told(pip=pip, settings=settings, **given)


@pytest.mark.parametrize("pip", ["24.0", "26.3"])
@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (DefectKind.MISSING, Trouble.BUNDLE_MISSING),
        (DefectKind.UNREADABLE, Trouble.BUNDLE_UNREADABLE),
        (DefectKind.DER, Trouble.BUNDLE_INVALID),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_bundle_that_cannot_be_loaded_stops_every_pip(
    pip: str, kind: DefectKind, trouble: Trouble, first: bool
) -> None:
    """Whatever else it trusts, and whether or not that bundle was the one probed."""
    bad = broken("PIP_CERT", kind, first=first)
    settings = (bad,) if first else (probed("--bundle"), bad)
    found = told(pip=pip, settings=settings, holding="certifi bundle system")
    assert found == (NO, trouble)


def test_a_folder_without_hashed_names_is_no_error() -> None:
    """Nothing is loaded from it, in silence: pip 26 goes on with the other stores."""
    settings = (probed("--bundle"), broken("PIP_CERT", DefectKind.UNHASHED_DIRECTORY))
    assert told(pip="26.3", settings=settings, holding="system") == (OK, None)


@pytest.mark.parametrize(
    ("pip", "proxied", "expected"),
    [
        ("24.0", False, (OK, None)),
        ("24.2", False, (NO, Trouble.OTHER)),
        ("24.2", True, (OK, None)),
        ("25.3", False, (NO, Trouble.OTHER)),
        ("26.0", False, (OK, None)),
    ],
)
def test_an_address_for_a_name_ends_some_pips_in_an_error(
    pip: str, proxied: bool, expected: object
) -> None:
    """`ValueError: check_hostname requires server_hostname`, wherever truststore's context is."""
    leaf = _leaf_for_address()
    found = told(pip=pip, proxied=proxied, host="10.0.0.7", sent=leaf, holding="certifi system")
    assert expected == found


def _leaf_for_address() -> Any:
    from tests.causes.scenes import ISSUING

    return (ISSUING.leaf("10.0.0.7"), ISSUING)


@pytest.mark.parametrize(
    ("integrity", "added", "holding", "expected"),
    [
        pytest.param(Integrity.MODIFIED, True, "certifi", (NO, UNKNOWN), id="appended-by-hand"),
        pytest.param(Integrity.REDIRECTED, True, "certifi", (OK, None), id="distribution's-patch"),
        pytest.param(Integrity.MODIFIED, False, "", (None, None), id="anchor-seen-nowhere"),
        pytest.param(Integrity.MODIFIED, False, "system", (NO, UNKNOWN), id="never-public"),
        pytest.param(Integrity.SHIPPED, False, "", (NO, UNKNOWN), id="as-published"),
    ],
)
def test_pip_has_a_certifi_of_its_own(
    integrity: Integrity, added: bool, holding: str, expected: object
) -> None:
    """What was done to the installed package was not done to the copy inside pip."""
    found = told(pip="24.0", integrity=integrity, added=added, holding=holding)
    assert expected == found


def test_without_a_connection_pip_would_not_get_that_far() -> None:
    """No verdict about trust where nothing was reached."""
    for pip in ("24.0", "26.3"):
        found = told(pip=pip, settings=(probed("PIP_CERT"),), unreached=True)
        assert found == (Verdict.NOT_REACHED, Trouble.REFUSED)


def test_no_pip_no_prediction() -> None:
    """A Python without pip has nothing to say."""
    assert CLIENT.predict(facts("certifi")) is None


@pytest.mark.parametrize(
    ("pip", "expected"),
    [
        ("24.0", ("CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")),
        ("26.3", ("CURL_CA_BUNDLE", "PIP_CERT")),
    ],
)
def test_the_prediction_names_what_is_ignored(pip: str, expected: tuple[str, ...]) -> None:
    """Variables that are set and lose, and OpenSSL's before the system's store counted."""
    sources = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
    settings = (probed(sources[0]), *map(names, sources[1:]))
    prediction = CLIENT.predict(facts("bundle", pip=pip, settings=settings))
    assert prediction is not None
    assert expected == prediction.ignored


@pytest.mark.parametrize(
    ("version", "adds"),
    [("24.2.dev0", True), ("23.0.1+dfsg", False), ("24.1b2", False), ("nonsense", False),
     ("26", True), (f"{'9' * 5000}", False)],
)  # fmt: skip
def test_odd_version_numbers_are_read(version: str, adds: bool) -> None:
    """Development, beta and distribution versions count by the numbers they begin with."""
    assert told(pip=version, holding="system")[0] is (OK if adds else NO)


def test_without_certifi_nothing_is_known_of_the_one_inside_pip() -> None:
    """A Python whose certifi is not installed still has a pip with one of its own."""
    case = facts("certifi", pip="24.0")
    absent = tuple(
        replace(each, configured=False) if each.name is StoreName.CERTIFI else each
        for each in case.recording.stores
    )
    recording = replace(case.recording, stores=absent, certifi=None)
    prediction = CLIENT.predict(replace(case, recording=recording))
    assert prediction is not None
    assert (prediction.verdict, prediction.trouble) == (None, None)


@pytest.mark.parametrize(
    ("pip", "verdict"),
    [("22.1", Verdict.FAILS), ("24.0", Verdict.VERIFIES), ("24.1", Verdict.FAILS)],
)
def test_the_variable_that_we_print_is_seen_when_it_is_set(pip: str, verdict: Verdict) -> None:
    """Checked again after the remedy, pip is said to work, where that version obeys."""
    around = facts("system", pip=pip)
    variables = (*around.surroundings.environment, ("PIP_USE_FEATURE", "truststore"))
    surroundings = replace(around.surroundings, environment=variables)
    case = replace(around, recording=replace(around.recording, surroundings=surroundings))
    prediction = CLIENT.predict(case)
    assert prediction is not None
    assert prediction.verdict is verdict

"""How pip is told, by its version and by what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diagnose.clients.pip import CLIENT
from diagnose.examine import diagnose, prescribe
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    InstallSystemStore,
    TrustAnchor,
    UnsetSetting,
    UpgradeCertifi,
    UseSystemStore,
    Who,
)
from diagnose.model.remedy import Remedy
from diagnose.model.store import DefectKind, StoreName
from diagnose.model.surroundings import Platform
from tests.clients.facts import broken, facts, names, probed
from tests.clients.shells import run_sh, variables_after

BUNDLE_NEED = TrustAnchor("Corp Root CA", None, (StoreName.BUNDLE,))
NOWHERE = TrustAnchor("Corp Root CA", None, ())
SYSTEM_NEED = UseSystemStore("Corp Root CA")
SYSTEM_FILE = "/etc/ssl/certs/ca-certificates.crt"
FEATURE = "export PIP_USE_FEATURE=truststore"
UPGRADE = "python -m pip install --upgrade pip"
CONFIGURED = "pip configuration (global.cert)"
STRONGER = "pip configuration (install.cert)"


def trust(case: Case) -> tuple[Remedy, ...]:
    return CLIENT.meet(BUNDLE_NEED, case)


def first_lines(case: Case) -> list[tuple[str, ...]]:
    return [each.commands.sh for each in CLIENT.meet(SYSTEM_NEED, case)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"pip": "22.1"}, [SYSTEM_FILE], id="22.1-would-refuse-the-feature"),
        pytest.param({"pip": "22.3"}, [SYSTEM_FILE], id="22.3-lacks-the-package"),
        pytest.param({"pip": "22.3", "truststore": "0.10.4"}, [FEATURE, SYSTEM_FILE],
                     id="22.3-has-the-package"),
        pytest.param({"pip": "23.3"}, [FEATURE, SYSTEM_FILE], id="23.3-brings-it"),
        pytest.param({"pip": "24.0"}, [FEATURE, SYSTEM_FILE], id="24.0"),
        pytest.param({"pip": "24.0", "proxied": True}, [SYSTEM_FILE], id="24.0-through-a-proxy"),
        pytest.param({"pip": "24.1"}, [SYSTEM_FILE], id="24.1-ignores-the-feature"),
        pytest.param({"pip": "24.1.2"}, [FEATURE, SYSTEM_FILE], id="24.1.2"),
        pytest.param({"pip": "24.1.2", "proxied": True}, [FEATURE, SYSTEM_FILE],
                     id="24.1.2-through-a-proxy"),
        pytest.param({"pip": "24.0", "platform": Platform.MACOS}, [FEATURE], id="24.0-macos"),
        pytest.param({"pip": "22.1", "platform": Platform.WINDOWS}, [UPGRADE], id="22.1-windows"),
        pytest.param({"pip": "24.0", "platform": Platform.WINDOWS, "proxied": True}, [UPGRADE],
                     id="24.0-windows-through-a-proxy"),
        pytest.param({"pip": "25.1", "platform": Platform.MACOS, "proxied": True}, [UPGRADE],
                     id="25.1-macos-through-a-proxy"),
        *(pytest.param({"pip": each, "proxied": proxied}, [], id=f"{each}-{proxied}")
          for each in ("24.2", "25.1", "25.2", "26.3") for proxied in (True, False)),
        pytest.param({}, [SYSTEM_FILE], id="no-pip-here"),
    ],
)  # fmt: skip
def test_what_makes_pip_use_the_system_store(given: dict[str, Any], expected: list[str]) -> None:
    """Only what that version obeys; nothing where it reads the store by itself."""
    wanted = [(f"export PIP_CERT={each}",) if each == SYSTEM_FILE else (each,) for each in expected]
    assert first_lines(facts("system", **given)) == wanted


def test_an_address_for_a_name_is_not_led_into_an_error() -> None:
    """The feature ends in an error at an address, so the file is all that is offered."""
    from tests.causes.scenes import ISSUING

    sent = (ISSUING.leaf("10.0.0.7"), ISSUING)
    case = facts("system", pip="24.0", host="10.0.0.7", sent=sent)
    assert first_lines(case) == [(f"export PIP_CERT={SYSTEM_FILE}",)]


def test_a_store_that_does_not_verify_is_not_offered() -> None:
    """Where the system's store fails too, it mends nothing."""
    assert first_lines(facts("", pip="24.0")) == []


def test_a_bundle_that_cannot_be_loaded_is_cleared_for_the_feature() -> None:
    """The feature adds to the bundle, and a bundle that is not there still ends pip."""
    case = facts(
        "system", pip="24.0", settings=(broken("CURL_CA_BUNDLE", DefectKind.MISSING, first=True),)
    )
    feature, file = CLIENT.meet(SYSTEM_NEED, case)
    before = {"CURL_CA_BUNDLE": "/broken/missing"}
    wanted = ("CURL_CA_BUNDLE", "PIP_USE_FEATURE", "PIP_CERT")
    assert variables_after(feature.commands.sh, before, *wanted) == {
        "CURL_CA_BUNDLE": None, "PIP_USE_FEATURE": "truststore", "PIP_CERT": None,
    }  # fmt: skip
    assert variables_after(file.commands.sh, before, *wanted) == {
        "CURL_CA_BUNDLE": None, "PIP_USE_FEATURE": None, "PIP_CERT": SYSTEM_FILE,
    }  # fmt: skip
    for each in (feature, file):
        after = variables_after((*each.commands.sh, *each.undo.sh), before, *wanted)
        assert after == {**dict.fromkeys(wanted), **before}


@pytest.mark.parametrize("pip", ["22.1", "24.0", "24.1", "24.2", "25.1", "26.3"])
@pytest.mark.parametrize(
    "strong", [(), ("REQUESTS_CA_BUNDLE",), ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")]
)
@pytest.mark.parametrize("former", [None, "/opt/old 'ca'.pem"])
def test_after_the_commands_pip_takes_the_bundle(
    pip: str, strong: tuple[str, ...], former: str | None
) -> None:
    """Whatever beats PIP_CERT is out of the way, and the undo brings all of it back."""
    settings = (
        probed("--bundle", "/opt/corp ca.pem"),
        *(names(each, "/w", "w") for each in strong),
    )
    if former:
        settings = (*settings, names("PIP_CERT", former, "o"))
    case = facts("bundle", pip=pip, settings=settings)
    remedy, always = trust(case)
    before = dict.fromkeys(strong, "/w") | ({"PIP_CERT": former} if former else {})
    wanted = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
    after = variables_after(remedy.commands.sh, before, *wanted)
    assert after == {**dict.fromkeys(wanted), "PIP_CERT": "/opt/corp ca.pem"}
    back = variables_after((*remedy.commands.sh, *remedy.undo.sh), before, *wanted)
    assert back == {**dict.fromkeys(wanted), **before}
    beating = [*strong, *(["PIP_CERT"] if former else [])]
    counts = f"it counts once {' and '.join(beating)}"
    assert (counts in always.title) == bool(beating)
    assert ("instead of certifi" in remedy.title) == (pip < "24.2")


def test_a_strong_variable_that_names_the_good_bundle_stays() -> None:
    """It does no harm: pip then takes the same file by another way."""
    settings = (probed("REQUESTS_CA_BUNDLE", "/opt/ca.pem"),)
    case = facts("", pip="24.0", settings=settings)
    assert trust(case) == ()  # nothing that verifies, nothing to give
    works = facts("bundle", pip="24.0", settings=settings)
    assert trust(works) == ()  # it works already


def test_what_works_is_left_alone() -> None:
    """With pip 24.2 the system's store is enough, though a bundle has the anchor too."""
    case = facts("bundle system", pip="24.2", settings=(probed("--bundle"),))
    assert trust(case) == ()
    assert CLIENT.meet(SYSTEM_NEED, case) == ()


@pytest.mark.parametrize("pip", ["24.2", "25.2", "26.3"])
@pytest.mark.parametrize("bundle", [False, True])
def test_from_24_2_on_only_a_variable_in_the_way_is_mentioned(pip: str, bundle: bool) -> None:
    """The whole of the advice for a machine whose system store verifies."""
    settings = (broken("PIP_CERT", DefectKind.MISSING, first=True),) if bundle else ()
    case = facts("system", pip=pip, settings=settings)
    remedies = prescribe(case, diagnose(case))
    assert [each for each in remedies if each.for_ == "pip"] == []
    unset = [each.commands.sh for each in remedies if each.for_ == "your shell"]
    assert unset == ([("unset PIP_CERT",)] if bundle else [])


def test_an_anchor_that_nobody_has_needs_a_file_from_it() -> None:
    """The file has a stand-in name, and the remedy is for whoever has the file."""
    *_, first, always = CLIENT.meet(NOWHERE, facts(pip="24.0"))
    assert first.who is always.who is Who.IT
    assert first.commands.sh == ("export PIP_CERT=corp-ca.pem",)
    assert "`corp-ca.pem` stands for the file that has `Corp Root CA`" in first.title


def test_an_anchor_that_another_store_has_needs_no_file() -> None:
    """The system's store is the better answer, and a need of its own."""
    need = TrustAnchor("Corp Root CA", None, (StoreName.SYSTEM,))
    assert CLIENT.meet(need, facts("system", pip="24.0")) == ()


@pytest.mark.parametrize("former", [None, "/opt/old ca.pem"])
def test_real_pip_takes_and_gives_back_the_configuration(
    former: str | None, tmp_path: Path
) -> None:
    """`pip config` is run as printed: set, then undone to what was there before."""
    settings = (
        probed("--bundle", "/opt/it's a ca.pem"),
        *([names(CONFIGURED, former, "o")] if former else []),
    )
    _, always = trust(facts("bundle", pip="24.0", settings=settings))
    assert always.title == "use that bundle always"
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    ask = "python -m pip config get global.cert || true"
    setup = [f"python -m pip config set global.cert '{former}'"] if former else []
    done = run_sh([*setup, *always.commands.sh, ask, *always.undo.sh, ask], home)
    kept = [each for each in done.stdout.splitlines() if not each.startswith("Writing")]
    assert kept == ["/opt/it's a ca.pem", *([former] if former else [])]


def test_the_stronger_key_of_the_configuration_is_the_one_that_is_set() -> None:
    """`install.cert` beats `global.cert`; setting the weaker one would change nothing."""
    settings = (probed("--bundle", "/opt/ca.pem"), names(STRONGER, "/old", "o"), names(CONFIGURED))
    _, always = trust(facts("bundle", pip="24.0", settings=settings))
    assert always.commands.sh == ("python -m pip config set install.cert /opt/ca.pem",)
    assert always.undo.sh == ("python -m pip config set install.cert /old",)


def test_a_configured_bundle_can_be_forgotten() -> None:
    """The key is the one that pip itself uses, and the undo sets it again."""
    (remedy,) = CLIENT.meet(UnsetSetting(CONFIGURED, "/opt/a b.pem"), facts(pip="24.0"))
    assert remedy.commands.cmd == ("python -m pip config unset global.cert",)
    assert remedy.undo.sh == ("python -m pip config set global.cert '/opt/a b.pem'",)
    assert remedy.undo.cmd == ('python -m pip config set global.cert "/opt/a b.pem"',)


@pytest.mark.parametrize("source", ["PIP_CERT", "pip configuration (a; id.cert)", "--bundle"])
def test_other_settings_are_not_pip_s(source: str) -> None:
    """Variables are the shell's; a key that pip does not have comes from a forged recording."""
    assert CLIENT.meet(UnsetSetting(source, "/x"), facts(pip="24.0")) == ()


def test_a_newer_root_comes_with_a_newer_pip() -> None:
    """An installed certifi that is damaged is none of pip's business, and what works is left."""
    need = UpgradeCertifi("2026.10.18")
    (remedy,) = CLIENT.meet(need, facts(pip="24.0"))
    assert remedy.commands.sh == (UPGRADE,)
    assert CLIENT.meet(need, facts("system", pip="26.3")) == ()
    assert CLIENT.meet(UpgradeCertifi(None), facts(pip="24.0")) == ()
    assert CLIENT.meet(InstallSystemStore(), facts(pip="24.0")) == ()


def test_without_pip_nothing_is_asked_of_pip() -> None:
    """`python -m pip` would fail; the variable serves whatever pip there is."""
    (only,) = trust(facts("bundle", settings=(probed("--bundle"),)))
    assert "-m pip" not in only.commands.sh[0]


@pytest.mark.parametrize(("pip", "cleared"), [("23.3", True), ("24.1.2", False)])
def test_variables_that_pip_ignores_stay(pip: str, cleared: bool) -> None:
    """With PIP_PROXY, pip since 24.1 does not read them: no need to take them away."""
    settings = (probed("--bundle", "/opt/ca.pem"), names("REQUESTS_CA_BUNDLE", "/w", "w"))
    case = facts("bundle", pip=pip, settings=settings, variables={"PIP_PROXY": "http://p:1"})
    remedy = trust(case)[0]
    lines = ["unset REQUESTS_CA_BUNDLE"] if cleared else []
    assert list(remedy.commands.sh) == [*lines, "export PIP_CERT=/opt/ca.pem"]

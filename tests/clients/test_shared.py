"""Quoting for three shells, and setting, unsetting and restoring variables."""

from __future__ import annotations

import shlex
import sys

import pytest

from diagnose.clients._shared import (
    call,
    good_bundle,
    joined,
    quote_powershell,
    restore_variables,
    set_variable,
    system_bundle,
    unset_variable,
)
from diagnose.model.remedy import Commands
from tests.clients.facts import facts, probed
from tests.clients.shells import AWKWARD, run_sh, variables_after


@pytest.mark.parametrize("value", AWKWARD)
def test_a_posix_shell_sets_exactly_the_value(value: str) -> None:
    """Blanks, quotes, dollars and line ends reach the variable as they are, and nothing runs."""
    found = variables_after(set_variable("PIP_CERT", value).sh, {}, "PIP_CERT")
    assert found == {"PIP_CERT": value}


@pytest.mark.parametrize("value", AWKWARD)
def test_a_posix_shell_passes_exactly_the_arguments(value: str) -> None:
    """A call's words arrive one by one."""
    done = run_sh(call(sys.executable, "-c", "import sys; print(sys.argv[1:])", value).sh)
    assert done.stdout == f"{[value]!r}\n"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("C:\\Program Files\\ca.pem", "'C:\\Program Files\\ca.pem'"),
        ("it's", "'it''s'"),
        ("$env:PATH `n $(calc)", "'$env:PATH `n $(calc)'"),
        # PowerShell ends a string at typographic quotes too.
        (
            "a\u2018b\u2019c\u201ad\u201be",
            "'a\u2018\u2018b\u2019\u2019c\u201a\u201ad\u201b\u201be'",
        ),
    ],
)
def test_powershell_strings_expand_nothing(value: str, quoted: str) -> None:
    """In single quotes only the quotes themselves are doubled."""
    assert quoted == quote_powershell(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("C:\\Program Files\\a & b (x86)\\ca.pem", True),
        ("100%.pem", True),
        ('a" & calc & "', False),
        ("%PATH%.pem", False),
        ("a\nb", False),
    ],
)
def test_what_cmd_cannot_say_is_not_said(value: str, said: bool) -> None:
    """No quoting makes these values safe in cmd, so there is no command for it."""
    assert set_variable("X", value).cmd == ((f'set "X={value}"',) if said else ())
    assert call("tool", value).cmd == ((f'tool "{value}"',) if said else ())
    # One step that cannot be said takes the others with it.
    both = joined(unset_variable("Y"), set_variable("X", value))
    assert bool(both.cmd) == said
    assert len(both.sh) == len(both.powershell) == 2


def test_joining_nothing_changes_nothing() -> None:
    """Empty commands are no step in any shell."""
    one = unset_variable("X", "Y")
    assert joined(Commands(), one) == one
    assert one == Commands(
        ("unset X Y",), ("Remove-Item Env:X", "Remove-Item Env:Y"), ('set "X="', 'set "Y="')
    )


def test_restoring_gives_back_what_was() -> None:
    """A variable that was set gets its value, one that was not is unset."""
    case = facts(variables={"PIP_CERT": "/opt/my ca.pem"})
    changed = {"PIP_CERT": "/other", "CURL_CA_BUNDLE": "/other"}
    undo = restore_variables(case, "PIP_CERT", "CURL_CA_BUNDLE")
    assert variables_after(undo.sh, changed, *changed) == {
        "PIP_CERT": "/opt/my ca.pem",
        "CURL_CA_BUNDLE": None,
    }
    assert undo.powershell == ("$env:PIP_CERT = '/opt/my ca.pem'", "Remove-Item Env:CURL_CA_BUNDLE")
    assert undo.cmd == ('set "PIP_CERT=/opt/my ca.pem"', 'set "CURL_CA_BUNDLE="')


def test_plain_words_stay_plain() -> None:
    """What needs no quotes gets none."""
    words = ("python", "-m", "pip", "config", "set", "global.cert", "/opt/ca.pem")
    assert call(*words) == Commands(*[(shlex.join(words),)] * 3)


@pytest.mark.parametrize(
    ("holding", "places", "expected"),
    [
        ("system", ("/etc/ssl/cert.pem", "/etc/ssl/certs"), "/etc/ssl/cert.pem"),
        ("system", ("/opt/ca-bundle",), "/opt/ca-bundle"),
        ("system", ("/etc/ssl/certs.d",), "/etc/ssl/certs.d"),
        ("system", ("the keychain",), None),
        ("", ("/etc/ssl/cert.pem",), None),
    ],
)
def test_the_system_s_file_is_offered_where_it_serves(
    holding: str, places: tuple[str, ...], expected: str | None
) -> None:
    """A path, of a store that verifies."""
    assert system_bundle(facts(holding, places=places)) == expected


def test_the_bundle_is_offered_where_it_serves() -> None:
    """One path, of a bundle that verifies."""
    settings = (probed("PIP_CERT", "/opt/ca.pem"),)
    assert good_bundle(facts("bundle", settings=settings)) == "/opt/ca.pem"
    assert good_bundle(facts("", settings=settings)) is None
    assert good_bundle(facts("")) is None

"""The parts of the terminal report that the scenes' goldens do not show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.examine import conclude
from diagnose.model.client import Prediction
from diagnose.model.diagnosis import Who
from diagnose.model.observation import Recording
from diagnose.model.remedy import Commands, Remedy
from diagnose.model.report import Page, Report
from diagnose.model.surroundings import Platform
from diagnose.report.formats import json as json_format
from diagnose.report.formats import terminal
from tests.clients.facts import facts, names, probed

WIDE = Page(width=200)


def two_hosts(first: str, second: str) -> Recording:
    """One recording of two targets that fare differently: `unreached` or `system`."""
    one = facts("certifi system", unreached=first == "unreached")
    two = facts("certifi system", unreached=second == "unreached", host="www.example.com")
    other = replace(two.target, host="b.example.com", shown="b.example.com")
    return replace(
        one.recording,
        observations=(one.observation, replace(two.observation, target=other)),
    )


def test_several_targets_are_summed_up() -> None:
    """Each with its signs, after the reports one by one."""
    text = terminal.render(conclude(two_hosts("system", "unreached")), WIDE)
    assert text.index("www.example.com is trusted by") < text.index("All targets")
    assert text.endswith("""
All targets
  www.example.com: ✔ certifi, ✔ system
  b.example.com: ? certifi, ? system

exit code 3: some target gave no verdict (name, network, proxy, or not TLS)
""")


def test_one_target_needs_no_summing_up() -> None:
    """Nor is there a heading without anything below it."""
    text = terminal.render(conclude(facts("certifi system").recording), WIDE)
    assert [head for head in ("All targets", "What to do", "Programs found") if head in text] == []


def with_remedy(remedy: Remedy, platform: Platform = Platform.LINUX) -> str:
    report = conclude(facts("certifi system", platform=platform).recording)
    targets = (replace(report.targets[0], remedies=(remedy,)),)
    return terminal.render(replace(report, targets=targets), WIDE)


def test_what_lowers_security_says_so_first() -> None:
    """In its first words, and who it is for stands behind."""
    text = with_remedy(Remedy("risk it", "pip", Who.IT, 1, "this shell", lowers_security=True))
    assert "1. LOWERS SECURITY: pip: risk it (this shell; your IT department must act)\n" in text


@pytest.mark.parametrize(
    ("platform", "shown"),
    [(Platform.LINUX, "in sh"), (Platform.MACOS, "in sh"), (Platform.WINDOWS, "in PowerShell")],
)
def test_commands_are_for_the_shell_of_the_platform(platform: Platform, shown: str) -> None:
    """And so is the way back."""
    commands = Commands(("in sh",), ("in PowerShell",), ("in cmd",))
    undo = Commands(("back in sh",), ("back in PowerShell",))
    text = with_remedy(Remedy("do it", "x", Who.USER, 1, "this shell", commands, undo), platform)
    assert f"       {shown}\n     to undo:\n       back {shown}\n" in text


def test_a_program_that_cannot_be_told_is_a_question_mark() -> None:
    """No verdict is not a good one."""
    settings = (probed("--bundle", "/x", "x"), names("PIP_CERT"))
    text = terminal.render(conclude(facts("", pip="24.0", settings=settings).recording), WIDE)
    assert "? pip 24.0 cannot tell: it trusts only its bundle (PIP_CERT)\n" in text
    unreached = terminal.render(conclude(facts("", pip="24.0", unreached=True).recording), WIDE)
    assert (
        "? pip 24.0 would not get that far: it trusts only its own copy of certifi\n" in unreached
    )


def test_ignored_settings_are_named() -> None:
    """Below the program that ignores them."""
    settings = (probed("PIP_CERT"),)
    text = terminal.render(
        conclude(facts("certifi", requests="2.34", settings=settings).recording), WIDE
    )
    assert "ignores PIP_CERT\n" in text


def test_the_json_of_a_certificate_without_readable_dates() -> None:
    """Null, not an invented date; and a verdict that cannot be told is null as well."""
    case = facts("certifi system")
    odd = {
        name: replace(each, not_before=None, not_after=None)
        for name, each in case.certificates.items()
    }
    report = conclude(case.recording)
    unknown = Prediction("pip", "1", None, None, "because")
    target = replace(report.targets[0], case=replace(case, certificates=odd), clients=(unknown,))
    document = json_format.document(Report(case.recording, (target,), report.exit_code))
    (found,) = document["targets"]
    assert {(each["not_before"], each["not_after"]) for each in found["chain"]} == {(None, None)}
    assert found["clients"][0]["verdict"] is None

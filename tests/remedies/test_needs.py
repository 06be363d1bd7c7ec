"""Every need is answered on every platform, nothing lowers security, and undo gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from diagnose.catalogue import entries
from diagnose.demo.pki import pem
from diagnose.model.case import Case
from diagnose.model.client import Client
from diagnose.model.diagnosis import (
    CorrectProxyUrl,
    InstallSystemStore,
    Need,
    ProxyCredentials,
    ReachHost,
    ReissueAuthority,
    RenewCertificate,
    RepairFile,
    ReplaceServerCertificate,
    ServeIntermediate,
    SetClock,
    TrustAnchor,
    UnsetSetting,
    UpgradeCertifi,
    UseSystemStore,
)
from diagnose.model.remedy import Prescriber, Remedy
from diagnose.model.store import DefectKind, StoreName
from diagnose.model.surroundings import TRUST_VARIABLES, Platform
from tests.causes.scenes import ROOT
from tests.clients.facts import facts, names, probed
from tests.clients.shells import variables_after

PROXY = "http://proxy.example.com:3128"
NEEDS: tuple[Need, ...] = (
    TrustAnchor("Corp Root CA", ROOT.sha256, ()),
    UseSystemStore("Corp Root CA"),
    ServeIntermediate("Issuing CA", None, "http://ca.example.com/i.crt"),
    *(UnsetSetting(each, "/opt/ca.pem") for each in TRUST_VARIABLES),
    UnsetSetting("pip configuration (global.cert)", "/opt/ca.pem"),
    UnsetSetting("--bundle", "/opt/ca.pem"),
    RepairFile("/opt/ca.pem", DefectKind.DER, "PIP_CERT"),
    InstallSystemStore(),
    SetClock(),
    RenewCertificate("www.example.com", "ab"),
    ReplaceServerCertificate("www.example.com", ("example.com",)),
    UpgradeCertifi("2026.10.18"),
    UpgradeCertifi(None),
    ReissueAuthority("Corp Root CA", "basicConstraints must be critical"),
    ProxyCredentials(PROXY, "HTTPS_PROXY"),
    CorrectProxyUrl(PROXY, "HTTPS_PROXY", "https"),
    ReachHost("www.example.com", "no address", resolved=False),
    ReachHost("www.example.com", "nothing listens"),
)

#: Windows and macOS bring their authorities themselves; no package of them can be installed.
NOT_ANSWERED = {
    (InstallSystemStore, Platform.MACOS),
    (InstallSystemStore, Platform.WINDOWS),
}

#: Whoever must act has no shell open that is known here.
NO_COMMANDS = (RenewCertificate, ReplaceServerCertificate, ReissueAuthority)

NOTHING_TO_TYPE = (
    UnsetSetting("--bundle", "/opt/ca.pem"),  # an option of this command
    ReachHost("www.example.com", "nothing listens"),
)

FORBIDDEN = (
    "trusted-host", "verify=false", "cert_none", "--insecure", "curl -k", "pythonhttpsverify",
    "no_verify", "sslverify false", "strict-ssl", "legacy", "unverified",
)  # fmt: skip


def answers(need: Need, case: Case) -> Iterator[Remedy]:
    for client in entries("diagnose.clients", "CLIENT", Client):
        yield from client.meet(need, case)
    for other in entries("diagnose.remedies", "PRESCRIBER", Prescriber):
        yield from other.prescribe(need, case)


def around(platform: Platform) -> Case:
    return facts("system", pip="24.0", requests="2.34", platform=platform)


def test_the_table_has_every_need() -> None:
    """A new need must be answered here."""
    assert {type(each) for each in NEEDS} == set(get_args(Need))


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("need", NEEDS, ids=repr)
def test_every_need_is_answered_on_every_platform(need: Need, platform: Platform) -> None:
    """By somebody, in words, and with a command for the shell that people there have open."""
    found = list(answers(need, around(platform)))
    if (type(need), platform) in NOT_ANSWERED:
        assert found == []
        return
    assert found
    if isinstance(need, NO_COMMANDS) or need in NOTHING_TO_TYPE:
        assert all(each.commands.sh == () for each in found)
        return
    windows = platform is Platform.WINDOWS
    assert all(each.commands.powershell if windows else each.commands.sh for each in found)


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("need", NEEDS, ids=repr)
def test_no_remedy_switches_verification_off(need: Need, platform: Platform) -> None:
    """Nor does any lower security in another way."""
    for remedy in answers(need, around(platform)):
        assert not remedy.lowers_security
        lines = (*remedy.commands.sh, *remedy.commands.powershell, *remedy.commands.cmd)
        said = " ".join((remedy.title, *lines)).lower()
        assert [word for word in FORBIDDEN if word in said] == []


@pytest.mark.parametrize("name", TRUST_VARIABLES)
def test_a_variable_is_taken_away_and_given_back(name: str) -> None:
    """The value that it had comes back by the undo."""
    value = "/opt/it's a ca.pem"
    case = facts(variables={name: value})
    (remedy,) = answers(UnsetSetting(name, value), case)
    before = {name: value}
    assert variables_after(remedy.commands.sh, before, name) == {name: None}
    both = (*remedy.commands.sh, *remedy.undo.sh)
    assert variables_after(both, before, name) == {name: value}


@pytest.mark.parametrize(
    ("chosen_by", "former", "name", "undone"),
    [
        ("HTTPS_PROXY", PROXY, "HTTPS_PROXY", PROXY),
        # The lower-case one would beat the other (`urllib.request.getproxies_environment`).
        ("https_proxy", PROXY, "https_proxy", PROXY),
        ("ALL_PROXY", None, "ALL_PROXY", None),
        ("--proxy", None, "HTTPS_PROXY", None),
    ],
)
@pytest.mark.parametrize(
    ("kind", "url"),
    [
        (ProxyCredentials(PROXY, ""), "http://USER:PASSWORD@proxy.example.com:3128"),
        (CorrectProxyUrl(PROXY, "", "https"), "https://proxy.example.com:3128"),
    ],
)
def test_the_proxy_s_address_goes_where_it_came_from(
    chosen_by: str, former: str | None, name: str, undone: str | None,
    kind: ProxyCredentials | CorrectProxyUrl, url: str,
) -> None:  # fmt: skip
    """The variable that chose the proxy is the one that is set."""
    case = facts(variables={name: former} if former else {})
    (remedy,) = answers(replace(kind, chosen_by=chosen_by), case)
    before = {name: former} if former else {}
    assert variables_after(remedy.commands.sh, before, name) == {name: url}
    both = (*remedy.commands.sh, *remedy.undo.sh)
    assert variables_after(both, before, name) == {name: undone}


def test_masked_credentials_are_not_given_back() -> None:
    """A report knows `***` only; an undo that set it would break what worked."""
    case = facts(variables={"HTTPS_PROXY": "http://***@proxy.example.com:3128"})
    (remedy,) = answers(ProxyCredentials(PROXY, "HTTPS_PROXY"), case)
    assert remedy.undo.sh == ()


@pytest.mark.parametrize(
    ("platform", "sh"),
    [
        (Platform.LINUX, "getent hosts www.example.com"),
        (Platform.MACOS, "dscacheutil -q host -a name www.example.com"),
        (Platform.WINDOWS, "nslookup www.example.com"),
    ],
)
def test_a_name_is_looked_up_with_what_the_platform_has(platform: Platform, sh: str) -> None:
    """`getent` is not there on macOS."""
    (remedy,) = answers(ReachHost("www.example.com", "", resolved=False), facts(platform=platform))
    assert remedy.commands.sh == (sh,)
    assert remedy.commands.powershell == remedy.commands.cmd == ("nslookup www.example.com",)


def test_a_forged_host_runs_nothing() -> None:
    """A recording can hold any text as a host; in a command it stays one word."""
    (remedy,) = answers(ReachHost('a"; calc; $(id) & b', "", resolved=False), facts())
    assert remedy.commands.sh == ("""getent hosts 'a"; calc; $(id) & b'""",)
    assert remedy.commands.powershell == ("""nslookup 'a"; calc; $(id) & b'""",)
    assert remedy.commands.cmd == ()


def test_windows_takes_the_anchor_away_by_its_serial_number() -> None:
    """Where the certificate was seen; else PowerShell looks it up in the file."""
    need = TrustAnchor("Corp Root CA", ROOT.sha256, (StoreName.BUNDLE,))
    seen = facts("bundle", settings=(probed("PIP_CERT"),), platform=Platform.WINDOWS)
    serial = seen.certificates[ROOT.sha256].serial
    by_serial = (f"certutil -delstore ROOT {serial}",)
    undo = _machine(need, seen).undo
    assert (undo.powershell, undo.cmd) == (by_serial, by_serial)
    undo = _machine(replace(need, certificate=None), seen).undo
    assert undo.powershell[0].startswith("Get-ChildItem Cert:\\LocalMachine\\Root |")
    assert undo.cmd == ()
    assert pem(seen.certificates[ROOT.sha256].der) == ROOT.pem


def test_the_system_store_is_left_alone_where_it_has_the_anchor() -> None:
    """Nothing to add to."""
    need = TrustAnchor("Corp Root CA", ROOT.sha256, (StoreName.SYSTEM,))
    found = answers(need, facts("system", pip="24.0", requests="2.34"))
    assert [each.for_ for each in found] == []


def test_another_setting_with_a_bundle_does_not_change_the_repair() -> None:
    """The setting that names the bad file is the one that is changed."""
    case = facts(settings=(names("PIP_CERT", "/opt/a.crt"),), bundle=False)
    (remedy,) = answers(RepairFile("/opt/a.crt", DefectKind.CR_LINE_ENDS, "PIP_CERT"), case)
    assert remedy.commands.sh[-1] == "export PIP_CERT=/opt/a.crt.mended.pem"
    assert remedy.undo.sh == ("export PIP_CERT=/opt/a.crt",)


def _machine(need: Need, case: Case) -> Remedy:
    (found,) = (each for each in answers(need, case) if each.for_ == "operating system")
    return found

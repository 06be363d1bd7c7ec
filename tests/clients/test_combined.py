"""One file of the public authorities and the company's: written and taken back by a real `sh`."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from diagnose.clients.pip import CLIENT as PIP
from diagnose.clients.requests import CLIENT as REQUESTS
from diagnose.model.case import Case
from diagnose.model.client import Client
from diagnose.model.diagnosis import TrustAnchor, Who
from diagnose.model.remedy import Remedy
from diagnose.model.store import StoreName
from tests.causes.scenes import ROOT
from tests.clients.facts import facts, names, probed
from tests.clients.shells import variables_after

NOWHERE = TrustAnchor("Corp Root CA", None, ())
HELD = TrustAnchor("Corp Root CA", None, (StoreName.BUNDLE,))
CLIENTS = pytest.mark.parametrize(
    ("client", "variable"),
    [(PIP, "PIP_CERT"), (REQUESTS, "REQUESTS_CA_BUNDLE")],
    ids=["pip", "req"],
)


def combined(client: Client, need: TrustAnchor, case: Case) -> list[Remedy]:
    found = client.meet(need, case)
    return [each for each in found if "public authorities, in one file" in each.title]


def with_bundle(path: str, anchors: int, pip: str = "24.0") -> Case:
    """A bundle of so many anchors, one of them the right one, that `--bundle` names."""
    case = facts("bundle", pip=pip, requests="2.34", settings=(probed("--bundle", path),))
    stores = tuple(
        replace(each, anchors=anchors) if each.name is StoreName.BUNDLE else each
        for each in case.recording.stores
    )
    return replace(case, recording=replace(case.recording, stores=stores))


@CLIENTS
def test_the_file_holds_both_and_goes_again(client: Client, variable: str, tmp_path: Path) -> None:
    """The program's own list is still there; the undo removes file and variable."""
    company = tmp_path / "it's a corp ca.pem"
    company.write_text(ROOT.pem, encoding="ascii")
    (remedy,) = combined(client, HELD, with_bundle(str(company), 1))
    assert remedy.who is Who.USER
    home = {"HOME": str(tmp_path), variable: "/opt/old.pem"}
    after = variables_after(remedy.commands.sh, home, variable)[variable]
    assert after == f"{tmp_path}/ca-plus-corp.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=after)
    loaded = context.get_ca_certs(binary_form=True)
    assert ROOT.der in loaded
    assert len(loaded) > 100
    back = variables_after((*remedy.commands.sh, *remedy.undo.sh), home, variable)
    assert back[variable] is None  # it was unset where the check ran
    assert not Path(after).exists()


@CLIENTS
def test_the_company_s_file_may_have_to_come_first(client: Client, variable: str) -> None:
    """A stand-in name, and somebody else who has the file."""
    (remedy,) = combined(client, NOWHERE, facts(pip="24.0", requests="2.34"))
    assert remedy.who is Who.IT
    assert "`corp-ca.pem`, from your IT department" in remedy.title


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(with_bundle("/opt/all.pem", 140), id="a-public-list-already"),
        pytest.param(with_bundle("/opt/hashed", 1), id="a-folder-cannot-be-joined"),
        pytest.param(with_bundle("/opt/ca.pem", 1, pip="24.2"), id="pip-24.2-adds"),
    ],
)
def test_where_nothing_is_to_be_joined(case: Case) -> None:
    """Only where replacing would cut a program off from every public host."""
    assert combined(PIP, HELD, case) == []


def test_what_beats_the_variable_is_taken_away(tmp_path: Path) -> None:
    """And comes back with the undo."""
    (tmp_path / "ca.pem").write_text(ROOT.pem, encoding="ascii")
    case = facts(
        "", pip="24.0", settings=(probed("REQUESTS_CA_BUNDLE", "/w.pem"), names("PIP_CERT", "/o"))
    )
    (remedy,) = combined(PIP, NOWHERE, case)
    assert "unset REQUESTS_CA_BUNDLE" in remedy.commands.sh
    assert {"export REQUESTS_CA_BUNDLE=/w.pem", "export PIP_CERT=/o"} <= set(remedy.undo.sh)


def test_a_path_that_cmd_cannot_say() -> None:
    """No cmd then, and a path is one word for the others."""
    (remedy,) = combined(PIP, HELD, with_bundle('/opt/%PATH%" & x/ca.pem', 1))
    assert remedy.commands.cmd == ()
    assert "'/opt/%PATH%\" & x/ca.pem'" in remedy.commands.powershell[0]

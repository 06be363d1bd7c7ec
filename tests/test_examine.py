"""The whole pipeline: `check` on loopback, the order of what is said, and its purity."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from unittest import mock

import pytest

import diagnose as package
from diagnose.demo.servers import tls_server
from diagnose.examine import Options, build_cases, check, conclude, diagnose, observe, prescribe
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Diagnosis,
    Finding,
    Need,
    SetClock,
    UnsetSetting,
    Who,
)
from diagnose.model.errors import DiagnoseError
from diagnose.model.exits import Exit
from diagnose.model.remedy import Prescriber, Remedy
from diagnose.model.saved import dumps, loads
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.verdict import Verdict
from diagnose.platforms import here
from diagnose.stores.certifi_store import CertifiPackage
from fixtures.scene import CORPORATE, CORPORATE_ISSUING, PUBLIC, file
from tests.causes.scenes import SCENES
from tests.clients.facts import facts, probed

CERTIFI, BUNDLE, SYSTEM = StoreName
#: The machine's own pip configuration may name a bundle.
NO_PIP = {"PIP_CONFIG_FILE": os.devnull}
LEAF = CORPORATE_ISSUING.leaf("localhost", "127.0.0.1")

only_on_linux = pytest.mark.skipif(
    here() is not Platform.LINUX, reason="the system's store is set as Linux reads it"
)


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CertifiPackage:
    """The public root in certifi and in the system's store; the corporate one in neither."""
    monkeypatch.setenv("SSL_CERT_FILE", file(tmp_path, "system.pem", PUBLIC.pem))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    where = file(tmp_path, "certifi.pem", PUBLIC.pem)
    digest = hashlib.sha256(PUBLIC.pem.encode()).hexdigest()
    return CertifiPackage(where, "2026.10.18", digest)


@pytest.fixture
def server() -> Iterator[str]:
    with tls_server(LEAF) as found:
        yield f"localhost:{found.port}"


@pytest.fixture
def corporate(tmp_path: Path) -> str:
    return file(tmp_path, "corp.pem", PUBLIC.pem + CORPORATE.pem)


@only_on_linux
@pytest.mark.parametrize(
    ("bundle", "require", "exit_code"),
    [
        (False, (), Exit.NONE),
        (True, (), Exit.MIXED),
        (True, (BUNDLE,), Exit.OK),
        (True, (BUNDLE, CERTIFI), Exit.MIXED),
        (True, (CERTIFI,), Exit.NONE),
    ],
)
def test_the_exit_code_is_about_the_stores_that_were_asked(
    server: str, stores: CertifiPackage, corporate: str, bundle: bool,
    require: tuple[StoreName, ...], exit_code: Exit,
) -> None:  # fmt: skip
    """Observed for real: the bundle has the root, the two others do not."""
    options = Options(corporate if bundle else None, fetch=False, require=require)
    report = conclude(observe([server], options, NO_PIP, stores))
    (target,) = report.targets
    expected = Verdict.VERIFIES if bundle else Verdict.NOT_CONFIGURED
    found = [target.case.verdict(name) for name in StoreName]
    assert found == [Verdict.FAILS, expected, Verdict.FAILS]
    assert report.exit_code is exit_code


@only_on_linux
def test_several_hosts_in_one_report(server: str, stores: CertifiPackage) -> None:
    """One that answers and one that does not: no verdict for some target is exit code 3."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        hosts = [server, f"127.0.0.1:{silent.getsockname()[1]}"]
        report = conclude(observe(hosts, Options(fetch=False), NO_PIP, stores))
    first, second = report.targets
    assert first.case.verdict(CERTIFI) is Verdict.FAILS
    assert second.case.verdict(CERTIFI) is Verdict.NOT_REACHED
    assert [each.cause for each in second.diagnoses if not each.finding.remark] == [
        "connection-refused"
    ]
    assert report.exit_code is Exit.NO_VERDICT


@only_on_linux
@pytest.mark.usefixtures("stores")
def test_check_is_the_public_api(server: str, corporate: str) -> None:
    """Words in, a report out; the process environment is what it sees."""
    report = package.check(server, bundle=corporate, aia=False, timeout=20.0, require=["bundle"])
    assert isinstance(report, package.Report)
    assert (report.exit_code, report.recording.required) == (Exit.OK, (BUNDLE,))
    assert report.recording.store(BUNDLE).chosen_by == "--bundle"
    assert report.recording.surroundings.variable("SSL_CERT_FILE") == os.environ["SSL_CERT_FILE"]


@pytest.mark.parametrize("require", [["java"], ("certifi", "SYSTEM"), "certifi"])
def test_check_refuses_stores_that_there_are_not(require: list[str]) -> None:
    """Before anything is opened or connected to; the sentence names the ones there are."""
    with pytest.raises(DiagnoseError, match=r"`require` names stores: certifi, bundle, system"):
        check("localhost", require=require)


@pytest.mark.parametrize(
    ("name", "way_out"),
    [(BUNDLE, "name one with --bundle or REQUESTS_CA_BUNDLE"), (CERTIFI, "install it, or leave")],
)
def test_a_required_store_must_be_there(name: StoreName, way_out: str) -> None:
    """Asking for a store that is not configured is a mistake of the caller's."""
    with (
        mock.patch("diagnose.stores.certifi_store.find", return_value=None),
        pytest.raises(DiagnoseError, match=way_out),
    ):
        observe(["localhost:1"], Options(require=(name,)), NO_PIP)


@pytest.mark.parametrize("host", ["", "http://user:pw@localhost/", "localhost:99999", "a b"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    """One sentence, and no connection."""
    with pytest.raises(DiagnoseError):
        check(host)


class _NoClock(datetime):
    """A calendar without a clock."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _NoClock:
        raise AssertionError("the clock was looked at")

    today = utcnow = now


@pytest.mark.parametrize("story", SCENES)
def test_conclude_is_pure(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same recording gives an equal report, saved and read again, without clock or world."""
    recording = SCENES[story].case().recording
    again = loads(dumps(recording), "again")
    first = conclude(recording)
    exploding = mock.Mock(side_effect=AssertionError("the world was looked at"))
    for place in ("time.time", "socket.socket", "builtins.open", "os.getenv", "os.stat"):
        monkeypatch.setattr(place, exploding)
    for name, module in list(sys.modules.items()):
        if name.startswith("diagnose.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", _NoClock)
    second = conclude(again)
    monkeypatch.undo()
    assert second == first


def test_cases_leave_out_certificates_that_cannot_be_read() -> None:
    """A recording with rubbish among its certificates still leads to a report."""
    recording = SCENES["only-in-system"].case().recording
    rubbish = replace(recording, certificates=(*recording.certificates, b"\x30\x03abc", b""))
    (case,) = build_cases(rubbish)
    assert set(case.certificates) == {
        hashlib.sha256(each).hexdigest() for each in recording.certificates
    }
    none = replace(recording, certificates=())
    assert conclude(none).exit_code is Exit.MIXED


def finding(summary: str, *needs: Need, remark: bool = False) -> Finding:
    return Finding(summary, Confidence.CERTAIN, Who.USER, ("seen",), needs, remark)


def causes(*found: tuple[str, int, Finding | None, tuple[str, ...]]) -> tuple[Cause, ...]:
    """A catalogue of these: id, rank, what it concludes, what it covers."""
    return tuple(
        Cause(name, name, rank, "", lambda _, concluded=concluded: concluded, covers)  # type: ignore[misc]
        for name, rank, concluded, covers in found
    )


def diagnosed(*found: tuple[str, int, Finding | None, tuple[str, ...]]) -> list[str]:
    with mock.patch("diagnose.examine.entries", return_value=causes(*found)):
        return [each.cause for each in diagnose(facts())]


UNSET = UnsetSetting("PIP_CERT", "/x")
A, REMARK = finding("a"), finding("r", remark=True)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([("b", 2, A, ()), ("a", 1, A, ())], ["a", "b"], id="by-rank"),
        pytest.param([("a", 1, None, ()), ("b", 2, A, ())], ["b"], id="only-what-is-recognised"),
        pytest.param([("r", 1, REMARK, ()), ("a", 9, A, ())], ["a", "r"], id="remarks-last"),
        pytest.param([("a", 1, A, ("b",)), ("b", 2, A, ())], ["a"], id="covered"),
        pytest.param([("a", 9, A, ("b",)), ("b", 2, A, ())], ["a"], id="covered-by-a-later-one"),
        pytest.param([("r", 1, REMARK, ("b",)), ("b", 2, A, ())], ["b", "r"], id="not-by-a-remark"),
        pytest.param([("a", 1, None, ("b",)), ("b", 2, A, ())], ["b"], id="not-by-the-absent"),
        pytest.param([("unexplained", 900, A, ())], ["unexplained"], id="the-fallback-alone"),
        pytest.param([("unexplained", 900, A, ()), ("a", 1, A, ())], ["a"], id="not-beside-others"),
        pytest.param([("unexplained", 900, A, ()), ("r", 1, REMARK, ())], ["unexplained", "r"],
                     id="beside-a-remark"),
        pytest.param([], [], id="nothing"),
    ],
)  # fmt: skip
def test_the_order_of_diagnoses(found: list[object], expected: list[str]) -> None:
    """By rank, remarks last, nothing that only follows from something else."""
    assert diagnosed(*found) == expected  # type: ignore[arg-type]


def test_remedies_stand_by_urgency_and_then_by_how_little_they_change() -> None:
    """Those of the first diagnosis first; each once; what lowers security after all others."""
    offers: dict[Need, tuple[tuple[str, int, bool], ...]] = {
        SetClock(): (("late", 50, False), ("risky", 1, True), ("early", 2, False)),
        UNSET: (("second", 1, False), ("early", 99, False)),
    }

    def offer(need: Need, case: Case) -> tuple[Remedy, ...]:
        return tuple(
            Remedy(title, "x", Who.USER, order, "r", lowers_security=low)
            for title, order, low in offers[need]
        )

    def catalogue(room: str, attribute: str, kind: type) -> tuple[object, ...]:
        return (Prescriber("x", offer),) if kind is Prescriber else ()

    found = [
        Diagnosis("a", finding("a", SetClock())),
        Diagnosis("b", finding("b", UNSET, SetClock())),
    ]
    with mock.patch("diagnose.examine.entries", catalogue):
        remedies = prescribe(facts(), found)
    assert [(each.title, each.order) for each in remedies] == [
        ("early", 2), ("late", 50), ("second", 1), ("risky", 1),
    ]  # fmt: skip
    with mock.patch("diagnose.examine.entries", catalogue):
        assert prescribe(facts(), ()) == ()


@pytest.mark.parametrize("story", SCENES)
def test_no_story_ends_in_a_remedy_that_lowers_security(story: str) -> None:
    """Nor in the same remedy twice."""
    (target,) = conclude(SCENES[story].case().recording).targets
    assert [each for each in target.remedies if each.lowers_security] == []
    named = [(each.for_, each.title) for each in target.remedies]
    assert len(named) == len(set(named))


def test_the_report_asks_every_client_that_is_here() -> None:
    """Programs that were not found have no line."""
    recording = facts(
        "bundle", pip="24.0", requests="2.34", settings=(probed("PIP_CERT"),)
    ).recording
    (target,) = conclude(recording).targets
    assert [(each.name, each.verdict) for each in target.clients] == [
        ("pip", Verdict.VERIFIES), ("requests", Verdict.FAILS),
    ]  # fmt: skip
    assert conclude(facts().recording).targets[0].clients == ()

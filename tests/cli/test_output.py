"""Where the report goes and how it looks: terminal, pipe, file; colour, width, signs."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnose.cli import main
from diagnose.cli.output import page, plain_page
from diagnose.demo.loopback import Connection, listening
from diagnose.demo.servers import tls_server
from diagnose.model.report import Page
from tests.cli.machine import CORPORATE, LEAF, PUBLIC, Machine, machine, run

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell and devices of POSIX")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return machine(tmp_path_factory.mktemp("machine"), PUBLIC, CORPORATE)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A server that the system's store trusts, and certifi does not."""
    with tls_server(LEAF) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture
def saved(here: Machine, host: str) -> str:
    """An observation of it."""
    path = here.path("facts.json")
    if not os.path.exists(path):
        assert run(here, host, "--save", path, "-q").code == 11
    return path


class Stream(io.TextIOWrapper):
    """An output of some kind."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


COLOURS = [
    ({}, False, False),
    ({}, True, True),
    ({"NO_COLOR": "1"}, True, False),
    ({"NO_COLOR": ""}, True, True),
    ({"FORCE_COLOR": "1"}, False, True),
    ({"FORCE_COLOR": ""}, False, False),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ({"TERM": "dumb"}, True, False),
    ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
]


@pytest.mark.skipif(sys.platform == "win32", reason="the console decides there")
@pytest.mark.parametrize(("variables", "terminal", "colour"), COLOURS)
def test_colour_is_decided_by_the_variables_and_then_by_the_terminal(
    variables: dict[str, str], terminal: bool, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR beats FORCE_COLOR beats the kind of output; empty is unset."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert page(Stream(terminal=terminal)).colour is colour


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("", 100),
        ("72", 72),
        ("10", 40),
        ("0", 100),
        ("-5", 100),
        ("x", 100),
        ("\uff19", 100),
        ("9" * 5000, 100),
    ],
)
def test_width_is_columns_or_a_hundred(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COLUMNS is obeyed down to 40; a pipe has no width."""
    monkeypatch.setenv("COLUMNS", columns)
    assert page(Stream()).width == width


@pytest.mark.parametrize(
    ("encoding", "signs"),
    [("utf-8", True), ("utf-16", True), ("cp1252", False), ("ascii", False), ("latin-1", False)],
)
def test_signs_are_shown_where_the_encoding_has_them(encoding: str, signs: bool) -> None:
    """Elsewhere ASCII stands for them."""
    assert page(Stream(encoding)).signs is signs


def test_a_file_has_no_terminal() -> None:
    """A report in a file is plain."""
    assert plain_page() == Page(width=100, colour=False, signs=True)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_encoding_gets_a_whole_report(encoding: str, here: Machine, saved: str) -> None:
    """What cannot be shown is written otherwise; nothing is lost and nothing fails."""
    ended = run(here, "replay", saved, variables={"PYTHONIOENCODING": encoding})
    assert (ended.code, ended.err) == (11, "")
    assert ended.out.isascii() or encoding == "utf-8"
    for word in ("certifi", "bundle", "system", "verifies", "fails"):
        assert word in ended.out


def test_a_pipe_has_no_colour_unless_it_is_wanted(here: Machine, saved: str) -> None:
    """Escape sequences are for terminals, and for who asks for them."""
    assert "\x1b" not in run(here, "replay", saved).out
    assert "\x1b[" in run(here, "replay", saved, variables={"FORCE_COLOR": "1"}).out


def test_quiet_is_one_sentence_for_each_target(here: Machine, saved: str) -> None:
    """`-q` leaves the first sentence and the exit code."""
    ended = run(here, "replay", saved, "-q")
    assert (ended.code, ended.out.count("\n"), ended.err) == (11, 1, "")
    assert ended.out[:40] in run(here, "replay", saved).out


def test_a_replay_gives_the_same_report_from_anywhere(
    here: Machine, host: str, tmp_path: Path
) -> None:
    """Saved here, told again there: the same bytes and the same exit code, without a network."""
    facts, report = tmp_path / "facts.json", tmp_path / "report.json"
    first = run(here, host, "--save", str(facts), "-o", str(report), "--format", "json")
    assert (first.code, first.out, first.err) == (11, "", "")
    other = machine(tmp_path / "other")
    again = run(other, "replay", str(facts), "--format", "json")
    assert (again.code, again.err) == (11, "")
    assert again.out == report.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "facts.json",
        "other",
        "report.json",
    ]


def test_an_observation_may_come_from_standard_input(saved: str, here: Machine) -> None:
    """`-` is standard input."""
    answer = subprocess.run(
        [sys.executable, "-m", "diagnose", "replay", "-", "-q"],
        input=b"\xef\xbb\xbf" + Path(saved).read_bytes(),
        env={**os.environ, **here.variables},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (11, b"")


@POSIX
def test_a_file_is_replaced_and_keeps_its_mode_and_its_link(saved: str, tmp_path: Path) -> None:
    """A private file stays private, and a link stays a link."""
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old", "ascii")
    real.chmod(0o600)
    link.symlink_to("real.txt")
    assert main(["replay", saved, "-o", str(link)]) == 11
    assert link.is_symlink()
    assert "system" in real.read_text("utf-8")
    assert real.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.txt", "real.txt"]


@POSIX
def test_a_new_file_has_the_mode_that_the_umask_leaves(saved: str, tmp_path: Path) -> None:
    """As any program would have made it."""
    before = os.umask(0o027)
    try:
        assert main(["replay", saved, "-o", str(tmp_path / "new.txt")]) == 11
    finally:
        os.umask(before)
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640


@POSIX
@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
@pytest.mark.parametrize("redirected", [">>", "|"])
def test_standard_output_may_be_named(
    name: str, redirected: str, here: Machine, saved: str, tmp_path: Path
) -> None:
    """It is written to, not replaced and not cut; the device stays what it is."""
    log = tmp_path / "log.txt"
    log.write_text("before\n", "ascii")
    end = f">> '{log}'" if redirected == ">>" else f"| cat >> '{log}'"
    command = f"'{sys.executable}' -m diagnose replay '{saved}' -q -o {name} {end}"
    answer = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, **here.variables},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (answer.stdout, answer.stderr) == (b"", b"")
    assert log.read_text("utf-8").startswith("before\n")
    assert log.read_text("utf-8").count("\n") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt"]
    assert Path("/dev/stdout").is_symlink()


@POSIX
@pytest.mark.parametrize(
    ("end", "code", "complaint"),
    [
        ("| true", 11, ""),
        ("| head -1 >/dev/null", 11, ""),
        (">&-", 11, ""),
        (">/dev/full", 1, "diagnose: cannot write to standard output: No space left on device\n"),
    ],
)
def test_an_output_that_ends_early_changes_no_verdict(
    end: str, code: int, complaint: str, here: Machine, saved: str, tmp_path: Path
) -> None:
    """A reader that has seen enough is no failure; a full disk is one, in one sentence."""
    words = f"'{sys.executable}' -m diagnose replay '{saved}'"
    inner = (
        f"({words}; echo $? >'{tmp_path / 'code'}') {end}"
        if "|" in end
        else (f"{words} {end}; echo $? >'{tmp_path / 'code'}'")
    )
    answer = subprocess.run(
        ["/bin/sh", "-c", inner],
        env={**os.environ, **here.variables},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert answer.stderr.decode() == complaint
    assert int((tmp_path / "code").read_text()) == code


@POSIX
def test_ctrl_c_ends_with_130(here: Machine, tmp_path: Path) -> None:
    """Interrupted while a server is silent: the shell's code for it, no traceback, no file."""
    asked = threading.Event()

    def stay_silent(connection: Connection) -> None:
        asked.set()
        connection.drain()

    with listening(stay_silent) as port:
        process = subprocess.Popen(
            [sys.executable, "-m", "diagnose", f"127.0.0.1:{port}", "-o", "report.txt",
             "--timeout", "60"],
            env={**os.environ, **here.variables},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_the_inventory_of_stores(here: Machine) -> None:
    """`diagnose stores` connects nowhere and lists what would be trusted."""
    ended = run(here, "stores", "--bundle", "corp.pem", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert "corp.pem" in json.dumps(found)
    text = run(here, "stores", "-o", "stores.txt")
    assert (text.code, text.out, text.err) == (0, "", "")
    assert here.path("system.pem") in Path(here.path("stores.txt")).read_text("utf-8")


def test_the_demo_ends_with_0(here: Machine) -> None:
    """The demonstration shows a check, and ends well when it ran."""
    ended = run(here, "demo")
    assert (ended.code, ended.err) == (0, "")
    assert "registry.example.com" in ended.out


def test_hostile_words_of_an_observation_reach_no_terminal(saved: str, tmp_path: Path) -> None:
    """A file that somebody sent may hold anything; escape sequences are shown, not obeyed."""
    text = Path(saved).read_text("ascii")
    document = json.loads(text)

    failure = document["recording"]["observations"][0]["attempts"][0]["failure"]
    failure["words"] = "\x1b]0;owned\x07\x1b[31mred"
    document["recording"]["surroundings"]["system"] = "\x1b[2J"
    hostile = tmp_path / "hostile.json"
    hostile.write_text(json.dumps(document), "ascii")
    out = tmp_path / "out.txt"
    main(["replay", str(hostile), "-o", str(out)])
    assert "\x1b" not in out.read_text("utf-8")
    assert "\x07" not in out.read_text("utf-8")

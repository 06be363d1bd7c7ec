"""Bad input: one sentence on stderr that names the thing, the right exit code, nothing written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnose.cli import main
from diagnose.model.saved import SCHEMA
from tests.cli.machine import machine, run

pytestmark = pytest.mark.usefixtures("folder")

FORM = "write HOST, HOST:PORT or https://HOST/"
PEM = "name a PEM file or a hashed directory"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of every test here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fifo(name: str) -> None:
    os.mkfifo(name)


def sparse(name: str) -> None:
    with open(name, "wb") as file:
        file.truncate(1_000_000_000)


def content(data: bytes) -> Callable[[str], None]:
    def write(name: str) -> None:
        Path(name).write_bytes(data)

    return write


def observation(change: str = "") -> bytes:
    return f'{{"schema": "{SCHEMA}{change}", "recording": {{}}}}'.encode()


#: What is made first, the words, and the sentence.
ROWS: dict[str, tuple[tuple[str, Callable[[str], None]] | None, tuple[str, ...], str]] = {
    "empty host": (None, ("",), f"`` has no host; {FORM}"),
    "port": (None, ("check", "h:65536"), "the port of `h:65536` is not a number from 1 to 65535"),
    "user name": (
        None,
        ("https://alice:secret@example.com/",),
        f"the user name in `https://***@example.com/` is not used; {FORM}",
    ),
    "http": (None, ("http://example.com",), f"`http://example.com` is no https address; {FORM}"),
    "one of several": (
        None,
        ("127.0.0.1", "a b"),
        f"`a b` holds a blank or a control character; {FORM}",
    ),
    "control characters": (
        None,
        ("\x1b[31mred",),
        f"`\\x1b[31mred` holds a blank or a control character; {FORM}",
    ),
    "proxy without scheme": (
        None,
        ("h", "--proxy", "proxy.example:3128"),
        ("the proxy `proxy.example:3128` has no scheme;"
        " write http://proxy.example:3128 for the usual kind"),
    ),
    "SOCKS": (
        None,
        ("h", "--proxy", "socks5://p.example"),
        ("the proxy `socks5://p.example` (--proxy) is of a kind that is not probed;"
        " http:// and https:// proxies are"),
    ),
    "bundle is a FIFO": (
        ("pipe", fifo),
        ("127.0.0.1", "--bundle", "pipe"),
        f"--bundle `{{0}}/pipe` is a FIFO (named pipe), not a file; {PEM}",
    ),
    "bundle is huge": (
        ("huge.pem", sparse),
        ("--bundle", "huge.pem", "127.0.0.1"),
        f"--bundle `{{0}}/huge.pem` is 1,000 MB large; bundles over 20 MB are not read; {PEM}",
    ),
    "bundle is a device": (
        None,
        ("stores", "--bundle", "/dev/zero"),
        f"--bundle `/dev/zero` is a device, not a file; {PEM}",
    ),
    "timeout": (
        None,
        ("h", "--timeout", "0"),
        "--timeout is a number of seconds, more than 0, at most 600",
    ),
    "timeout nan": (
        None,
        ("h", "--timeout", "nan"),
        "--timeout is a number of seconds, more than 0, at most 600",
    ),
    "required but not there": (
        None,
        ("127.0.0.1:1", "--require", "bundle"),
        ("--require bundle: no bundle store is configured;"
        " name one with --bundle or REQUESTS_CA_BUNDLE"),
    ),
    "output in no folder": (
        None,
        ("h", "-o", "gone/report.txt"),
        "cannot write `gone/report.txt`: No such file or directory; name another file",
    ),
    "output is a folder": (
        None,
        ("h", "-o", "."),
        "cannot write `.`: it is a folder; name a file",
    ),
    "output ends like a folder": (
        None,
        ("h", "-o", "new/"),
        "cannot write `new/`: it is a folder; name a file",
    ),
    "output has no name": (
        None, ("h", "-o", ""), "cannot write ``: it is a folder; name a file"
    ),
    "output under a file": (
        ("file", content(b"x")),
        ("h", "-o", "file/report.txt"),
        "cannot write `file/report.txt`: Not a directory; name another file",
    ),
    "output is not open": (
        None,
        ("h", "-o", "/dev/fd/999"),
        "cannot write `/dev/fd/999`: Bad file descriptor; name another file",
    ),
    "save in no folder": (
        None,
        ("h", "--save", "gone/facts.json"),
        "cannot write `gone/facts.json`: No such file or directory; name another file",
    ),
    "observation missing": (
        None, ("replay", "gone.json"), "cannot read `gone.json`: No such file or directory"
    ),
    "observation is a folder": (None, ("replay", "."), "`.` is not a file"),
    "observation is a FIFO": (("pipe", fifo), ("replay", "pipe"), "`pipe` is not a file"),
    "observation huge": (
        ("huge.json", sparse), ("replay", "huge.json"), "`huge.json` is larger than 64 MB"
    ),
    "observation empty": (
        ("e.json", content(b"")),
        ("replay", "e.json"),
        "`e.json` is no recording: it is not JSON, or was cut short",
    ),
    "observation cut": (
        ("c.json", content(observation()[:-3])),
        ("replay", "c.json"),
        "`c.json` is no recording: it is not JSON, or was cut short",
    ),
    "observation binary": (
        ("b.json", content(bytes(range(256)))), ("replay", "b.json"), "`b.json` is not a text file"
    ),
    "observation of the future": (
        ("f.json", content(observation("9"))),
        ("replay", "f.json"),
        ("`f.json` was written by another version of diagnose (diagnose/observation/19);"
        " this one reads diagnose/observation/1; update tls-diagnose"),
    ),
    "observation damaged": (
        ("d.json", content(observation())),
        ("replay", "d.json"),
        "`d.json` is damaged: $ is no Recording",
    ),
    "not a recording": (
        ("n.json", content(b"[1]")),
        ("replay", "n.json"),
        "`n.json` is no recording of `diagnose check --save`",
    ),
    "cause": (
        None,
        ("explain", "expird"),
        "there is no cause `expird`; did you mean `expired`?",
    ),
    "cause far off": (
        None,
        ("explain", "zzz\x1b"),
        "there is no cause `zzz\\x1b`; `diagnose causes` lists them all",
    ),
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO, and other words of the system")
@pytest.mark.parametrize("name", ROWS)
def test_bad_input_is_one_sentence(
    name: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing on stdout, one line on stderr, exit code 2, and no new file."""
    made, words, sentence = ROWS[name]
    if made is not None:
        made[1](made[0])
    before = sorted(folder.iterdir())
    code = main(words)
    out, err = capfd.readouterr()
    wanted = sentence.replace("{0}", str(folder))
    assert (code, out, err) == (2, "", f"diagnose: {wanted}\n")
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_a_folder_without_permission(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that may not be written is refused before anything is done; root is told so too."""
    import tempfile

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert main(["h", "-o", "report.txt"]) == 2
    assert capfd.readouterr().err == (
        "diagnose: cannot write `report.txt`: Permission denied; name another file\n"
    )


def test_a_file_without_permission_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Renaming could replace what may not be written; that is not ours to do."""
    (folder / "kept.txt").write_text("kept", "ascii")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert main(["h", "-o", "kept.txt"]) == 2
    assert "cannot write `kept.txt`: Permission denied" in capfd.readouterr().err
    assert (folder / "kept.txt").read_text("ascii") == "kept"


def test_a_full_disk_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What cannot be written whole is not written; the old file stays."""
    (folder / "report.txt").write_text("old", "ascii")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert main(["wiki.invalid", "-o", "report.txt"]) == 2
    assert capfd.readouterr().err == (
        "diagnose: cannot write `report.txt`: No space left on device; name another file\n"
    )
    assert [path.name for path in folder.iterdir()] == ["report.txt"]
    assert (folder / "report.txt").read_text("ascii") == "old"


USAGE: list[tuple[tuple[str, ...], str]] = [
    (("check",), "HOST"),
    (("check", "h", "--format", "pdf"), "the format is one of"),
    (("check", "h", "--require", "openssl"), "a store is one of certifi, bundle, system"),
    (("check", "h", "--timeout", "soon"), "soon"),
    (("check", "h", "--bundel", "x"), "--bundel"),
    (("h", "--proxy"), "--proxy"),
    (("replay",), "FILE"),
    (("explain",), "CAUSE"),
    (("causes", "x"), "x"),
]


@pytest.mark.parametrize(("words", "named"), USAGE, ids=[" ".join(row[0]) for row in USAGE])
def test_wrong_usage_is_named(
    words: tuple[str, ...], named: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command line's own complaints: exit code 2, the word named, and where help is."""
    code = main(words)
    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    assert named in err.splitlines()[-1]
    assert "Traceback" not in err


def test_an_unforeseen_error_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A bug of ours is told as such, without a traceback; developers can have it."""

    def fail(*_: object) -> None:
        raise RuntimeError("odd\x1b")

    monkeypatch.setattr("diagnose.examine.observe", fail)
    assert main(["127.0.0.1"]) == 1
    assert capfd.readouterr() == (
        "",
        "diagnose: diagnose itself failed (RuntimeError: odd\\x1b); please report it\n",
    )
    monkeypatch.setenv("DIAGNOSE_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        main(["127.0.0.1"])


def test_a_process_ends_quietly_after_bad_input(tmp_path: Path) -> None:
    """Threads and children that were started before the slip was seen leave no word behind."""
    here = machine(tmp_path / "machine")
    (tmp_path / "pip.conf").write_text("[global]\ncert = x\n", "ascii")
    for _ in range(3):
        ended = run(here, "h:0", variables={"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})
        assert (ended.code, ended.out, ended.err) == (
            2,
            "",
            "diagnose: the port of `h:0` is not a number from 1 to 65535\n",
        )

"""What pip's configuration says of certificates: pip is asked, and only where it can matter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from diagnose.stores import pip_settings
from diagnose.stores.pip_settings import ask, configuration_files, parse


@pytest.fixture(autouse=True)
def no_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No file of this machine is looked at."""
    monkeypatch.delenv("PIP_CONFIG_FILE")
    monkeypatch.setattr(
        pip_settings,
        "configuration_files",
        lambda environment: [
            path
            for path in configuration_files(environment)
            if path.startswith(str(tmp_path.parent))
        ],
    )


def asked(monkeypatch: pytest.MonkeyPatch, printed: bytes = b"") -> list[dict[str, Any]]:
    """Stand in for the process; what it was started with is kept."""
    calls: list[dict[str, Any]] = []

    def run(command: list[str], **more: Any) -> subprocess.CompletedProcess[bytes]:
        calls.append({"command": command, **more})
        return subprocess.CompletedProcess(command, 0, printed)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_the_real_pip_answers(tmp_path: Path) -> None:
    """`[install]` comes before `[global]`, and what is not about certificates is left out."""
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\ncert = /etc/corp ca.pem\ntimeout = 5\n[install]\ncert = it's.pem\n", "utf-8"
    )
    settings = ask({"PIP_CONFIG_FILE": str(file)}).answer()
    assert settings == (("install.cert", "it's.pem"), ("global.cert", "/etc/corp ca.pem"))


def test_a_folder_with_a_pip_of_its_own_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m pip` would run a `pip.py` of the working directory, which may be anybody's."""
    (tmp_path / "pip.py").write_text("open('ran', 'w').close()\n", "ascii")
    (tmp_path / "pip.conf").write_text("[global]\ncert = /corp.pem\n", "ascii")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pip_settings, "configuration_files", lambda environment: ["pip.conf"])
    assert ask({"PIP_CONFIG_FILE": "pip.conf"}).answer() == (("global.cert", "/corp.pem"),)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content", [None, "", "[global]\nindex-url = https://registry.example.com/simple/\n"]
)
def test_pip_is_not_asked_without_need(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting pip costs more than all connections."""
    calls = asked(monkeypatch)
    file = tmp_path / "pip.conf"
    if content is not None:
        file.write_text(content, "ascii")
    assert ask({"PIP_CONFIG_FILE": str(file)}).answer() == ()
    assert calls == []


def test_pip_sees_the_environment_that_the_check_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables of pip that the check does not know of have no part in it."""
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ncert = x\n", "ascii")
    calls = asked(monkeypatch, b"global.cert='x'\n")
    monkeypatch.setenv("PIP_ISOLATED", "1")
    assert ask({"PIP_CONFIG_FILE": str(file)}).answer() == (("global.cert", "x"),)
    (call,) = calls
    assert call["command"][:3] == (sys.executable, "-m", "pip")
    assert "PIP_ISOLATED" not in call["env"]
    assert call["env"]["PIP_CONFIG_FILE"] == str(file)
    assert call["stdin"] == subprocess.DEVNULL


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), subprocess.TimeoutExpired("pip", 20), PermissionError()]
)
def test_a_pip_that_does_not_answer_said_nothing(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pip, a hung pip, a broken pip: the report goes on without."""
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ncert = x\n", "ascii")

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert ask({"PIP_CONFIG_FILE": str(file)}).answer() == ()


@pytest.mark.parametrize(
    ("printed", "settings"),
    [
        ("", ()),
        ("global.cert='/a.pem'\r\n", (("global.cert", "/a.pem"),)),
        ("global.cert='/a=b.pem'\n", (("global.cert", "/a=b.pem"),)),
        ('global.cert="it\'s"\n', (("global.cert", "it's"),)),
        ("global.cert=''\n", ()),
        ("global.cert=/a.pem\n", ()),
        ("global.cert=__import__('os')\n", ()),
        ("global.cert=" + "(" * 10_000 + "\n", ()),
        ("global.cert=5\n", ()),
        ("download.cert='x'\n:env:.cert='y'\nglobal.index-url='z'\n", ()),
        ("ERROR: no such command\n", ()),
    ],
)
def test_what_pip_prints_is_read(printed: str, settings: tuple[tuple[str, str], ...]) -> None:
    """Lines of key='value' as Python writes them; all else is passed over."""
    assert parse(printed) == settings


def test_where_pip_looks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The places of pip's documentation, with the variables that move them."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: path.replace("~", str(home)))
    files = list(configuration_files({"PIP_CONFIG_FILE": "/named", "XDG_CONFIG_HOME": "/config"}))
    if os.name == "posix":
        assert files[:5] == [
            "/named",
            f"{sys.prefix}/pip.conf",
            "/config/pip/pip.conf",
            "/etc/xdg/pip/pip.conf",
            f"{home}/.pip/pip.conf",
        ]
        assert "/etc/pip.conf" in files
    assert list(configuration_files({"PIP_CONFIG_FILE": os.devnull})) == []

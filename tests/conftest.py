"""Keeps every test on this machine, and this machine out of every test.

The environment holds only what programs need to run at all, HOME is an empty folder, pip reads no
configuration file, and a connection that leaves the loopback ends the test. Children inherit the
environment; their connections are not watched.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

#: What stays. A list of what goes would need to know every variable that changes trust, routes or
#: output (SSL_*, PIP_*, *_CA_BUNDLE, *_PROXY, NO_COLOR, COLUMNS, GITHUB_ACTIONS ...) in every
#: program that a test starts; what a program needs to run at all is known.
KEPT_VARIABLES = frozenset({
    "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "VIRTUAL_ENV",
    # Windows: without them sockets, temporary folders and child processes fail.
    "COMSPEC", "PATHEXT", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "WINDIR",
})  # fmt: skip
#: The test runner's own.
KEPT_PREFIXES = ("COVERAGE_", "COV_CORE_", "HYPOTHESIS_", "PYTEST_")

#: Where a home folder and what stands for it are named.
HOME_VARIABLES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens", action="store_true", help="write the goldens of the scenes again"
    )


def stays(name: str) -> bool:
    """Whether a test may see this variable; names are compared as Windows does."""
    return name.upper() in KEPT_VARIABLES or name.upper().startswith(KEPT_PREFIXES)


def leaves_the_machine(address: object) -> bool:
    """Whether a connection to `address`, as `socket.connect` takes it, leaves the loopback.

    The address of a UNIX socket is a string or bytes, and stays.
    """
    if not isinstance(address, tuple) or not address:
        return False
    host = str(address[0])
    if host in ("", "localhost"):
        return False
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return not ip.is_loopback


def may_be_asked(host: object) -> bool:
    """Whether `getaddrinfo` answers for `host` without asking the network."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name is None or name == "" or not leaves_the_machine((name,)) or _is_address(str(name))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _guard_network(patch: pytest.MonkeyPatch) -> None:
    # pytest.fail raises no Exception, so that no `except OSError` of the code under test hides it.
    connect, connect_ex, getaddrinfo = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if leaves_the_machine(address):
            pytest.fail(f"a test connects to {address!r}, which is not on the loopback")
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if leaves_the_machine(address):
            pytest.fail(f"a test connects to {address!r}, which is not on the loopback")
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if may_be_asked(host):
            return getaddrinfo(host, *args, **kwargs)
        if str(host).rstrip(".").endswith(".invalid"):
            # RFC 6761 section 6.4: never there, and no resolver is asked.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return pytest.fail(
            f"a test looks up {host!r}; give it `localhost`, an address or `.invalid`"
        )

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


@pytest.fixture(scope="session", autouse=True)
def machine_environ() -> Iterator[Mapping[str, str]]:
    """The machine's own environment, for what must be installed or asked through it (pip, git).

    Being automatic and for the session, it takes everything away before any other fixture runs.
    """
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        for name in before:
            if not stays(name):
                patch.delenv(name)
        _guard_network(patch)
        yield before


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder of the test's own; with it, pip finds no configuration file at all."""
    folder = tmp_path_factory.mktemp("home")
    for name in HOME_VARIABLES:
        monkeypatch.setenv(name, str(folder))
    # pip's word for "read no configuration file", the machine's (/etc/pip.conf) included.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder

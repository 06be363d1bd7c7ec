"""The tests themselves: nothing of the machine gets in, and nothing gets out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from diagnose.model.surroundings import PROXY_VARIABLES, TRUST_VARIABLES

REFUSED = pytest.fail.Exception

#: Variables that some program reads to choose anchors, a route, or how its output looks.
TELLING = (
    *TRUST_VARIABLES,
    *PROXY_VARIABLES,
    "AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "COLUMNS",
    "FORCE_COLOR", "GITHUB_ACTIONS", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "HTTPLIB2_CA_CERTS", "HTTP_PROXY", "LINES",
    "NIX_SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NO_COLOR", "OPENSSL_CONF", "PIP_INDEX_URL",
    "PIP_TRUSTED_HOST", "PYTHONPATH", "PYTHONWARNINGS", "PY_COLORS", "SSLKEYLOGFILE",
    "TERMINAL_WIDTH", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "http_proxy",
)  # fmt: skip


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@pytest.mark.parametrize("name", TELLING)
def test_variable_is_gone(name: str) -> None:
    """A variable that could change a result is not set, whatever the machine sets."""
    assert name not in os.environ


def test_a_variable_set_outside_reaches_no_test(tmp_path: Path) -> None:
    """A test run started under such variables passes like any other."""
    here = Path(__file__).resolve()
    wanted = {name: str(tmp_path / "planted") for name in TELLING if name != "PYTHONWARNINGS"}
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"{here}",
            "-k",
            "is_gone",
        ],
        cwd=here.parent.parent,
        env={**os.environ, **wanted, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (answer.returncode, "passed" in answer.stdout) == (0, True), answer.stdout


def test_home_is_empty_and_the_tests_own(home: Path) -> None:
    """No configuration file of the user's is found, by any of the ways to a home folder."""
    assert Path("~").expanduser() == home
    assert list(home.iterdir()) == []


def test_pip_reads_no_configuration_file() -> None:
    """The machine's pip configuration names hosts and bundles that no test may see."""
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "global." not in answer.stdout


def test_the_machine_s_environment_can_be_had(machine_environ: Mapping[str, str]) -> None:
    """What must be installed through the machine's configuration asks for it by name."""
    assert machine_environ["PATH"] == os.environ["PATH"]
    assert machine_environ is not os.environ


@pytest.mark.parametrize(
    "address",
    [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0), ("www.example.com", 443), ("0.0.0.0", 1)],
    ids=str,
)
def test_a_connection_that_leaves_the_machine_is_refused(address: tuple[object, ...]) -> None:
    """It fails the test, and no `except OSError` hides it."""
    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    with socket.socket(family) as wire:
        with pytest.raises(REFUSED, match="not on the loopback"):
            wire.connect(address)
        with pytest.raises(REFUSED, match="not on the loopback"):
            wire.connect_ex(address)
    assert not issubclass(REFUSED, Exception)


def test_a_connection_on_the_loopback_is_made() -> None:
    """By name or by address."""
    with listening() as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, port), timeout=30) as wire:
                assert wire.getpeername() == ("127.0.0.1", port)


def test_names_are_not_looked_up() -> None:
    """`.invalid` is never there (RFC 6761 section 6.4); any other name is a fault of the test."""
    with pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo("nothing-here.invalid", 443)
    assert caught.value.errno == socket.EAI_NONAME
    with pytest.raises(REFUSED, match="looks up"):
        socket.getaddrinfo("www.example.com", 443)
    assert socket.getaddrinfo("192.0.2.1", 443)

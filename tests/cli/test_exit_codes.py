"""Exit codes end to end: real processes, real servers, three stores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagnose.demo.pki import Issued
from diagnose.demo.servers import plain_http_server, refused_port, tls_server
from tests.cli.machine import CORPORATE, LEAF, PUBLIC, machine, run

ALL, NONE, MIXED, NOTHING = 0, 12, 11, 3

#: What certifi and the system hold, further words, and the exit code.
ROWS: dict[str, tuple[Issued, Issued, tuple[str, ...], int]] = {
    "every store": (CORPORATE, CORPORATE, ("--bundle", "corp.pem"), ALL),
    "two configured, both": (CORPORATE, CORPORATE, (), ALL),
    "certifi fails": (PUBLIC, CORPORATE, ("--bundle", "corp.pem"), MIXED),
    "only the bundle": (PUBLIC, PUBLIC, ("--bundle", "corp.pem"), MIXED),
    "no store": (PUBLIC, PUBLIC, (), NONE),
    "the asked one": (PUBLIC, CORPORATE, ("--require", "system"), ALL),
    "the asked one fails": (PUBLIC, CORPORATE, ("--require", "certifi"), NONE),
    "two asked": (
        PUBLIC, CORPORATE, ("--require", "certifi", "--require", "system"), MIXED
    ),
    "a bundle that is not there": (CORPORATE, CORPORATE, ("--bundle", "gone.pem"), MIXED),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_the_exit_code_is_the_verdict(name: str, tmp_path: Path) -> None:
    """Certifi, bundle and system as a real process finds them; nothing on stderr."""
    certifi, system, words, code = ROWS[name]
    here = machine(tmp_path, certifi, system)
    with tls_server(LEAF) as server:
        ended = run(here, f"127.0.0.1:{server.port}", *words, "--format", "json")
    assert (ended.code, ended.err) == (code, "")
    assert json.loads(ended.out)["exit_code"] == code
    assert server.requests == []


def test_no_verdict_where_nothing_is_reached(tmp_path: Path) -> None:
    """Unknown host, refused connection, plain HTTP: 3, with a report and no complaint."""
    here = machine(tmp_path)
    with refused_port() as refused, plain_http_server() as plain:
        for host in ("wiki.invalid", f"127.0.0.1:{refused.port}", f"127.0.0.1:{plain.port}"):
            ended = run(here, "check", host, "--timeout", "20")
            assert (ended.code, ended.err) == (NOTHING, "")
            assert host.partition(":")[0] in ended.out


def test_one_unreached_target_decides(tmp_path: Path) -> None:
    """With several targets, a target without a verdict stands above all verdicts."""
    here = machine(tmp_path, CORPORATE, CORPORATE)
    with tls_server(LEAF) as server, refused_port() as refused:
        hosts = [f"127.0.0.1:{each.port}" for each in (server, refused)]
        assert run(here, "check", *hosts).code == NOTHING
        assert run(here, "check", hosts[0], hosts[0]).code == ALL

"""Every program is started once a test run (once a worker), and only when a test asks for it.

A program that is missing skips its tests with its name; with DIAGNOSE_REAL=required it fails them.
A test that fails shows what the programs wrote.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NoReturn, TypeAlias

import pytest

from diagnose.demo.pki import Authority
from fixtures.real.index import write_index
from fixtures.real.mitmproxy import mitmproxy
from fixtures.real.nginx import nginx
from fixtures.real.origin import REGISTRY, Inspection, Origin, Registry
from fixtures.real.pips import ERAS, Pip, pip
from fixtures.real.process import Absent, Running, Start, clean_environment
from fixtures.real.squid import squid

GiveUp: TypeAlias = Callable[[Absent], NoReturn]

_RUNNING: list[Running] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.extend((part.name, part.tail()) for part in _RUNNING)
    return report


@pytest.fixture(scope="session")
def give_up(machine_environ: Mapping[str, str]) -> GiveUp:
    """What to do without a program."""

    def skip(absent: Absent) -> NoReturn:
        if machine_environ.get("DIAGNOSE_REAL") == "required":
            pytest.fail(str(absent))
        pytest.skip(str(absent))

    return skip


@pytest.fixture(scope="session")
def start(give_up: GiveUp) -> Iterator[Start]:
    """Start a program; all are ended with the session, the last one first."""
    with ExitStack() as stack:

        def enter(part: AbstractContextManager[Running]) -> Running:
            try:
                _RUNNING.append(stack.enter_context(part))
            except Absent as absent:
                give_up(absent)
            return _RUNNING[-1]

        yield enter
    _RUNNING.clear()


@pytest.fixture(scope="session")
def corporate() -> Authority:
    """The authority that both proxies sign with; no store of any machine has it."""
    return Authority.root("Example TLS Inspection CA")


@pytest.fixture(scope="session")
def corporate_pem(corporate: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corporate") / "inspection-ca.pem"
    path.write_text(corporate.pem, "ascii")
    return path


@pytest.fixture(scope="session")
def registry(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    root = Authority.root("Example Registry Root")
    credential = root.intermediate("Example Registry Issuing CA").leaf(REGISTRY)
    served = tmp_path_factory.mktemp("index")
    wheel = write_index(served)
    port = start(nginx(credential, served)).port
    return Registry(Origin(REGISTRY, port, root), credential, wheel)


@pytest.fixture(scope="session")
def through_squid(start: Start, corporate: Authority, registry: Registry) -> Inspection:
    running = start(squid(corporate, registry.origin))
    return Inspection(running.url, f"{REGISTRY}:{registry.origin.port}")


@pytest.fixture(scope="session")
def through_mitmproxy(
    start: Start, corporate: Authority, registry: Registry, machine_environ: Mapping[str, str]
) -> Inspection:
    running = start(mitmproxy(corporate, registry.origin, machine_environ))
    return Inspection(running.url, f"{REGISTRY}:443")


@pytest.fixture(params=["squid", "mitmproxy"])
def inspection(request: pytest.FixtureRequest) -> Inspection:
    """Each inspecting proxy in turn."""
    found: Inspection = request.getfixturevalue(f"through_{request.param}")
    return found


@pytest.fixture(params=list(ERAS.values()), ids=list(ERAS))
def era(request: pytest.FixtureRequest, give_up: GiveUp, machine_environ: Mapping[str, str]) -> Pip:
    """A pip of each era in turn."""
    try:
        return pip(request.param, machine_environ)
    except Absent as absent:
        give_up(absent)


@pytest.fixture
def surroundings(home: Path) -> dict[str, str]:
    """A whole environment in which nothing of this machine's settings is left."""
    return {**clean_environment(home), "PIP_CONFIG_FILE": os.devnull}

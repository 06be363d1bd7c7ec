"""Real pip through a real inspecting proxy: broken before, mended by what the report printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.real.index import PROJECT
from fixtures.real.origin import Inspection, Registry
from fixtures.real.pips import Pip, configurable, run_shell
from fixtures.real.printed import check

pytestmark = pytest.mark.real


def test_pip_works_after_the_commands_that_the_report_printed(
    through_squid: Inspection, corporate_pem: Path, registry: Registry, era: Pip, home: Path
) -> None:
    """The first remedy for pip, pasted into a shell as it stands, and then the same pip command.

    "Before" is run in the same surroundings, so that nothing but the commands makes the difference.
    """
    surroundings = era.surroundings(home, through_squid.proxy)
    printed = check(
        *(through_squid.target, "--bundle", str(corporate_pem)), surroundings=surroundings
    )
    remedies = printed.commands("pip")
    assert remedies, printed.target["remedies"]
    commands = remedies[0]
    if "pip config" in commands:
        surroundings = configurable(surroundings)
    download = (
        f"pip download {PROJECT} --no-deps "
        f"--index-url https://{through_squid.target}/simple/ -d fetched"
    )
    before = run_shell(download, surroundings)
    after = run_shell(f"{commands}\n{download}", surroundings)
    assert before.returncode == 1, before.stdout
    assert "CERTIFICATE_VERIFY_FAILED" in before.stdout
    assert after.returncode == 0, f"{commands}\n{after.stdout}"
    fetched = home / "fetched" / registry.wheel.name
    assert registry.wheel.read_bytes() == fetched.read_bytes()

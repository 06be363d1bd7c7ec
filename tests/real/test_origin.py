"""`diagnose check` on a real server without any proxy, rightly and wrongly configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.exits import Exit
from fixtures.real.nginx import nginx
from fixtures.real.printed import check
from fixtures.real.process import LOOPBACK, Start, free_port

pytestmark = pytest.mark.real

ROOT = Authority.root("Example Server Root")
ISSUING = ROOT.intermediate("Example Server Issuing CA")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_text(ROOT.pem, "ascii")
    return path


def test_a_server_that_sends_its_whole_chain_verifies(
    start: Start, bundle: Path, surroundings: dict[str, str], tmp_path: Path
) -> None:
    """The control: the bundle has the root, and no intermediate is said to be missing."""
    server = start(nginx(ISSUING.leaf(LOOPBACK), tmp_path))
    printed = check(f"{LOOPBACK}:{server.port}", "--bundle", str(bundle), surroundings=surroundings)
    assert printed.verdicts["bundle"] == "verifies", printed.stderr
    assert printed.exit_code == Exit.MIXED
    assert "intermediate-not-sent" not in printed.causes


def test_a_server_that_sends_its_certificate_alone_lacks_the_intermediate(
    start: Start, bundle: Path, surroundings: dict[str, str], tmp_path: Path
) -> None:
    """Whoever has the root fails too; the caIssuers address tells which certificate is missing."""
    plain_port = free_port()
    (tmp_path / "issuing.der").write_bytes(ISSUING.der)
    address = f"http://{LOOPBACK}:{plain_port}/issuing.der"
    credential = ISSUING.leaf(LOOPBACK, ca_issuers=address).sending()
    server = start(nginx(credential, tmp_path, plain_port))
    printed = check(f"{LOOPBACK}:{server.port}", "--bundle", str(bundle), surroundings=surroundings)
    assert printed.verdicts["bundle"] == "fails", printed.stderr
    assert printed.exit_code == Exit.NONE
    assert "intermediate-not-sent" in printed.causes
    assert "Example Server Issuing CA" in printed.target["missing_issuer"]["subject"]

"""`diagnose check` through real inspecting proxies: the verdicts, the missing anchor, the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.exits import Exit
from fixtures.real.origin import Inspection
from fixtures.real.printed import check

pytestmark = pytest.mark.real


def test_with_the_authority_as_a_bundle_that_alone_verifies(
    inspection: Inspection, corporate_pem: Path, surroundings: dict[str, str]
) -> None:
    """Certifi and the system fail, the bundle verifies, and the exit code says that they differ."""
    printed = check(
        *(inspection.target, "--proxy", inspection.proxy, "--bundle", str(corporate_pem)),
        surroundings=surroundings,
    )
    expected = {"certifi": "fails", "bundle": "verifies", "system": "fails"}
    assert expected == printed.verdicts, printed.stderr
    assert printed.exit_code == printed.report["exit_code"] == Exit.MIXED


def test_without_a_bundle_nothing_verifies(
    inspection: Inspection, surroundings: dict[str, str]
) -> None:
    """No store that is configured verifies, and the exit code says so."""
    printed = check(inspection.target, "--proxy", inspection.proxy, surroundings=surroundings)
    expected = {"certifi": "fails", "bundle": "not-configured", "system": "fails"}
    assert expected == printed.verdicts, printed.stderr
    assert printed.exit_code == printed.report["exit_code"] == Exit.NONE


def test_the_proxy_s_authority_is_named_as_the_missing_anchor(
    inspection: Inspection,
    corporate: Authority,
    corporate_pem: Path,
    surroundings: dict[str, str],
) -> None:
    """By its subject and its key, by its fingerprint once it is known, and with where it is."""
    printed = check(
        *(inspection.target, "--proxy", inspection.proxy, "--bundle", str(corporate_pem)),
        surroundings=surroundings,
    )
    missing = printed.target["missing_issuer"]
    assert "Example TLS Inspection CA" in missing["subject"]
    assert corporate.sha256 == missing["sha256"].replace(":", "").lower()
    assert any("bundle" in str(place) for place in missing["found_in"]), missing["found_in"]


def test_the_authority_is_named_even_where_nobody_has_it(
    inspection: Inspection, surroundings: dict[str, str]
) -> None:
    """Without the bundle its subject and key identifier still say what to ask IT for."""
    printed = check(inspection.target, "--proxy", inspection.proxy, surroundings=surroundings)
    missing = printed.target["missing_issuer"]
    assert "Example TLS Inspection CA" in missing["subject"]
    assert all("bundle" not in str(place) for place in missing["found_in"])


@pytest.mark.parametrize("has_bundle", [True, False], ids=["with-bundle", "without-bundle"])
def test_interception_is_among_the_causes(
    has_bundle: bool, inspection: Inspection, corporate_pem: Path, surroundings: dict[str, str]
) -> None:
    """Whether or not somebody has the anchor already."""
    bundle = ("--bundle", str(corporate_pem)) if has_bundle else ()
    printed = check(
        *(inspection.target, "--proxy", inspection.proxy, *bundle), surroundings=surroundings
    )
    assert "interception" in printed.causes

"""certifi's history: facts that anyone can check against the releases themselves."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from diagnose.chain.public_roots import (
    IssuerStanding,
    PublicRoot,
    Standing,
    by_fingerprint,
    by_name_and_key,
    classify,
    in_release,
    newer_than,
    newest_release,
    version_key,
)

#: The two certificates of GTS Root R1: one name, one key.
GTS_R1_OLD = "2a575471e31340bc21581cbd2cf13e158463203ece94bcf9d3cc196bf09a5472"
GTS_R1 = "d947432abde7b7fa90fc2e6b59101b1280e0e1c7e4e40fa3c6887fff57a7f4cf"
DST_X3 = "0687260331a72403d909f105e69bcf0d32e1bd2493ffc6d9206d11bcd6770739"
ISRG_X1 = "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6"
GLOBALTRUST = "9a296a5182d1d451a2e37f439b74daafa267523329f90f9a0d2007c334e23c9a"


def known(sha256: str) -> PublicRoot:
    root = by_fingerprint(sha256)
    assert root is not None
    return root


def standing(root: PublicRoot, key_id: str | None = None) -> IssuerStanding:
    return classify(root.subject_der_sha256, key_id)


def test_knows_a_root_by_its_fingerprint() -> None:
    """All that is known of DST Root CA X3, which expired in 2021."""
    assert known(DST_X3.upper()) == PublicRoot(
        sha256=DST_X3,
        label="DST Root CA X3",
        subject_der_sha256="23c6ed393ec7b5510c209b2eea6dc70059d4e064e93e58e8b3f30554f007cdab",
        spki_sha256="563b3caf8cfef34c2335caf560a7a95906e8488462eb75ac59784830df9e5b2b",
        key_ids=("c4a7b1a47b2c71fadbe14b9075ffc41560858910",),
        not_after=datetime(2021, 9, 30, 14, 1, 15, tzinfo=timezone.utc),
        first="2015.4.28",
        last="2021.10.8",
        absent_from="2022.5.18.1",
    )


def test_says_which_release_dropped_a_root() -> None:
    """A former public root carries the release that no longer had it."""
    root = known(DST_X3)
    expected = IssuerStanding(Standing.FORMER, (root,), dropped_in=root.absent_from)
    assert standing(root, root.key_ids[0]) == expected
    assert standing(root) == expected


def test_a_root_issued_again_under_the_same_key_has_not_left() -> None:
    """The first certificate of GTS Root R1 left in 2022.5.18.1; the authority did not."""
    old, new = known(GTS_R1_OLD), known(GTS_R1)
    assert (old.absent_from, new.first, new.absent_from) == ("2022.5.18.1", "2022.5.18.1", None)
    found = standing(old, old.key_ids[0])
    assert (found.standing, set(found.roots)) == (Standing.CURRENT, {old, new})


def test_a_name_with_another_key_is_not_the_root() -> None:
    """Somebody may use a public root's name: the namesakes are told, the standing is `never`."""
    root = known(ISRG_X1)
    assert standing(root, "00" * 20) == IssuerStanding(Standing.NEVER, namesakes=(root,))


def test_an_unknown_name_was_never_public() -> None:
    """A private root, or one that only other vendors ship."""
    assert classify("00" * 32, None) == IssuerStanding(Standing.NEVER)
    assert by_name_and_key("00" * 32, None) == ()
    assert by_fingerprint("00" * 32) is None


@pytest.mark.parametrize(
    ("version", "sha256", "newer"),
    [
        ("2015.4.28", ISRG_X1, True),
        ("2026.10.18", ISRG_X1, False),
        ("2021.10.8", GTS_R1, False),  # its key was there before, in another certificate
        ("2022.5.18", GTS_R1, False),
        ("2015.4.28", DST_X3, False),
        ("2015.4.28", "00" * 32, False),
        ("unknown", ISRG_X1, False),
        ("2020.12.5", GLOBALTRUST, True),
        ("2021.05.30", GLOBALTRUST, False),
    ],
)
def test_says_whether_a_root_is_newer_than_a_certifi(
    version: str, sha256: str, newer: bool
) -> None:
    """What counts is the name and the key, not the certificate."""
    assert newer_than(version, sha256) is newer


@pytest.mark.parametrize(
    ("version", "there"),
    [
        ("2020.12.5", False),
        ("2021.5.30", True),
        ("2024.6.2", True),
        ("2024.7.4", False),  # dropped ...
        ("2024.8.30", False),
        ("2024.9.1", False),  # (no such release: counts as the one before)
        ("2024.12.14", True),  # ... and restored
        ("2025.7.14", True),
        ("2025.8.3", False),
        ("2027.1.1", False),
        ("2014.1.1", False),
        ("", False),
    ],
)
def test_says_whether_a_release_has_a_root(version: str, there: bool) -> None:
    """GLOBALTRUST 2020 came, left, came back and left for good."""
    assert in_release(version, GLOBALTRUST) is there


def test_versions_are_compared_as_numbers() -> None:
    """2022.5.18.1 is not before 2022.12.7 as text, and a zero in front changes nothing."""
    versions = ["2022.12.07", "2022.5.18.1", "2023.5.7", "2022.6.15", "2022.5.18", ""]
    ordered = ["", "2022.5.18", "2022.5.18.1", "2022.6.15", "2022.12.07", "2023.5.7"]
    assert sorted(versions, key=version_key) == ordered
    assert version_key("2023.07.22+corp") == (2023, 7, 22)


def file() -> dict[str, list[list[str | None]]]:
    path = Path(__file__).resolve().parents[2] / "diagnose" / "chain" / "public_roots.json"
    document: dict[str, list[list[str | None]]] = json.loads(path.read_text(encoding="ascii"))
    return document


def test_every_row_is_sound() -> None:
    """Each root can be found again, has a key identifier, and lies within the releases."""
    document = file()
    releases = [str(release) for release in document["releases"]]
    assert releases == sorted(releases, key=version_key)
    assert newest_release() == releases[-1]
    for row in document["roots"]:
        root = known(str(row[0]))
        assert {len(root.sha256), len(root.subject_der_sha256), len(root.spki_sha256)} == {64}
        assert root.key_ids
        assert {root.first, root.last, *root.gaps} <= set(releases)
        assert (root.absent_from is None) == (root.last == releases[-1])
        assert root in classify(root.subject_der_sha256, root.key_ids[0]).roots


def fuller_table() -> Path:
    """Where the facts were first taken from, with more columns; not part of the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "certifi-history.json"
    return Path(os.environ.get("PYTEST_CERTIFI_HISTORY", beside))


def test_agrees_with_the_fuller_table() -> None:
    """Nothing was lost or bent on the way into the package."""
    path = fuller_table()
    if not path.is_file():
        pytest.skip("certifi-history.json is not at hand (PYTEST_CERTIFI_HISTORY names it)")
    for fact in json.loads(path.read_text(encoding="utf-8"))["roots"]:
        root = known(fact["sha256"])
        assert (root.subject_der_sha256, root.spki_sha256, root.label, root.first) == (
            fact["subject_der_sha256"],
            fact["spki_sha256"],
            fact["label"],
            fact["first"],
        )
        assert {fact.get("ski"), fact["key_sha1"]} - {None} == set(root.key_ids)
        assert root.not_after.strftime("%Y-%m-%dT%H:%M:%SZ") == fact["not_after"]

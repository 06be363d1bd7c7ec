"""The ladder: one rung a certificate, and the gap, for each way in which a walk can end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.model.walk import BudgetSpent, PartlyAnchored
from diagnose.report.drawing import Rung, ladder, source, unused
from tests.causes.build import Scene
from tests.causes.scenes import (
    CA_ISSUERS,
    EXPIRED_LEAF,
    FUTURE_LEAF,
    ISSUING,
    LEAF,
    OTHER,
    ROOT,
    SCENES,
    WITH_ADDRESS,
)


def rungs(scene: Scene) -> list[tuple[str, bool | None]]:
    return [(each.title, each.good) for each in ladder(scene.case())]


def test_an_anchored_path_ends_in_the_anchor() -> None:
    """Who trusts it and who does not, and its numbers, because somebody lacks it."""
    case = SCENES["only-in-system"].case()
    top = ladder(case)[-1]
    assert rungs(SCENES["only-in-system"]) == [
        ("CN=www.example.com", True),
        ("CN=Corp Issuing CA,O=Example Corp", True),
        ("CN=Corp Root CA,O=Example Corp", True),
    ]  # fmt: skip
    assert top.notes == (
        "not sent; found in the operating system's store",
        "valid until 2045-01-01",
        "trusted by the operating system's store",
        "missing in certifi",
        f"key identifier {ROOT.key_id.hex()}",
        f"SHA-256 {ROOT.sha256}",
    )


def test_where_all_agree_no_numbers_are_shown() -> None:
    """Digests are for searching, and nothing is missing."""
    top = ladder(SCENES["all-is-well"].case())[-1]
    assert top.notes[2:] == ("trusted by certifi, the bundle and the operating system's store",)


def test_a_missing_issuer_is_a_rung_of_its_own() -> None:
    """Its name, where it was looked for, and the key that it must have."""
    *_, gap = ladder(SCENES["root-not-sent"].case())
    assert (gap.title, gap.good) == ("missing: CN=Corp Root CA,O=Example Corp", False)
    assert gap.notes == (
        "looked for in the chain sent, certifi, the bundle and the operating system's store",
        f"key identifier {ROOT.key_id.hex()}",
    )


def test_an_untrusted_root_is_bad() -> None:
    """It was sent, which proves nothing."""
    *_, top = ladder(SCENES["root-sent"].case())
    assert (top.title, top.good) == ("CN=Corp Root CA,O=Example Corp", False)
    assert "in no store here" in top.notes
    assert "sent by the server" in top.notes


def test_a_near_miss_is_named_with_its_place() -> None:
    """Same name, other key: found, and not it."""
    case = SCENES["old-key-in-bundle"].case()
    bundle = next(walk for name, walk in case.walks.items() if str(name) == "bundle")
    *_, gap = ladder(replace(case, reach=bundle))
    assert gap.good is False
    assert [each for each in gap.notes if each.startswith("near miss in the bundle: ")]


@pytest.mark.parametrize("story", ["intermediate-in-bundle"])
def test_a_partly_anchored_path_shows_the_gap_above(story: str) -> None:
    """The bundle has the intermediate; its issuer is what is missing."""
    case = SCENES[story].case()
    partly = next(each for each in case.walks.values() if isinstance(each.best.end, PartlyAnchored))
    found = ladder(replace(case, reach=partly))
    assert [each.title for each in found][-2:] == [
        "CN=Corp Issuing CA,O=Example Corp",
        "missing: CN=Corp Root CA,O=Example Corp",
    ]


def test_a_search_that_was_given_up_says_so() -> None:
    """Neither good nor bad: unknown."""
    case = SCENES["root-not-sent"].case()
    best = replace(case.reach.best, end=BudgetSpent(500))
    *_, last = ladder(replace(case, reach=replace(case.reach, best=best)))
    assert last == Rung("the search was given up", ("500 links were tried",), None)


def test_nothing_sent_nothing_drawn() -> None:
    """No ladder without a certificate."""
    assert ladder(SCENES["nothing-sent"].case()) == ()


def test_validity_is_said_in_dates() -> None:
    """Expired and future ones in capitals, with how long ago."""
    expired = ladder(Scene((EXPIRED_LEAF, ISSUING)).case())[0]
    future = ladder(Scene((FUTURE_LEAF, ISSUING)).case())[0]
    assert (expired.notes[1], expired.good) == ("EXPIRED on 2026-11-10, 12 days ago", False)
    assert (future.notes[1], future.good) == ("NOT YET VALID before 2026-12-01", False)


def test_what_cannot_be_read_is_named() -> None:
    """Dates and extensions that no reader understands are no reason to fall silent."""
    case = SCENES["root-sent"].case()
    odd = replace(case.certificates[LEAF.sha256], not_after=None, unread=("subjectAltName",))
    found = ladder(replace(case, certificates={**case.certificates, LEAF.sha256: odd}))
    assert found[0].notes == (
        "sent by the server", "validity not readable", "could not be read: subjectAltName",
    )  # fmt: skip


def test_a_fetched_issuer_says_from_where() -> None:
    """It bridges the gap and was not sent."""
    case = SCENES["leaf-alone-fetched"].case()
    notes = [each.notes[0] for each in ladder(case)]
    assert notes[:2] == ["sent by the server", f"not sent; fetched from {CA_ISSUERS}"]
    assert WITH_ADDRESS.sha256 in case.observation.capture.chain


def test_a_certificate_from_nowhere_has_no_source() -> None:
    """Known to the recording, and neither sent, nor fetched, nor kept by a store."""
    case = Scene((LEAF, ISSUING)).case()
    odd = replace(case.certificates[LEAF.sha256], sha256="00" * 32)
    assert source(case, odd) == "not sent"


def test_what_the_path_does_not_need_is_listed_once() -> None:
    """Sent along, perhaps twice."""
    case = Scene((LEAF, ISSUING, OTHER, OTHER), system=(ROOT,)).case()
    assert [each.subject.short for each in unused(case)] == ["Unrelated Root CA"]

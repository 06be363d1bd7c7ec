"""A replayed recording is hostile text: it reaches no output raw, and gives no traceback."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from diagnose.demo.pki import Authority
from diagnose.examine import conclude
from diagnose.model.attempt import Capture, Failure, Stage, Trouble
from diagnose.model.observation import Recording
from diagnose.model.report import Page
from diagnose.model.store import DefectKind
from diagnose.model.surroundings import PROXY_VARIABLES, TRUST_VARIABLES, Platform
from diagnose.report.formats import json as json_format
from diagnose.report.formats import terminal
from diagnose.report.inventory import Inventory, as_json, as_text
from tests.causes.build import HOST, Scene
from tests.causes.scenes import LEAF, OTHER, SCENES
from tests.clients.facts import broken, facts, probed
from tests.report.hostile import spoiled

SCHEMAS = Path(json_format.__file__).resolve().parents[1] / "schema"
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
PACKAGES = ("pip", "requests", "urllib3", "certifi")

EVIL = Authority.root("Evil\u202e\x1b[31m Root\u2028CA", organization="<b>Evil</b>\x07")
SCENE_OF_EVIL = Scene((EVIL.leaf(HOST), EVIL), bundle=(OTHER,), system=(EVIL,))


def schema(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((SCHEMAS / name).read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return found


REPORT = Draft202012Validator(schema("report-1.json"))
STORES = Draft202012Validator(schema("stores-1.json"))


def named(recording: Recording, platform: Platform = Platform.LINUX) -> Recording:
    """With every variable and every version that a recording can hold."""
    around = replace(
        recording.surroundings,
        platform=platform,
        environment=tuple((name, "x") for name in (*TRUST_VARIABLES, *PROXY_VARIABLES)),
        versions=tuple((name, "1") for name in PACKAGES),
    )
    return replace(recording, surroundings=around)


def inventory(recording: Recording) -> Inventory:
    return Inventory(
        recording.surroundings, recording.stores, recording.certifi, recording.bundle_settings
    )


def outputs(recording: Recording, width: int = 60) -> tuple[str, str]:
    """Everything for people, and everything for programs (validated)."""
    report = conclude(recording)
    text = json_format.render(report, Page())
    assert json.loads(text)["schema"] == "diagnose/report/1"
    assert [each.message for each in REPORT.iter_errors(json.loads(text))] == []
    stores = as_json(inventory(recording))
    assert [each.message for each in STORES.iter_errors(json.loads(stores))] == []
    page = Page(width=width)
    people = terminal.render(report, page) + as_text(inventory(recording), page)
    return people, text + stores


def unsafe(text: str) -> set[str]:
    return {each for each in text if each != "\n" and unicodedata.category(each) in UNSAFE}


STORIES = {
    **{name: scene.case().recording for name, scene in SCENES.items()},
    "evil": SCENE_OF_EVIL.case().recording,
    "broken-bundle": facts(
        settings=(broken("PIP_CERT", DefectKind.DER, first=True),), pip="1"
    ).recording,
    "two-settings": facts(
        "bundle", settings=(probed("PIP_CERT"), broken("SSL_CERT_FILE", DefectKind.DER))
    ).recording,
    "proxied": facts("system", proxied=True).recording,
}


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("story", STORIES)
def test_hostile_text_reaches_no_output(story: str, platform: Platform) -> None:
    """Every story, with everything that was said in it replaced."""
    people, programs = outputs(spoiled(named(STORIES[story], platform)))
    assert unsafe(people) == set()
    assert programs.isascii()
    assert unsafe(programs) == set()


@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_valid_as_it_is(story: str) -> None:
    """Both schemas hold for honest recordings too."""
    people, programs = outputs(STORIES[story])
    assert unsafe(people + programs) == set()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=8), st.sampled_from(sorted(STORIES)))
def test_no_text_breaks_a_report(texts: list[str], story: str) -> None:
    """Whatever was said: a report, valid, of safe characters."""
    people, programs = outputs(spoiled(named(STORIES[story]), tuple(texts)))
    assert unsafe(people) == set()
    assert programs.isascii()


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("trouble", Trouble)
def test_every_failure_can_be_reported(stage: Stage, trouble: Trouble) -> None:
    """Any stage with any trouble, also such as no probe would write."""
    case = facts("system", settings=(probed("PIP_CERT"),), pip="24.0", requests="2.34")
    failure = Failure(stage, trouble, "words", -2146762487, 1, "detail")
    attempts = tuple(replace(each, failure=failure) for each in case.observation.attempts)
    for capture in (case.observation.capture, Capture((LEAF.sha256,), failure), Capture()):
        observation = replace(case.observation, attempts=attempts, capture=capture)
        outputs(replace(case.recording, observations=(observation,)))


def test_the_schemas_refuse_what_is_not_theirs() -> None:
    """A schema that accepts anything proves nothing."""
    document = json.loads(as_json(inventory(STORIES["two-settings"])))
    assert STORES.is_valid(document)
    assert not REPORT.is_valid(document)
    changes: tuple[dict[str, Any], ...] = (
        {"schema": "diagnose/stores/2"},
        {"stores": {}},
        {"certifi": 1},
        {"more": 1},
    )
    for change in changes:
        assert not STORES.is_valid({**document, **change})

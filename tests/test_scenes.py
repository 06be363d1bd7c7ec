"""Every cause has a scene that leads to it; the whole output of each is kept as a golden.

`pytest --renew-goldens` writes them again; the difference is then read like any other change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from diagnose.catalogue import module_names
from diagnose.examine import conclude
from diagnose.model.exits import Exit
from diagnose.model.observation import Recording
from diagnose.model.report import Page
from diagnose.model.saved import dumps, loads
from diagnose.model.surroundings import Platform
from diagnose.platforms import here
from diagnose.report.formats import json as json_format
from diagnose.report.formats import terminal
from fixtures.scene import Scene, record

ROOT = Path(__file__).resolve().parent.parent
GOLDENS = ROOT / "fixtures" / "goldens"
SCHEMA = json.loads((ROOT / "diagnose/report/schema/report-1.json").read_text("utf-8"))
NAMES = module_names("fixtures.scenes")

#: A scene is the system's store by OpenSSL's variables, which Windows and macOS do not read.
ONLY_ON_LINUX = pytest.mark.skipif(
    here() is not Platform.LINUX, reason="scenes set the system's store as Linux reads it"
)
pytestmark = ONLY_ON_LINUX


def scene(name: str) -> Scene:
    """The scene of a module."""
    found = import_module(f"fixtures.scenes.{name}").SCENE
    assert isinstance(found, Scene)
    return found


@dataclass(frozen=True, slots=True)
class Played:
    """A scene's name and what was recorded of it."""

    name: str
    recording: Recording


@pytest.fixture(scope="module", params=NAMES)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(request.param, record(scene(request.param), tmp_path_factory.mktemp("scene")))


def test_a_scene_leads_to_its_cause(played: Played) -> None:
    """The cause of the story stands first, or is a remark where the story says so."""
    report = conclude(played.recording)
    (target,) = report.targets
    wanted = scene(played.name)
    found = {each.cause: each.finding for each in target.diagnoses}
    if wanted.cause is None:
        assert (found, target.remedies, report.exit_code) == ({}, (), Exit.OK)
        return
    assert wanted.cause in found
    assert set(wanted.also) <= set(found)
    assert found[wanted.cause].remark == wanted.remark
    if not wanted.remark:
        first = [each.cause for each in target.diagnoses if not each.finding.remark]
        assert first[0] in (wanted.cause, *wanted.also)
    assert "unexplained" not in found or wanted.cause == "unexplained"


@pytest.mark.parametrize("width", [80])
def test_the_terminal_report_is_the_golden(
    played: Played, width: int, request: pytest.FixtureRequest
) -> None:
    """The whole terminal report of every scene is known."""
    text = terminal.render(conclude(played.recording), Page(width=width))
    golden(GOLDENS / f"{played.name}.txt", text, request)


def test_the_json_report_is_the_golden_and_fits_the_schema(
    played: Played, request: pytest.FixtureRequest
) -> None:
    """The whole JSON report of every scene is known, and valid."""
    text = json_format.render(conclude(played.recording), Page())
    errors = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(text))]
    assert errors == []
    golden(GOLDENS / f"{played.name}.json", text, request)


def test_a_replay_gives_the_same_report_byte_for_byte(played: Played) -> None:
    """Saved and read again, the facts lead to the same bytes."""
    again = loads(dumps(played.recording), "again")
    assert again == played.recording
    for render in (terminal.render, json_format.render):
        page = Page(width=72)
        assert render(conclude(again), page) == render(conclude(played.recording), page)


def test_no_line_is_wider_than_the_terminal(played: Played) -> None:
    """Only commands, which are to be copied, may be wider than 60 columns."""
    lines = terminal.render(conclude(played.recording), Page(width=60)).splitlines()
    wide = [line for line in lines if len(line) > 60 and not line.startswith(" " * 4)]
    assert wide == []


def test_causes_scenes_and_explanations_are_one_set() -> None:
    """A cause without a scene is not proved; a scene without a cause tells nothing."""
    told = {cause for name in NAMES if (cause := scene(name).cause) is not None}
    assert sorted(told) == sorted(
        name.replace("_", "-") for name in module_names("diagnose.causes")
    )


def test_no_golden_is_left_over() -> None:
    """A golden whose scene is gone would be read as true."""
    assert sorted({path.name.partition(".")[0] for path in GOLDENS.iterdir()}) == sorted(NAMES)


def golden(path: Path, text: str, request: pytest.FixtureRequest) -> None:
    """Hold `text` against the file, or write it when that is asked for."""
    if request.config.getoption("--renew-goldens"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text

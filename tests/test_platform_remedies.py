"""The same facts from another operating system: its own remedies, in its own shell's words.

What is replaced in a recording is the platform, and what its store is called there; how Windows
and macOS verify is no matter of these tests. `pytest --renew-goldens` writes the goldens again.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.examine import conclude
from diagnose.model.observation import Recording
from diagnose.model.report import Page
from diagnose.model.store import Store, StoreName
from diagnose.model.surroundings import Platform
from diagnose.platforms.macos import KEYCHAINS
from diagnose.report.formats import terminal
from fixtures.scene import record
from tests.test_scenes import GOLDENS, ONLY_ON_LINUX, golden, scene

pytestmark = ONLY_ON_LINUX

#: Scenes whose remedies differ most between operating systems.
NAMES = ("anchor_only_in_system_store", "anchor_nowhere", "interception", "not_yet_valid_clock")

#: What a command of this platform begins with, in each scene.
OWN = {
    Platform.WINDOWS: {
        "anchor_only_in_system_store": "$env:PIP_USE_FEATURE = 'truststore'",
        "anchor_nowhere": "certutil -addstore -f ROOT",
        "interception": "$env:PIP_CERT = ",
        "not_yet_valid_clock": "w32tm /resync",
    },
    Platform.MACOS: {
        "anchor_only_in_system_store": "export PIP_USE_FEATURE=truststore",
        "anchor_nowhere": "sudo security add-trusted-cert ",
        "interception": "sudo security add-trusted-cert ",
        "not_yet_valid_clock": "sudo sntp ",
    },
}

#: How no command of this platform begins.
FOREIGN = {
    Platform.WINDOWS: ("export ", "unset ", "sudo ", "getent "),
    Platform.MACOS: (
        "$env:", "Remove-Item ", "certutil ", "w32tm ", "getent ",
        "sudo cp ", "sudo rm ", "sudo apt-get ", "sudo dnf ", "sudo timedatectl ",
    ),
}  # fmt: skip

#: Where the platform's store lives, and what chose it.
PLACES = {
    Platform.WINDOWS: (("Windows certificate store ROOT",), "Windows"),
    Platform.MACOS: (KEYCHAINS, "macOS"),
}

PLATFORMS = (Platform.WINDOWS, Platform.MACOS)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return {name: record(scene(name), tmp_path_factory.mktemp("scene")) for name in NAMES}


def reported(recording: Recording, platform: Platform) -> str:
    """The terminal report that the recording leads to, had it been made on `platform`."""
    around = replace(recording.surroundings, platform=platform, system=str(platform))
    stores = tuple(moved(store, platform) for store in recording.stores)
    there = replace(recording, surroundings=around, stores=stores)
    return terminal.render(conclude(there), Page(width=80))


def moved(store: Store, platform: Platform) -> Store:
    """The system's store as that platform calls it; it never lists all that it trusts."""
    if store.name is not StoreName.SYSTEM or platform not in PLACES:
        return store
    places, chosen_by = PLACES[platform]
    return replace(store, places=places, chosen_by=chosen_by, complete=False)


def commands(report: str) -> list[str]:
    """The commands under "What to do": the lines that stand alone, indented by seven."""
    _, _, remedies = report.partition("\nWhat to do\n")
    return [line[7:] for line in remedies.splitlines() if line[:7].isspace() and line[7:8].strip()]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_commands_are_those_of_the_platform(
    name: str, platform: Platform, recordings: dict[str, Recording]
) -> None:
    """PowerShell and Windows' own tools there, `security` on macOS, and nothing from elsewhere."""
    found = commands(reported(recordings[name], platform))
    assert [each for each in found if each.startswith(OWN[platform][name])] != []
    assert [each for each in found if each.startswith(FOREIGN[platform])] == []


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_report_of_the_platform_is_the_golden(
    name: str,
    platform: Platform,
    recordings: dict[str, Recording],
    request: pytest.FixtureRequest,
) -> None:
    """The whole terminal report is known for each platform."""
    text = reported(recordings[name], platform)
    golden(GOLDENS / f"{name}.{platform}.txt", text, request)


def test_no_keychain_is_named_as_a_bundle(recordings: dict[str, Recording]) -> None:
    """A bundle is a PEM file or a hashed directory; macOS keeps its anchors in neither."""
    found = commands(reported(recordings["anchor_only_in_system_store"], Platform.MACOS))
    assert [each for each in found if ".keychain" in each] == []


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_platform_changes_no_conclusion(
    name: str, platform: Platform, recordings: dict[str, Recording]
) -> None:
    """What is wrong, and who must act, is said in the same sentence as on Linux."""
    here, there = (reported(recordings[name], each) for each in (Platform.LINUX, platform))
    assert here.partition("\n\n")[0] == there.partition("\n\n")[0]

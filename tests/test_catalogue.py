"""Rooms whose files are their entries."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnose.catalogue import entries, entry, module_names
from diagnose.model.client import Client
from diagnose.model.errors import DiagnoseError, InternalError
from diagnose.model.exits import Exit


@pytest.fixture(params=["folder", "zip"])
def room(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A room with two entries and a shared module, in a folder or inside a zip file."""
    name = f"room_in_{request.param}"
    files = {
        "__init__.py": "",
        "zebra.py": "WORD = 'z'",
        "ant.py": "WORD = 'a'",
        "_shared.py": "raise RuntimeError",
    }
    if request.param == "zip":
        place = tmp_path / "rooms.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for file, text in files.items():
                archive.writestr(f"{name}/{file}", text)
    else:
        place = tmp_path
        (place / name).mkdir()
        for file, text in files.items():
            (place / name / file).write_text(text, encoding="ascii")
    monkeypatch.syspath_prepend(str(place))
    yield name
    for each in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[each]


def test_every_file_of_a_room_is_an_entry(room: str) -> None:
    """Sorted by name; what begins with an underscore is shared and no entry."""
    assert module_names(room) == ("ant", "zebra")
    assert entries(room, "WORD", str) == ("a", "z")
    assert entry(room, "zebra", "WORD", str) == "z"


@pytest.mark.parametrize(("attribute", "kind"), [("WORDS", str), ("WORD", int)])
def test_an_entry_without_its_value_is_our_own_fault(room: str, attribute: str, kind: type) -> None:
    """The sentence names the module, and the exit code says that diagnose failed."""
    with pytest.raises(InternalError, match=rf"`{room}\.ant` has no `{attribute}`") as raised:
        entries(room, attribute, kind)
    assert isinstance(raised.value, DiagnoseError)
    assert raised.value.exit is Exit.FAILED


def test_the_clients_are_a_room() -> None:
    """Each is named like its file."""
    names = module_names("diagnose.clients")
    assert [each.name for each in entries("diagnose.clients", "CLIENT", Client)] == list(names)

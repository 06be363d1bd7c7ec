"""The file of a recording: its version, and a sentence for every kind of damage."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from diagnose.model.errors import DiagnoseError
from diagnose.model.exits import Exit
from diagnose.model.observation import Recording
from diagnose.model.saved import SCHEMA, dumps, loads
from diagnose.model.surroundings import Platform, Surroundings

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
RECORDING = Recording(
    Surroundings(WHEN, Platform.MACOS, "Darwin", "3.13.0", "OpenSSL", (("PIP_CERT", "/ö"),)),
    (),
    None,
    (),
    (b"\x30\x00",),
    (),
)
TEXT = dumps(RECORDING)
NO_JSON = "`facts.json` is no recording: it is not JSON, or was cut short"
NO_RECORDING = "`facts.json` is no recording of `diagnose check --save`"


def test_the_schema_stands_first() -> None:
    """Who opens the file sees at once what it is."""
    assert TEXT.splitlines()[1].strip() == '"schema": "diagnose/observation/1",'
    assert loads(TEXT, "facts.json") == RECORDING


DAMAGED = {
    "empty": ("", NO_JSON),
    "cut": (TEXT[:-20], NO_JSON),
    "text": ("hello", NO_JSON),
    "deep": ("[" * 100_000, NO_JSON),
    "huge number": ("9" * 5000, NO_JSON),
    "null": ("null", NO_RECORDING),
    "list": ("[]", NO_RECORDING),
    "other JSON": ('{"name": "x"}', NO_RECORDING),
    "schema of another kind": ('{"schema": 1}', NO_RECORDING),
    "report": ('{"schema": "diagnose/report/1"}', NO_RECORDING),
    "future": (
        TEXT.replace(SCHEMA, "diagnose/observation/2"),
        (
            "`facts.json` was written by another version of diagnose (diagnose/observation/2);"
            f" this one reads {SCHEMA}; update tls-diagnose"
        ),
    ),
    "hostile version": (
        json.dumps({"schema": "diagnose/observation/\x1b[31m"}),
        (
            "`facts.json` was written by another version of diagnose"
            f" (diagnose/observation/\\x1b[31m); this one reads {SCHEMA}; update tls-diagnose"
        ),
    ),
    "nothing inside": (
        json.dumps({"schema": SCHEMA}),
        "`facts.json` is damaged: $ is not of the type dict",
    ),
    "a place": (
        TEXT.replace('"macos"', '"amiga"'),
        "`facts.json` is damaged: $.surroundings.platform has a value that is not known",
    ),
    "a hostile field": (
        TEXT.replace('"certifi":', '"\\u001b[31m":'),
        "`facts.json` is damaged: $.\\x1b[31m is not known",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_one_sentence(name: str) -> None:
    """The sentence names the file and what is wrong with it, in harmless characters."""
    text, sentence = DAMAGED[name]
    with pytest.raises(DiagnoseError) as caught:
        loads(text, "facts.json")
    assert str(caught.value) == sentence
    assert caught.value.exit is Exit.USAGE


def test_the_file_s_name_is_made_harmless() -> None:
    """A name may hold anything."""
    with pytest.raises(DiagnoseError, match=r"^`a\\x1bb` is no recording"):
        loads("", "a\x1bb")


@pytest.mark.parametrize("length", range(0, len(TEXT) - 1, 7))
def test_no_part_of_a_file_is_taken_for_a_whole(length: int) -> None:
    """Wherever it was cut short, it is not read."""
    with pytest.raises(DiagnoseError):
        loads(TEXT[:length], "x")

"""Nouns to JSON and back: nothing is lost, and no damage passes for a fact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache, partial
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.model.attempt import Attempt, Failure, Profile, Stage, Trouble
from diagnose.model.codec import Undecodable, decode, encode
from diagnose.model.observation import Observation, Recording
from diagnose.model.saved import dumps, loads
from diagnose.model.store import CertifiFacts, Integrity, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.model.target import Direct, Route, Target, ThroughProxy

TEXTS = st.text(max_size=8)
INSTANTS = st.datetimes(
    datetime.fromisoformat("0002-01-01"),
    datetime.fromisoformat("9998-12-31"),
    # Fixed offsets: where clocks are set back, equal instants of two zones compare as unequal.
    timezones=st.integers(-1439, 1439).map(lambda each: timezone(timedelta(minutes=each))),
)

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bytes: st.binary(max_size=8),
    int: st.integers(),
    bool: st.booleans(),
    datetime: INSTANTS,
    date: st.dates(),
    type(None): st.none(),
}


def _make(kind: Any, given: dict[str, Any]) -> Any:
    return kind(**given)


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Every value that a type hint of the nouns allows."""
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(values, inner))
    if get_origin(kind) is tuple:
        if inner[-1] is Ellipsis:
            return st.lists(values(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(values, inner))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        filled = {each.name: values(hints[each.name]) for each in fields(kind)}
        return st.fixed_dictionaries(filled).map(partial(_make, kind))
    return PLAIN[kind] if kind in PLAIN else st.sampled_from(kind)


def recordings() -> st.SearchStrategy[Recording]:
    return values(Recording)


@given(recordings())
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_read_again(recording: Recording) -> None:
    """Whatever the values, the same recording comes back, instants as the same instant."""
    assert loads(dumps(recording), "x") == recording


@given(recordings())
@settings(max_examples=25, deadline=None)
def test_the_file_is_ascii_and_saving_again_changes_nothing(recording: Recording) -> None:
    """What is written survives any mail program, and is the same every time."""
    text = dumps(recording)
    assert text.isascii()
    assert dumps(loads(text, "x")) == text


WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
AROUND = Surroundings(WHEN, Platform.LINUX, "Linux", "3.13.0", "OpenSSL")


@pytest.mark.parametrize(
    ("noun", "value"),
    [
        (Direct("because"), {"noun": "Direct", "because": "because"}),
        (
            Failure(Stage.VERIFY, Trouble.EXPIRED, "words", 10, 0),
            {
                "noun": "Failure",
                "stage": "verify",
                "trouble": "expired",
                "words": "words",
                "code": 10,
                "depth": 0,
                "detail": "",
            },
        ),
        (
            CertifiFacts("1", date(2026, 1, 2), "/x", Integrity.SHIPPED, ("a",)),
            {
                "noun": "CertifiFacts",
                "version": "1",
                "released": "2026-01-02",
                "where": "/x",
                "integrity": "shipped",
                "added": ["a"],
                "added_names": [],
            },
        ),
    ],
)
def test_a_noun_is_an_object_with_its_fields(noun: Any, value: dict[str, Any]) -> None:
    """The form is plain enough to be read without this program."""
    assert encode(noun) == value
    assert decode(type(noun), value) == noun


def test_bytes_are_base64_and_instants_are_in_utc() -> None:
    """An instant with another offset is the same instant."""
    assert encode(b"\x00\xff") == "AP8="
    there = WHEN.astimezone(timezone(timedelta(hours=9)))
    again = decode(Surroundings, {**encode(AROUND), "instant": there.isoformat()})
    assert (again, again.instant.tzinfo) == (AROUND, timezone.utc)


def test_a_field_with_a_default_may_be_missing() -> None:
    """A file of an older release, which did not know the field, is read."""
    short = {"noun": "Failure", "stage": "verify", "trouble": "expired", "words": "w"}
    assert decode(Failure, short) == Failure(Stage.VERIFY, Trouble.EXPIRED, "w")


TARGET = Target("example.com", 443, "example.com", "example.com", is_address=False)
ATTEMPT = Attempt(StoreName.CERTIFI, Profile.DEFAULT, "openssl")

DAMAGE: list[tuple[Any, dict[str, Any], str]] = [
    (TARGET, {"port": "443"}, "$.port is not of the type int"),
    (TARGET, {"port": True}, "$.port is not of the type int"),
    (TARGET, {"port": None}, "$.port is not of the type int"),
    (TARGET, {"port": 443.0}, "$.port is not of the type int"),
    (TARGET, {"host": 5}, "$.host is not of the type str"),
    (TARGET, {"host": None}, "$.host is not of the type str"),
    (TARGET, {"is_address": 0}, "$.is_address is not of the type bool"),
    (TARGET, {"route": {"noun": "Nowhere"}}, "$.route is none of the known kinds"),
    (TARGET, {"route": {}}, "$.route is none of the known kinds"),
    (TARGET, {"route": []}, "$.route is none of the known kinds"),
    (TARGET, {"route": {"noun": "ThroughProxy"}}, "$.route.scheme is missing"),
    (TARGET, {"noun": "Attempt"}, "$ is no Target"),
    (TARGET, {"prot": 1}, "$.prot is not known"),
    (ATTEMPT, {"store": "openssl"}, "$.store has a value that is not known"),
    (ATTEMPT, {"store": ["certifi"]}, "$.store has a value that is not known"),
    (ATTEMPT, {"store": {}}, "$.store has a value that is not known"),
    (ATTEMPT, {"failure": "x"}, "$.failure is not of the type dict"),
    (ATTEMPT, {"failure": {"noun": "Failure"}}, "$.failure.stage is missing"),
    (AROUND, {"instant": "yesterday"}, "$.instant has a value that is not known"),
    (AROUND, {"instant": "2026-11-22T12:00:00"}, "$.instant has no time zone"),
    (AROUND, {"instant": "0001-01-01T00:00:00+14:00"}, "$.instant has a value that is not known"),
    (AROUND, {"environment": {}}, "$.environment is not of the type list"),
    (AROUND, {"environment": [["a"]]}, "$.environment[0] has 1 items instead of 2"),
    (AROUND, {"environment": [["a", 1]]}, "$.environment[0][1] is not of the type str"),
    (AROUND, {"environment": ["ab"]}, "$.environment[0] is not of the type list"),
]  # fmt: skip


@pytest.mark.parametrize(("noun", "change", "words"), DAMAGE, ids=[row[2] for row in DAMAGE])
def test_damage_is_named(noun: Any, change: dict[str, Any], words: str) -> None:
    """The first thing that does not fit is named with its place."""
    with pytest.raises(Undecodable) as caught:
        decode(type(noun), {**encode(noun), **change})
    assert str(caught.value) == words


@pytest.mark.parametrize("value", ["?", "AP8", "AP8=\n", "é", "\ud800"])
def test_what_is_no_base64_is_named(value: str) -> None:
    """Also text that could never be base64."""
    recording = Recording(AROUND, (), None, (), (b"x",), ())
    damaged = {**encode(recording), "certificates": [value]}
    with pytest.raises(Undecodable, match=r"^\$\.certificates\[0\] is not base64$"):
        decode(Recording, damaged)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield from places(value[key], (*path, key))


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_any_damage_is_either_named_or_a_recording(data: st.DataObject) -> None:
    """Whatever stands in whatever place, nothing but Undecodable is raised."""
    document = encode(data.draw(recordings()))
    path = data.draw(st.sampled_from(list(places(document))))
    value = data.draw(JSON_VALUES)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if path:
        holder[path[-1]] = value
    else:
        document = value
    words = ""
    found = None
    try:
        found = decode(Recording, json.loads(json.dumps(document)))
    except Undecodable as error:
        words = str(error)
    assert isinstance(found, Recording) != words.startswith("$")


def nouns_of(kind: Any, seen: set[Any]) -> set[Any]:
    if is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        hints = get_type_hints(kind)
        for each in fields(kind):
            nouns_of(hints[each.name], seen)
    for inner in get_args(kind):
        nouns_of(inner, seen)
    return seen


def test_the_members_of_a_union_have_different_names() -> None:
    """The name decides which noun of a union is meant."""
    found = nouns_of(Recording, set())
    assert {Recording, Observation, Attempt, Direct, ThroughProxy} <= found
    assert len({noun.__name__ for noun in found}) == len(found)
    assert get_args(Route) == (Direct, ThroughProxy)

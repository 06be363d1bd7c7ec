"""Nouns to JSON values and back, by their type hints; strict, so that damage is found and named.

A library could do it (cattrs), but every further wheel is one more to fetch on machines where
fetching is what fails.
"""

from __future__ import annotations

import base64
import dataclasses
import types
from collections.abc import Iterable
from datetime import date, datetime, timezone
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Noun = TypeVar("Noun")

#: In a union of nouns, the key that says which one it is.
_KIND = "noun"


class Undecodable(ValueError):
    """A value does not fit its type; the message names the place."""


def encode(value: Any) -> Any:
    """A noun as JSON values: dataclasses as objects, bytes in base64, times in ISO 8601 (UTC)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: encode(getattr(value, each.name)) for each in _fields(type(value))}
        return {_KIND: type(value).__name__, **fields}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    return value


def decode(kind: type[Noun], value: Any, place: str = "$") -> Noun:
    """The noun that `encode` made. Raises Undecodable, naming where the value does not fit."""
    return _decode(kind, value, place)  # type: ignore[no-any-return]


def _decode(kind: Any, value: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(kind), value, place)
    if origin is tuple:
        return _decode_tuple(get_args(kind), value, place)
    if dataclasses.is_dataclass(kind):
        return _decode_noun(kind, value, place)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _convert(kind, value, place)
    if kind is bytes:
        return _decode_bytes(_plain(str, value, place), place)
    if kind is datetime:
        instant: datetime = _convert(datetime.fromisoformat, _plain(str, value, place), place)
        return _aware(instant, place)
    if kind is date:
        return _convert(date.fromisoformat, _plain(str, value, place), place)
    return _plain(kind, value, place)


def _decode_union(kinds: Iterable[Any], value: Any, place: str) -> Any:
    kinds = tuple(kinds)
    if value is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _decode(others[0], value, place)
    name = value.get(_KIND) if isinstance(value, dict) else None
    for kind in others:
        if isinstance(kind, type) and kind.__name__ == name:
            return _decode(kind, value, place)
    raise Undecodable(f"{place} is none of the known kinds")


def _decode_tuple(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    items = _plain(list, value, place)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], each, f"{place}[{at}]") for at, each in enumerate(items))
    if len(items) != len(kinds):
        raise Undecodable(f"{place} has {len(items)} items instead of {len(kinds)}")
    return tuple(
        _decode(kind, each, f"{place}[{at}]")
        for at, (kind, each) in enumerate(zip(kinds, items, strict=True))
    )


def _decode_noun(kind: Any, value: Any, place: str) -> Any:
    given = _plain(dict, value, place)
    if given.get(_KIND) != kind.__name__:
        raise Undecodable(f"{place} is no {kind.__name__}")
    hints = _hints(kind)
    unknown = sorted(given.keys() - hints.keys() - {_KIND})
    if unknown:
        raise Undecodable(f"{place}.{unknown[0]} is not known")
    arguments = {}
    for each in _fields(kind):
        if each.name in given:
            arguments[each.name] = _decode(
                hints[each.name], given[each.name], f"{place}.{each.name}"
            )
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            raise Undecodable(f"{place}.{each.name} is missing")
    return kind(**arguments)


def _plain(kind: Any, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Undecodable(f"{place} is not of the type {kind.__name__}")
    return value


def _convert(convert: Any, value: Any, place: str) -> Any:
    try:
        return convert(value)
    except (ValueError, TypeError):
        raise Undecodable(f"{place} has a value that is not known") from None


def _decode_bytes(value: str, place: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:  # binascii.Error is one; so is what non-ASCII text raises
        raise Undecodable(f"{place} is not base64") from None


def _aware(instant: datetime, place: str) -> datetime:
    if instant.tzinfo is None:
        raise Undecodable(f"{place} has no time zone")
    try:
        return instant.astimezone(timezone.utc)
    except OverflowError:
        raise Undecodable(f"{place} has a value that is not known") from None


@cache
def _fields(kind: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)

"""Finds the entries of a catalogue room: adding one is adding one file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TypeVar

from diagnose.model.errors import InternalError

Entry = TypeVar("Entry")


@cache
def module_names(room: str) -> tuple[str, ...]:
    """The names of the modules of a room, sorted; works inside a zip file too.

    Names that begin with `_` hold what entries share and are no entries.
    """
    package = importlib.import_module(room)
    found = pkgutil.iter_modules(package.__path__)
    return tuple(sorted(info.name for info in found if not info.name.startswith("_")))


def entries(room: str, attribute: str, kind: type[Entry]) -> tuple[Entry, ...]:
    """The value named `attribute` of every module of `room`, in the order of their names.

    Raises InternalError when a module lacks it or holds something else.
    """
    return tuple(entry(room, name, attribute, kind) for name in module_names(room))


def entry(room: str, name: str, attribute: str, kind: type[Entry]) -> Entry:
    """The entry of one module."""
    value = getattr(importlib.import_module(f"{room}.{name}"), attribute, None)
    if not isinstance(value, kind):
        raise InternalError(f"`{room}.{name}` has no `{attribute}`")
    return value

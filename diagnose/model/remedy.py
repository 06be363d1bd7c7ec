"""What to type, for one client or one owner, and how to take it back."""

from __future__ import annotations

from collections.abc import Callable

from diagnose.model.case import Case
from diagnose.model.diagnosis import Need, Who
from diagnose.model.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Commands:
    """The same step for three shells; an empty tuple means that it does not exist there."""

    sh: tuple[str, ...] = ()
    powershell: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to meet a need.

    `for_` is the client, the operating system or the owner that it is for. `reach` says how far
    it goes: "this shell", "this user", "this machine", "the server". `order` sorts the least
    change first; `lowers_security` stands last whatever its order.
    """

    title: str
    for_: str
    who: Who
    order: int
    reach: str
    commands: Commands = Commands()
    undo: Commands = Commands()
    lowers_security: bool = False


@dataclass(frozen=True, slots=True)
class Prescriber:
    """Someone who can meet needs: a client, the operating system, the server's owner."""

    name: str
    prescribe: Callable[[Need, Case], tuple[Remedy, ...]]

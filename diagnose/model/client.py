"""How a program picks its trust, as a function of the surroundings."""

from __future__ import annotations

from collections.abc import Callable

from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Need
from diagnose.model.nouns import dataclass
from diagnose.model.remedy import Remedy
from diagnose.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one program will see at this target.

    `verdict` is None where it cannot be told. `because` says in a few words which stores it uses;
    `ignored` are settings that are there and that it does not read.
    """

    name: str
    version: str
    verdict: Verdict | None
    trouble: Trouble | None
    because: str
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """An entry of the catalogue: one program.

    `predict` answers None when the program was not found here. `meet` gives the remedies by which
    this program meets a need; an empty tuple says that the need is none of its business.
    """

    name: str
    predict: Callable[[Case], Prediction | None]
    meet: Callable[[Need, Case], tuple[Remedy, ...]]

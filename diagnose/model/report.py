"""What is said in the end: one report over all targets, for any renderer."""

from __future__ import annotations

from collections.abc import Callable

from diagnose.model.case import Case
from diagnose.model.client import Prediction
from diagnose.model.diagnosis import Diagnosis, Who
from diagnose.model.exits import Exit
from diagnose.model.nouns import dataclass
from diagnose.model.observation import Recording
from diagnose.model.remedy import Remedy


@dataclass(frozen=True, slots=True)
class TargetReport:
    """One target: the case, what is concluded, and what to do.

    `summary` is one sentence that can be read aloud; `who` must act.
    """

    case: Case
    summary: str
    who: Who
    diagnoses: tuple[Diagnosis, ...]
    remedies: tuple[Remedy, ...]
    clients: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run concluded."""

    recording: Recording
    targets: tuple[TargetReport, ...]
    exit_code: Exit


@dataclass(frozen=True, slots=True)
class Page:
    """How wide the output is, and what it can show. `signs` False means ASCII signs."""

    width: int = 100
    colour: bool = False
    signs: bool = True


@dataclass(frozen=True, slots=True)
class Renderer:
    """An entry of the catalogue: one output format."""

    name: str
    render: Callable[[Report, Page], str]

"""Causes, what they conclude, and what must become true to mend them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from diagnose.model.case import Case
from diagnose.model.nouns import dataclass
from diagnose.model.store import DefectKind, StoreName
from diagnose.model.words import Word


class Who(Word):
    """Who must act."""

    USER = "user"
    IT = "it"
    SERVER_OWNER = "server-owner"
    NETWORK_OWNER = "network-owner"
    NOBODY = "nobody"


class Confidence(Word):
    """`certain`: the facts leave no other reading. `likely` and `possible` are inferences."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """The client must trust this anchor.

    `certificate` is its fingerprint where it is known, `name` its subject. `held_by` are the
    stores that have it; `path` is a file on this machine that a client can be given.
    """

    name: str
    certificate: str | None
    held_by: tuple[StoreName, ...]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class UseSystemStore:
    """The client must read the operating system's store, which has the anchor."""

    name: str


@dataclass(frozen=True, slots=True)
class ServeIntermediate:
    """The server must send this certificate after its own."""

    name: str
    certificate: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class UnsetSetting:
    """A variable or option that names a bundle must go, or name another."""

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class RepairFile:
    """A trust file must be mended."""

    path: str
    kind: DefectKind
    source: str


@dataclass(frozen=True, slots=True)
class InstallSystemStore:
    """The operating system has no anchors at all: its package of roots must be installed."""


@dataclass(frozen=True, slots=True)
class SetClock:
    """The clock of this machine must be set."""


@dataclass(frozen=True, slots=True)
class RenewCertificate:
    """The owner of this certificate must replace it."""

    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class ReplaceServerCertificate:
    """The server needs a certificate that names it (or the user another name)."""

    wanted: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpgradeCertifi:
    """certifi must be at least this release, or be installed afresh."""

    release: str | None


@dataclass(frozen=True, slots=True)
class ReissueAuthority:
    """A private authority must be issued again so that it meets RFC 5280."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class ProxyCredentials:
    """The proxy wants a user name and a password."""

    proxy: str
    chosen_by: str


@dataclass(frozen=True, slots=True)
class CorrectProxyUrl:
    """The proxy's URL must have the other scheme."""

    proxy: str
    chosen_by: str
    scheme: str


@dataclass(frozen=True, slots=True)
class ReachHost:
    """The network must let this machine reach the host; `what` says what stands in the way.

    `resolved` is False where not even its name is known.
    """

    host: str
    what: str
    resolved: bool = True


Need: TypeAlias = (
    TrustAnchor
    | UseSystemStore
    | ServeIntermediate
    | UnsetSetting
    | RepairFile
    | InstallSystemStore
    | SetClock
    | RenewCertificate
    | ReplaceServerCertificate
    | UpgradeCertifi
    | ReissueAuthority
    | ProxyCredentials
    | CorrectProxyUrl
    | ReachHost
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a cause concludes about one case.

    `summary` is one sentence without a full stop, with the names of this case. No conclusion
    without evidence: `evidence` is never empty. A `remark` explains no failure by itself.
    """

    summary: str
    confidence: Confidence
    who: Who
    evidence: tuple[str, ...]
    needs: tuple[Need, ...] = ()
    remark: bool = False

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("a finding needs evidence")


@dataclass(frozen=True, slots=True)
class Cause:
    """An entry of the catalogue.

    `rank` orders the diagnoses of one case: what the user must do first stands first. `covers`
    names causes that only follow from this one and are not listed beside it.
    """

    id: str
    summary: str
    rank: int
    explanation: str
    recognise: Callable[[Case], Finding | None]
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause that was recognised in a case."""

    cause: str
    finding: Finding

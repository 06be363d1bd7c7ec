"""The way from the end-entity certificate towards an anchor, link by link, and where it stops."""

from __future__ import annotations

from typing import TypeAlias

from diagnose.model.certificate import Name
from diagnose.model.nouns import dataclass
from diagnose.model.store import StoreName
from diagnose.model.words import Word


class Test(Word):
    """The outcome of one test of a link; `absent` means that there was nothing to compare."""

    __test__ = False

    PASS = "pass"
    FAIL = "fail"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate and the candidate for its issuer, each test on its own.

    `ca` covers what the issuer may issue: CA bit, keyCertSign, path length, purpose, no critical
    extension that OpenSSL does not know; it is `unreadable` where OpenSSL refuses one of the two
    for an extension that it cannot read. `time` is the issuer's validity at the instant. Name
    constraints and policies are not tested.
    """

    child: str
    issuer: str
    name: Test
    key_id: Test
    signature: Test
    ca: Test
    time: Test

    @property
    def binds(self) -> bool:
        """The issuer really issued the child: name, key identifier and signature agree."""
        return (
            self.name is Test.PASS
            and self.key_id is not Test.FAIL
            and self.signature in (Test.PASS, Test.UNREADABLE)
        )

    @property
    def sound(self) -> bool:
        return self.binds and self.ca is Test.PASS and self.time is Test.PASS


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A candidate that has the missing issuer's name, and why it is not the issuer."""

    certificate: str
    where: tuple[str, ...]
    link: Link
    why: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a walk stops: `child` is the last certificate, `issuer` is the name it asks for.

    `key_id` is the key identifier it asks for (hex), if any. `certificate` is the fingerprint of
    the issuer where some other place holds it; `found_in` names these places ("sent", "certifi",
    "bundle", "system", "caIssuers"). `looked_in` are the places that were searched in vain.
    """

    child: str
    issuer: Name
    key_id: str | None
    certificate: str | None
    found_in: tuple[str, ...]
    looked_in: tuple[str, ...]
    near_misses: tuple[NearMiss, ...] = ()


@dataclass(frozen=True, slots=True)
class Anchored:
    """The path ends in a self-signed certificate that the store trusts."""

    anchor: str


@dataclass(frozen=True, slots=True)
class PartlyAnchored:
    """The path ends in a certificate of the store that is no root (PARTIAL_CHAIN would accept)."""

    anchor: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class UntrustedRoot:
    """The path ends in a self-signed certificate that was sent and that the store lacks."""

    root: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class IssuerMissing:
    """The issuer of the last certificate is neither sent nor in the store."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """The search was given up: so many links were tried."""

    links_tried: int


@dataclass(frozen=True, slots=True)
class NothingSent:
    """There is no certificate to start from."""


End: TypeAlias = (
    Anchored | PartlyAnchored | UntrustedRoot | IssuerMissing | BudgetSpent | NothingSent
)


@dataclass(frozen=True, slots=True)
class Path:
    """Certificates from the end-entity certificate upwards (fingerprints), their links, the end."""

    certificates: tuple[str, ...]
    links: tuple[Link, ...]
    end: End

    @property
    def anchored(self) -> bool:
        return isinstance(self.end, Anchored)

    @property
    def sound(self) -> bool:
        """Anchored, and nothing wrong with any link (the end-entity certificate not judged)."""
        return self.anchored and all(link.sound for link in self.links)


@dataclass(frozen=True, slots=True)
class Walk:
    """What can be reached with one store.

    `store` is None for the walk over everything that was seen: all stores and fetched issuers.
    `greedy` is the path as OpenSSL builds it (trusted first, no backtracking); `best` is the best
    of all paths within the budget. They differ when a valid path exists that OpenSSL misses.
    """

    store: StoreName | None
    greedy: Path
    best: Path
    links_tried: int

    @property
    def missed_by_openssl(self) -> bool:
        """The same certificates can be refused, too: a namesake came first in the store."""
        differ = self.best.certificates != self.greedy.certificates
        return self.best.sound and not self.greedy.sound and differ

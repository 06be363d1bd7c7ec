"""From a chain and the stores' anchors to walks: paths, ends, gaps and near misses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from diagnose.chain import greedy
from diagnose.chain.links import authorities, self_signed, test_link, usable
from diagnose.chain.search import Search
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass
from diagnose.model.store import StoreName
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    End,
    Gap,
    IssuerMissing,
    Link,
    NearMiss,
    NothingSent,
    PartlyAnchored,
    Path,
    Test,
    UntrustedRoot,
    Walk,
)

SENT = "sent"
FETCHED = "caIssuers"

#: A report that lists more candidates than this helps nobody.
NEAR_MISS_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Ground:
    """All certificates of one case, by the place where each was seen.

    `asked` says that a caIssuers address was asked, whatever it answered.
    """

    sent: tuple[Certificate, ...]
    fetched: tuple[Certificate, ...]
    anchors: Mapping[StoreName, tuple[Certificate, ...]]
    instant: datetime
    asked: bool = False

    def everything(self) -> dict[str, tuple[Certificate, ...]]:
        """Place to certificates, in the order in which a report names places."""
        stores = {str(store): anchors for store, anchors in self.anchors.items()}
        return {SENT: self.sent, **stores, FETCHED: self.fetched}

    def places(self, fingerprint: str) -> tuple[str, ...]:
        """Where a certificate was seen."""
        return tuple(
            place
            for place, certificates in self.everything().items()
            if any(each.sha256 == fingerprint for each in certificates)
        )


def walk_store(ground: Ground, store: StoreName) -> Walk:
    """What a client can reach that trusts one store: the chain sent and that store's anchors."""
    return _walk(ground, store, ground.sent, ground.anchors.get(store, ()), (SENT, str(store)))


def walk_everything(ground: Ground) -> Walk:
    """What can be reached with all that was seen: every store, and what was fetched."""
    pool = (*ground.sent, *ground.fetched)
    anchors = {each.sha256: each for found in ground.anchors.values() for each in found}
    looked_in = (place for place in ground.everything() if place != FETCHED or ground.asked)
    return _walk(ground, None, pool, tuple(anchors.values()), tuple(looked_in))


def _walk(
    ground: Ground,
    store: StoreName | None,
    sent: Sequence[Certificate],
    anchors: Sequence[Certificate],
    looked_in: tuple[str, ...],
) -> Walk:
    if not sent:
        nothing = Path((), (), NothingSent())
        return Walk(store, nothing, nothing, 0)
    built, untrusted = greedy.build(sent, anchors, ground.instant)
    trusted = frozenset(each.sha256 for each in anchors)
    search = Search(_unique((*sent, *anchors)), trusted, ground.instant)
    route = search.run(sent[0])
    view = _View(ground, anchors, trusted, looked_in)
    taken = view.path(built, view.links(built), from_store=untrusted < len(built))
    top = route.certificates[-1].sha256
    best = view.path(route.certificates, route.links, from_store=top in trusted)
    if _rank(taken) > _rank(best):
        best = taken  # the search gave up, or OpenSSL goes deeper than it
    elif search.spent and not best.anchored:
        best = Path(best.certificates, best.links, BudgetSpent(search.tried))
    return Walk(store, taken, best, search.tried)


def _rank(path: Path) -> tuple[bool, bool]:
    """Proved to lead to an anchor; and nothing else wrong with it."""
    return path.anchored and all(link.binds for link in path.links), path.sound


@dataclass(frozen=True, slots=True)
class _View:
    """What one walk may use."""

    ground: Ground
    anchors: Sequence[Certificate]
    trusted: frozenset[str]
    looked_in: tuple[str, ...]

    def path(
        self, certificates: Sequence[Certificate], links: Sequence[Link], *, from_store: bool
    ) -> Path:
        """A path with its end; `from_store` says whether the store vouches for the last one."""
        prints = tuple(each.sha256 for each in certificates)
        return Path(prints, tuple(links), self._end(certificates[-1], from_store))

    def links(self, built: Sequence[Certificate]) -> list[Link]:
        """The links of a path that OpenSSL built; it tests them afterwards, too."""
        return [
            test_link(child, issuer, self.ground.instant, authorities(built[: index + 1]))
            for index, (child, issuer) in enumerate(pairwise(built))
        ]

    def _end(self, last: Certificate, from_store: bool) -> End:
        if self_signed(last):
            if from_store:
                return Anchored(last.sha256)
            return UntrustedRoot(last.sha256, self._gap(last, last))
        if last.sha256 in self.trusted:
            return PartlyAnchored(last.sha256, self._gap(last, None))
        return IssuerMissing(self._gap(last, None))

    def _gap(self, child: Certificate, known: Certificate | None) -> Gap:
        """What is missing above `child`; for a root that was sent, the root itself."""
        found = known or self._issuer_elsewhere(child)
        places = self.ground.places(found.sha256) if found else ()
        return Gap(
            child=child.sha256,
            issuer=child.issuer,
            key_id=found.key_id if found else child.authority_key_id,
            certificate=found.sha256 if found else None,
            found_in=places,
            looked_in=self.looked_in,
            near_misses=self._near_misses(child, found),
        )

    def _issuer_elsewhere(self, child: Certificate) -> Certificate | None:
        """An issuer that binds, where the path could not go on to it; the soundest first."""
        found = []
        for candidate in _unique(_flat(self.ground.everything().values())):
            if candidate.subject.canonical != child.issuer.canonical:
                continue
            link = test_link(child, candidate, self.ground.instant, below=0)
            if link.binds and usable(candidate):
                found.append((not link.sound, not candidate.self_issued, candidate))
        return min(found, key=lambda each: each[:2])[2] if found else None

    def _near_misses(self, child: Certificate, issuer: Certificate | None) -> tuple[NearMiss, ...]:
        """Candidates within reach that have the name and yet are not the issuer."""
        within = (*self.ground.sent, *self.anchors)
        misses = []
        for candidate in _unique(within):
            if candidate.subject.canonical != child.issuer.canonical:
                continue
            if candidate.sha256 in (child.sha256, issuer.sha256 if issuer else None):
                continue
            link = test_link(child, candidate, self.ground.instant, below=0)
            if link.binds and usable(candidate):
                continue
            places = self.ground.places(candidate.sha256)
            why = _why_not(link, child, candidate)
            misses.append(NearMiss(candidate.sha256, places, link, why))
        return tuple(misses[:NEAR_MISS_LIMIT])


def _why_not(link: Link, child: Certificate, candidate: Certificate) -> str:
    if link.key_id is Test.FAIL:
        if child.authority_key_id and child.authority_key_id != candidate.key_id:
            return "it has another key identifier than the one that is asked for"
        return "it has another serial number or issuer than the one that is asked for"
    if link.signature is Test.FAIL:
        return "its key did not make the signature"
    return f"OpenSSL passes it over: it cannot read {', '.join(candidate.unread)}"


def _flat(groups: Iterable[Sequence[Certificate]]) -> list[Certificate]:
    return [each for group in groups for each in group]


def _unique(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    return tuple({each.sha256: each for each in certificates}.values())

"""The best of all paths, within a budget: what a verifier that tries again would find."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import field
from datetime import datetime

from diagnose.chain.links import authorities, self_signed, test_link
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass
from diagnose.model.walk import Link

#: Links tried per walk. Cross-signed meshes of public authorities need under a hundred; a mesh
#: built to be slow costs about 0.1 ms a link, so a walk ends within a fraction of a second.
LINK_BUDGET = 1_000

#: Public chains have at most six certificates; RFC 5280 sets no limit.
DEPTH_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Route:
    """Certificates and links from the end-entity certificate upwards, as far as they bind."""

    certificates: tuple[Certificate, ...]
    links: tuple[Link, ...]


@dataclass(slots=True)
class Search:
    """Depth first, the most promising issuer first; keeps the best route it has seen.

    `pool` are all certificates that may serve as issuers, `anchors` the fingerprints of those
    that a store trusts.
    """

    pool: Iterable[Certificate]
    anchors: Collection[str]
    instant: datetime
    tried: int = 0
    spent: bool = False
    best: Route | None = None
    _by_subject: dict[bytes, list[Certificate]] = field(default_factory=dict)
    _anchor_names: set[bytes] = field(default_factory=set)

    def run(self, leaf: Certificate) -> Route:
        """The best route from `leaf`; `tried` and `spent` tell what it took."""
        for certificate in self.pool:
            self._by_subject.setdefault(certificate.subject.canonical, []).append(certificate)
            if certificate.sha256 in self.anchors:
                self._anchor_names.add(certificate.subject.canonical)
        self._extend(Route((leaf,), ()))
        return self.best or Route((leaf,), ())

    def _extend(self, route: Route) -> bool:
        """Follow every issuer of the last certificate; True when nothing better can be found."""
        last = route.certificates[-1]
        complete = self_signed(last)
        if complete or len(route.certificates) >= DEPTH_LIMIT:
            return self._keep(route)
        issuers = self._issuers(last, route)
        for link, issuer in issuers:
            if self._extend(Route((*route.certificates, issuer), (*route.links, link))):
                return True
            if self.spent:
                return False
        return self._keep(route) if not issuers else False

    def _issuers(self, child: Certificate, route: Route) -> list[tuple[Link, Certificate]]:
        # The same authority twice, cross-signed round in a circle, leads nowhere new.
        taken = {(each.subject.canonical, each.spki_sha256) for each in route.certificates}
        below = authorities(route.certificates)
        found = []
        for candidate in self._by_subject.get(child.issuer.canonical, ()):
            if (candidate.subject.canonical, candidate.spki_sha256) in taken:
                continue
            if self.tried >= LINK_BUDGET:
                self.spent = True
                break
            self.tried += 1
            link = test_link(child, candidate, self.instant, below)
            if link.binds:
                found.append((link, candidate))
        return sorted(found, key=lambda pair: self._promise(*pair))

    def _promise(self, link: Link, issuer: Certificate) -> tuple[bool, bool, bool, bool]:
        """What sorts first: sound, an anchor, one step below an anchor, a root."""
        return (
            not link.sound,
            issuer.sha256 not in self.anchors,
            issuer.issuer.canonical not in self._anchor_names,
            not issuer.self_issued,
        )

    def _keep(self, route: Route) -> bool:
        if self.best is None or self._cost(route) < self._cost(self.best):
            self.best = route
        return self._cost(self.best)[:2] == (0, 0)

    def _cost(self, route: Route) -> tuple[int, int, int]:
        """Less is better: where it ends, how many links are unsound, how long it is."""
        last = route.certificates[-1]
        trusted = last.sha256 in self.anchors
        if trusted and self_signed(last):
            end = 0
        elif any(each.sha256 in self.anchors for each in route.certificates):
            end = 1
        else:
            end = 2
        unsound = sum(not link.sound for link in route.links)
        # Without an anchor the longest way up tells most.
        length = len(route.certificates) if end == 0 else -len(route.certificates)
        return end, unsound if end == 0 else 0, length

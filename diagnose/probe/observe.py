"""One target observed: all connections at once, then what their answers call for."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from diagnose.chain.index import AnchorIndex, select
from diagnose.chain.reading import readable
from diagnose.chain.walk import Ground, walk_everything
from diagnose.model.attempt import Attempt, Capture, Fetch, Profile, Trouble
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass
from diagnose.model.observation import Observation
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Surroundings
from diagnose.model.target import Target, ThroughProxy
from diagnose.model.walk import IssuerMissing
from diagnose.platforms import native
from diagnose.probe.attempts import attempt, proxy_handshake
from diagnose.probe.capture import Captured, capture
from diagnose.probe.depth import with_depth
from diagnose.probe.dial import Line, ProxyHandshake, Unreached, resolve
from diagnose.probe.fetching import FETCH_LIMIT, fetch
from diagnose.probe.parallel import all_at_once
from diagnose.probe.routes import Way
from diagnose.stores.contexts import StoreContext
from diagnose.stores.opened import OpenStore, Stores

Anchors: TypeAlias = Mapping[StoreName, tuple[Certificate, ...]]

#: Failures that the strict profile can turn into success, because it also has PARTIAL_CHAIN.
_PARTIAL = frozenset({Trouble.PARTIAL_CHAIN})


@dataclass(frozen=True, slots=True)
class Plan:
    """How to observe. `seconds` is the limit of each stage; `fetch` allows caIssuers addresses."""

    seconds: float = 10.0
    fetch: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation, every certificate (DER) that it names, and the anchors that matter to it."""

    observation: Observation
    certificates: tuple[bytes, ...]
    anchors: Anchors


class Probe:
    """What all targets of one run share: stores, their indexes, the surroundings."""

    def __init__(self, stores: Stores, surroundings: Surroundings, plan: Plan) -> None:
        self._stores = tuple(store for store in stores.stores if store.facts.configured)
        self._surroundings = surroundings
        self._plan = plan
        self._codes = native(surroundings.platform).TROUBLES
        self._indexes = {store.facts.name: AnchorIndex(store.anchors) for store in self._stores}

    def observe(self, target: Target, way: Way) -> Seen:
        """Observe one target. Raises nothing that a network or a peer can cause."""
        try:
            line = resolve(target, way, self._plan.seconds)
        except Unreached as unreached:
            return self._unreached(target, unreached)
        captured, attempts = self._connect(line)
        anchors = self._anchors(captured.certificates)
        attempts = [self._deepen(each, captured.certificates, anchors) for each in attempts]
        fetches, certificates = self._fetch(line, captured.certificates, anchors)
        addresses = line.addresses
        seen = Observation(target, tuple(attempts), captured.capture, addresses, fetches)
        return Seen(seen, certificates, self._anchors(certificates) if fetches else anchors)

    def _connect(self, line: Line) -> tuple[Captured, list[Attempt]]:
        """The verifying connections and the capture, all at the same time."""
        tasks: list[Callable[[], Captured | tuple[Attempt, ...]]] = [
            lambda: capture(line, self._any_store_handshake(line)),
            *(partial(self._ask, store, line) for store in self._stores),
        ]
        results = all_at_once(tasks)
        (captured,) = [each for each in results if isinstance(each, Captured)]
        return captured, [each for found in results if isinstance(found, tuple) for each in found]

    def _ask(self, store: OpenStore, line: Line) -> tuple[Attempt, ...]:
        """One store's attempt, and a strict one where that answer can differ.

        Each store goes on by itself, so that a quick one need not wait for a slow one.
        """
        first = attempt(store, line, self._codes)
        differs = first.failure is None or first.failure.trouble in _PARTIAL
        # Where the platform verifies, OpenSSL's flags have no say.
        if not differs or _is_native(store):
            return (first,)
        return first, attempt(store, line, self._codes, Profile.STRICT)

    def _anchors(self, certificates: tuple[bytes, ...]) -> Anchors:
        seen = [each for each in map(readable, certificates) if each is not None]
        return select(seen, self._indexes)

    def _deepen(self, each: Attempt, chain: tuple[bytes, ...], anchors: Anchors) -> Attempt:
        if each.failure is None or (each.engine == "truststore" and self._codes):
            return each
        ders = [anchor.der for anchor in anchors.get(each.store, ())]
        instant = self._surroundings.instant
        return replace(each, failure=with_depth(each.failure, each.profile, chain, ders, instant))

    def _fetch(
        self, line: Line, certificates: tuple[bytes, ...], anchors: Anchors
    ) -> tuple[tuple[Fetch, ...], tuple[bytes, ...]]:
        """Follow caIssuers while an issuer is missing everywhere."""
        fetches: list[Fetch] = []
        fetched: list[bytes] = []
        while len(fetches) < FETCH_LIMIT:
            url = self._missing_issuer_url(certificates, fetched, anchors)
            if url is None or any(each.url == url for each in fetches):
                break
            if not self._plan.fetch:
                fetches.append(Fetch(url, problem="not asked: --no-aia", asked=False))
                break
            if isinstance(line.target.route, ThroughProxy):
                # Whether the proxy would reach a private address for us cannot be known.
                fetches.append(
                    Fetch(url, problem="not asked: the way leads through a proxy", asked=False)
                )
                break
            found = fetch(url, line.addresses)
            fetches.append(found.fetch)
            fetched += found.certificates
        return tuple(fetches), (*certificates, *fetched)

    def _missing_issuer_url(
        self, certificates: tuple[bytes, ...], fetched: list[bytes], anchors: Anchors
    ) -> str | None:
        sent = tuple(each for each in map(readable, certificates) if each)
        extra = tuple(each for each in map(readable, fetched) if each)
        if fetched:
            anchors = select((*sent, *extra), self._indexes)
        end = walk_everything(Ground(sent, extra, anchors, self._surroundings.instant)).best.end
        if not isinstance(end, IssuerMissing):
            return None
        child = next(each for each in (*sent, *extra) if each.sha256 == end.gap.child)
        return child.ca_issuers[0] if child.ca_issuers else None

    def _any_store_handshake(self, line: Line) -> ProxyHandshake:
        """For the capture: an `https://` proxy must satisfy at least one of the stores."""
        ders = {der for store in self._stores for der in store.anchors}

        def load(context: ssl.SSLContext) -> None:
            for der in ders:  # one by one: what OpenSSL cannot read must not hide the others
                with suppress(ssl.SSLError):
                    context.load_verify_locations(cadata=der)

        return proxy_handshake(StoreContext(load))

    def _unreached(self, target: Target, unreached: Unreached) -> Seen:
        attempts = tuple(
            Attempt(
                store.facts.name,
                Profile.DEFAULT,
                store.context.engine if store.context else "none",
                unreached.failure if store.context else store.failure,
            )
            for store in self._stores
        )
        nothing = Capture(failure=unreached.failure)
        return Seen(Observation(target, attempts, nothing), (), {})


def _is_native(store: OpenStore) -> bool:
    return bool(getattr(store.context, "native", False))

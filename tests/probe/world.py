"""Lines, stores and proxies of the tests of this room, without a name to look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from diagnose.chain.reading import fingerprint
from diagnose.demo.pki import Authority, Issued
from diagnose.demo.servers import Server
from diagnose.model.store import Store, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.model.target import Direct, Route, Target, ThroughProxy
from diagnose.probe.dial import Line
from diagnose.probe.observe import Plan, Probe
from diagnose.probe.routes import Credentials
from diagnose.stores.contexts import StoreContext
from diagnose.stores.opened import OpenStore, Stores

HOST = "www.example.com"
STRAIGHT = Direct()
ROOT = Authority.root("Example Root CA")
ISSUING = ROOT.intermediate()
OTHER = Authority.root("Some Other Root CA")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
SURROUNDINGS = Surroundings(NOW, Platform.LINUX, "Linux", "3.13.0", "OpenSSL 3.0.19")

#: Nothing here takes a tenth of it; where a time limit is the subject, the test has its own.
PATIENCE = 20.0


def target(server: Server, host: str = HOST, route: Route = STRAIGHT) -> Target:
    address = host.replace(".", "").isdigit() or ":" in host
    return Target(host, server.port, host, host, address, route)


def line(
    server: Server,
    host: str = HOST,
    *,
    seconds: float = PATIENCE,
    addresses: Sequence[str] | None = None,
) -> Line:
    """Straight to the server, by its address, under another name."""
    there = target(server, host)
    return Line(there, host, server.port, tuple(addresses or (server.host,)), seconds)


def line_through(
    proxy: Server,
    server: Server,
    host: str = "127.0.0.1",
    *,
    scheme: str | None = None,
    credentials: Credentials | None = None,
    seconds: float = PATIENCE,
) -> Line:
    route = ThroughProxy(
        scheme or proxy.scheme,
        "localhost",
        proxy.port,
        "HTTPS_PROXY",
        has_credentials=credentials is not None,
    )
    there = target(server, host, route)
    return Line(there, "localhost", proxy.port, (proxy.host,), seconds, credentials)


def store(*anchors: Issued, name: StoreName = StoreName.BUNDLE) -> OpenStore:
    """A store with these anchors."""
    pem = "".join(each.pem for each in anchors)
    ders = tuple(each.der for each in anchors)
    facts = Store(name, configured=True, places=("/store.pem",), anchors=len(ders))

    return OpenStore(
        facts, ders, StoreContext(lambda context: context.load_verify_locations(cadata=pem))
    )


def probe(stores: Mapping[StoreName, Sequence[Issued]], plan: Plan | None = None) -> Probe:
    """A probe over these stores."""
    opened = tuple(store(*anchors, name=name) for name, anchors in stores.items())
    return Probe(Stores(opened, None, ()), SURROUNDINGS, plan or Plan(PATIENCE))


def prints(*certificates: Issued | bytes) -> tuple[str, ...]:
    return tuple(
        fingerprint(each if isinstance(each, bytes) else each.der) for each in certificates
    )

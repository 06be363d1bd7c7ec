"""Cases of plain facts for causes that lie in files, settings, the network and proxies.

Nothing is opened and nothing is connected to; certificates have names and fingerprints only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from diagnose.catalogue import entry
from diagnose.model.attempt import Attempt, Capture, Failure, Profile, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate, Name
from diagnose.model.diagnosis import Cause, Confidence, Finding, Need, Who
from diagnose.model.observation import Observation, Recording
from diagnose.model.store import BundleSetting, CertifiFacts, FileDefect, Store, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.model.target import Direct, Route, Target
from diagnose.model.walk import Anchored, NothingSent, Path, Walk

CERTIFI, BUNDLE, SYSTEM = StoreName
HOST = "registry.example.com"
DIRECT = Direct()
NOWHERE = Path((), (), NothingSent())
NO_WALK = Walk(None, NOWHERE, NOWHERE, 0)
STORES = (
    Store(CERTIFI, True, ("/venv/cacert.pem",), "certifi 2024.7.4", 140),
    Store(BUNDLE, False),
    Store(SYSTEM, True, ("/etc/ssl/cert.pem",), "OpenSSL's default paths", 142),
)


def case(
    failure: Failure | None = None,
    *,
    stores_fail: Mapping[StoreName, Failure] | None = None,
    capture: Failure | None = None,
    said: bytes = b"",
    chain: tuple[Certificate, ...] = (),
    anchor: Certificate | None = None,
    host: str = HOST,
    port: int = 443,
    route: Route = DIRECT,
    addresses: tuple[str, ...] = ("192.0.2.7",),
    stores: tuple[Store, ...] = STORES,
    settings: tuple[BundleSetting, ...] = (),
    certifi: CertifiFacts | None = None,
    variables: tuple[tuple[str, str], ...] = (),
) -> Case:
    """A case in which `failure` ends every connection; `stores_fail` and `capture` only theirs.

    `chain` is what the capture saw; with `anchor`, the walk over everything ends in it.
    """
    wrong = stores_fail or {}
    attempts = tuple(
        Attempt(store.name, Profile.DEFAULT, "openssl", wrong.get(store.name, failure))
        for store in stores
        if store.configured
    )
    known = {each.sha256: each for each in (*chain, *((anchor,) if anchor else ()))}
    seen = Capture(tuple(each.sha256 for each in chain), capture or failure, first_bytes=said)
    walk = NO_WALK
    if anchor is not None:
        path = Path(tuple(known), (), Anchored(anchor.sha256))
        walk = Walk(None, path, path, 1)
    return Case(
        Recording(
            Surroundings(
                datetime(2026, 1, 1, tzinfo=timezone.utc), Platform.LINUX, "Linux", "3.13.1",
                "OpenSSL 3.0", variables,
            ),
            stores, certifi, settings, (), (),
        ),
        Observation(Target(host, port, host, host, False, route), attempts, seen, addresses),
        known,
        # A store by itself: the path, and no anchor at its end.
        {store.name: replace(NO_WALK, greedy=Path(tuple(known), (), NothingSent()))
         for store in stores if store.configured},
        walk,
    )  # fmt: skip


def certificate(name: str, sha256: str) -> Certificate:
    subject = Name(b"", name.encode(), f"CN={name}", name)
    return Certificate(
        sha256=sha256, der=b"", subject=subject, issuer=subject, serial="1", version=3,
        not_before=None, not_after=None, spki=b"", spki_sha256="", tbs=b"", signature=b"",
    )  # fmt: skip


def bundle(source: str, path: str, *defects: FileDefect, probed: bool = True) -> BundleSetting:
    return BundleSetting(source, path, None if defects else 3, None, defects, probed)


def read_from(setting: BundleSetting) -> tuple[Store, ...]:
    """The three stores, with the bundle that a setting names."""
    found = Store(BUNDLE, True, (setting.path,), setting.source, setting.anchors,
                  defects=setting.defects)  # fmt: skip
    return (STORES[0], found, STORES[2])


def defective(store: int, *defects: FileDefect) -> tuple[Store, ...]:
    """The three stores, one of them without anchors for these defects."""
    return tuple(
        replace(each, anchors=None, defects=defects) if at == store else each
        for at, each in enumerate(STORES)
    )


def at(stage: Stage, trouble: Trouble, words: str = "no words", code: int | None = None) -> Failure:
    return Failure(stage, trouble, words, code)


def digest(source: str, content: str, anchors: int, *, probed: bool = False) -> BundleSetting:
    return BundleSetting(source, f"/etc/{content}.pem", anchors, content, (), probed)


def fails(
    store: StoreName, trouble: Trouble, code: int, depth: int | None
) -> dict[StoreName, Failure]:
    return {store: Failure(Stage.VERIFY, trouble, "OpenSSL's words", code, depth)}


@dataclass(frozen=True, slots=True)
class Row:
    """What a cause says in a case: all but the evidence."""

    cause: str
    id: str
    case: Case
    summary: str
    confidence: Confidence
    who: Who
    needs: tuple[Need, ...] = ()
    remark: bool = False


def cause(name: str) -> Cause:
    return entry("diagnose.causes", name.replace("-", "_"), "CAUSE", Cause)


def finding(name: str, facts: Case) -> Finding:
    """What a cause concludes, where it must conclude something."""
    found = cause(name).recognise(facts)
    assert found is not None
    return found


def told(row: Row) -> tuple[str, Confidence, Who, tuple[Need, ...], bool]:
    """What the cause of a row says, in the row's order."""
    found = finding(row.cause, row.case)
    return found.summary, found.confidence, found.who, found.needs, found.remark


def expected(row: Row) -> tuple[str, Confidence, Who, tuple[Need, ...], bool]:
    return row.summary, row.confidence, row.who, row.needs, row.remark

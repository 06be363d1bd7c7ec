"""What several causes ask of a case, and the words they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from diagnose.model.attempt import Stage
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.store import Store, StoreName
from diagnose.model.target import ThroughProxy
from diagnose.model.text import count, printable
from diagnose.model.verdict import Verdict
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    UntrustedRoot,
    Walk,
)

_STORE_WORDS = {
    StoreName.CERTIFI: "certifi",
    StoreName.BUNDLE: "your bundle",
    StoreName.SYSTEM: "the operating system",
}


def behind(case: Case, anchor: Certificate) -> str:
    """What an anchor is to the server, in plain words."""
    if case.leaf is not None and anchor.sha256 == case.leaf.sha256:
        return f"the certificate of {case.target.label} itself"
    return f"the authority behind {case.target.label}"


def lacking(case: Case) -> tuple[StoreName, ...]:
    """The stores that fail because no path of theirs ends in an anchor of theirs.

    A store whose file could not be loaded lacks everything, which is another cause's affair.
    """
    return tuple(
        name
        for name in case.stores_that(Verdict.FAILS)
        if name in case.walks
        and not case.walks[name].best.anchored
        and case.chain
        and not _unloaded(case, name)
    )


def _unloaded(case: Case, name: StoreName) -> bool:
    failure = case.failure(name)
    return failure is not None and failure.stage is Stage.STORE


def holders(case: Case, certificate: Certificate) -> tuple[StoreName, ...]:
    """The stores that have this certificate among their anchors."""
    return tuple(name for name in StoreName if certificate.sha256 in case.store(name).kept)


def without(case: Case, anchor: Certificate) -> tuple[StoreName, ...]:
    """The stores that fail and do not have this anchor."""
    held_by = holders(case, anchor)
    return tuple(name for name in lacking(case) if name not in held_by)


def reached_anchor(case: Case) -> Certificate | None:
    """The trust anchor that the chain leads to with everything that was seen."""
    end = case.reach.best.end
    return case.certificates[end.anchor] if isinstance(end, Anchored) else None


def gap_of(walk: Walk) -> Gap | None:
    """What is missing at the end of a walk."""
    match walk.best.end:
        case PartlyAnchored(gap=gap) | UntrustedRoot(gap=gap) | IssuerMissing(gap=gap):
            return gap
        case Anchored() | BudgetSpent() | NothingSent():
            return None


def unsent_intermediates(case: Case) -> tuple[Certificate, ...]:
    """Certificates between leaf and anchor, on the best path, that the server did not send."""
    sent = set(case.observation.capture.chain)
    between = case.reach.best.certificates[1:]
    # A root at the end need not be sent; it can also come from a caIssuers address.
    if isinstance(case.reach.best.end, Anchored | UntrustedRoot):
        between = between[:-1]
    return tuple(case.certificates[each] for each in between if each not in sent)


def path_certificates(case: Case) -> tuple[Certificate, ...]:
    """The certificates of the best path over everything, the end-entity certificate first."""
    return tuple(case.certificates[each] for each in case.reach.best.certificates)


def position(case: Case, certificate: Certificate) -> str:
    """What a certificate is in this chain, in plain words."""
    path = case.reach.best.certificates
    if case.leaf is not None and certificate.sha256 == case.leaf.sha256:
        return "the server's certificate"
    if path and certificate.sha256 == path[-1] and certificate.self_issued:
        return "the root certificate"
    return "the intermediate certificate"


def named(case: Case, certificate: Certificate) -> str:
    """`position`, with the certificate's name where that says more than the host's does."""
    name = certificate.subject.short
    own = name.lower() == case.target.host.lower()
    return position(case, certificate) if own else f"{position(case, certificate)} {tick(name)}"


def store_words(name: StoreName) -> str:
    """How a sentence names a store."""
    return _STORE_WORDS[name]


def stores_words(names: Iterable[StoreName]) -> str:
    """`certifi and the operating system`."""
    return listing([store_words(name) for name in names])


def places_words(store: Store) -> str:
    """Where a store lives, safe to print; empty where it lives nowhere."""
    return listing([printable(place) for place in store.places])


def listing(words: Sequence[str], limit: int = 5) -> str:
    """`a`, `a and b`, `a, b and c`; at most `limit` are named."""
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def do(names: Sequence[StoreName], singular: str, plural: str) -> str:
    """The verb that agrees with a list of stores."""
    return singular if len(names) == 1 else plural


def tick(text: str) -> str:
    """A thing's name as every sentence shows it."""
    return f"`{text.replace('`', chr(39))}`"


def day(instant: datetime | None) -> str:
    """A date as people read it, in UTC."""
    return instant.strftime("%Y-%m-%d") if instant else "an unreadable date"


def span(one: datetime, other: datetime) -> str:
    """The time between two instants as people say it: `3 days`, `5 hours`, `10 minutes`."""
    minutes = int(abs((one - other).total_seconds()) // 60)
    if minutes >= 2 * 24 * 60:
        return count(minutes // (24 * 60), "day")
    return count(minutes // 60, "hour") if minutes >= 60 else count(max(minutes, 1), "minute")


def through_proxy(case: Case) -> ThroughProxy | None:
    route = case.target.route
    return route if isinstance(route, ThroughProxy) else None

"""The chain as a ladder, from the server's certificate up to the anchor or to the gap."""

from __future__ import annotations

from datetime import datetime

from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass
from diagnose.model.store import StoreName
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    UntrustedRoot,
)
from diagnose.report.sentences import PLACES, found_words, listing, missing_issuer


@dataclass(frozen=True, slots=True)
class Rung:
    """One certificate of the ladder, or the gap. `good` is None where there is nothing to judge."""

    title: str
    notes: tuple[str, ...]
    good: bool | None


def ladder(case: Case) -> tuple[Rung, ...]:
    """The best path over everything that was seen; each rung says where it came from."""
    rungs = [_rung(case, case.certificates[each]) for each in case.reach.best.certificates]
    match case.reach.best.end:
        case IssuerMissing(gap=gap) | PartlyAnchored(gap=gap):
            rungs.append(_gap_rung(gap))
        case BudgetSpent(links_tried=tried):
            rungs.append(Rung("the search was given up", (f"{tried} links were tried",), None))
        case Anchored() | UntrustedRoot() | NothingSent():
            pass
    return tuple(rungs)


def unused(case: Case) -> tuple[Certificate, ...]:
    """Certificates that were sent and that the path does not need."""
    path = set(case.reach.best.certificates)
    return tuple(each for each in dict.fromkeys(case.chain) if each.sha256 not in path)


def source(case: Case, certificate: Certificate) -> str:
    """Where a certificate of the path came from."""
    if certificate.sha256 in case.observation.capture.chain:
        return "sent by the server"
    for fetch in case.observation.fetches:
        if certificate.sha256 in fetch.certificates:
            return f"not sent; fetched from {fetch.url}"
    stores = [PLACES[name] for name in _held_by(case, certificate)]
    return f"not sent; found in {listing(stores)}" if stores else "not sent"


def _rung(case: Case, certificate: Certificate) -> Rung:
    notes = [source(case, certificate)]
    held_by = _held_by(case, certificate)
    top = certificate.sha256 == case.reach.best.certificates[-1]
    notes.append(_validity(certificate, case.surroundings.instant))
    good: bool | None = certificate.valid_at(case.surroundings.instant)
    if top and certificate.self_issued:
        notes += _anchor_notes(case, certificate, held_by)
        good = good and bool(held_by)
    if certificate.unread:
        notes.append(f"could not be read: {', '.join(certificate.unread)}")
    return Rung(certificate.subject.text, tuple(notes), good)


def _anchor_notes(
    case: Case, certificate: Certificate, held_by: tuple[StoreName, ...]
) -> list[str]:
    """Who trusts the certificate on top; its numbers only where somebody does not."""
    if not held_by:
        notes = ["in no store here"]
    else:
        notes = [f"trusted by {listing([PLACES[name] for name in held_by])}"]
    without = [name for name in case.walks if name not in held_by]
    if held_by and without:
        notes.append(f"missing in {listing([PLACES[name] for name in without])}")
    gap = missing_issuer(case)
    if gap is not None and gap.certificate == certificate.sha256:
        notes += numbers(gap)
    return notes


def numbers(gap: Gap) -> list[str]:
    """Key identifier and fingerprint of a missing issuer, as far as they are known."""
    notes = []
    if gap.key_id:
        notes.append(f"key identifier {gap.key_id}")
    if gap.certificate:
        notes.append(f"SHA-256 {gap.certificate}")
    return notes


def _gap_rung(gap: Gap) -> Rung:
    notes = [found_words(gap), *numbers(gap)]
    notes += [
        f"near miss in {listing([PLACES[each] for each in miss.where])}: {miss.why}"
        for miss in gap.near_misses
    ]
    return Rung(f"missing: {gap.issuer.text}", tuple(notes), False)


def _validity(certificate: Certificate, instant: datetime) -> str:
    if certificate.not_after is None or certificate.not_before is None:
        return "validity not readable"
    if certificate.expired_at(instant):
        days = (instant - certificate.not_after).days
        return f"EXPIRED on {certificate.not_after:%Y-%m-%d}, {days} days ago"
    if certificate.future_at(instant):
        return f"NOT YET VALID before {certificate.not_before:%Y-%m-%d}"
    return f"valid until {certificate.not_after:%Y-%m-%d}"


def _held_by(case: Case, certificate: Certificate) -> tuple[StoreName, ...]:
    return tuple(name for name in StoreName if certificate.sha256 in case.store(name).kept)

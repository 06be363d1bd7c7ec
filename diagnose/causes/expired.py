"""A certificate on the way up is past its last day."""

from __future__ import annotations

from diagnose.causes._public import Authority, standing
from diagnose.causes._shared import (
    day,
    holders,
    listing,
    named,
    path_certificates,
    span,
    stores_words,
    tick,
)
from diagnose.chain.public_roots import Standing
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, RenewCertificate, SetClock, Who
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# expired

## What you see

    certificate verify failed: certificate has expired
    curl: (60) SSL certificate problem: certificate has expired

## What happened

Every certificate has a last day. One on the way from the server's certificate up to the authority
is past it: the server's own, an intermediate one, or the root in a trust store. It may hide behind
another fault; it must be mended all the same.

## How we know

The dates are in the certificates. They were compared with the clock of this machine.

## What to do

Look at the date in the report's evidence: is it today's? If not, set the clock first. If it is, the
owner of the named certificate must renew it: the server's owner for what the server sends, IT for
an authority of the company. After a renewal the server must be told to load the new file.

## What not to do

Do not set the clock back to make it fit. A root certificate from IT does not help against an
expired server certificate. Do not switch verification off, not even "until it is renewed".

## References

- RFC 5280 section 4.1.2.5: validity; OpenSSL documentation, X509_STORE_CTX_get_error: code 10
"""


def recognise(case: Case) -> Finding | None:
    """The best path over everything has expired certificates, the leaf included."""
    instant = case.surroundings.instant
    found = [each for each in path_certificates(case) if each.expired_at(instant)]
    if not found:
        return None
    evidence = (
        *(_dates(case, each) for each in found),
        f"this machine's clock says {instant:%Y-%m-%d %H:%M} UTC",
    )
    # Some platforms accept an expired anchor; then it explains no failure.
    remark = not case.stores_that(Verdict.FAILS)
    if _clock_is_ahead(case, found):
        return Finding(
            summary=(
                f"this machine's clock is likely ahead: it says {instant:%Y-%m-%d %H:%M} UTC, and"
                f" every certificate behind {case.target.label} would have expired"
            ),
            confidence=Confidence.LIKELY,
            who=Who.USER,
            evidence=evidence,
            needs=(SetClock(),),
            remark=remark,
        )
    return Finding(
        summary=_summary(case, found),
        confidence=Confidence.CERTAIN,
        who=Who.IT if all(_kept_by_it(case, each) for each in found) else Who.SERVER_OWNER,
        evidence=evidence,
        needs=tuple(RenewCertificate(each.subject.short, each.sha256) for each in found),
        remark=remark,
    )


def _clock_is_ahead(case: Case, found: list[Certificate]) -> bool:
    """A whole path, root included, does not expire together: roots outlive what they sign."""
    path = path_certificates(case)
    return len(path) > 1 and len(found) == len(path) and path[-1].self_issued


def _summary(case: Case, found: list[Certificate]) -> str:
    if len(found) > 1:
        names = listing([f"{tick(each.subject.short)} {_ago(case, each)}" for each in found])
        return f"{len(found)} certificates behind {case.target.label} have expired: {names}"
    (one,) = found
    return (
        f"{named(case, one)} for {case.target.label} expired"
        f" {_ago(case, one)}, on {day(one.not_after)}"
    )


def _ago(case: Case, certificate: Certificate) -> str:
    end = certificate.not_after
    return f"{span(case.surroundings.instant, end)} ago" if end else "at an unreadable date"


def _dates(case: Case, certificate: Certificate) -> str:
    stores = holders(case, certificate)
    where = f", which is in {stores_words(stores)}," if stores else ""
    return (
        f"{tick(certificate.subject.text)}{where} was valid from {day(certificate.not_before)}"
        f" to {day(certificate.not_after)}"
    )


def _kept_by_it(case: Case, certificate: Certificate) -> bool:
    """An authority of a private hierarchy: whoever runs that, not the server, must renew it."""
    if case.leaf is None or certificate.sha256 == case.leaf.sha256:
        return False
    authority = Authority(certificate.subject, certificate.key_id, certificate)
    return standing(authority).standing is Standing.NEVER


CAUSE = Cause(
    id="expired",
    summary="a certificate on the way to the authority has expired",
    rank=200,
    explanation=EXPLANATION,
    recognise=recognise,
)

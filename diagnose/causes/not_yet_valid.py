"""A certificate begins in the future, or this machine's clock is behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from diagnose.causes._shared import (
    day,
    listing,
    named,
    path_certificates,
    span,
    tick,
)
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    RenewCertificate,
    SetClock,
    Who,
)
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# not-yet-valid

## What you see

    certificate verify failed: certificate is not yet valid
    curl: (60) SSL certificate problem: certificate is not yet valid

## What happened

Every certificate has a first day. One on the way from the server's certificate up to the authority
has not reached it, as this machine's clock has it. Mostly the clock is behind: after a flat
battery, in a virtual machine or WSL that slept, in a device without a clock of its own.

## How we know

The dates are in the certificates. If all of them lie in the future, if certifi was released "in the
future", or if it is a matter of hours, the clock is suspected first.

## What to do

Compare the time in the report's evidence (it is UTC) with a telephone's. If it is wrong, set the
clock: switch automatic time on in the settings, or `sudo timedatectl set-ntp true` on Linux; WSL:
`wsl --shutdown` and start it again. If it is right, the server's owner has installed a certificate
too early and should put the former one back until then.

## What not to do

Do not install any authority's certificate: trust is not what is missing. Do not switch
verification off.

## References

- RFC 5280 section 4.1.2.5: validity; OpenSSL documentation, X509_STORE_CTX_get_error: code 9
"""

#: A certificate is rarely installed before it begins; a clock is often some hours behind.
_HOURS = timedelta(days=1)


def recognise(case: Case) -> Finding | None:
    """The best path over everything has certificates that begin later."""
    instant = case.surroundings.instant
    path = path_certificates(case)
    found = [each for each in path if each.future_at(instant)]
    if not found:
        return None
    reasons = _clock_reasons(case, path, found)
    evidence = (
        *(
            f"{tick(each.subject.text)} is valid from {_minute(each.not_before)} to"
            f" {day(each.not_after)}"
            for each in found
        ),
        f"this machine's clock says {_minute(instant)}",
        *reasons,
    )
    remark = not case.stores_that(Verdict.FAILS)
    if reasons:
        summary, confidence = _clock_summary(case, found), Confidence.LIKELY
        return Finding(summary, confidence, Who.USER, evidence, (SetClock(),), remark)
    needs = tuple(RenewCertificate(each.subject.short, each.sha256) for each in found)
    summary = (
        f"{listing([named(case, each) for each in found])} for"
        f" {case.target.label} {'is' if len(found) == 1 else 'are'} not valid yet:"
        f" {_begins(case, found)}"
    )
    return Finding(summary, Confidence.CERTAIN, Who.SERVER_OWNER, evidence, needs, remark)


def _clock_reasons(
    case: Case, path: tuple[Certificate, ...], found: list[Certificate]
) -> tuple[str, ...]:
    """What speaks for a clock that is behind."""
    instant, certifi = case.surroundings.instant, case.recording.certifi
    reasons = []
    if certifi and certifi.released and certifi.released > (instant + _HOURS).date():
        reasons.append(f"certifi {certifi.version} was released later, on {certifi.released}")
    if len(path) > 1 and len(found) == len(path):
        reasons.append("every certificate of the chain begins later than that")
    begins = [each.not_before for each in found if each.not_before]
    if max(begins) - instant <= _HOURS:
        reasons.append(f"it is only a matter of {span(max(begins), instant)}")
    return tuple(reasons)


def _clock_summary(case: Case, found: list[Certificate]) -> str:
    instant = case.surroundings.instant
    return (
        f"this machine's clock is likely behind: it says {_minute(instant)}, and the certificate"
        f" of {case.target.label} begins {_later(case, found[0])} later"
    )


def _minute(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "an unreadable date"


def _begins(case: Case, found: list[Certificate]) -> str:
    one = max(found, key=lambda each: each.not_before or case.surroundings.instant)
    return f"it begins in {_later(case, one)}, on {day(one.not_before)}"


def _later(case: Case, certificate: Certificate) -> str:
    begin = certificate.not_before
    return span(begin, case.surroundings.instant) if begin else "at an unreadable date"


CAUSE = Cause(
    id="not-yet-valid",
    summary="a certificate is not valid yet, or this machine's clock is behind",
    rank=202,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""OpenSSL follows an expired certificate although another path is good."""

from __future__ import annotations

from collections.abc import Iterator

from diagnose.causes._shared import (
    day,
    holders,
    path_certificates,
    reached_anchor,
    span,
    store_words,
    stores_words,
    tick,
)
from diagnose.chain.public_roots import by_fingerprint, newer_than
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    TrustAnchor,
    UpgradeCertifi,
    UseSystemStore,
    Who,
)
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# cross-sign-expired

## What you see

    certificate verify failed: certificate has expired

although the server's own certificate is valid, and only in some programs or on older machines.

## What happened

An authority can be signed by more than one other (a cross-sign), so that old machines accept it as
well. Then several paths lead up from the server's certificate. One of them contains a certificate
that has expired; another one is good. OpenSSL takes one way, step by step, and does not turn back.

## How we know

All paths were walked. The one that OpenSSL builds with this store contains an expired certificate;
a path without one exists. If the diagnosis is a remark, no store was troubled by it here, but
programs with older TLS libraries can be.

## What to do

If the server sends the expired certificate, its owner should remove it from the chain (or replace
it by the authority's current one). If the store only knows the old authority, it needs the current
one, which the diagnosis names.

## What not to do

Do not set the clock back. Do not renew the server's own certificate for this: it is valid, and the
new one would be sent with the same chain. Do not switch verification off.

## References

- RFC 4158: building certification paths; OpenSSL documentation, openssl-verification-options(1)
- OpenSSL documentation, X509_STORE_CTX_get_error: code 10
"""


def recognise(case: Case) -> Finding | None:
    """An expired certificate above the leaf, and a path without one."""
    blocked = next(_blocked(case), None)
    if blocked is not None:
        return _blocking(case, *blocked)
    spare = next(_spare(case), None)
    return _harmless(case, spare) if spare is not None else None


def _blocked(case: Case) -> Iterator[tuple[StoreName, Certificate]]:
    """Failing stores whose complete path has an expired link, while a good path exists."""
    for name in case.stores_that(Verdict.FAILS):
        walk = case.walks.get(name)
        if walk is None or not (walk.best.sound or case.reach.best.sound):
            continue
        # Where the path is incomplete, what is missing is the cause.
        if not (walk.greedy.anchored or walk.missed_by_openssl):
            continue
        for sha256 in walk.greedy.certificates[1:]:
            if case.certificates[sha256].expired_at(case.surroundings.instant):
                yield name, case.certificates[sha256]
                break


def _spare(case: Case) -> Iterator[Certificate]:
    """Expired certificates that were sent beside another of the same name and key in use."""
    path = case.reach.best.certificates
    used = {(each.subject.canonical, each.spki) for each in path_certificates(case)}
    for each in case.chain[1:]:
        if not case.reach.best.sound or each.sha256 in path:
            continue
        same = (each.subject.canonical, each.spki) in used
        if same and each.expired_at(case.surroundings.instant):
            yield each


def _blocking(case: Case, name: StoreName, expired: Certificate) -> Finding:
    anchor = reached_anchor(case)
    sent = expired.sha256 in case.observation.capture.chain
    needs: tuple[Need, ...] = ()
    if anchor is not None and not case.walks[name].best.sound:
        other = f"a valid way leads to {tick(anchor.subject.short)} itself, which it lacks"
        needs = _needs(case, name, anchor)
        who = Who.IT if name is StoreName.SYSTEM else Who.USER
    else:
        other = "there is a valid way, which OpenSSL does not try"
        who = Who.SERVER_OWNER if sent else Who.IT
    origin = "the server sends it" if sent else f"it is in {stores_words(holders(case, expired))}"
    return Finding(
        summary=(
            f"with {store_words(name)}, the way up from {case.target.label} leads over"
            f" {tick(expired.subject.short)}{_signed_by(expired)}, which {_expired(case, expired)};"
            f" {other}"
        ),
        confidence=Confidence.CERTAIN,
        who=who,
        evidence=(
            f"{_until(expired)}; {origin}",
            *([f"the valid way ends in {tick(anchor.subject.text)}"] if anchor else []),
        ),
        needs=needs,
    )


def _needs(case: Case, name: StoreName, anchor: Certificate) -> tuple[Need, ...]:
    """How the store, or the program, comes by the anchor that the valid way ends in."""
    certifi = case.recording.certifi
    found: list[Need] = []
    if name is StoreName.CERTIFI and certifi and newer_than(certifi.version, anchor.sha256):
        root = by_fingerprint(anchor.sha256)
        found.append(UpgradeCertifi(root.first if root else None))
    if case.verdict(StoreName.SYSTEM) is Verdict.VERIFIES:
        found.append(UseSystemStore(anchor.subject.short))
    if not found:
        found.append(TrustAnchor(anchor.subject.short, anchor.sha256, holders(case, anchor)))
    return tuple(found)


def _harmless(case: Case, expired: Certificate) -> Finding:
    return Finding(
        summary=(
            f"{case.target.label} also sends {tick(expired.subject.short)} in a version that"
            f" {_expired(case, expired)}; there is a valid way without it, but older programs may"
            " stumble over it"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.SERVER_OWNER,
        evidence=(
            _until(expired),
            "another certificate with the same name and key leads to a trust anchor",
        ),
        remark=True,
    )


def _signed_by(certificate: Certificate) -> str:
    return "" if certificate.self_issued else f" as signed by {tick(certificate.issuer.short)}"


def _until(certificate: Certificate) -> str:
    return (
        f"{tick(certificate.subject.text)}, issued by {tick(certificate.issuer.text)}, was valid"
        f" until {day(certificate.not_after)}"
    )


def _expired(case: Case, certificate: Certificate) -> str:
    instant, end = case.surroundings.instant, certificate.not_after
    return f"expired {span(instant, end)} ago" if end else "expired"


CAUSE = Cause(
    id="cross-sign-expired",
    summary="one way up the chain is expired, another one is good",
    rank=302,
    explanation=EXPLANATION,
    recognise=recognise,
)

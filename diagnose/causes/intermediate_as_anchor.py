"""A store has the middle of the chain and not its end."""

from __future__ import annotations

from collections.abc import Iterator

from diagnose.causes._shared import (
    holders,
    lacking,
    places_words,
    position,
    store_words,
    stores_words,
    tick,
)
from diagnose.chain.links import self_signed
from diagnose.model.attempt import Profile
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate, Name
from diagnose.model.diagnosis import Cause, Confidence, Finding, TrustAnchor, Who
from diagnose.model.store import StoreName

EXPLANATION = """\
# intermediate-as-anchor

## What you see

    certificate verify failed: unable to get issuer certificate
    certificate verify failed: unable to get local issuer certificate

from some programs, although "the certificate was installed"; others, with the same file, work.

## What happened

Authorities come in steps: a root at the top, and below it intermediate authorities that issue the
servers' certificates. The trust store has a certificate from the middle, and not the root above it.
OpenSSL wants the root, unless it is told that a part of the chain is enough (PARTIAL_CHAIN).
Python 3.13's default settings say so, and GnuTLS, Node.js and rustls think likewise; pip, older
Pythons and programs that use truststore do not. So the same file is right for one and wrong for
the other.

## How we know

The walk with this store ends in a certificate that the store has and that did not sign itself. Its
issuer, the certificate above, is not in the store.

## What to do

Put the root into the store, beside or instead of the intermediate. Ask IT for it; the diagnosis
says its name, and its fingerprint where it is known.

## What not to do

Do not remove the intermediate from what the server sends; it belongs there. Do not switch
verification off.

## References

- OpenSSL documentation, X509_VERIFY_PARAM_set_flags: X509_V_FLAG_PARTIAL_CHAIN
- Python documentation, ssl.VERIFY_X509_PARTIAL_CHAIN and ssl.create_default_context
"""


def recognise(case: Case) -> Finding | None:
    """A failing store holds a certificate of its path that is no root."""
    found = next(_partly(case), None)
    if found is None:
        return None
    name, held = found
    above, root = _above(case, held)
    held_by = holders(case, root) if root else ()
    places = places_words(case.store(name))
    return Finding(
        summary=(
            f"{store_words(name)} has {tick(held.subject.short)}, {position(case, held)}, but not"
            f" {tick(above.short)} above it; pip and many other programs want that one"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER if name is StoreName.BUNDLE else Who.IT,
        evidence=(
            f"{tick(held.subject.text)} is in {places or store_words(name)}",
            f"it was issued by {tick(above.text)}, which is not there"
            + (f" but in {stores_words(held_by)}" if held_by else ""),
            *_strict(case, name),
        ),
        needs=(TrustAnchor(above.short, root.sha256 if root else None, held_by),),
    )


def _partly(case: Case) -> Iterator[tuple[StoreName, Certificate]]:
    """The failing stores that hold a certificate of their path without its end; the highest one."""
    for name in lacking(case):
        kept = case.store(name).kept
        for sha256 in reversed(case.walks[name].best.certificates):
            certificate = case.certificates[sha256]
            if sha256 in kept and not self_signed(certificate):
                yield name, certificate
                break


def _above(case: Case, held: Certificate) -> tuple[Name, Certificate | None]:
    """The root above the certificate, as far up as it can be followed; else its issuer's name."""
    path = case.reach.best.certificates
    if held.sha256 in path:
        last = case.certificates[path[-1]]
        return (last.subject, last) if self_signed(last) else (last.issuer, None)
    return held.issuer, None


def _strict(case: Case, name: StoreName) -> tuple[str, ...]:
    """What Python 3.13's settings, which include PARTIAL_CHAIN, made of it."""
    attempt = case.observation.attempt(name, Profile.STRICT)
    if attempt is None:
        return ()
    if attempt.failure is None:
        return ("with the default settings of Python 3.13, which accept this, it was verified",)
    return (f"with the default settings of Python 3.13 it fails too: {attempt.failure.words}",)


CAUSE = Cause(
    id="intermediate-as-anchor",
    summary="a store has an intermediate certificate and not the root above it",
    rank=318,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("anchor-nowhere",),
)

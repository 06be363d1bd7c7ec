"""The user's bundle trusts this server; the stores that programs take by themselves do not."""

from __future__ import annotations

from diagnose.causes._shared import (
    behind,
    do,
    holders,
    places_words,
    reached_anchor,
    store_words,
    stores_words,
    tick,
    unsent_intermediates,
    without,
)
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, TrustAnchor, Who
from diagnose.model.store import StoreName

EXPLANATION = """\
# anchor-only-in-bundle

## What you see

    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: self-signed certificate in certificate chain

from some programs, while others on the same machine, which were told to use a bundle, work.

## What happened

A bundle is a file with the authorities (trust anchors) that a program shall trust. Somebody gave
this machine one that has the authority behind this server. Programs that do not read the bundle
take certifi or the operating system's store, and neither has that authority.

## How we know

Every store was asked in a real connection. Walking the chain ends in a certificate that is in the
bundle, and in no other store.

## What to do

Tell the failing program of the bundle: pip with `pip config set global.cert FILE`, requests with
`REQUESTS_CA_BUNDLE=FILE`, OpenSSL and httpx with `SSL_CERT_FILE=FILE`. Each variable replaces the
usual store, so the bundle must also hold the public authorities. Better for good: ask IT to put the
authority into the operating system's store, where every program can find it.

## What not to do

Do not switch verification off. Do not append the authority to certifi's own file: the next update
of certifi removes it again.

## References

- pip documentation, "HTTPS Certificates"; requests documentation, "SSL Cert Verification"
- RFC 5280 section 6.1: the trust anchor is an input of path validation
"""


def recognise(case: Case) -> Finding | None:
    """The anchor is in the bundle only, and another store fails for lack of it."""
    anchor = reached_anchor(case)
    if anchor is None or unsent_intermediates(case):
        return None
    held_by = holders(case, anchor)
    missing_in = without(case, anchor)
    if held_by != (StoreName.BUNDLE,) or not missing_in:
        return None
    bundle = case.store(StoreName.BUNDLE)
    return Finding(
        summary=(
            f"{store_words(StoreName.BUNDLE)} has {tick(anchor.subject.short)},"
            f" {behind(case, anchor)}; {stores_words(missing_in)}"
            f" {do(missing_in, 'does', 'do')} not"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(
            f"the chain ends in {tick(anchor.subject.text)}",
            f"this certificate is in {places_words(bundle)} (chosen by {bundle.chosen_by})",
            f"it is not among the anchors of {stores_words(missing_in)}",
        ),
        needs=(
            TrustAnchor(
                anchor.subject.short, anchor.sha256, held_by, next(iter(bundle.places), None)
            ),
        ),
    )


CAUSE = Cause(
    id="anchor-only-in-bundle",
    summary="your bundle trusts this server, the other stores do not",
    rank=312,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""A store has the authority's name with another key."""

from __future__ import annotations

from collections.abc import Iterator

from diagnose.causes._shared import (
    day,
    gap_of,
    holders,
    lacking,
    store_words,
    stores_words,
    tick,
)
from diagnose.chain.public_roots import by_fingerprint
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, TrustAnchor, Who
from diagnose.model.store import StoreName
from diagnose.model.walk import Gap, NearMiss

EXPLANATION = """\
# same-name-other-key

## What you see

    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: certificate signature failure

although a certificate with exactly the name of the authority is installed.

## What happened

The server's certificate names its authority. The trust store has a certificate of that name, but
with another key: it is not the one that signed. Usually the authority was renewed and this machine
still has the old one, or has the new one while the server still uses the old. Two installations of
the same product with the same default name look like this too.

## How we know

The candidate's key did not make the signature, or its key identifier differs from the one that the
certificate below asks for. Names alone prove nothing.

## What to do

Ask IT for the authority's current certificate, and compare fingerprint and dates with those in the
report. Put it into the store beside the old one, and keep the old one while servers still use it.

## What not to do

Do not conclude from equal names that "the certificate is installed already". Do not switch
verification off.

## References

- RFC 5280 sections 4.2.1.1 and 4.2.1.2: key identifiers tell keys of one name apart
- OpenSSL documentation, X509_STORE_CTX_get_error: codes 7 and 20
"""


def recognise(case: Case) -> Finding | None:
    """A failing store holds a namesake of the issuer that it lacks."""
    found = next(_namesakes(case), None)
    if found is None:
        return None
    name, gap, miss = found
    namesake = case.certificates[miss.certificate]
    right = case.certificates.get(gap.certificate) if gap.certificate else None
    held_by = holders(case, right) if right else ()
    forged = by_fingerprint(namesake.sha256) is not None and not held_by
    what = (
        "whoever made this certificate uses the name of a public authority without its key, which"
        " filters do and attackers too; do not trust it before IT has confirmed it"
        if forged
        else "likely the authority was renewed"
    )
    needs = (TrustAnchor(gap.issuer.short, right.sha256 if right else None, held_by),)
    return Finding(
        summary=(
            f"{store_words(name)} has a certificate named {tick(gap.issuer.short)}, but with"
            f" another key than the one behind {case.target.label}: {what}"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER if name is StoreName.BUNDLE and not forged else Who.IT,
        evidence=(
            (
                f"the one in {store_words(name)} ({_dates(namesake)}, SHA-256 {namesake.sha256})"
                f" is not it: {miss.why}"
            ),
            *_asked_for(gap),
            *([f"the right one ({_dates(right)}) has SHA-256 {right.sha256}"] if right else []),
            *([f"it is in {stores_words(held_by)}"] if held_by else []),
        ),
        # A key that only pretends to be a public authority's is nobody's to be trusted.
        needs=() if forged else needs,
    )


def _namesakes(case: Case) -> Iterator[tuple[StoreName, Gap, NearMiss]]:
    """What a failing store itself holds of the missing name."""
    for name in lacking(case):
        gap = gap_of(case.walks[name])
        for miss in gap.near_misses if gap else ():
            if gap and str(name) in miss.where:
                yield name, gap, miss


def _asked_for(gap: Gap) -> tuple[str, ...]:
    return (f"the key identifier asked for is {gap.key_id}",) if gap.key_id else ()


def _dates(certificate: Certificate) -> str:
    return f"valid {day(certificate.not_before)} to {day(certificate.not_after)}"


CAUSE = Cause(
    id="same-name-other-key",
    summary="a store has the authority's name with another key",
    rank=308,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("anchor-nowhere",),
)

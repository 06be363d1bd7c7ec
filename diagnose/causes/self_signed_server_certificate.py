"""The server vouches for itself."""

from __future__ import annotations

from diagnose.causes._shared import day, holders, lacking, stores_words, tick
from diagnose.chain.links import self_signed
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    RenewCertificate,
    Who,
)

EXPLANATION = """\
# self-signed-server-certificate

## What you see

    certificate verify failed: self-signed certificate
    curl: (60) SSL certificate problem: self-signed certificate

## What happened

Normally an authority signs a server's certificate. This one was signed with its own key: the server
vouches for itself. Printers, routers, test servers and fresh installations do that. So does a
router's or a guest network's log-in page that answers in the place of the server you asked for.

## How we know

Issuer and subject of the server's certificate are the same, its key identifiers do not point at
another key, and no trust store here has this very certificate.

## What to do

Is it the right server at all? If a guest network may be in between, log in with a browser first.
The server's owner should get a certificate from an authority (a public one, or the company's own).
For one device of your own, its certificate itself can be put into a bundle, after its SHA-256
fingerprint was compared on the device's own screen or with its owner.

## What not to do

Do not trust the certificate only because the server sent it, and do not switch verification off:
there is no authority here to ask for, so a root certificate from IT does not help either.

## References

- OpenSSL documentation, X509_STORE_CTX_get_error: code 18
- RFC 5280 section 3.2: self-signed certificates
"""


def recognise(case: Case) -> Finding | None:
    """The certificate sent first is self-signed, and in no store."""
    leaf, missing_in = case.leaf, lacking(case)
    if leaf is None or not missing_in or not self_signed(leaf) or holders(case, leaf):
        return None
    return Finding(
        summary=(
            f"the certificate {tick(leaf.subject.short)} of {case.target.label} is signed by"
            " itself and not by an authority, and no trust store here has it"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.SERVER_OWNER,
        evidence=(
            f"its subject and its issuer are both {tick(leaf.subject.text)}",
            f"its SHA-256 fingerprint is {leaf.sha256}",
            f"it is valid from {day(leaf.not_before)} to {day(leaf.not_after)}",
            f"it is not in {stores_words(missing_in)}",
        ),
        # To trust it because it was sent would be to trust whoever answers.
        needs=(RenewCertificate(leaf.subject.short, leaf.sha256),),
    )


CAUSE = Cause(
    id="self-signed-server-certificate",
    summary="the server's certificate is signed by itself, not by an authority",
    rank=320,
    explanation=EXPLANATION,
    recognise=recognise,
    covers=("anchor-nowhere",),
)

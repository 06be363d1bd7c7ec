"""The machine trusts this server; certifi does not."""

from __future__ import annotations

from diagnose.causes._shared import (
    do,
    holders,
    lacking,
    reached_anchor,
    store_words,
    stores_words,
    tick,
    unsent_intermediates,
)
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    TrustAnchor,
    UseSystemStore,
    Who,
)
from diagnose.model.store import StoreName

EXPLANATION = """\
# anchor-only-in-system-store

## What you see

    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate
    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain

from pip before 24.2, requests, poetry or twine, while the browser, curl and git are content.

## What happened

Every program has a list of authorities that it trusts: its trust store. The operating system has one,
to which your IT department can add its own authority. Python programs that use requests bring
another, the package certifi, which holds public authorities only. The server's certificate leads to an
authority (a trust anchor) that is in the first list and not in the second.

## How we know

The same server was asked three times. With the operating system's store the connection was verified;
with certifi it was refused, and walking the chain shows the very certificate that certifi lacks.

## What to do

Let the program use the operating system's store: pip does since 24.2 (Python 3.10 or newer), pip
22.2 to 24.1 with `--use-feature=truststore`; programs of your own with the package truststore. Or
give the program a bundle that has the anchor, by the variable that it obeys.

## What not to do

Do not switch verification off (`--trusted-host`, `verify=False`): anybody on the way could then
hand you other software. Do not edit certifi's file: the next update undoes it.

## References

- pip documentation, "HTTPS Certificates"
- truststore documentation, https://truststore.readthedocs.io
- RFC 5280 section 6.1: the trust anchor is an input of path validation
"""


def recognise(case: Case) -> Finding | None:
    anchor = reached_anchor(case)
    missing_in = lacking(case)
    if anchor is None or StoreName.CERTIFI not in missing_in or unsent_intermediates(case):
        return None
    held_by = holders(case, anchor)
    if StoreName.SYSTEM not in held_by:
        return None
    others = tuple(name for name in held_by if name is not StoreName.SYSTEM)
    also = f" (so does {stores_words(others)})" if others else ""
    return Finding(
        summary=(
            f"{store_words(StoreName.SYSTEM)} trusts {tick(anchor.subject.short)}, the authority"
            f" behind {case.target.label}{also}; {stores_words(missing_in)}"
            f" {do(missing_in, 'does', 'do')} not"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(
            f"the chain ends in {tick(anchor.subject.text)}",
            f"this certificate is in {case.store(StoreName.SYSTEM).places[0]}",
            f"it is not among the anchors of {stores_words(missing_in)}",
        ),
        needs=(
            UseSystemStore(anchor.subject.short),
            TrustAnchor(anchor.subject.short, anchor.sha256, held_by),
        ),
    )


CAUSE = Cause(
    id="anchor-only-in-system-store",
    summary="the operating system trusts this server, certifi does not",
    rank=310,
    explanation=EXPLANATION,
    recognise=recognise,
)

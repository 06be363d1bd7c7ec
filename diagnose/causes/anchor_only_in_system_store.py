"""The machine trusts this server; certifi does not."""

from __future__ import annotations

from diagnose.causes._public import top
from diagnose.causes._shared import (
    do,
    holders,
    lacking,
    places_words,
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
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# anchor-only-in-system-store

## What you see

    certificate verify failed: unable to get local issuer certificate
    certificate verify failed: self-signed certificate in certificate chain

from pip before 24.2, requests, poetry or twine, while the browser, curl and git are content.

## What happened

Every program has a list of authorities that it trusts: its trust store. The operating system has
one, to which your IT department can add its own authority. Python programs that use requests bring
another, the package certifi, which holds public authorities only. The server's certificate leads
to an authority (a trust anchor) that is in the first list and not in the second.

## How we know

The same server was asked three times. With the operating system's store the connection was
verified; with certifi it was refused, and walking the chain shows the very certificate that
certifi lacks. (Windows and macOS do not list all that they trust; then it is likely, not certain.)

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
    """The system verifies by an anchor that certifi lacks."""
    anchor = reached_anchor(case)
    missing_in = lacking(case)
    if StoreName.CERTIFI not in missing_in or unsent_intermediates(case):
        return None
    if anchor is None:
        return _unlisted(case, missing_in)
    held_by = holders(case, anchor)
    if StoreName.SYSTEM not in held_by or case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
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
            f"this certificate is in {places_words(case.store(StoreName.SYSTEM))}",
            f"it is not among the anchors of {stores_words(missing_in)}",
        ),
        needs=(
            UseSystemStore(anchor.subject.short),
            TrustAnchor(anchor.subject.short, anchor.sha256, held_by),
        ),
    )


def _unlisted(case: Case, missing_in: tuple[StoreName, ...]) -> Finding | None:
    """Windows and macOS trust more than they list: their verdict tells, the anchor stays unseen."""
    system = case.store(StoreName.SYSTEM)
    if system.complete or case.verdict(StoreName.SYSTEM) is not Verdict.VERIFIES:
        return None
    authority = top(case)
    name = authority.name.short if authority else "its authority"
    return Finding(
        summary=(
            f"{store_words(StoreName.SYSTEM)} trusts {case.target.label}, whose authority is likely"
            f" {tick(name)}; {stores_words(missing_in)} {do(missing_in, 'does', 'do')} not"
        ),
        confidence=Confidence.LIKELY,
        who=Who.USER,
        evidence=(
            f"{store_words(StoreName.SYSTEM)} verified the connection",
            f"{places_words(system)} does not list everything that it trusts",
            f"it is not among the anchors of {stores_words(missing_in)}",
        ),
        needs=(UseSystemStore(name),),
    )


CAUSE = Cause(
    id="anchor-only-in-system-store",
    summary="the operating system trusts this server, certifi does not",
    rank=310,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""No store on this machine has the authority that the chain leads to."""

from __future__ import annotations

from diagnose.causes._public import likely_intermediate
from diagnose.causes._shared import lacking, stores_words, tick
from diagnose.chain.links import self_signed
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, TrustAnchor, Who
from diagnose.model.store import StoreName
from diagnose.model.verdict import Verdict
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    UntrustedRoot,
)

EXPLANATION = """\
# anchor-nowhere

## What you see

    certificate verify failed: self-signed certificate in certificate chain
    certificate verify failed: unable to get local issuer certificate

from every program on this machine.

## What happened

A server's certificate is vouched for by an authority, whose own certificate (the root, or trust
anchor) must be in a list on this machine. The authority behind this server is in none of the lists:
not in certifi, not in your bundle, not in the operating system's store. Usually it is a private one
(a company's own, or that of a filter which inspects connections) and was never installed here.

## How we know

The chain was walked from the server's certificate upwards, with everything that could be seen here.
It ends in a root that the server itself sends, which proves nothing, or at an issuer that was not
sent and is not on this machine.

## What to do

Ask the IT department for this authority's certificate, and compare its SHA-256 fingerprint with the
report's where there is one. IT should install it in the operating system's store. Programs that do
not read that store need a bundle that has it.

## What not to do

Do not save the root that the server sent and trust it: whoever sits in between can send one too.
It must come from IT, by another way. Do not switch verification off.

## References

- RFC 5280 section 6.1: the trust anchor is an input of path validation, not a result of it
- OpenSSL documentation, X509_STORE_CTX_get_error: codes 19 and 20
"""


def recognise(case: Case) -> Finding | None:
    """The best path over everything ends in an untrusted root, or below a missing one."""
    if not lacking(case) or case.leaf is None or self_signed(case.leaf):
        return None
    if case.stores_that(Verdict.VERIFIES):
        return None  # it is somewhere, though it could not be listed
    match case.reach.best.end:
        case UntrustedRoot(root=root):
            return _untrusted(case, case.certificates[root])
        case IssuerMissing(gap=gap):
            return None if likely_intermediate(case) else _missing(case, case.leaf, gap)
        case Anchored() | PartlyAnchored() | BudgetSpent() | NothingSent():
            return None


def _untrusted(case: Case, root: Certificate) -> Finding:
    urls = [each.url for each in case.observation.fetches if root.sha256 in each.certificates]
    if root.sha256 in case.observation.capture.chain:
        origin = "the server sends it itself, which proves nothing"
    else:
        origin = f"it was found at {', '.join(urls)}, where the chain itself points"
    return Finding(
        summary=(
            f"no trust store here has {tick(root.subject.short)}, the authority behind"
            f" {case.target.label}; {origin}"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.IT,
        evidence=(
            f"the chain ends in {tick(root.subject.text)}, which is signed by itself",
            f"its SHA-256 fingerprint is {root.sha256}",
            _searched(case),
        ),
        needs=(TrustAnchor(root.subject.short, root.sha256, ()),),
    )


def _missing(case: Case, leaf: Certificate, gap: Gap) -> Finding:
    child = case.certificates[gap.child]
    if child is leaf:
        what = (
            f"no trust store here has {tick(gap.issuer.short)}, which issued the certificate of"
            f" {case.target.label}, and the server did not send it: likely a private authority"
        )
        doubt = (
            "whether it is a root, or an intermediate certificate that the server should send,"
            " cannot be told: the server's certificate names no address of its issuer"
        )
    else:
        what = (
            f"no trust store here has {tick(gap.issuer.short)}, which issued"
            f" {tick(child.subject.short)}, and the server did not send it: likely it is the"
            f" authority behind {case.target.label}"
        )
        doubt = None
    key = (f"the key identifier asked for is {gap.key_id}",) if gap.key_id else ()
    return Finding(
        summary=what,
        confidence=Confidence.LIKELY,
        who=Who.IT,
        evidence=(
            f"{tick(child.subject.text)} was issued by {tick(gap.issuer.text)}",
            *key,
            _searched(case),
            *([doubt] if doubt else []),
        ),
        needs=(TrustAnchor(gap.issuer.short, None, ()),),
    )


def _searched(case: Case) -> str:
    return f"looked for in vain in {stores_words(each for each in StoreName if each in case.walks)}"


CAUSE = Cause(
    id="anchor-nowhere",
    summary="no trust store here has the authority behind this server",
    rank=330,
    explanation=EXPLANATION,
    recognise=recognise,
)

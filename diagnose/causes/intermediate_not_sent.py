"""The server leaves out a link between its own certificate and the authority."""

from __future__ import annotations

from diagnose.causes._public import likely_intermediate
from diagnose.causes._shared import (
    holders,
    lacking,
    listing,
    reached_anchor,
    store_words,
    stores_words,
    tick,
    unsent_intermediates,
    without,
)
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, ServeIntermediate, Who
from diagnose.model.store import StoreName
from diagnose.model.text import count
from diagnose.model.walk import Gap

EXPLANATION = """\
# intermediate-not-sent

## What you see

    certificate verify failed: unable to get local issuer certificate
    curl: (60) SSL certificate problem: unable to get local issuer certificate

while browsers open the same server without a word.

## What happened

Between a server's certificate and the authority that your machine knows (the root) there is mostly
a link: the intermediate certificate. The server must send it along. This one does not. Browsers
often have it from earlier visits or fetch it; Python, curl and git do neither and give up.

## How we know

The walk from the server's certificate upwards needs a certificate that was not among those sent.
It was found at the address that the server's certificate names (caIssuers), or in a store of this
machine, and its signature fits. Where it could not be found, the diagnosis says likely.

## What to do

Tell the server's owner which certificate is missing: the file that the server sends must hold its
own certificate first and then the intermediate (nginx `ssl_certificate`: the full chain; Apache
2.4.8 or newer `SSLCertificateFile`: both in one file). It is a change on the server, for everyone.

## What not to do

Do not install the intermediate on every machine that stumbles over it: the server's next
certificate may have another one. Do not ask IT for a root certificate; none may be missing. Do not
switch verification off.

## References

- RFC 8446 section 4.4.2: the server sends the certificates that lead to the anchor
- RFC 5280 section 4.2.2.1: caIssuers; nginx documentation, "Configuring HTTPS servers"
"""


def recognise(case: Case) -> Finding | None:
    """A link that was not sent was found elsewhere, or is likely to exist."""
    if not lacking(case):
        return None
    missing = unsent_intermediates(case)
    if missing:
        return _found(case, missing)
    gap = likely_intermediate(case)
    return _inferred(case, gap) if gap is not None else None


def _found(case: Case, missing: tuple[Certificate, ...]) -> Finding:
    names = listing([tick(each.subject.short) for each in missing])
    noun = "intermediate certificate" if len(missing) == 1 else "intermediate certificates"
    anchor = reached_anchor(case)
    to = f"the authority {tick(anchor.subject.short)}" if anchor else "its authority"
    return Finding(
        summary=(
            f"{case.target.label} does not send the {noun} {names}, the link from its own"
            f" certificate to {to}"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.SERVER_OWNER,
        evidence=(
            f"the server sent {count(len(case.observation.capture.chain), 'certificate')}",
            *(
                f"{tick(each.subject.text)} is missing; it was found {_where(case, each)}"
                for each in missing
            ),
            *(_also_missing(case, anchor) if anchor else ()),
        ),
        needs=tuple(
            ServeIntermediate(each.subject.short, each.sha256, _url(case, each)) for each in missing
        ),
    )


def _also_missing(case: Case, anchor: Certificate) -> tuple[str, ...]:
    """The next obstacle, so that nobody is surprised once the server is mended."""
    stores = without(case, anchor)
    if not stores:
        return ()
    return (
        (
            f"when it is sent, {stores_words(stores)} will still lack {tick(anchor.subject.short)},"
            f" which is in {stores_words(holders(case, anchor))}"
        ),
    )


def _inferred(case: Case, gap: Gap) -> Finding:
    leaf = case.certificates[gap.child]
    url = next(iter(leaf.ca_issuers), None)
    name = gap.issuer.short
    key = f", with the key identifier {gap.key_id}" if gap.key_id else ""
    return Finding(
        summary=(
            f"{case.target.label} likely does not send the intermediate certificate {tick(name)},"
            " the link from its own certificate to its authority"
        ),
        confidence=Confidence.LIKELY,
        who=Who.SERVER_OWNER,
        evidence=(
            f"the server sent {count(len(case.observation.capture.chain), 'certificate')}",
            f"{tick(gap.issuer.text)} issued the server's certificate{key}, and is not among them",
            *(
                f"the server sends another certificate of this name: {miss.why}"
                for miss in gap.near_misses
            ),
            *([f"the server's certificate says that its issuer is at {url}"] if url else []),
            *(f"{each.url}: {each.problem}" for each in case.observation.fetches if each.problem),
        ),
        needs=(ServeIntermediate(name, None, url),),
    )


def _where(case: Case, certificate: Certificate) -> str:
    urls = _fetched_from(case, certificate)
    if urls:
        return f"at {urls[0]}"
    stores = [
        "the operating system's store" if each is StoreName.SYSTEM else store_words(each)
        for each in holders(case, certificate)
    ]
    return f"in {listing(stores)}"


def _url(case: Case, certificate: Certificate) -> str | None:
    """Where the server's owner can get it: where it came from, else where its child points."""
    named = [
        url
        for link in case.reach.best.links
        if link.issuer == certificate.sha256
        for url in case.certificates[link.child].ca_issuers
    ]
    return next(iter((*_fetched_from(case, certificate), *named)), None)


def _fetched_from(case: Case, certificate: Certificate) -> list[str]:
    fetches = case.observation.fetches
    return [each.url for each in fetches if certificate.sha256 in each.certificates]


CAUSE = Cause(
    id="intermediate-not-sent",
    summary="the server does not send an intermediate certificate",
    rank=300,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""Something between this machine and the server opens the connection and reads along."""

from __future__ import annotations

import ipaddress

from diagnose.causes._public import Authority, standing, top
from diagnose.causes._shared import lacking, path_certificates, through_proxy, tick
from diagnose.causes._vendors import Match, Place, product_of
from diagnose.chain.links import self_signed
from diagnose.chain.public_roots import IssuerStanding, Standing
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who

EXPLANATION = """\
# interception

## What you see

    certificate verify failed: self-signed certificate in certificate chain
    certificate verify failed: unable to get local issuer certificate

for servers on the internet that work at home, and often for all of them at once.

## What happened

Many companies, schools and virus scanners open encrypted connections to inspect them. The filter
makes up a certificate for each server and signs it with an authority of its own. Computers that
have this authority (IT put it there) notice nothing; programs with a list of their own refuse.

## How we know

By inference, so it is likely and not certain. The authority behind the certificate never was a
public one (no certifi release since 2015 had it), and there are more signs: the name of a product
that inspects connections, a proxy in the way, or no proof of public logging (SCT), which public
certificates carry. An ordinary private server can look similar.

## What to do

Ask IT: is this connection inspected, and is the named authority ours? If so, IT gives out its
certificate, and the other diagnoses say which programs lack it. If IT does not know the authority,
the machine or the network may be compromised: stop, and report it.

## What not to do

Do not trust the authority before IT has confirmed it, unless IT itself put it where it was found:
into the operating system's store, or into the bundle that you were given. Do not switch
verification off; then anybody, not only the filter, could read along and hand you other software.

## References

- RFC 9162: Certificate Transparency; RFC 5280 section 6.1: trust anchors
- mitmproxy and squid (ssl_bump) document how such certificates are made
"""

#: Names that no public authority issues for (RFC 6761, RFC 6762, RFC 8375 and common habit).
_PRIVATE_ENDINGS = frozenset({
    "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local",
    "localdomain", "localhost", "onion", "private", "test",
})  # fmt: skip

_WHO = {
    Place.NETWORK: Who.IT,
    Place.MACHINE: Who.IT,
    Place.DEBUGGER: Who.USER,
    Place.ROGUE: Who.IT,
}


def recognise(case: Case) -> Finding | None:
    """A never public authority, and signs that it does not belong to the server."""
    leaf, authority = case.leaf, top(case)
    # A certificate that signs itself was made by nobody in between, as far as can be seen.
    if leaf is None or authority is None or self_signed(leaf):
        return None
    public = standing(authority)
    if public.standing is not Standing.NEVER:
        return None
    match = product_of(each.issuer for each in path_certificates(case))
    # A publicly logged certificate was not made up on the way.
    if match is None and leaf.has_scts:
        return None
    signs = _signs(case, leaf, authority, public)
    confidence = _confidence(case, match, len(signs))
    # Where trust is not what fails, only a strong case is worth a remark.
    harmless = not lacking(case)
    if confidence is None or (harmless and confidence is Confidence.POSSIBLE):
        return None
    key = "this key of " if public.namesakes else ""
    return Finding(
        summary=_summary(case, authority, match, confidence),
        confidence=confidence,
        who=_WHO[match.product.place] if match else Who.IT,
        evidence=(
            *([f"{tick(match.value)} is a name that {match.product.name} uses"] if match else []),
            f"no certifi release since 2015 had {key}{tick(authority.name.text)}",
            *signs,
        ),
        remark=harmless,
    )


def _signs(
    case: Case, leaf: Certificate, authority: Authority, public: IssuerStanding
) -> tuple[str, ...]:
    """What speaks for interception beside a product's name."""
    signs = []
    proxy = through_proxy(case)
    if proxy is not None:
        signs.append(f"the connection goes through the proxy {proxy.url} ({proxy.chosen_by})")
    if _looks_public(case) and not leaf.has_scts:
        signs.append(
            f"{tick(case.target.host)} looks like a public server, and its certificate has no proof"
            " of public logging (SCT)"
        )
    if authority.certificate is not None and public.namesakes:
        signs.append("it has the name of a public authority, with another key")
    return tuple(signs)


def _confidence(case: Case, match: Match | None, signs: int) -> Confidence | None:
    if match is not None and not _is_near(case):
        return Confidence.LIKELY
    # An appliance on the same network may show its own page, with its maker's name.
    if match is not None or signs == 1:
        return Confidence.POSSIBLE
    return Confidence.LIKELY if signs else None


def _summary(case: Case, authority: Authority, match: Match | None, confidence: Confidence) -> str:
    adverb = "likely" if confidence is Confidence.LIKELY else "possibly"
    name, host = tick(authority.name.short), case.target.label
    if match is None:
        return (
            f"the connection to {host} is {adverb} opened and inspected on the way: its certificate"
            f" leads to {name}, which was never a public authority"
        )
    return (
        f"{match.product.name}, {match.product.place}, {adverb} opens and inspects the connection"
        f" to {host}: its certificate leads to {name}, which was never a public authority"
    )


def _looks_public(case: Case) -> bool:
    """A name that public authorities issue for, and an address that is one on the internet.

    Through a proxy the server's address is unknown, and the name alone must do.
    """
    target = case.target
    labels = target.host.lower().rstrip(".").split(".")
    if target.is_address or len(labels) < 2 or labels[-1] in _PRIVATE_ENDINGS:
        return False
    return through_proxy(case) is not None or any(map(_is_public, case.observation.addresses))


def _is_near(case: Case) -> bool:
    """Reached directly, at private addresses only."""
    addresses = case.observation.addresses
    return through_proxy(case) is None and bool(addresses) and not any(map(_is_public, addresses))


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


CAUSE = Cause(
    id="interception",
    summary="something between here and the server likely opens and inspects the connection",
    rank=340,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""The certificate is for other names than the one that was asked for."""

from __future__ import annotations

from diagnose.causes._shared import listing, tick
from diagnose.chain.identity import names_host, nearest_name, presented_names
from diagnose.model.attempt import Profile, Trouble
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    ReplaceServerCertificate,
    Who,
)
from diagnose.model.text import count
from diagnose.model.verdict import Verdict

EXPLANATION = """\
# hostname-mismatch

## What you see

    certificate verify failed: Hostname mismatch, certificate is not valid for 'example.com'
    certificate verify failed: IP address mismatch, certificate is not valid for '192.0.2.1'

## What happened

A certificate lists the names it is for. The name that was asked for is not among them. Either the
name was typed in another form (without `www.`, as an address, with another ending), or another
server answers: a wrong entry in the name service, a guest network's log-in page, a web server with
several sites that shows the wrong one.

## How we know

The names in the server's certificate were compared with the one that was asked for, as RFC 9525
says: a star stands for exactly one part of the name. If the diagnosis says likely, the programs
stopped at another fault first and will show this one next.

## What to do

Look at the names that the certificate has. If one of them is what you meant, use that one. If none
is anything you know, another server answers: check the network. Otherwise the server's owner must
get a certificate that has the name, in subjectAltName.

## What not to do

Do not install anything: the fault is in the name, and no addition to a trust store changes it. Do
not put the other name into the hosts file. Do not switch the check of names off.

## References

- RFC 9525: service identity; OpenSSL documentation, X509_check_host and codes 62 and 64
"""

_LIMIT = 5


def recognise(case: Case) -> Finding | None:
    """The leaf does not name the reference identity, and no connection proves us wrong."""
    leaf, wanted = case.leaf, case.target.server_name
    if leaf is None or "subjectAltName" in leaf.unread or "extensions" in leaf.unread:
        return None
    if names_host(leaf, wanted):
        return None
    seen = any(
        each.failure is not None and each.failure.trouble is Trouble.NAME_MISMATCH
        for each in case.observation.attempts
        if each.profile is Profile.DEFAULT
    )
    # What every real connection accepted is not for us to refuse.
    if case.stores_that(Verdict.VERIFIES) and not seen:
        return None
    names = presented_names(leaf)
    return Finding(
        summary=_summary(case, leaf, names, certain=seen),
        confidence=Confidence.CERTAIN if seen else Confidence.LIKELY,
        who=Who.USER if case.target.is_address and leaf.dns_names else Who.SERVER_OWNER,
        evidence=(
            f"the server's certificate has {count(len(names), 'name')}"
            + (f": {listing([tick(each) for each in names], _LIMIT)}" if names else ""),
            *_about_wildcards(names, wanted),
            *([] if seen else ["the connections stopped at another fault before they compared it"]),
        ),
        needs=(ReplaceServerCertificate(wanted, names[:_LIMIT]),),
    )


def _summary(case: Case, leaf: Certificate, names: tuple[str, ...], *, certain: bool) -> str:
    host, nearest = tick(case.target.server_name), nearest_name(leaf, case.target.server_name)
    adverb = "" if certain else "likely "
    if nearest is None:
        return f"the server's certificate has no name at all, so it is {adverb}not valid for {host}"
    rest = f", and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"the server's certificate is {adverb}not valid for the name {host}: it is for"
        f" {tick(nearest)}{rest}"
    )


def _about_wildcards(names: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    """The two classic slips with `*.example.com`: the bare domain, and two parts before it."""
    for name in names:
        if name.startswith("*.") and f".{wanted.lower()}".endswith(name[1:].lower()):
            return (f"the star in {tick(name)} stands for exactly one part of a name",)
    return ()


CAUSE = Cause(
    id="hostname-mismatch",
    summary="the server's certificate is for other names",
    rank=210,
    explanation=EXPLANATION,
    recognise=recognise,
)

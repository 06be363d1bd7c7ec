"""The host's name, or the proxy's, has no address here."""

from __future__ import annotations

from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

EXPLANATION = """\
# name-not-resolved

## What you see

    [Errno -2] Name or service not known
    [Errno 11001] getaddrinfo failed
    NameResolutionError: Failed to resolve 'example.com'

## What happened

Before anything can be connected to, the name must be turned into an address (DNS). That failed,
so no certificate was ever seen: this is not a certificate problem.

## How we know

The system's own resolver was asked, and this is its answer. Nothing was connected to.

## What to do

Read the name aloud, letter by letter. If it is right: is the VPN on? Names inside a company are
often known only there. In a network where only a proxy may look up outside names, tell the program
the proxy: `HTTPS_PROXY=http://proxy.example.com:3128`.

## What not to do

Certificates, bundles and trust settings have nothing to do with it; leave them as they are.

## References

- getaddrinfo(3); RFC 9110 section 9.3.6: with CONNECT the proxy looks the name up
"""


def recognise(case: Case) -> Finding | None:
    """No resolver answer for the server, or for the proxy in front of it."""
    failure = case.observation.capture.failure
    if failure is None or failure.trouble is not Trouble.NAME_NOT_RESOLVED:
        return None
    proxy = through_proxy(case)
    if failure.stage is Stage.PROXY and proxy is not None:
        name, what = proxy.host, f"the proxy's name {tick(proxy.host)} ({proxy.chosen_by})"
    else:
        name, what = case.target.host, f"the name {_both_forms(case)}"
    return Finding(
        summary=f"{what} is not known here: it has no address",
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(f"the resolver's answer: {failure.words}",),
        needs=(ReachHost(name, "the name has no address here", resolved=False),),
    )


def _both_forms(case: Case) -> str:
    target = case.target
    same = target.shown == target.host
    return tick(target.host) if same else f"{tick(target.shown)} ({tick(target.host)})"


CAUSE = Cause(
    id="name-not-resolved",
    summary="the name has no address here",
    rank=100,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""The server, or the proxy, answers that it takes no connections at this port."""

from __future__ import annotations

from diagnose.causes._network import EVERY, Peer, peer, stop
from diagnose.causes._shared import tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

EXPLANATION = """\
# connection-refused

## What you see

    [Errno 111] Connection refused
    [WinError 10061] No connection could be made because the target machine actively refused it
    curl: (7) Failed to connect to example.com port 8443

## What happened

Something answered at once, and the answer was "no": no program listens at this port, or a firewall
says no in its place. No certificate was seen: this is not a certificate problem.

## How we know

The name has an address, and a connection to the port was refused (a TCP reset). Silence would have
been another cause, `timed-out`.

## What to do

Compare the port with the address you were given: https is 443 unless the address says otherwise.
If it is right, tell the owner of the server that nothing answers there.

If it is the proxy that refuses: is its address the one that your IT department gives? A proxy at
`127.0.0.1` or `localhost` is a program on your own machine that must be running. In a container or
in WSL these names mean the container itself, not the computer around it.

## What not to do

Certificates, bundles and trust settings have nothing to do with it; leave them as they are.

## References

- connect(2), ECONNREFUSED
- RFC 9293 section 3.5.2: a connection that does not exist is answered by a reset
"""


def recognise(case: Case) -> Finding | None:
    """Any connection that was refused, to the server or to the proxy."""
    found = stop(case, EVERY, Trouble.REFUSED)
    if found is None:
        return None
    who = peer(case, found.failure)
    return Finding(
        summary=_summary(who),
        confidence=Confidence.CERTAIN,
        who=_who(who),
        evidence=(f"port {who.port} of {tick(who.host)} refused to connect", *found.evidence),
        needs=(ReachHost(who.host, f"port {who.port} refuses connections"),),
        remark=found.remark,
    )


def _summary(peer: Peer) -> str:
    if peer.proxy is not None and peer.local:
        return f"{peer.words} would be a program on this machine, and nothing is listening there"
    at = "" if peer.proxy is not None else f" at port {peer.port}"
    return (
        f"{peer.words} refuses connections{at}:"
        " no program is listening there, or a firewall says no"
    )


def _who(peer: Peer) -> Who:
    if peer.local:
        return Who.USER
    return Who.SERVER_OWNER if peer.proxy is None else Who.NETWORK_OWNER


CAUSE = Cause(
    id="connection-refused",
    summary="nothing listens at this port, or a firewall says no",
    rank=102,
    explanation=EXPLANATION,
    recognise=recognise,
)

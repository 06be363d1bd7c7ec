"""There is no way from here to the server, or to the proxy."""

from __future__ import annotations

from diagnose.causes._network import EVERY, Peer, peer, stop
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

#: The same three answers under the numbers of Linux, macOS and Windows; none of the numbers means
#: something else on another of them that `connect` could answer.
_NO_NETWORK = frozenset({101, 51, 10051})  # ENETUNREACH
_NO_HOST = frozenset({113, 65, 10065})  # EHOSTUNREACH
_FORBIDDEN = frozenset({1, 13, 10013})  # EPERM, EACCES

EXPLANATION = """\
# host-unreachable

## What you see

    [Errno 101] Network is unreachable
    [Errno 113] No route to host
    [WinError 10051] A socket operation was attempted to an unreachable network
    [WinError 10013] An attempt was made to access a socket in a way forbidden ...

## What happened

The name has an address, but this machine, or a router on the way, says that it cannot be reached.
No certificate was seen: this is not a certificate problem.

## How we know

The system refused the connection with this answer before anything was sent to the server.

## What to do

- Network is unreachable: this machine knows no way at all. Is it online, and is the VPN on? If the
  name has IPv6 addresses only (they have colons), the machine has no IPv6.
- No route to host: a router or a firewall on the way says so. Ask whoever runs the network.
- Forbidden, or permission denied: a firewall or an antivirus program on this machine stops the
  program. Ask your IT department.

In a network that reaches the outside through a proxy only, tell the program the proxy:
`HTTPS_PROXY=http://proxy.example.com:3128`.

## What not to do

Certificates, bundles and trust settings have nothing to do with it; leave them as they are.

## References

- connect(2): ENETUNREACH, EHOSTUNREACH, EACCES
- RFC 792: destination unreachable
"""


def recognise(case: Case) -> Finding | None:
    """Any connection for which the system knows no way."""
    found = stop(case, EVERY, Trouble.UNREACHABLE)
    if found is None:
        return None
    there = peer(case, found.failure)
    summary, who, confidence = _reading(there, found.failure.code)
    return Finding(
        summary=summary,
        confidence=confidence,
        who=who,
        evidence=(*found.evidence, *_ipv6_only(case)),
        needs=(ReachHost(there.host, "there is no way to it from here"),),
        remark=found.remark,
    )


def _reading(peer: Peer, code: int | None) -> tuple[str, Who, Confidence]:
    if code in _NO_NETWORK:
        words = f"this machine has no network that leads to {peer.words}"
        return words, Who.USER, Confidence.CERTAIN
    if code in _NO_HOST:
        words = f"the network answers that {peer.words} cannot be reached"
        return words, Who.NETWORK_OWNER, Confidence.CERTAIN
    if code in _FORBIDDEN:
        words = (
            f"this machine forbids the connection to {peer.words}:"
            " likely a firewall or an antivirus program on it"
        )
        return words, Who.IT, Confidence.LIKELY
    return f"{peer.words} cannot be reached from here", Who.USER, Confidence.CERTAIN


def _ipv6_only(case: Case) -> tuple[str, ...]:
    addresses = case.observation.addresses
    if not addresses or not all(":" in each for each in addresses):
        return ()
    return ("its name has IPv6 addresses only, which a network without IPv6 cannot reach",)


CAUSE = Cause(
    id="host-unreachable",
    summary="there is no way to the host from here",
    rank=103,
    explanation=EXPLANATION,
    recognise=recognise,
)

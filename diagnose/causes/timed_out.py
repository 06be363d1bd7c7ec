"""Nothing answered within the time limit; at which stage tells a lot."""

from __future__ import annotations

from diagnose.causes._network import EVERY, Peer, foreign_words, peer, stop, way
from diagnose.model.attempt import Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

EXPLANATION = """\
# timed-out

## What you see

    ConnectTimeoutError: Connection to example.com timed out. (connect timeout=15)
    [Errno 110] Connection timed out
    TimeoutError: _ssl.c:999: The handshake operation timed out
    ReadTimeoutError: Read timed out

## What happened

The other side stayed silent until the time was over. Nothing was refused, and no certificate was
judged: this is not a certificate problem.

## How we know

Each stage of the connection has its own time limit, and the report says which one ran out:

- looking up the name: the name server did not answer
- connecting: nothing answered. A firewall that drops packets looks like this, and so does a server
  that is switched off
- the proxy: it did not answer, or could not get an answer from the server
- the TLS handshake: the connection stood, then nothing came. A filter, a tunnel that swallows large
  packets (VPN, MTU), an overloaded server, or a server that waits for something other than TLS

## What to do

Try again with `--timeout 60`: a slow network is not a dead one. Is the VPN on? Does the network
reach the outside through a proxy only? Then tell the program the proxy:
`HTTPS_PROXY=http://proxy.example.com:3128`. Otherwise give the stage to whoever runs the network.

## What not to do

Certificates, bundles and trust settings have nothing to do with it; leave them as they are.

## References

- RFC 9293 section 3.8.3: how long TCP tries before it gives up
- pip documentation, option `--timeout`
"""


def recognise(case: Case) -> Finding | None:
    """Any connection that got no answer in time, unless what came first explains the silence."""
    found = stop(case, EVERY, Trouble.TIMED_OUT)
    if found is None:
        return None
    if found.failure.stage is Stage.HANDSHAKE and foreign_words(case):
        return None
    there = peer(case, found.failure)
    summary, stage, who = _reading(there, found.failure.stage)
    return Finding(
        summary=summary,
        confidence=Confidence.CERTAIN,
        who=who,
        evidence=(f"the time ran out while {stage}", *found.evidence[1:], *_way(case, there)),
        needs=(ReachHost(there.host, f"no answer in time while {stage}"),),
        remark=found.remark,
    )


def _reading(peer: Peer, stage: Stage) -> tuple[str, str, Who]:
    """The sentence, the stage in plain words, and who must act."""
    match stage:
        case Stage.RESOLVE:
            words = f"the name server did not say in time which address {peer.words} has"
            return words, "looking up the name", Who.NETWORK_OWNER
        case Stage.CONNECT:
            words = (
                f"nothing answered at port {peer.port} of {peer.words}: a firewall drops"
                " the connection, or the server is off"
            )
            return words, "connecting", Who.NETWORK_OWNER
        case Stage.PROXY:
            words = f"{peer.words} did not answer in time: it, or the server behind it, is silent"
            return words, "waiting for the proxy", Who.NETWORK_OWNER
        case Stage.STARTTLS | Stage.HANDSHAKE | Stage.VERIFY | Stage.STORE:
            words = (
                f"{peer.words} took the connection at port {peer.port} and then stayed silent,"
                " before it showed a certificate"
            )
            return words, "agreeing on the encryption (TLS handshake)", Who.SERVER_OWNER


def _way(case: Case, peer: Peer) -> tuple[str, ...]:
    return () if peer.proxy is not None else way(case)


CAUSE = Cause(
    id="timed-out",
    summary="nothing answered in time",
    rank=104,
    explanation=EXPLANATION,
    recognise=recognise,
)

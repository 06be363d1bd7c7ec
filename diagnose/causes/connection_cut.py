"""The connection stood, and was cut during the TLS handshake."""

from __future__ import annotations

from diagnose.causes._network import Stop, foreign_words, peer, stop, way
from diagnose.causes._shared import tick
from diagnose.model.attempt import Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

_STAGES = frozenset({Stage.CONNECT, Stage.STARTTLS, Stage.HANDSHAKE})

EXPLANATION = """\
# connection-cut

## What you see

    [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol
    ConnectionResetError: [Errno 104] Connection reset by peer
    [WinError 10054] An existing connection was forcibly closed by the remote host
    curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL

## What happened

The connection was made, and then closed or reset before a certificate was accepted or refused. A
server that dislikes a client says so by a TLS alert; to hang up without a word is what filters do
that read the server's name in the first message. Servers do it too: when they are overloaded, when
they do not know the name, when they do not speak TLS at all.

## How we know

The end came from outside, during the handshake, and with no alert. Who did it cannot be seen from
here: therefore "likely".

## What to do

Try the same address from another network, for example from a telephone. If it works there, give the
host's name to whoever runs your network and ask whether a filter blocks it. If it fails everywhere,
tell the owner of the server. If only some of the connections are cut, try again first.

## What not to do

Certificates, bundles and trust settings have nothing to do with it; leave them as they are. pip
calls this a problem with the "ssl certificate"; it is not one.

## References

- RFC 8446 section 6: alerts, and what closing without one means
- Python documentation, `ssl.SSLEOFError`, https://docs.python.org/3/library/ssl.html
"""


def recognise(case: Case) -> Finding | None:
    """A reset or an early end, unless what the server said before it was not TLS."""
    found = stop(case, _STAGES, Trouble.RESET, Trouble.CLOSED)
    if found is None or foreign_words(case):
        return None
    there = peer(case, found.failure)
    return Finding(
        summary=(
            f"{_connections(found)} to {there.words} at port {there.port}{_was(found)} cut off"
            " before a certificate was judged, likely by a filter on the way or by the server"
        ),
        confidence=Confidence.LIKELY,
        who=Who.NETWORK_OWNER,
        evidence=(f"the connection ended with {tick(found.failure.words)}", *way(case)),
        needs=(ReachHost(there.host, "connections to it are cut off"),),
        remark=found.remark,
    )


def _connections(found: Stop) -> str:
    if found.count < found.connections:
        return f"{found.count} of {found.connections} connections"
    return "every connection"


def _was(found: Stop) -> str:
    return " were" if 1 < found.count < found.connections else " was"


CAUSE = Cause(
    id="connection-cut",
    summary="the connection is cut off during the TLS handshake",
    rank=105,
    explanation=EXPLANATION,
    recognise=recognise,
)

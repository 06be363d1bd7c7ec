"""What is named as the proxy does not answer as one."""

from __future__ import annotations

from diagnose.causes._network import PROXY, stop
from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who

EXPLANATION = """\
# proxy-not-http

## What you see

    ProxyError('Cannot connect to proxy.', RemoteDisconnected('Remote end closed connection ...'))
    http.client.BadStatusLine
    curl: (56) Proxy CONNECT aborted

## What happened

A connection to the proxy stood, and the proxy was asked in HTTP for a connection to the server. It
answered with something that is not HTTP, or hung up without an answer.

## How we know

An HTTP proxy answers every such request with a line that begins with `HTTP/`. This one did not. The
server was not reached, and no certificate of it was seen.

## What to do

Compare the proxy's address and port, number by number, with those that your IT department gives. A
proxy often has several ports: one for HTTP, one for SOCKS (often 1080), one that wants `https://`.
The address of the file with proxy rules (`.pac`) is not that of the proxy.

If the address is right and the proxy hangs up, it likely lets only certain machines or users
through: ask whoever runs it.

## What not to do

Do not change certificates, bundles or trust settings: the server was not reached.

## References

- RFC 9110 section 9.3.6: how an HTTP proxy is asked for a connection
- RFC 1928: SOCKS, another kind of proxy
"""


def recognise(case: Case) -> Finding | None:
    """An answer that is not HTTP, or none at all."""
    found = stop(case, PROXY, Trouble.PROXY_NOT_HTTP, Trouble.CLOSED, Trouble.RESET)
    proxy = through_proxy(case)
    if found is None or proxy is None:
        return None
    if found.failure.trouble is Trouble.PROXY_NOT_HTTP:
        summary = (
            f"what {proxy.chosen_by} names as the proxy, {tick(proxy.url)},"
            " answers in another way than a proxy for the web (HTTP) does"
        )
        confidence, who = Confidence.CERTAIN, Who.USER
        hint: tuple[str, ...] = ()
    else:
        summary = (
            f"the proxy {tick(proxy.url)} ({proxy.chosen_by}) hangs up without an answer:"
            " likely the address is wrong, or it does not let this machine through"
        )
        confidence, who = Confidence.LIKELY, Who.NETWORK_OWNER
        # Some encrypted proxies answer plain text by hanging up, others by an alert.
        hint = (
            ("a proxy that wants `https://` may hang up so too",) if proxy.scheme == "http" else ()
        )
    return Finding(
        summary=summary,
        confidence=confidence,
        who=who,
        evidence=(f"{proxy.chosen_by} names {tick(proxy.url)}", *found.evidence, *hint),
        needs=(ReachHost(proxy.host, "it does not answer as an HTTP proxy"),),
        remark=found.remark,
    )


CAUSE = Cause(
    id="proxy-not-http",
    summary="what is named as the proxy does not answer as one",
    rank=93,
    explanation=EXPLANATION,
    recognise=recognise,
)

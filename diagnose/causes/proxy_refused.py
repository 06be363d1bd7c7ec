"""The proxy answers, and makes no connection to the server."""

from __future__ import annotations

from diagnose.causes._network import PROXY, stop
from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ReachHost, Who
from diagnose.model.target import ThroughProxy

EXPLANATION = """\
# proxy-refused

## What you see

    Tunnel connection failed: 403 Forbidden
    Tunnel connection failed: 502 Bad Gateway
    Tunnel connection failed: 503 Service Unavailable
    curl: (56) CONNECT tunnel failed, response 403

pip hides it: it says only that it found no matching distribution.

## What happened

The proxy was asked for a connection to the server and answered with an error of its own.

## How we know

The proxy's status line is repeated as it is:

- 403: the proxy forbids this server, this port (many allow 443 only), or this machine
- 502, 503, 504: the proxy could not reach the server, or did not find its name. A proxy that
  inspects TLS also answers so when it does not trust the server's certificate itself
- 400, 404, 405, 501: it makes no connections for others; likely a web server, not a proxy
- 511, or a redirect: the network wants you to sign in first

## What to do

Give the status line and the server's name to whoever runs the proxy. If this server should be
reached without the proxy, put its name into `NO_PROXY`. If the answer looks like a web server's,
compare the proxy's address with the one that your IT department gives.

## What not to do

Do not change certificates, bundles or trust settings: the server was not reached.

## References

- RFC 9110 sections 9.3.6 (CONNECT) and 15: what each status means
- RFC 6585 section 6: status 511
"""

#: A server that knows no CONNECT says one of these (RFC 9110 sections 15.5 and 15.6.2).
_NO_PROXY_AT_ALL = frozenset({400, 404, 405, 501})
_NO_WAY_ON = frozenset({502, 503, 504})
_SIGN_IN = frozenset({301, 302, 303, 307, 308, 511})


def recognise(case: Case) -> Finding | None:
    """A status of the proxy that is neither success nor 407."""
    found = stop(case, PROXY, Trouble.PROXY_REFUSED)
    proxy = through_proxy(case)
    if found is None or proxy is None:
        return None
    code = found.failure.code
    summary, who, confidence = _reading(case, proxy, code)
    return Finding(
        summary=summary,
        confidence=confidence,
        who=who,
        evidence=(f"{proxy.chosen_by} names this proxy", *found.evidence, *_more(case, code)),
        needs=(ReachHost(case.target.host, f"the proxy answers {found.failure.words}"),),
        remark=found.remark,
    )


def _reading(case: Case, proxy: ThroughProxy, code: int | None) -> tuple[str, Who, Confidence]:
    name, server = f"the proxy {tick(proxy.url)}", tick(case.target.address)
    if code == 403:
        words = f"{name} forbids the connection to {server}"
        return words, Who.NETWORK_OWNER, Confidence.CERTAIN
    if code in _NO_WAY_ON:
        words = f"{name} answers that it gets no connection to {server} itself (status {code})"
        return words, Who.NETWORK_OWNER, Confidence.CERTAIN
    if code in _SIGN_IN:
        words = f"{name} likely wants you to sign in to the network first (status {code})"
        return words, Who.USER, Confidence.LIKELY
    if code in _NO_PROXY_AT_ALL:
        words = (
            f"{tick(proxy.url)}, which {proxy.chosen_by} names as the proxy, is likely"
            f" a web server and no proxy (status {code})"
        )
        return words, Who.USER, Confidence.LIKELY
    words = f"{name} makes no connection to {server} (status {code})"
    return words, Who.NETWORK_OWNER, Confidence.CERTAIN


def _more(case: Case, code: int | None) -> tuple[str, ...]:
    if code == 403 and case.target.port != 443:
        return (f"many proxies allow port 443 only, and this is port {case.target.port}",)
    if code in _NO_WAY_ON:
        return ("a proxy that inspects TLS answers so too when it distrusts the server itself",)
    return ()


CAUSE = Cause(
    id="proxy-refused",
    summary="the proxy makes no connection to the server",
    rank=92,
    explanation=EXPLANATION,
    recognise=recognise,
)

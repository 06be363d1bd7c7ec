"""The proxy wants to know who is asking (407)."""

from __future__ import annotations

from diagnose.causes._network import PROXY, stop
from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, ProxyCredentials, Who

EXPLANATION = """\
# proxy-authentication-required

## What you see

    Tunnel connection failed: 407 Proxy Authentication Required
    ProxyError: Cannot connect to proxy
    uv: tunnel error: proxy authorization required
    curl: (56) CONNECT tunnel failed, response 407

## What happened

The way to the server leads through a proxy, and the proxy lets only known users through. Browsers
sign in by themselves with the Windows account; pip, requests and most other programs do not.

## How we know

The proxy answered the request for a connection with status 407. The server was not reached, and no
certificate of it was seen.

## What to do

Put user name and password into the proxy's address: `http://USER:PASSWORD@proxy.example.com:3128`.
Characters such as `@`, `:`, `/`, `#` and `%` in them must be percent-encoded: `@` is `%40`.

If they are right and still refused, the proxy likely wants a Windows sign-in (NTLM, Kerberos), and
these programs cannot do that. Ask your IT department for an address without sign-in, or for a local
helper program that signs in for you.

## What not to do

Do not put a password into a file that others can read, and do not paste it into a report. Do not
change certificates or bundles: they have nothing to do with it.

## References

- RFC 9110 sections 11.7 and 15.5.8: proxy authentication, status 407
- RFC 3986 section 2.1: percent-encoding
"""


def recognise(case: Case) -> Finding | None:
    """Status 407, with credentials in the proxy's URL or without."""
    found = stop(case, PROXY, Trouble.PROXY_AUTH)
    proxy = through_proxy(case)
    if found is None or proxy is None:
        return None
    name = f"the proxy {tick(proxy.url)}"
    if proxy.has_credentials:
        summary = f"{name} refuses the user name and password that {proxy.chosen_by} gives"
        given = "the user name and password were sent in the basic form; others were not tried"
    else:
        summary = f"{name} wants a user name and a password, and {proxy.chosen_by} gives none"
        given = f"the address in {proxy.chosen_by} has no user name"
    offered = found.failure.detail
    if offered and "basic" not in offered.lower().split(", "):
        # A password in the address would go out in the one form that this proxy does not take.
        return Finding(
            summary=(
                f"{name} wants to know who you are in a way that Python programs do not offer"
                f" ({tick(offered)})"
            ),
            confidence=Confidence.CERTAIN,
            who=Who.IT,
            evidence=(*found.evidence, f"it offers {offered}, and not Basic"),
            remark=found.remark,
        )
    return Finding(
        summary=summary,
        confidence=Confidence.CERTAIN,
        who=Who.USER,
        evidence=(*found.evidence, given),
        needs=(ProxyCredentials(proxy.url, proxy.chosen_by),),
        remark=found.remark,
    )


CAUSE = Cause(
    id="proxy-authentication-required",
    summary="the proxy wants a user name and a password",
    rank=90,
    explanation=EXPLANATION,
    recognise=recognise,
)

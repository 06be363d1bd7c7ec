"""The proxy's address says `https://` for a plain proxy, or `http://` for an encrypted one."""

from __future__ import annotations

from diagnose.causes._network import PROXY, stop
from diagnose.causes._shared import through_proxy, tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, CorrectProxyUrl, Finding, Who
from diagnose.model.target import join_host_port

EXPLANATION = """\
# proxy-scheme-mismatch

## What you see

    [SSL: WRONG_VERSION_NUMBER] wrong version number
    Your proxy appears to only use HTTP and not HTTPS, try changing your proxy URL to be HTTP
    curl: (35) error:0A00010B:SSL routines::wrong version number

## What happened

`HTTPS_PROXY` means "the proxy for https servers". Its value says how the proxy itself is spoken
to, and that is nearly always plain: `http://proxy.example.com:3128`. With `https://` in front the
client speaks TLS to the proxy, which does not understand it. The reverse exists too: a few proxies
want TLS, and are named with `http://`.

The connection to the server is encrypted from end to end in both cases.

## How we know

The proxy's answer to the first bytes was plain text where TLS was spoken, or TLS where plain text
was spoken. The server was not reached, and no certificate of it was seen.

## What to do

Change the first word of the proxy's address, and nothing else:

    HTTPS_PROXY=http://proxy.example.com:3128

Keep the user name and password in it, if there are any.

## What not to do

Do not change certificates, bundles or trust settings: the server was not reached.

## References

- urllib3 documentation, "Your proxy appears to only use HTTP and not HTTPS",
  https://urllib3.readthedocs.io
- RFC 9110 section 9.3.6: CONNECT
"""


def recognise(case: Case) -> Finding | None:
    """The answer of a proxy that was spoken to in the wrong way."""
    found = stop(case, PROXY, Trouble.PROXY_SCHEME)
    proxy = through_proxy(case)
    if found is None or proxy is None:
        return None
    place = join_host_port(proxy.host, proxy.port)
    if proxy.scheme == "https":
        # That it is a proxy at all is not known yet, only that it speaks no TLS.
        right, confidence = "http", Confidence.LIKELY
        speaks = "does not speak TLS, so it is likely a plain proxy"
    else:
        right, confidence = "https", Confidence.CERTAIN
        speaks = "speaks TLS only"
    return Finding(
        summary=(
            f"the proxy {tick(place)} {speaks}: in {proxy.chosen_by},"
            f" write {tick(f'{right}://{place}')} instead of {tick(proxy.url)}"
        ),
        confidence=confidence,
        who=Who.USER,
        evidence=(f"{proxy.chosen_by} names {tick(proxy.url)}", *found.evidence),
        needs=(CorrectProxyUrl(proxy.url, proxy.chosen_by, right),),
        remark=found.remark,
    )


CAUSE = Cause(
    id="proxy-scheme-mismatch",
    summary="the proxy's address has the wrong one of http:// and https://",
    rank=88,
    explanation=EXPLANATION,
    recognise=recognise,
)

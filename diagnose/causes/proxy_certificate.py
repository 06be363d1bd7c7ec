"""The certificate of an `https://` proxy itself is refused."""

from __future__ import annotations

from diagnose.causes._network import PROXY, stop
from diagnose.causes._shared import do, store_words, stores_words, through_proxy, tick
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    Finding,
    Need,
    ReplaceServerCertificate,
    TrustAnchor,
    Who,
)
from diagnose.model.store import StoreName
from diagnose.model.target import ThroughProxy

#: OpenSSL's verify codes (X509_V_ERR_*): no issuer or anchor, validity, name or address.
_TRUST = frozenset({2, 18, 19, 20, 21})
_TIME = frozenset({9, 10})
_NAME = frozenset({62, 64})

EXPLANATION = """\
# proxy-certificate

## What you see

    ProxyError('Unable to connect to proxy', SSLError(SSLCertVerificationError(1, ...)))
    curl: (60) SSL certificate problem: unable to get local issuer certificate

while the proxy's address begins with `https://`.

## What happened

With an `https://` proxy there are two encrypted connections, one inside the other, and two
certificates: the proxy's and the server's. It is the proxy's that was refused. The server was not
reached, and its certificate was not seen.

## How we know

Each store was asked about the proxy's certificate, under the name in the proxy's address.

## What to do

First make sure that the proxy is meant to be spoken to in TLS: most are not, and then the address
begins with `http://`. If it is, the authority behind its certificate must be trusted like any
other. Programs differ here: curl wants it apart (`--proxy-cacert`), and pip uses the operating
system's store for it in 24.1, 24.2 and 26.3, but not in 22.2, 23.3 and 25.3.

If the name does not match, write the name that is in the certificate, not an address of numbers.

## What not to do

Do not switch verification off: what is sent to the proxy includes your password for it. If only the
name or the dates are wrong, no authority needs to be added.

## References

- curl documentation, option `--proxy-cacert`
- RFC 9110 section 9.3.6: CONNECT; RFC 9525: the name in a certificate
"""


def recognise(case: Case) -> Finding | None:
    """Stores that refuse the proxy's certificate; which others accept it is evidence."""
    found = stop(case, PROXY, Trouble.PROXY_CERTIFICATE)
    proxy = through_proxy(case)
    if found is None or proxy is None:
        return None
    failures = {name: failure for name in StoreName if (failure := case.failure(name))}
    refusing = {
        name: failure
        for name, failure in failures.items()
        if failure.trouble is Trouble.PROXY_CERTIFICATE
    }
    accepting = tuple(name for name in StoreName if _passed(case, name))
    code = found.failure.code
    summary, who, needs = _reading(proxy, tuple(refusing), accepting, code)
    return Finding(
        summary=summary,
        confidence=Confidence.CERTAIN,
        who=who,
        evidence=tuple(_said(name, failure) for name, failure in refusing.items())
        or found.evidence,
        needs=needs,
        remark=found.remark,
    )


def _reading(
    proxy: ThroughProxy,
    refusing: tuple[StoreName, ...],
    accepting: tuple[StoreName, ...],
    code: int | None,
) -> tuple[str, Who, tuple[Need, ...]]:
    its = f"the certificate of the proxy itself, {tick(proxy.url)} ({proxy.chosen_by}),"
    if code in _NAME:
        words = f"{its} is not for the name {tick(proxy.host)}"
        return words, Who.NETWORK_OWNER, (ReplaceServerCertificate(proxy.host, ()),)
    if code in _TIME:
        state = "has expired" if code == 10 else "is not valid yet"
        return f"{its} {state}", Who.NETWORK_OWNER, ()
    stores = stores_words(refusing) or "every store"
    if code not in _TRUST:
        return f"{its} is refused by {stores}", Who.NETWORK_OWNER, ()
    authority = f"the authority of the proxy {proxy.host}"
    words = f"{its} comes from an authority that {stores} {do(refusing, 'does', 'do')} not trust"
    if accepting:
        words += f", while {stores_words(accepting)} {do(accepting, 'does', 'do')}"
    who = Who.USER if accepting else Who.IT
    return words, who, (TrustAnchor(authority, None, accepting),)


def _passed(case: Case, name: StoreName) -> bool:
    """Whether the connection of this store got past an `https://` proxy."""
    attempt = case.observation.attempt(name)
    if attempt is None:
        return False
    if attempt.failure is None:
        return True
    return attempt.failure.stage in (Stage.STARTTLS, Stage.HANDSHAKE, Stage.VERIFY)


def _said(name: StoreName, failure: Failure) -> str:
    code = f" (code {failure.code})" if failure.code is not None else ""
    return f"{store_words(name)}: {tick(failure.words)}{code}"


CAUSE = Cause(
    id="proxy-certificate",
    summary="the certificate of the https:// proxy itself is refused",
    rank=94,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""The TLS handshake failed before any certificate was judged."""

from __future__ import annotations

from diagnose.causes._network import Stop, foreign_words, peer, stop, way
from diagnose.causes._shared import tick
from diagnose.model.attempt import Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who

#: What the TLS library's word for it can mean. These decide nothing: the words are only explained.
#: Python writes them in capitals with underscores, pyOpenSSL in small letters with blanks.
_MEANINGS = (
    ("certificate required", "the server wants a certificate of the client"),
    ("unrecognized name", "the server does not know itself under this name"),
    ("protocol version", "there is no TLS version in common; one side is old"),
    ("unsupported protocol", "there is no TLS version in common; one side is old"),
    ("legacy", "the server, or a filter in front of it, is out of date"),
    ("too small", "the server's key is too short for this machine's security level"),
    ("handshake failure", "there is no cipher in common, or a client certificate is wanted"),
    ("access denied", "the server refuses this client"),
    ("internal error", "the server failed by itself; a wrong name can be the reason"),
)

EXPLANATION = """\
# handshake-failed

## What you see

    [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version
    [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure
    [SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name
    [SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled
    [SSL: DH_KEY_TOO_SMALL] dh key too small

## What happened

Before certificates are looked at, both sides agree on how to encrypt (the TLS handshake). They did
not. An alert is the server's word: it refused. Any other error is this machine's: it refused what
the server offered.

## How we know

The library's words are repeated as they are. Common ones mean:

- protocol version, unsupported protocol: the server speaks only TLS versions that are switched off
- handshake failure: no method of encryption in common, or the server wants a client certificate
- unrecognized name: the server does not know itself under this name
- legacy renegotiation, dh key too small, legacy sigalg: the server or a filter is out of date

## What to do

Give the words to the owner of the server, or of the proxy if one stands in between: an inspecting
proxy that is out of date looks the same. Does the name in the address match the one you were given?

## What not to do

Do not change certificates, bundles or trust settings: none was asked. Do not lower the security
level of this machine (`SECLEVEL`) for one old server.

## References

- RFC 8446 section 6.2: what each alert means
- OpenSSL documentation, SSL_CTX_set_security_level, https://www.openssl.org/docs/
"""

_STAGES = frozenset({Stage.PROXY, Stage.STARTTLS, Stage.HANDSHAKE})


def recognise(case: Case) -> Finding | None:
    """An alert or an error in the handshake, with the server or with an `https://` proxy."""
    found = stop(case, _STAGES, Trouble.TLS_ALERT, Trouble.TLS_ERROR)
    if found is None or foreign_words(case):
        return None
    there = peer(case, found.failure)
    words = tick(found.failure.words)
    if found.failure.trouble is Trouble.TLS_ALERT:
        summary = f"{there.words} refuses to agree on an encryption (TLS handshake), saying {words}"
    else:
        summary = (
            f"this machine and {there.words} find no encryption in common (TLS handshake): {words}"
        )
    return Finding(
        summary=summary,
        confidence=Confidence.CERTAIN,
        who=Who.SERVER_OWNER if there.proxy is None else Who.NETWORK_OWNER,
        evidence=(
            *found.evidence,
            *_meaning(found),
            *_lenient(case),
            *(() if there.proxy is not None else way(case)),
        ),
        remark=found.remark,
    )


def _meaning(found: Stop) -> tuple[str, ...]:
    words = found.failure.words.replace("_", " ").lower()
    for mark, meaning in _MEANINGS:
        if mark in words:
            return (f"which can mean: {meaning}",)
    return ()


def _lenient(case: Case) -> tuple[str, ...]:
    """The capture has another build of OpenSSL, often with a lower security level."""
    capture = case.observation.capture
    if capture.failure is not None or capture.protocol is None:
        return ()
    agreed = f"{capture.protocol}, {capture.cipher}" if capture.cipher else capture.protocol
    return (f"another build of OpenSSL agreed with the server on {agreed}",)


CAUSE = Cause(
    id="handshake-failed",
    summary="the two sides cannot agree on an encryption (TLS handshake)",
    rank=107,
    explanation=EXPLANATION,
    recognise=recognise,
)

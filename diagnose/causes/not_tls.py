"""Something else than TLS answers at this port."""

from __future__ import annotations

from diagnose.causes._network import HANDSHAKE, foreign_words, peer, stop, way
from diagnose.causes._shared import tick
from diagnose.model.attempt import Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import Cause, Confidence, Finding, Who
from diagnose.model.nouns import dataclass
from diagnose.model.text import printable

EXPLANATION = """\
# not-tls

## What you see

    [SSL: WRONG_VERSION_NUMBER] wrong version number
    [SSL: HTTP_REQUEST] http request
    [SSL: RECORD_LAYER_FAILURE] record layer failure
    curl: (35) error:0A00010B:SSL routines::wrong version number

pip calls it a problem with the "ssl certificate"; it is not one.

## What happened

The client began to speak TLS, and what came back is not TLS: often a web server without encryption,
or a server for something else (mail, SSH) because the port is another one than was meant.

## How we know

The first bytes of the answer are kept. A TLS answer begins in one fixed way; these do not, and
servers of the common kinds introduce themselves in their first line.

## What to do

Compare the port with the address that you were given. https is on 443 unless the address says
otherwise. Mail servers speak TLS at once on 465 (SMTP), 993 (IMAP) and 995 (POP3); on 25, 587, 143
and 110 it begins later, by STARTTLS.

If plain HTTP answers on port 443: open any `http://` page in a browser. Where a sign-in page
appears, sign in first (hotels, guest networks). Otherwise tell the owner of the server. If the
address is that of your proxy, name it as the proxy, not as the server.

## What not to do

Do not change certificates, bundles or trust settings: no certificate was seen. Do not go on over
`http://` where a password or a download is at stake.

## References

- RFC 8446 section 5.1: how a TLS record begins
- RFC 8314: ports for mail with TLS
"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What answered, and where TLS is to be had instead; `advice` may be empty."""

    words: str
    advice: str


_FTP = _Kind("a file server (FTP)", "with TLS from the start FTP is usually on port 990")
_GREETINGS = (
    (b"SSH-", _Kind("an SSH server", "SSH has an encryption of its own and no certificates")),
    (
        b"220",
        _Kind("a mail server (SMTP)", "with TLS from the start that is usually on port 465"),
    ),
    (b"* OK", _Kind("a mail server (IMAP)", "with TLS from the start that is usually on port 993")),
    (b"+OK", _Kind("a mail server (POP3)", "with TLS from the start that is usually on port 995")),
)
#: Where a web server that speaks plain HTTP at the first port usually speaks https.
_HTTPS = {80: 443, 8080: 8443, 8000: 8443}


def recognise(case: Case) -> Finding | None:
    """First bytes that are no TLS record, or the TLS library's word that they are none."""
    said = foreign_words(case)
    # What was said decides: too short a greeting makes the TLS library wait, or end with EOF.
    troubles = tuple(Trouble) if said else (Trouble.NOT_TLS,)
    found = stop(case, HANDSHAKE, *troubles)
    if found is None:
        return None
    there = peer(case, found.failure)
    kind = _kind(said, there.port)
    answered = () if not said else (f"the server said first: {tick(_first_line(said))}",)
    advice = f": {kind.advice}" if kind.advice else ""
    return Finding(
        summary=(
            f"{kind.words} answers at port {there.port} of {there.words},"
            f" not a server that speaks TLS{advice}"
        ),
        confidence=Confidence.CERTAIN,
        who=Who.SERVER_OWNER if there.port == 443 else Who.USER,
        evidence=(*answered, *found.evidence, *way(case)),
        remark=found.remark,
    )


def _kind(said: bytes, port: int) -> _Kind:
    if said.startswith(b"HTTP/"):
        return _Kind("a web server without encryption (plain HTTP)", _https(port))
    if said.startswith(b"220") and (port == 21 or b"FTP" in said.upper()):
        return _FTP
    for greeting, kind in _GREETINGS:
        if said.startswith(greeting):
            return kind
    return _Kind("something unknown", "")


def _https(port: int) -> str:
    if port == 443:
        return "a sign-in page of the network, a filter, or a fault of the server"
    return f"https is likely on port {_HTTPS.get(port, 443)}"


def _first_line(said: bytes) -> str:
    """Bounded, and with nothing in it that a terminal would obey."""
    line = said.splitlines()[0] if said.splitlines() else said
    return printable(line.decode("latin-1"), 100)


CAUSE = Cause(
    id="not-tls",
    summary="something else than TLS answers at this port",
    rank=106,
    explanation=EXPLANATION,
    recognise=recognise,
)

"""Causes that lie in the network and in proxies: what they say, and when they say nothing.

Every case is built from plain facts; nothing is connected to.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.catalogue import entries
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.case import Case
from diagnose.model.diagnosis import (
    Cause,
    Confidence,
    CorrectProxyUrl,
    ProxyCredentials,
    ReachHost,
    ReplaceServerCertificate,
    TrustAnchor,
    Who,
)
from diagnose.model.target import Direct, Route, ThroughProxy
from diagnose.model.words import Word
from tests.causes.machine import (
    CERTIFI,
    HOST,
    SYSTEM,
    Row,
    at,
    case,
    cause,
    certificate,
    expected,
    fails,
    finding,
    told,
)

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY
IT, NETWORK, SERVER, USER = Who.IT, Who.NETWORK_OWNER, Who.SERVER_OWNER, Who.USER
PROXY = ThroughProxy("http", "proxy.example.com", 3128, "HTTPS_PROXY")
TLS_PROXY = replace(PROXY, scheme="https")
URL, TLS_URL = "http://proxy.example.com:3128", "https://proxy.example.com:3128"

REFUSED = at(Stage.CONNECT, Trouble.REFUSED, "Connection refused", 111)
REFUSED_BY_PROXY = replace(REFUSED, stage=Stage.PROXY)
RESET = at(Stage.HANDSHAKE, Trouble.RESET, "Connection reset by peer", 104)
HANGS_UP = at(Stage.HANDSHAKE, Trouble.CLOSED, "Unexpected EOF")
ALERT = at(Stage.HANDSHAKE, Trouble.TLS_ALERT, "tlsv1 alert protocol version")
WRONG = at(Stage.HANDSHAKE, Trouble.NOT_TLS, "wrong version number")
SILENT = at(Stage.HANDSHAKE, Trouble.TIMED_OUT, "timed out")
SHORT_KEY = at(Stage.HANDSHAKE, Trouble.TLS_ERROR, "DH_KEY_TOO_SMALL")
NO_WAY = ReachHost(HOST, "there is no way to it from here")
CUT = ReachHost(HOST, "connections to it are cut off")
LEAF = certificate(HOST, "1eaf")
LACKS = fails(CERTIFI, Trouble.ISSUER_UNKNOWN, 20, 0)


def unreachable(code: int | None) -> Failure:
    return at(Stage.CONNECT, Trouble.UNREACHABLE, "the system's words", code)


def proxy_says(status: int) -> Failure:
    trouble = Trouble.PROXY_AUTH if status == 407 else Trouble.PROXY_REFUSED
    return at(Stage.PROXY, trouble, f"HTTP/1.1 {status} Words", status)


def proxy_refused_with(code: int) -> Failure:
    return at(Stage.PROXY, Trouble.PROXY_CERTIFICATE, "OpenSSL's words", code)


# fmt: off
ROWS = (
    Row("connection-refused", "server", case(REFUSED, port=8443),
        "`registry.example.com` refuses connections at port 8443:"
        " no program is listening there, or a firewall says no",
        CERTAIN, SERVER, (ReachHost(HOST, "port 8443 refuses connections"),)),
    Row("connection-refused", "proxy", case(REFUSED_BY_PROXY, route=PROXY),
        f"the proxy `{URL}` (HTTPS_PROXY) refuses connections:"
        " no program is listening there, or a firewall says no",
        CERTAIN, NETWORK, (ReachHost("proxy.example.com", "port 3128 refuses connections"),)),
    Row("connection-refused", "proxy-on-this-machine",
        case(REFUSED_BY_PROXY, route=replace(PROXY, host="127.0.0.1")),
        "the proxy `http://127.0.0.1:3128` (HTTPS_PROXY) would be a program on this machine,"
        " and nothing is listening there",
        CERTAIN, USER, (ReachHost("127.0.0.1", "port 3128 refuses connections"),)),
    Row("host-unreachable", "no-network", case(unreachable(101)),
        "this machine has no network that leads to `registry.example.com`",
        CERTAIN, USER, (NO_WAY,)),
    Row("host-unreachable", "no-host-on-windows", case(unreachable(10065)),
        "the network answers that `registry.example.com` cannot be reached",
        CERTAIN, NETWORK, (NO_WAY,)),
    Row("host-unreachable", "forbidden-here", case(unreachable(13)),
        "this machine forbids the connection to `registry.example.com`:"
        " likely a firewall or an antivirus program on it",
        LIKELY, IT, (NO_WAY,)),
    Row("host-unreachable", "no-reason", case(unreachable(None)),
        "`registry.example.com` cannot be reached from here", CERTAIN, USER, (NO_WAY,)),
    Row("timed-out", "looking-up", case(at(Stage.RESOLVE, Trouble.TIMED_OUT)),
        "the name server did not say in time which address `registry.example.com` has",
        CERTAIN, NETWORK, (ReachHost(HOST, "no answer in time while looking up the name"),)),
    Row("timed-out", "connecting", case(at(Stage.CONNECT, Trouble.TIMED_OUT)),
        "nothing answered at port 443 of `registry.example.com`: a firewall drops the connection,"
        " or the server is off",
        CERTAIN, NETWORK, (ReachHost(HOST, "no answer in time while connecting"),)),
    Row("timed-out", "proxy", case(at(Stage.PROXY, Trouble.TIMED_OUT), route=PROXY),
        f"the proxy `{URL}` (HTTPS_PROXY) did not answer in time: it, or the server behind it,"
        " is silent",
        CERTAIN, NETWORK,
        (ReachHost("proxy.example.com", "no answer in time while waiting for the proxy"),)),
    Row("timed-out", "handshake", case(SILENT),
        "`registry.example.com` took the connection at port 443 and then stayed silent,"
        " before it showed a certificate",
        CERTAIN, SERVER,
        (ReachHost(HOST, "no answer in time while agreeing on the encryption (TLS handshake)"),)),
    Row("connection-cut", "every-connection", case(HANGS_UP),
        "every connection to `registry.example.com` at port 443 was cut off before a certificate"
        " was judged, likely by a filter on the way or by the server",
        LIKELY, NETWORK, (CUT,)),
    Row("connection-cut", "some-connections", case(stores_fail={CERTIFI: RESET, SYSTEM: RESET}),
        "2 of 3 connections to `registry.example.com` at port 443 were cut off before a"
        " certificate was judged, likely by a filter on the way or by the server",
        LIKELY, NETWORK, (CUT,)),
    Row("connection-cut", "no-verdict-lost", case(capture=HANGS_UP),
        "1 of 3 connections to `registry.example.com` at port 443 was cut off before a"
        " certificate was judged, likely by a filter on the way or by the server",
        LIKELY, NETWORK, (CUT,), remark=True),
    Row("not-tls", "plain-http", case(WRONG, said=b"HTTP/1.1 400 Bad Request\r\n", port=80),
        "a web server without encryption (plain HTTP) answers at port 80 of"
        " `registry.example.com`, not a server that speaks TLS: https is likely on port 443",
        CERTAIN, USER),
    Row("not-tls", "http-on-443", case(WRONG, said=b"HTTP/1.1 302 Found\r\n"),
        "a web server without encryption (plain HTTP) answers at port 443 of"
        " `registry.example.com`, not a server that speaks TLS: a sign-in page of the"
        " network, a filter, or a fault of the server",
        CERTAIN, SERVER),
    Row("not-tls", "ssh", case(WRONG, said=b"SSH-2.0-OpenSSH_9.6\r\n", port=22),
        "an SSH server answers at port 22 of `registry.example.com`,"
        " not a server that speaks TLS: SSH has an encryption of its own and no certificates",
        CERTAIN, USER),
    Row("not-tls", "smtp", case(WRONG, said=b"220 mail ESMTP\r\n", port=25),
        "a mail server (SMTP) answers at port 25 of `registry.example.com`,"
        " not a server that speaks TLS: with TLS from the start that is usually on port 465",
        CERTAIN, USER),
    Row("not-tls", "ftp", case(WRONG, said=b"220 (vsFTPd 3.0.5)\r\n", port=2121),
        "a file server (FTP) answers at port 2121 of `registry.example.com`,"
        " not a server that speaks TLS: with TLS from the start FTP is usually on port 990",
        CERTAIN, USER),
    Row("not-tls", "imap", case(WRONG, said=b"* OK ready\r\n", port=143),
        "a mail server (IMAP) answers at port 143 of `registry.example.com`,"
        " not a server that speaks TLS: with TLS from the start that is usually on port 993",
        CERTAIN, USER),
    Row("not-tls", "pop3-too-short-for-the-library", case(SILENT, said=b"+OK\n", port=110),
        "a mail server (POP3) answers at port 110 of `registry.example.com`,"
        " not a server that speaks TLS: with TLS from the start that is usually on port 995",
        CERTAIN, USER),
    Row("not-tls", "unknown", case(WRONG, said=b"J\0\0\0\n5.7\0", port=3306),
        "something unknown answers at port 3306 of `registry.example.com`,"
        " not a server that speaks TLS",
        CERTAIN, USER),
    Row("handshake-failed", "alert", case(ALERT),
        "`registry.example.com` refuses to agree on an encryption (TLS handshake),"
        " saying `tlsv1 alert protocol version`",
        CERTAIN, SERVER),
    Row("handshake-failed", "error-of-the-stores-alone",
        case(stores_fail={CERTIFI: SHORT_KEY, SYSTEM: SHORT_KEY}),
        "this machine and `registry.example.com` find no encryption in common (TLS handshake):"
        " `DH_KEY_TOO_SMALL`",
        CERTAIN, SERVER),
    Row("handshake-failed", "with-the-proxy",
        case(replace(ALERT, stage=Stage.PROXY), route=TLS_PROXY),
        f"the proxy `{TLS_URL}` (HTTPS_PROXY) refuses to agree on an encryption (TLS handshake),"
        " saying `tlsv1 alert protocol version`",
        CERTAIN, NETWORK),
    # --- proxies
    Row("proxy-authentication-required", "none-given", case(proxy_says(407), route=PROXY),
        f"the proxy `{URL}` wants a user name and a password, and HTTPS_PROXY gives none",
        CERTAIN, USER, (ProxyCredentials(URL, "HTTPS_PROXY"),)),
    Row("proxy-authentication-required", "refused",
        case(proxy_says(407), route=replace(PROXY, has_credentials=True)),
        f"the proxy `{URL}` refuses the user name and password that HTTPS_PROXY gives",
        CERTAIN, USER, (ProxyCredentials(URL, "HTTPS_PROXY"),)),
    Row("proxy-authentication-required", "no-basic",
        case(replace(proxy_says(407), detail="NTLM, Negotiate"), route=PROXY),
        f"the proxy `{URL}` wants to know who you are in a way that Python programs do not offer"
        " (`NTLM, Negotiate`)",
        CERTAIN, IT, ()),
    Row("proxy-refused", "forbidden", case(proxy_says(403), route=PROXY),
        f"the proxy `{URL}` forbids the connection to `registry.example.com:443`",
        CERTAIN, NETWORK, (ReachHost(HOST, "the proxy answers HTTP/1.1 403 Words"),)),
    Row("proxy-refused", "bad-gateway", case(proxy_says(502), route=PROXY),
        f"the proxy `{URL}` answers that it gets no connection to `registry.example.com:443`"
        " itself (status 502)",
        CERTAIN, NETWORK, (ReachHost(HOST, "the proxy answers HTTP/1.1 502 Words"),)),
    Row("proxy-refused", "sign-in", case(proxy_says(302), route=PROXY),
        f"the proxy `{URL}` likely wants you to sign in to the network first (status 302)",
        LIKELY, USER, (ReachHost(HOST, "the proxy answers HTTP/1.1 302 Words"),)),
    Row("proxy-refused", "no-proxy-at-all", case(proxy_says(405), route=PROXY),
        f"`{URL}`, which HTTPS_PROXY names as the proxy, is likely a web server and no proxy"
        " (status 405)",
        LIKELY, USER, (ReachHost(HOST, "the proxy answers HTTP/1.1 405 Words"),)),
    Row("proxy-refused", "another-status", case(proxy_says(429), route=PROXY),
        f"the proxy `{URL}` makes no connection to `registry.example.com:443` (status 429)",
        CERTAIN, NETWORK, (ReachHost(HOST, "the proxy answers HTTP/1.1 429 Words"),)),
    Row("proxy-scheme-mismatch", "https-for-a-plain-one",
        case(at(Stage.PROXY, Trouble.PROXY_SCHEME), route=TLS_PROXY),
        "the proxy `proxy.example.com:3128` does not speak TLS, so it is likely a plain proxy:"
        f" in HTTPS_PROXY, write `{URL}` instead of `{TLS_URL}`",
        LIKELY, USER, (CorrectProxyUrl(TLS_URL, "HTTPS_PROXY", "http"),)),
    Row("proxy-scheme-mismatch", "http-for-an-encrypted-one",
        case(at(Stage.PROXY, Trouble.PROXY_SCHEME), route=PROXY),
        "the proxy `proxy.example.com:3128` speaks TLS only:"
        f" in HTTPS_PROXY, write `{TLS_URL}` instead of `{URL}`",
        CERTAIN, USER, (CorrectProxyUrl(URL, "HTTPS_PROXY", "https"),)),
    Row("proxy-not-http", "other-words",
        case(at(Stage.PROXY, Trouble.PROXY_NOT_HTTP), route=PROXY),
        f"what HTTPS_PROXY names as the proxy, `{URL}`,"
        " answers in another way than a proxy for the web (HTTP) does",
        CERTAIN, USER, (ReachHost("proxy.example.com", "it does not answer as an HTTP proxy"),)),
    Row("proxy-not-http", "hangs-up", case(at(Stage.PROXY, Trouble.CLOSED), route=PROXY),
        f"the proxy `{URL}` (HTTPS_PROXY) hangs up without an answer:"
        " likely the address is wrong, or it does not let this machine through",
        LIKELY, NETWORK,
        (ReachHost("proxy.example.com", "it does not answer as an HTTP proxy"),)),
    Row("proxy-certificate", "untrusted-by-one",
        case(stores_fail={CERTIFI: proxy_refused_with(20)}, route=TLS_PROXY),
        f"the certificate of the proxy itself, `{TLS_URL}` (HTTPS_PROXY), comes from an authority"
        " that certifi does not trust, while the operating system does",
        CERTAIN, USER,
        (TrustAnchor("the authority of the proxy proxy.example.com", None, (SYSTEM,)),)),
    Row("proxy-certificate", "untrusted-by-all", case(proxy_refused_with(19), route=TLS_PROXY),
        f"the certificate of the proxy itself, `{TLS_URL}` (HTTPS_PROXY), comes from an authority"
        " that certifi and the operating system do not trust",
        CERTAIN, IT, (TrustAnchor("the authority of the proxy proxy.example.com", None, ()),)),
    Row("proxy-certificate", "other-name", case(proxy_refused_with(62), route=TLS_PROXY),
        f"the certificate of the proxy itself, `{TLS_URL}` (HTTPS_PROXY),"
        " is not for the name `proxy.example.com`",
        CERTAIN, NETWORK, (ReplaceServerCertificate("proxy.example.com", ()),)),
    Row("proxy-certificate", "expired", case(proxy_refused_with(10), route=TLS_PROXY),
        f"the certificate of the proxy itself, `{TLS_URL}` (HTTPS_PROXY), has expired",
        CERTAIN, NETWORK),
)

#: Neighbours: (cause, id, a case in which it has nothing to say)
SILENCES = (
    ("connection-refused", "reached", case()),
    ("connection-refused", "timed-out", case(SILENT)),
    ("host-unreachable", "refused", case(REFUSED)),
    ("timed-out", "refused", case(REFUSED)),
    ("timed-out", "greeting-of-another-protocol", case(SILENT, said=b"+OK\n")),
    ("timed-out", "alert-in-tls", case(ALERT, said=b"\x15\x03\x01\x00\x02\x02\x46")),
    ("connection-cut", "alert", case(ALERT)),
    ("connection-cut", "by-the-proxy", case(at(Stage.PROXY, Trouble.CLOSED), route=PROXY)),
    ("connection-cut", "after-a-greeting", case(HANGS_UP, said=b"220 mail ESMTP\r\n")),
    ("not-tls", "alert-in-tls", case(ALERT, said=b"\x15\x03\x01\x00\x02\x02\x46")),
    ("not-tls", "hangs-up", case(HANGS_UP)),
    ("handshake-failed", "not-tls", case(ALERT, said=b"HTTP/1.1 400 Bad Request\r\n")),
    ("handshake-failed", "hangs-up", case(HANGS_UP)),
    ("handshake-failed", "refused-by-verification",
     case(stores_fail=LACKS, chain=(LEAF,))),
    ("proxy-authentication-required", "forbidden", case(proxy_says(403), route=PROXY)),
    ("proxy-refused", "wants-a-password", case(proxy_says(407), route=PROXY)),
    ("proxy-scheme-mismatch", "not-http",
     case(at(Stage.PROXY, Trouble.PROXY_NOT_HTTP), route=PROXY)),
    ("proxy-not-http", "scheme", case(at(Stage.PROXY, Trouble.PROXY_SCHEME), route=PROXY)),
    ("proxy-not-http", "server-hangs-up", case(HANGS_UP, route=PROXY)),
    ("proxy-certificate", "the-server's",
     case(stores_fail=LACKS, chain=(LEAF,), route=TLS_PROXY)),
)

#: (cause, case, the whole evidence)
EVIDENCE = (
    ("connection-refused", case(REFUSED),
     ("port 443 of `registry.example.com` refused to connect", "the answer: `Connection refused`")),
    ("host-unreachable", case(unreachable(101), addresses=("2001:db8::1",)),
     ("the answer: `the system's words`",
      "its name has IPv6 addresses only, which a network without IPv6 cannot reach")),
    ("proxy-refused", case(proxy_says(403), route=PROXY, port=8443),
     ("HTTPS_PROXY names this proxy", "the answer: `HTTP/1.1 403 Words`",
      "many proxies allow port 443 only, and this is port 8443")),
    ("proxy-not-http", case(at(Stage.PROXY, Trouble.CLOSED, "closed"), route=PROXY),
     (f"HTTPS_PROXY names `{URL}`", "the answer: `closed`",
      "a proxy that wants `https://` may hang up so too")),
    ("handshake-failed", case(ALERT, route=PROXY),
     ("the answer: `tlsv1 alert protocol version`",
      "which can mean: there is no TLS version in common; one side is old",
      f"the way leads through the proxy `{URL}` (HTTPS_PROXY)")),
    ("not-tls", case(WRONG, said=b"SSH-2.0-x\r\nmore"),
     ("the server said first: `SSH-2.0-x`", "the answer: `wrong version number`")),
)

#: Every way in which a connection can end before verification (`probe.dial`, `probe.translate`).
ON_ANY_WAY = ("refused", "unreachable", "reset", "closed", "timed-out", "tls-alert", "tls-error")
ENDINGS = (
    *((Stage.CONNECT, Trouble(word), Direct()) for word in ON_ANY_WAY[:3]),
    *((Stage.HANDSHAKE, Trouble(word), Direct()) for word in (*ON_ANY_WAY, "not-tls")),
    *((Stage.PROXY, Trouble(word), TLS_PROXY) for word in (*ON_ANY_WAY, "name-not-resolved")),
    *((Stage.PROXY, trouble, PROXY) for trouble in Trouble if trouble.value.startswith("proxy-")),
    *((Stage.RESOLVE, Trouble(word), Direct())
      for word in ("name-not-resolved", "timed-out", "unreachable")),
    (Stage.CONNECT, Trouble.TIMED_OUT, Direct()),
)
# fmt: on


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.cause}-{row.id}")
def test_a_cause_says_what_happened_and_who_must_act(row: Row) -> None:
    """A cause is recognised by its facts, and says all of it in one sentence."""
    assert expected(row) == told(row)


@pytest.mark.parametrize(
    ("name", "facts"),
    [(name, facts) for name, _, facts in SILENCES],
    ids=[f"{name}-{label}" for name, label, _ in SILENCES],
)
def test_a_cause_is_silent_about_its_neighbours(name: str, facts: Case) -> None:
    """A failure of another kind is left to the cause that is about it."""
    assert cause(name).recognise(facts) is None


@pytest.mark.parametrize("name", sorted({row.cause for row in ROWS}))
def test_every_cause_has_a_neighbour_that_it_is_silent_about(name: str) -> None:
    """A cause that always speaks would pass every row above."""
    assert name in {each for each, _, _ in SILENCES}


@pytest.mark.parametrize(
    ("name", "facts", "evidence"), EVIDENCE, ids=[name for name, _, _ in EVIDENCE]
)
def test_the_evidence_tells_the_facts(name: str, facts: Case, evidence: tuple[str, ...]) -> None:
    """What a help desk would ask next stands in the evidence, native words verbatim."""
    assert evidence == finding(name, facts).evidence


def name_of(part: object) -> str:
    return str(part) if isinstance(part, Word) else type(part).__name__


@pytest.mark.parametrize(("stage", "trouble", "route"), ENDINGS, ids=name_of)
def test_one_cause_explains_each_ending(stage: Stage, trouble: Trouble, route: Route) -> None:
    """No connection that ended early goes unexplained, and none is explained twice."""
    facts = case(at(stage, trouble), route=route)
    found = [
        each.id for each in entries("diagnose.causes", "CAUSE", Cause) if each.recognise(facts)
    ]
    assert len([name for name in found if name != "unexplained"]) == 1


def test_a_hostile_greeting_reaches_no_terminal() -> None:
    """What a peer says first is shown with escapes, and ends no code span."""
    found = finding("not-tls", case(WRONG, said=b"\x1b[2J`rm`\r\n"))
    assert found.evidence[0] == r"the server said first: `\x1b[2J'rm'`"

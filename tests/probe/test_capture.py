"""The connection that verifies nothing: the chain exactly as sent, and how it was spoken."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from diagnose.demo.loopback import Connection, listening
from diagnose.demo.pki import Credential, self_signed_leaf
from diagnose.demo.proxy import connect_proxy
from diagnose.demo.servers import (
    BAD_REQUEST,
    Server,
    banner_server,
    closing_server,
    plain_http_server,
    refused_port,
    silent_server,
    tls_server,
)
from diagnose.model.attempt import Capture, Failure, Stage, Trouble
from diagnose.probe.attempts import proxy_handshake
from diagnose.probe.capture import Captured, capture
from diagnose.probe.channel import Channel, Session
from diagnose.probe.dial import Line
from tests.probe.world import HOST, ISSUING, OTHER, ROOT, line, line_through, prints, store

LEAF = ISSUING.leaf(HOST)


def never(channel: Channel, host: str) -> Session:
    return pytest.fail("no proxy with TLS is in the way")


def captured(way: Line) -> Captured:
    return capture(way, never)


CHAINS: dict[str, Credential] = {
    "usual": LEAF,
    "leaf alone": LEAF.sending(),
    "root too": LEAF.sending(ISSUING, ROOT),
    "wrong order": LEAF.sending(ROOT, ISSUING),
    "doubled": LEAF.sending(ISSUING, LEAF, ISSUING),
    "unrelated": LEAF.sending(OTHER),
    "self-signed": self_signed_leaf(HOST),
    "other name": ISSUING.leaf("other.example.com"),
    "forty": LEAF.sending(*[ISSUING] * 39),
}


@pytest.mark.parametrize("name", CHAINS)
def test_the_chain_is_kept_as_it_was_sent(name: str) -> None:
    """Nothing is verified, completed, sorted or left out; the server is asked for no page."""
    credential = CHAINS[name]
    with tls_server(credential) as server:
        found = captured(line(server))
    assert found.certificates == credential.chain
    assert found.capture == Capture(
        chain=prints(*credential.chain),
        address="127.0.0.1",
        protocol="TLSv1.3",
        cipher=found.capture.cipher,
        alpn="http/1.1",
    )
    assert (found.capture.cipher or "").startswith("TLS_")
    assert (server.requests, server.server_names) == ([], [HOST])


def test_protocol_and_alpn_are_those_that_were_agreed() -> None:
    """An older server without ALPN is told from a new one."""
    with tls_server(LEAF, alpn=(), tls_max=ssl.TLSVersion.TLSv1_2) as server:
        found = captured(line(server)).capture
    assert (found.protocol, found.alpn, found.failure) == ("TLSv1.2", None, None)


def test_an_address_is_not_sent_as_a_name() -> None:
    """SNI holds names only (RFC 6066 section 3)."""
    with tls_server(ISSUING.leaf("127.0.0.1")) as server:
        assert captured(line(server, "127.0.0.1")).capture.failure is None
    assert server.server_names == [None]


@contextmanager
def saying(words: bytes) -> Iterator[Server]:
    """A server that waits for the hello, says something and closes."""

    def handle(connection: Connection) -> None:
        connection.receive()
        connection.send(words)

    with listening(handle) as port:
        yield Server("tcp", "127.0.0.1", port)


BANNERS = {
    "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "SMTP": b"220 mail.example.com ESMTP ready\r\n",
    "binary": bytes(range(0x80, 0x100)),
    "long": b"220-" + b"x" * 5000,
}


@pytest.mark.parametrize("name", BANNERS)
def test_what_a_server_of_another_protocol_says_first_is_kept(name: str) -> None:
    """256 bytes of a greeting are enough to know whose it is."""
    with banner_server(BANNERS[name]) as server:
        found = captured(line(server)).capture
    assert found.failure is not None
    assert (found.failure.stage, found.failure.trouble) == (Stage.HANDSHAKE, Trouble.NOT_TLS)
    assert (found.first_bytes, found.chain) == (BANNERS[name][:256], ())


def test_a_web_server_s_status_line_is_kept() -> None:
    """Plain HTTP on a port is told by its status line."""
    with plain_http_server() as server:
        found = captured(line(server)).capture
    assert found.failure == Failure(Stage.HANDSHAKE, Trouble.NOT_TLS, "wrong version number")
    assert found.first_bytes.split(b"\r\n")[0] == BAD_REQUEST.encode()


def test_an_alert_is_told_and_is_not_a_greeting() -> None:
    """A server that speaks TLS and refuses is no server of another protocol."""
    with saying(b"\x15\x03\x03\x00\x02\x02\x28") as server:
        found = captured(line(server)).capture
    assert found.failure is not None
    assert (found.failure.trouble, found.first_bytes) == (Trouble.TLS_ALERT, b"")
    assert "alert handshake failure" in found.failure.words


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (b"", Trouble.CLOSED),
        (b"\x16\x03\x03", Trouble.CLOSED),
        (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", Trouble.TLS_ERROR),
        (b"\x16\x03\x03\xff\xff" + b"x" * 70_000, Trouble.NOT_TLS),
        (b"\x00" * 100, Trouble.NOT_TLS),
    ],
    ids=["nothing", "half a record", "an empty hello", "a record too long", "zeros"],
)
def test_a_broken_handshake_is_a_failure(words: bytes, trouble: Trouble) -> None:
    """Whatever comes, it ends in a failure of the handshake with words of its own."""
    with saying(words) as server:
        found = captured(line(server)).capture
    assert found.failure is not None
    assert found.failure.words
    assert (found.failure.stage, found.failure.trouble) == (Stage.HANDSHAKE, trouble)


def test_a_reset_is_told_from_an_end() -> None:
    """A firewall that resets is told from a server that closes."""
    with closing_server(reset=True) as server:
        found = captured(line(server)).capture
    assert found.failure is not None
    assert found.failure.trouble is Trouble.RESET


def test_a_silent_server_is_given_up() -> None:
    """The handshake has a time limit of its own."""
    with silent_server() as server:
        found = captured(line(server, seconds=0.3)).capture
    assert found.failure == Failure(Stage.HANDSHAKE, Trouble.TIMED_OUT, "timed out")


def test_a_server_that_is_not_there() -> None:
    """Without a connection there is only the failure."""
    with refused_port() as server:
        found = captured(line(server))
    assert found.certificates == ()
    assert found.capture.failure is not None
    assert found.capture.failure.stage is Stage.CONNECT


def test_a_greeting_through_a_proxy_is_kept() -> None:
    """A server that speaks first is heard through a tunnel, whatever packet its words are in."""
    with banner_server(BANNERS["SSH"]) as server, connect_proxy() as proxy:
        found = captured(line_through(proxy, server)).capture
    assert (found.first_bytes, found.address) == (BANNERS["SSH"], "127.0.0.1")


def test_an_https_proxy_is_verified_all_the_same() -> None:
    """The capture trusts every server, and no proxy that no store vouches for."""
    context = store(ROOT).context
    assert context is not None
    leaf = ISSUING.leaf("127.0.0.1")
    with tls_server(leaf) as server, connect_proxy(tls=ISSUING.leaf("localhost")) as proxy:
        good = capture(line_through(proxy, server), proxy_handshake(context))
    assert good.certificates == leaf.chain
    with tls_server(leaf) as server, connect_proxy(tls=OTHER.leaf("localhost")) as proxy:
        bad = capture(line_through(proxy, server), proxy_handshake(context))
    assert bad.capture.failure is not None
    assert bad.capture.failure.trouble is Trouble.PROXY_CERTIFICATE
    assert (proxy.requests, server.server_names) == ([], [])

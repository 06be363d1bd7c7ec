"""Reaching a server or a proxy, and every way in which that fails."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from diagnose.demo.loopback import Connection, listening
from diagnose.demo.proxy import connect_proxy
from diagnose.demo.servers import (
    Server,
    banner_server,
    closing_server,
    plain_http_server,
    refused_port,
    silent_server,
    tls_server,
)
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.target import Direct
from diagnose.probe.attempts import proxy_handshake
from diagnose.probe.channel import Channel, Session
from diagnose.probe.dial import Line, ProxyHandshake, Unreached, connect, look_up, resolve
from diagnose.probe.routes import Credentials, Way
from tests.probe.world import HOST, ISSUING, ROOT, line, line_through, store, target

#: Shorter than any other wait here, longer than anything on loopback takes.
SHORT = 0.3


def never(channel: Channel, host: str) -> Session:
    return pytest.fail("no proxy with TLS is in the way")


def shake() -> ProxyHandshake:
    context = store(ROOT).context
    assert context is not None
    return proxy_handshake(context)


def failure_of(way: Line, handshake: ProxyHandshake = never) -> Failure:
    with pytest.raises(Unreached) as caught:
        connect(way, handshake)
    return caught.value.failure


@contextmanager
def answering(answer: bytes) -> Iterator[Server]:
    """A proxy that answers the head of any request with these bytes."""

    def handle(connection: Connection) -> None:
        connection.request()
        connection.send(answer)

    with listening(handle) as port:
        yield Server("http", "127.0.0.1", port)


def test_a_refused_connection() -> None:
    """Nothing listens there; the host is named."""
    with refused_port() as server:
        found = failure_of(line(server))
    words = "Connection refused"
    assert found == Failure(Stage.CONNECT, Trouble.REFUSED, words, errno.ECONNREFUSED, detail=HOST)


def test_the_next_address_is_tried() -> None:
    """A dead address of a name does not hide the living one."""
    with silent_server() as server:
        channel, address = connect(line(server, addresses=["::1", "127.0.0.1"]), never)
        channel.close()
    assert address == "127.0.0.1"


def test_a_name_without_addresses() -> None:
    """An empty answer of the resolver is a failure like any other."""
    with silent_server() as server:
        way = line(server)
    nowhere = Line(way.target, way.host, way.port, (), SHORT)
    assert failure_of(nowhere).trouble is Trouble.UNREACHABLE


def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no such socket can be made, the other addresses are tried, or a failure told."""
    real = socket.socket

    class Without6(real):  # type: ignore[valid-type, misc]
        def __init__(self, family: int = -1, *rest: int, **more: object) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *rest, **more)

    with silent_server() as server:
        monkeypatch.setattr(socket, "socket", Without6)
        found = failure_of(line(server, addresses=["::1"]))
        channel, address = connect(line(server, addresses=["::1", "127.0.0.1"]), never)
        channel.close()
    assert found.trouble is Trouble.UNREACHABLE
    assert address == "127.0.0.1"


def test_all_addresses_share_the_time_of_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen dead addresses do not wait sixteen times; the first ones get the most."""
    given: list[float | None] = []

    def connect_never(self: socket.socket, address: object) -> None:
        given.append(self.gettimeout())
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", connect_never)
    with silent_server() as server:
        found = failure_of(line(server, seconds=8, addresses=["127.0.0.1"] * 3))
    assert found.trouble is Trouble.TIMED_OUT
    assert [round(each or 0) for each in given] == [4, 4, 8]


def test_a_name_that_does_not_exist() -> None:
    """The stage is the resolver's, and the name is told."""
    with pytest.raises(Unreached) as caught:
        resolve(target(Server("tcp", "", 443), "wiki.invalid"), Way(Direct()), SHORT)
    found = caught.value.failure
    assert (found.stage, found.trouble, found.detail) == (
        Stage.RESOLVE,
        Trouble.NAME_NOT_RESOLVED,
        "wiki.invalid",
    )


def test_a_name_that_the_resolver_cannot_even_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python refuses to encode is a name that is not resolved, not an error of ours."""

    def refuse(*_: object, **__: object) -> None:
        raise UnicodeError("label too long")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(socket.gaierror, match="label too long"):
        look_up("a" * 64, 443, SHORT)


def test_a_silent_resolver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """`getaddrinfo` knows no time limit; the stage does."""
    import threading

    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (released.wait(30), [])[1])
    try:
        with pytest.raises(Unreached) as caught:
            resolve(target(Server("tcp", "", 443)), Way(Direct()), 0.05)
    finally:
        released.set()
    assert (caught.value.failure.stage, caught.value.failure.trouble) == (
        Stage.RESOLVE,
        Trouble.TIMED_OUT,
    )


def test_a_link_local_address_keeps_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its zone a link-local address leads nowhere (RFC 4007 section 11.2)."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 443, 0, 2)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 443, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)),
        (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert look_up("host", 443, SHORT) == ("fe80::1%2", "2001:db8::1", "127.0.0.1")


PROXIES: dict[str, tuple[Callable[[], AbstractContextManager[Server]], str, Trouble, str]] = {
    "closes": (
        closing_server,
        "http",
        Trouble.CLOSED,
        "the proxy closed the connection without an answer",
    ),
    "resets": (
        lambda: closing_server(reset=True), "http", Trouble.RESET, "Connection reset by peer"
    ),
    "is silent": (silent_server, "http", Trouble.TIMED_OUT, "timed out"),
    "refuses the connection": (refused_port, "http", Trouble.REFUSED, "Connection refused"),
    "wants credentials": (
        lambda: connect_proxy(require=("u", "p")),
        "http",
        Trouble.PROXY_AUTH,
        "HTTP/1.1 407 Proxy Authentication Required",
    ),
    "refuses": (
        lambda: connect_proxy(refuse="403 Forbidden", answer=b"<html>Blocked</html>"),
        "http",
        Trouble.PROXY_REFUSED,
        "HTTP/1.1 403 Forbidden",
    ),
    "cannot reach the server": (
        lambda: connect_proxy(resolve={"127.0.0.1": ("127.0.0.1", 1)}),
        "http",
        Trouble.PROXY_REFUSED,
        "HTTP/1.1 502 Bad Gateway",
    ),
    "is a web page": (
        lambda: answering(b"<html>Welcome</html>"),
        "http",
        Trouble.PROXY_NOT_HTTP,
        "the proxy's answer is not HTTP",
    ),
    "is an SSH server": (
        lambda: banner_server(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "http",
        Trouble.PROXY_NOT_HTTP,
        "the proxy's answer is not HTTP",
    ),
    "wants TLS": (
        lambda: tls_server(ISSUING.leaf("localhost")),
        "http",
        Trouble.PROXY_SCHEME,
        "the proxy closes on plain HTTP and answers TLS",
    ),
    "says in TLS that it wants TLS": (
        lambda: answering(b"\x15\x03\x01\x00\x02\x02\x46"),
        "http",
        Trouble.PROXY_SCHEME,
        "the proxy's answer is not HTTP",
    ),
    "wants TLS and says so": (
        lambda: answering(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n"
            b"<h1>The plain HTTP request was sent to HTTPS port</h1>"
        ),
        "http",
        Trouble.PROXY_SCHEME,
        "the proxy's answer is not HTTP",
    ),
    "does not understand": (
        lambda: answering(b"HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        "http",
        Trouble.PROXY_REFUSED,
        "HTTP/1.0 400 Bad Request",
    ),
    "does not speak TLS": (
        plain_http_server, "https", Trouble.PROXY_SCHEME, "WRONG_VERSION_NUMBER"
    ),
    "closes when it sees TLS": (
        closing_server, "https", Trouble.CLOSED, "UNEXPECTED_EOF_WHILE_READING"
    ),
    "is silent when it sees TLS": (silent_server, "https", Trouble.TIMED_OUT, "timed out"),
    "has a certificate for another name": (
        lambda: connect_proxy(tls=ISSUING.leaf("other.example.com")),
        "https",
        Trouble.PROXY_CERTIFICATE,
        "Hostname mismatch, certificate is not valid for 'localhost'.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_that(name: str) -> None:
    """Whatever a proxy does wrong is the proxy's stage, with its address and its own words."""
    play, scheme, trouble, words = PROXIES[name]
    seconds = SHORT if trouble is Trouble.TIMED_OUT else 20
    with play() as proxy:
        way = line_through(proxy, Server("tcp", "127.0.0.1", 1), scheme=scheme, seconds=seconds)
        found = failure_of(way, shake())
    assert (found.stage, found.trouble, found.words) == (Stage.PROXY, trouble, words)
    if trouble is not Trouble.PROXY_CERTIFICATE and scheme == "http":
        offered = "Basic" if trouble is Trouble.PROXY_AUTH else ""
        assert found.detail == (offered or f"{scheme}://localhost:{proxy.port}")


def test_a_status_is_the_code() -> None:
    """The proxy's status is kept as a number."""
    with connect_proxy(require=("u", "p")) as proxy:
        way = line_through(
            proxy, Server("tcp", "127.0.0.1", 1), credentials=Credentials("u", "wrong")
        )
        assert failure_of(way).code == 407


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", b"HTTP/1.0 200\n\n"],
    ids=["CRLF", "LF"],
)
def test_what_comes_with_the_consent_belongs_to_the_tunnel(head: bytes) -> None:
    """A server that speaks first is heard, though its words come together with the proxy's."""
    with answering(head + b"220 mail.example.com ESMTP\r\n") as proxy:
        way = line_through(proxy, Server("tcp", "127.0.0.1", 1))
        channel, _ = connect(way, never)
        channel.renew(20)
        found = [channel.receive(3), channel.receive(100), channel.receive(100)]
        channel.close()
    assert found == [b"220", b" mail.example.com ESMTP\r\n", b""]


def test_an_endless_head_is_given_up() -> None:
    """A proxy cannot make us read for ever, and what has no end is no success."""
    with answering(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000) as proxy:
        way = line_through(proxy, Server("tcp", "127.0.0.1", 1))
        with pytest.raises(Unreached) as caught:
            connect(way, never)
    assert caught.value.failure.trouble is Trouble.PROXY_NOT_HTTP


def test_a_dripping_proxy_has_the_time_of_one_stage() -> None:
    """A byte now and then does not renew the deadline."""

    def drip(connection: Connection) -> None:
        connection.request()
        # Waits for nothing but the peer's patience: it leaves, or the loop ends by its count.
        connection.send(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            connection.send(b"X")
            if select.select([connection], [], [], 0.02)[0]:
                return

    with listening(drip) as port:
        proxy = Server("http", "127.0.0.1", port)
        began = time.monotonic()
        way = line_through(proxy, Server("tcp", "127.0.0.1", 1), seconds=SHORT)
        found = failure_of(way)
    assert (found.stage, found.trouble) == (Stage.PROXY, Trouble.TIMED_OUT)
    assert time.monotonic() - began < 3.5

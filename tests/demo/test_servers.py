"""Servers on loopback behave as ordered towards real `ssl` clients, and end without a trace."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from diagnose.demo.pki import Authority, Issued
from diagnose.demo.servers import (
    Server,
    banner_server,
    certificate_file_server,
    closing_server,
    http_server,
    plain_http_server,
    refused_port,
    silent_server,
    tls_server,
)

#: Generous: nothing here waits for it, except where the test says so.
WAIT = 20

ROOT = Authority.root()
ISSUING = ROOT.intermediate()
LEAF = ISSUING.leaf("localhost", "127.0.0.1", "::1")
PAGES = {"/simple/demo/": b"<a href='demo.whl'>demo.whl</a>", "/simple/demo/demo.whl": b"PK\x00"}


def trusting(*anchors: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor.der)
    return context


@contextlib.contextmanager
def tls_client(
    server: Server, context: ssl.SSLContext, name: str = "localhost"
) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection((server.host, server.port), WAIT) as plain,
        context.wrap_socket(plain, server_hostname=name) as client,
    ):
        yield client


def read_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Holds for every test of this file: what a server started has ended with it."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_a_verified_client_gets_the_page_it_asks_for() -> None:
    """One request, one response, recorded with its fields and the name of the ClientHello."""
    with tls_server(LEAF, pages=PAGES) as server:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trusting(ROOT)),
        )
        url = server.url("/simple/demo/?x=1", "localhost")
        with opener.open(url, timeout=WAIT) as response:
            assert response.read() == PAGES["/simple/demo/"]
            assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        (request,) = server.requests
        assert request.line == "GET /simple/demo/?x=1 HTTP/1.1"
        assert request.field("host") == f"localhost:{server.port}"
        assert server.server_names == ["localhost"]


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/simple/demo/demo.whl", 200, b"PK\x00"),
        ("HEAD", "/simple/demo/demo.whl", 200, b""),
        ("GET", "/other", 404, b""),
        ("POST", "/simple/demo/", 405, b""),
    ],
)
def test_pages_are_served_by_path(method: str, path: str, status: int, body: bytes) -> None:
    """What is there is found, by GET and HEAD only."""
    with http_server(PAGES) as server:
        client = http.client.HTTPConnection(server.host, server.port, timeout=WAIT)
        with contextlib.closing(client):
            client.request(method, path)
            response = client.getresponse()
            assert (response.status, response.read()) == (status, body)


def test_a_client_that_refuses_the_certificate_sends_no_request() -> None:
    """A verification failure ends the handshake, and the server lives on."""
    with tls_server(LEAF, pages=PAGES) as server:
        with (
            pytest.raises(ssl.SSLCertVerificationError) as caught,
            tls_client(server, trusting()),
        ):
            pass
        assert caught.value.verify_code == 20
        with tls_client(server, trusting(ROOT)) as client:
            assert client.version() == "TLSv1.3"
    assert server.requests == []


def test_the_chain_sent_is_exactly_the_one_given() -> None:
    """Doubled and unrelated certificates included, in their order."""
    unrelated = Authority.root("Example Old Root CA")
    odd = LEAF.sending(unrelated, ISSUING, ISSUING, ROOT)
    for credential in (odd, LEAF, LEAF.sending()):
        with (
            tls_server(credential) as server,
            socket.create_connection((server.host, server.port), WAIT) as plain,
        ):
            plain.setblocking(True)
            client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), plain)
            client.set_connect_state()
            client.do_handshake()
            chain = client.get_peer_cert_chain(as_cryptography=True)
        assert chain is not None
        sent = tuple(each.public_bytes(Encoding.DER) for each in chain)
        assert credential.chain == sent


def test_another_certificate_is_sent_for_another_name() -> None:
    """`by_name` picks by SNI; a name it does not hold gets the default."""
    other = ROOT.leaf("registry.example.com")
    with tls_server(LEAF, by_name={"registry.example.com": other}) as server:
        for name, expected in (("registry.example.com", other), ("localhost", LEAF)):
            with tls_client(server, trusting(ROOT), name) as client:
                assert client.getpeercert(binary_form=True) == expected.der
    assert server.server_names == ["registry.example.com", "localhost"]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(("http/1.1",), "http/1.1"), (("h2", "http/1.1"), "h2"), ((), None)],
    ids=["http/1.1", "h2", "none"],
)
def test_alpn_is_what_the_server_has(offered: tuple[str, ...], chosen: str | None) -> None:
    """The server's preference decides; without one there is no ALPN."""
    context = trusting(ROOT)
    context.set_alpn_protocols(["http/1.1", "h2"])
    with tls_server(LEAF, alpn=offered) as server, tls_client(server, context) as client:
        assert client.selected_alpn_protocol() == chosen


def test_a_server_can_be_held_back_to_an_older_protocol() -> None:
    """TLS 1.2 at most; and one that ends before TLS 1.2 is refused by a client of today."""
    with (
        tls_server(LEAF, tls_max=ssl.TLSVersion.TLSv1_2) as server,
        tls_client(server, trusting(ROOT)) as client,
    ):
        assert client.version() == "TLSv1.2"
    with (
        tls_server(LEAF, tls_max=ssl.TLSVersion.TLSv1_1) as server,
        pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"),
        tls_client(server, trusting(ROOT)),
    ):
        pass


def test_many_clients_are_served_at_once() -> None:
    """Eight clients, each holding its connection until all of them have theirs."""
    together = threading.Barrier(8, timeout=WAIT)

    def visit(_: int) -> bytes:
        with tls_client(server, trusting(ROOT)) as client:
            together.wait()
            client.sendall(b"GET /simple/demo/ HTTP/1.1\r\n\r\n")
            return read_all(client).partition(b"\r\n\r\n")[2]

    with tls_server(LEAF, pages=PAGES) as server, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(visit, range(8))) == {PAGES["/simple/demo/"]}


def test_a_server_ends_while_clients_hold_their_connections() -> None:
    """Connected, in the middle of TLS, or in the middle of a request: all of them are cut."""
    with contextlib.ExitStack() as clients:
        with tls_server(LEAF) as server:
            plain = clients.enter_context(
                socket.create_connection((server.host, server.port), WAIT)
            )
            encrypted = clients.enter_context(tls_client(server, trusting(ROOT)))
            encrypted.sendall(b"GET / HT")
        for client in (plain, encrypted):
            with contextlib.suppress(ConnectionResetError):
                assert read_all(client) == b""


def test_a_request_without_end_is_not_answered() -> None:
    """The head of a request is bounded; then the connection ends."""
    with (
        http_server(PAGES) as server,
        socket.create_connection((server.host, server.port), WAIT) as client,
    ):
        with contextlib.suppress(OSError):
            client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70000)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    assert server.requests == []


def test_ipv6_is_served_where_the_machine_has_it() -> None:
    """The address in a URL stands in brackets."""
    try:
        with tls_server(LEAF, host="::1") as server, tls_client(server, trusting(ROOT), "::1"):
            assert server.url("/x") == f"https://[::1]:{server.port}/x"
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")


def test_a_certificate_file_is_served_as_its_issuer_address_says() -> None:
    """DER over plain HTTP with the media type of RFC 5280 section 4.2.1.13."""
    with certificate_file_server(ISSUING.der, "/issuing.cer") as server:
        client = http.client.HTTPConnection(server.host, server.port, timeout=WAIT)
        with contextlib.closing(client):
            client.request("GET", "/issuing.cer")
            response = client.getresponse()
            assert response.read() == ISSUING.der
            assert response.headers["Content-Type"] == "application/pkix-cert"
        assert server.url("/issuing.cer") == f"http://127.0.0.1:{server.port}/issuing.cer"


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (plain_http_server, "WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE"),
        (lambda: banner_server(b"SSH-2.0-OpenSSH_9.6\r\n"), "WRONG_VERSION_NUMBER|RECORD_LAYER"),
        (lambda: banner_server(b"220 mail.example.com ESMTP\r\n"), "WRONG_VERSION|RECORD_LAYER"),
        (closing_server, "EOF|closed"),
        (lambda: closing_server(reset=True), "reset"),
        (refused_port, "refused"),
    ],
    ids=["plain-http", "ssh", "smtp", "closes", "resets", "refuses"],
)
def test_a_tls_client_fails_in_its_own_way(
    start: Callable[[], contextlib.AbstractContextManager[Server]], words: str
) -> None:
    """Each port that is not TLS fails as its like in the world does."""
    with (
        start() as server,
        pytest.raises(OSError, match=words),
        tls_client(server, trusting(ROOT)),
    ):
        pass


def test_a_silent_server_lets_the_client_wait() -> None:
    """It accepts, takes all bytes, and the client's own time limit ends it."""
    with (
        silent_server() as server,
        socket.create_connection((server.host, server.port), 0.05) as plain,
        pytest.raises(TimeoutError),
        trusting(ROOT).wrap_socket(plain, server_hostname="localhost"),
    ):
        pass


def test_plain_http_answers_a_client_hello_with_its_status_line() -> None:
    """The first bytes are a status line, complete and followed by the end."""
    with (
        plain_http_server("HTTP/1.1 400 Bad Request") as server,
        socket.create_connection((server.host, server.port), WAIT) as client,
    ):
        client.sendall(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03")
        assert read_all(client).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_banner_comes_before_the_client_has_said_anything() -> None:
    """As SSH and SMTP do."""
    with (
        banner_server(b"SSH-2.0-OpenSSH_9.6\r\n") as server,
        socket.create_connection((server.host, server.port), WAIT) as client,
    ):
        assert client.recv(100) == b"SSH-2.0-OpenSSH_9.6\r\n"

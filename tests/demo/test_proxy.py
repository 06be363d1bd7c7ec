"""CONNECT proxies behave as ordered towards real `ssl` clients, and record what they were told."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TypeVar

import pytest

from diagnose.demo.loopback import Connection, listening
from diagnose.demo.pki import Authority, Issued
from diagnose.demo.proxy import Inspection, connect_proxy
from diagnose.demo.servers import Server, refused_port, tls_server

#: Generous: nothing here waits for it.
WAIT = 20

HOST = "registry.example.com"
ROOT = Authority.root()
LEAF = ROOT.leaf(HOST)
PROXY_LEAF = ROOT.leaf("localhost", "127.0.0.1")
COMPANY = Authority.root("Example Corp TLS Inspection CA")
PAGES = {"/": b"from the origin"}
BLOCKED = {"/": b"from the proxy"}
KEY = base64.b64encode(b"user:pass:word").decode("ascii")


Result = TypeVar("Result")


def trusting(*anchors: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor.der)
    return context


class Client:
    """A client of a proxy. Its TLS runs over a pair of buffers, so that it also fits into TLS."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    def connect(self, authority: str = f"{HOST}:443", *fields: str) -> bytes:
        """Send CONNECT; the head of the answer, and what follows it so far."""
        head = "\r\n".join((f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *fields))
        self.socket.sendall(head.encode("ascii") + b"\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer and (data := self.socket.recv(65536)):
            answer += data
        return answer

    def get(self, context: ssl.SSLContext, name: str = HOST) -> tuple[bytes, bytes]:
        """The server's certificate and the body of its page, by TLS in the tunnel."""
        tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self._until_done(tls.do_handshake)
        certificate = tls.getpeercert(binary_form=True)
        assert certificate is not None
        tls.write(b"GET / HTTP/1.1\r\n\r\n")
        page = b""
        with contextlib.suppress(ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while data := self._until_done(tls.read):
                page += data
        return certificate, page.partition(b"\r\n\r\n")[2]

    def _until_done(self, step: Callable[[], Result]) -> Result:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._exchange()
            finally:
                self.socket.sendall(self.outgoing.read())

    def _exchange(self) -> None:
        self.socket.sendall(self.outgoing.read())
        if data := self.socket.recv(65536):
            self.incoming.write(data)
        else:
            self.incoming.write_eof()


@contextlib.contextmanager
def client_of(proxy: Server, tls: ssl.SSLContext | None = None) -> Iterator[Client]:
    with socket.create_connection((proxy.host, proxy.port), WAIT) as plain:
        if tls is None:
            yield Client(plain)
            return
        with tls.wrap_socket(plain, server_hostname="localhost") as encrypted:
            yield Client(encrypted)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Holds for every test of this file: what a proxy started has ended with it."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def origin() -> Iterator[Server]:
    with tls_server(LEAF, pages=PAGES) as server:
        yield server


@pytest.fixture
def names(origin: Server) -> dict[str, tuple[str, int]]:
    """What only the proxy can resolve."""
    return {HOST: (origin.host, origin.port)}


def test_a_tunnel_leads_to_the_origin(origin: Server, names: dict[str, tuple[str, int]]) -> None:
    """The proxy resolves the name; certificate and page are the origin's."""
    with connect_proxy(resolve=names) as proxy, client_of(proxy) as client:
        assert client.connect() == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert client.get(trusting(ROOT)) == (LEAF.der, b"from the origin")
        assert proxy.url() == f"http://127.0.0.1:{proxy.port}/"
    assert [f"CONNECT {HOST}:443 HTTP/1.1"] == [request.line for request in proxy.requests]
    assert [request.line for request in origin.requests] == ["GET / HTTP/1.1"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_loopback_address_needs_no_entry(origin: Server, name: str) -> None:
    """What is on this machine is reached as it is named, by its own port."""
    with connect_proxy() as proxy, client_of(proxy) as client:
        assert client.connect(f"{name}:{origin.port}").startswith(b"HTTP/1.1 200 ")
        assert client.get(trusting(ROOT)) == (LEAF.der, b"from the origin")


@pytest.mark.parametrize(
    "authority", ["www.example.org:443", "192.0.2.1:443", "127.0.0.1:x", "127.0.0.1", ":443", "::"]
)
def test_nothing_beyond_the_machine_is_reached(authority: str) -> None:
    """A name that is not given, a far address and words without sense are a bad gateway."""
    with connect_proxy() as proxy, client_of(proxy) as client:
        assert client.connect(authority).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


def test_an_origin_that_refuses_is_a_bad_gateway() -> None:
    """The proxy says so, as the client cannot see it."""
    with (
        refused_port() as nobody,
        connect_proxy(resolve={HOST: (nobody.host, nobody.port)}) as proxy,
        client_of(proxy) as client,
    ):
        assert client.connect().startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), b"407"),
        (("Proxy-Authorization: Basic bm9ib2R5Og==",), b"407"),
        ((f"Proxy-Authorization: Bearer {KEY}",), b"407"),
        ((f"Authorization: Basic {KEY}",), b"407"),
        ((f"proxy-authorization: basic {KEY}",), b"200"),
    ],
    ids=["none", "others", "other-scheme", "meant-for-the-origin", "right"],
)
def test_credentials_are_demanded(
    names: dict[str, tuple[str, int]], fields: tuple[str, ...], status: bytes
) -> None:
    """Without the right ones the answer is 407 with a Basic challenge (RFC 9110 section 15.5.8)."""
    with (
        connect_proxy(resolve=names, require=("user", "pass:word")) as proxy,
        client_of(proxy) as client,
    ):
        answer = client.connect(f"{HOST}:443", *fields)
        assert answer.split(b" ")[1] == status
        challenged = b'\r\nProxy-Authenticate: Basic realm="Example Corp"\r\n' in answer
        assert challenged == (status == b"407")


def test_credentials_stop_at_the_proxy(origin: Server, names: dict[str, tuple[str, int]]) -> None:
    """What was sent to whom is on record: the proxy has them, the origin has not."""
    with (
        connect_proxy(resolve=names, require=("user", "pass:word")) as proxy,
        client_of(proxy) as client,
    ):
        client.connect(f"{HOST}:443", f"Proxy-Authorization: Basic {KEY}")
        client.get(trusting(ROOT))
    assert [f"Basic {KEY}"] == [each.field("Proxy-Authorization") for each in proxy.requests]
    assert [each.field("Proxy-Authorization") for each in origin.requests] == [None]


@pytest.mark.parametrize(
    ("refuse", "answer", "start"),
    [
        ("403 Forbidden", None, b"HTTP/1.1 403 Forbidden\r\n"),
        ("503 Service Unavailable", b"<html>later</html>", b"HTTP/1.1 503 "),
        (None, b"<html>Sign in</html>", b"HTTP/1.1 200 OK\r\n"),
    ],
    ids=["refused", "refused-with-page", "captive-portal"],
)
def test_a_proxy_can_answer_instead_of_opening_a_tunnel(
    refuse: str | None, answer: bytes | None, start: bytes
) -> None:
    """A refusal, or the page of a captive portal; the connection ends after it."""
    with connect_proxy(refuse=refuse, answer=answer) as proxy, client_of(proxy) as client:
        said = client.connect()
        while data := client.socket.recv(65536):
            said += data
        assert said.startswith(start)
        assert said.endswith(b"\r\n\r\n" + (answer or b""))


def test_only_connect_is_spoken() -> None:
    """Another method is refused, and what is no HTTP is not answered."""
    with connect_proxy() as proxy:
        for sent, start in (
            (b"GET http://localhost/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
            (b"\x16\x03\x01\x00\x05hello", b""),
        ):
            with client_of(proxy) as client:
                client.socket.sendall(sent)
                client.socket.shutdown(socket.SHUT_WR)
                said = client.socket.recv(65536)
                assert said[: len(start) or None] == start


def test_an_https_proxy_has_a_certificate_of_its_own(names: dict[str, tuple[str, int]]) -> None:
    """TLS to the proxy, verified on its own account, and TLS to the origin inside it."""
    with connect_proxy(resolve=names, tls=PROXY_LEAF) as proxy:
        assert proxy.url() == f"https://127.0.0.1:{proxy.port}/"
        with client_of(proxy, trusting(ROOT)) as client:
            client.connect()
            assert client.get(trusting(ROOT)) == (LEAF.der, b"from the origin")
        with pytest.raises(ssl.SSLCertVerificationError), client_of(proxy, trusting(COMPANY)):
            pass


@pytest.mark.parametrize("encrypted", [False, True], ids=["http-proxy", "https-proxy"])
def test_an_inspecting_proxy_stands_in_for_the_origin(
    origin: Server, names: dict[str, tuple[str, int]], encrypted: bool
) -> None:
    """The certificate is the proxy's, the page the origin's; only the company's root verifies."""
    inspection = Inspection(COMPANY, origin_anchors=ROOT.pem)
    tls, outer = (PROXY_LEAF, trusting(ROOT)) if encrypted else (None, None)
    with connect_proxy(resolve=names, inspect=inspection, tls=tls) as proxy:
        with client_of(proxy, outer) as client:
            client.connect()
            assert client.get(trusting(COMPANY)) == (COMPANY.leaf(HOST).der, b"from the origin")
        with client_of(proxy, outer) as client:
            client.connect()
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                client.get(trusting(ROOT))
            assert caught.value.verify_code == 20
    assert proxy.server_names == [HOST, HOST]
    assert [request.line for request in origin.requests] == ["GET / HTTP/1.1"]


@pytest.mark.parametrize("encrypted", [False, True], ids=["http-proxy", "https-proxy"])
def test_an_inspecting_proxy_can_answer_by_itself(encrypted: bool) -> None:
    """Then there is no origin at all, and it is the proxy that gets the request."""
    inspection = Inspection(COMPANY, pages=BLOCKED)
    tls, outer = (PROXY_LEAF, trusting(ROOT)) if encrypted else (None, None)
    with connect_proxy(inspect=inspection, tls=tls) as proxy, client_of(proxy, outer) as client:
        client.connect()
        assert client.get(trusting(COMPANY)) == (COMPANY.leaf(HOST).der, b"from the proxy")
    assert [request.method for request in proxy.requests] == ["CONNECT", "GET"]


def test_a_minted_certificate_is_for_the_name_in_the_client_hello() -> None:
    """Where a client connects by address but asks for a name, the name counts."""
    with (
        connect_proxy(inspect=Inspection(COMPANY, pages=BLOCKED)) as proxy,
        client_of(proxy) as client,
    ):
        client.connect("127.0.0.1:443")
        certificate, _ = client.get(trusting(COMPANY), "www.example.com")
    assert certificate == COMPANY.leaf("www.example.com").der


@pytest.mark.parametrize(
    ("authority", "send_root", "code"),
    [
        (COMPANY, False, 20),
        (COMPANY, True, 19),
        (COMPANY.intermediate("Example Corp Proxy 1"), False, 20),
        (COMPANY.intermediate("Example Corp Proxy 1"), True, 19),
    ],
    ids=["leaf", "leaf-and-root", "leaf-and-intermediate", "whole-chain"],
)
def test_an_inspecting_proxy_sends_its_root_or_not(
    authority: Authority, send_root: bool, code: int
) -> None:
    """OpenSSL's code tells which; with the root trusted both verify."""
    inspection = Inspection(authority, send_root=send_root, pages=BLOCKED)
    with connect_proxy(inspect=inspection) as proxy:
        with client_of(proxy) as client:
            client.connect()
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                client.get(trusting(ROOT))
        with client_of(proxy) as client:
            client.connect()
            assert client.get(trusting(COMPANY))[1] == b"from the proxy"
    assert caught.value.verify_code == code


def test_minted_certificates_can_have_a_defect() -> None:
    """Such as dates that have passed."""
    past = datetime(2025, 1, 1, tzinfo=timezone.utc)
    inspection = Inspection(COMPANY, form={"not_after": past})
    with connect_proxy(inspect=inspection) as proxy, client_of(proxy) as client:
        client.connect()
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            client.get(trusting(COMPANY))
    assert caught.value.verify_code == 10


def test_an_inspecting_proxy_does_not_pass_on_what_it_cannot_verify(
    origin: Server, names: dict[str, tuple[str, int]]
) -> None:
    """An origin under an unknown root is a bad gateway, and gets no request."""
    inspection = Inspection(COMPANY, origin_anchors=COMPANY.pem)
    with connect_proxy(resolve=names, inspect=inspection) as proxy, client_of(proxy) as client:
        assert client.connect().startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert origin.requests == []


@pytest.mark.parametrize("encrypted", [False, True], ids=["http-proxy", "https-proxy"])
@pytest.mark.parametrize("inspected", [False, True], ids=["tunnel", "inspected"])
def test_a_proxy_ends_while_its_clients_wait(inspected: bool, encrypted: bool) -> None:
    """In a tunnel to an origin that never answers, and before there is one."""
    reached = threading.Event()

    def hear_the_client_hello(connection: Connection) -> None:
        if connection.receive():
            reached.set()
        connection.drain()

    inspection = Inspection(COMPANY, origin_anchors=ROOT.pem) if inspected else None
    tls, outer = (PROXY_LEAF, trusting(ROOT)) if encrypted else (None, None)
    with (
        contextlib.ExitStack() as clients,
        listening(hear_the_client_hello) as port,
        connect_proxy(resolve={HOST: ("127.0.0.1", port)}, tls=tls, inspect=inspection) as proxy,
    ):
        client = clients.enter_context(client_of(proxy, outer))
        client.socket.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode("ascii"))
        if not inspected:
            assert client.socket.recv(65536).startswith(b"HTTP/1.1 200 ")
            client.socket.sendall(b"hello")
        assert reached.wait(WAIT)


def test_many_clients_go_through_at_once(names: dict[str, tuple[str, int]]) -> None:
    """Six clients, each with its tunnel open until all of them have theirs."""
    together = threading.Barrier(6, timeout=WAIT)
    inspection = Inspection(COMPANY, origin_anchors=ROOT.pem)

    def visit(_: int) -> bytes:
        with client_of(proxy) as client:
            client.connect()
            together.wait()
            return client.get(trusting(COMPANY))[1]

    with (
        connect_proxy(resolve=names, inspect=inspection) as proxy,
        ThreadPoolExecutor(6) as pool,
    ):
        assert set(pool.map(visit, range(6))) == {b"from the origin"}

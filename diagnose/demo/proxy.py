"""HTTP CONNECT proxies on loopback: open, demanding credentials, refusing, or inspecting TLS.

Servers are in `servers`. A proxy here reaches loopback only: a name that `resolve` does not hold
cannot be resolved, so a scene never leaves the machine.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from diagnose.demo.form import Form
from diagnose.demo.loopback import TIME_LIMIT, Connection, Request, listening, relay
from diagnose.demo.servers import HTML, Server, serve_page, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from diagnose.demo.pki import Authority, Credential

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Inspection:
    """How a proxy reads what passes: with certificates of its own, minted under `authority`.

    `form` is what the minted certificates say beyond their names. With `origin_anchors` (PEM) the
    proxy makes the connection that was asked for, verifies it by them, and relays; without them
    it answers from `pages` itself and makes none.
    """

    authority: Authority
    send_root: bool = False
    form: Form = field(default_factory=Form)
    origin_anchors: str | None = None
    pages: Mapping[str, bytes] = field(default_factory=dict)

    def credential(self, name: str) -> Credential:
        """The stand-in for the server of that name."""
        leaf = self.authority.leaf(name, **self.form)
        if not self.send_root:
            return leaf
        return replace(leaf, chain=(*leaf.chain, self.authority.anchor.der))


@contextmanager
def connect_proxy(
    *,
    resolve: Mapping[str, tuple[str, int]] | None = None,
    require: tuple[str, str] | None = None,
    refuse: str | None = None,
    answer: bytes | None = None,
    tls: Credential | None = None,
    inspect: Inspection | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Server]:
    """A proxy for HTTP CONNECT (RFC 9110 section 9.3.6); every request it gets is recorded.

    `resolve`: address and port for names that only the proxy knows, whatever port is asked for.
    `require`: user and password of Basic authentication, or 407.
    `refuse`: a status such as "403 Forbidden" instead of a tunnel, with `answer` as the page;
    `answer` alone is sent with 200, as a captive portal does.
    `tls`: speak TLS to the client already, which makes this an `https://` proxy.
    """
    server = Server("http" if tls is None else "https", host, 0)
    context = None if tls is None else server_context(tls, ())
    door = _Door(require, refuse, answer)
    way = _Way(resolve or {}, inspect, server.requests, server.server_names)

    def handle(connection: Connection) -> None:
        if context is not None:
            connection.start_tls(context)
        request = connection.request()
        if request is None:
            return
        server.requests.append(request)
        if door.admits(connection, request):
            way.open(connection, request.target)

    with listening(handle, host) as port:
        yield replace(server, port=port)


@dataclass(frozen=True, slots=True)
class _Door:
    """Whether there is a tunnel at all."""

    require: tuple[str, str] | None
    refuse: str | None
    answer: bytes | None

    def admits(self, connection: Connection, request: Request) -> bool:
        """Whether to go on; if not, the client has been told why."""
        if not self._knows(request):
            challenge = 'Proxy-Authenticate: Basic realm="Example Corp"'
            connection.respond("407 Proxy Authentication Required", b"", challenge)
        elif self.refuse is not None or self.answer is not None:
            connection.respond(self.refuse or "200 OK", self.answer or b"", HTML)
        elif request.method != "CONNECT":
            connection.respond("405 Method Not Allowed", b"", "Allow: CONNECT")
        else:
            return True
        return False

    def _knows(self, request: Request) -> bool:
        if self.require is None:
            return True
        wanted = base64.b64encode(":".join(self.require).encode("utf-8"))
        scheme, _, token = (request.field("Proxy-Authorization") or "").partition(" ")
        return scheme.lower() == "basic" and hmac.compare_digest(token.encode("latin-1"), wanted)


@dataclass(frozen=True, slots=True)
class _Way:
    """From an admitted client to the origin."""

    resolve: Mapping[str, tuple[str, int]]
    inspect: Inspection | None
    inner_requests: list[Request]
    server_names: list[str | None]

    def open(self, connection: Connection, authority: str) -> None:
        host, _, port = authority.rpartition(":")
        name = host.strip("[]")
        if self.inspect is not None and self.inspect.origin_anchors is None:
            connection.send(_ESTABLISHED)
            with _unwrapped(connection) as inner:
                self._stand_in(inner, name, self.inspect)
                serve_page(inner, self.inspect.pages, self.inner_requests)
                inner.end()
                inner.drain()
            return
        try:
            origin = connection.adopt(self._connect(name, port))
        except (OSError, ValueError):
            connection.respond("502 Bad Gateway", b"", HTML)
            return
        try:
            self._join(connection, origin, name)
        finally:
            origin.close()

    def _connect(self, name: str, port: str) -> Connection:
        """Raises OSError where nothing answers, ValueError where the name is unknown here."""
        if name in self.resolve:
            address = self.resolve[name]
        elif name == "localhost" or ipaddress.ip_address(name).is_loopback:
            address = (name, int(port))
        else:
            raise ValueError("only loopback can be reached")
        return Connection(socket.create_connection(address, TIME_LIMIT))

    def _join(self, connection: Connection, origin: Connection, name: str) -> None:
        if self.inspect is None:
            connection.send(_ESTABLISHED)
            relay(connection, origin)
            return
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusted.load_verify_locations(cadata=self.inspect.origin_anchors)
        trusted.set_alpn_protocols(["http/1.1"])
        try:
            origin.start_tls(trusted, name)
        except OSError:
            connection.respond("502 Bad Gateway", b"", HTML)
            return
        connection.send(_ESTABLISHED)
        with _unwrapped(connection) as inner:
            self._stand_in(inner, name, self.inspect)
            relay(inner, origin)

    def _stand_in(self, inner: Connection, name: str, inspect: Inspection) -> None:
        """Be the server that the client names in its ClientHello, or else in its CONNECT."""

        def choose(tls: ssl.SSLObject, sni: str | None, _: ssl.SSLContext) -> None:
            self.server_names.append(sni)
            if sni is not None and sni != name:
                tls.context = server_context(inspect.credential(sni))

        context = server_context(inspect.credential(name))
        context.sni_callback = choose
        inner.start_tls(context)


@contextmanager
def _unwrapped(connection: Connection) -> Iterator[Connection]:
    """The connection as one that TLS can start on.

    Python's `ssl` wraps a descriptor, so TLS inside TLS takes a pair of sockets and a thread that
    carries the bytes between them and the outer layer.
    """
    if not connection.encrypted:
        yield connection
        return
    near, far = (connection.adopt(Connection(end)) for end in socket.socketpair())
    carrier = threading.Thread(target=relay, args=(connection, far), daemon=True)
    carrier.start()
    try:
        yield near
    finally:
        near.close()
        carrier.join()
        far.close()

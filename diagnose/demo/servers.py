"""Servers on loopback that a diagnosis can meet: TLS ones, and ports that are not TLS at all.

Each is a context manager that yields a `Server` and leaves no thread behind. Certificates come
from `pki`; a proxy stands in `proxy`.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from diagnose.demo.loopback import Connection, Request, listening
from diagnose.model.target import join_host_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from diagnose.demo.pki import Credential

#: What nginx answers to a ClientHello on a port without TLS.
BAD_REQUEST = "HTTP/1.1 400 Bad Request"
HTML = "Content-Type: text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and what it has been told so far.

    `requests` holds the heads of the HTTP requests that arrived, `server_names` the SNI value of
    each ClientHello (None where it had none), both in order of arrival.
    """

    scheme: str
    host: str
    port: int
    requests: list[Request] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)

    def url(self, path: str = "/", host: str | None = None) -> str:
        """The address of a page, under another name for this host if one is given."""
        return f"{self.scheme}://{join_host_port(host or self.host, self.port)}{path}"


@contextmanager
def tls_server(
    credential: Credential,
    *,
    pages: Mapping[str, bytes] | None = None,
    by_name: Mapping[str, Credential] | None = None,
    alpn: tuple[str, ...] = ("http/1.1",),
    tls_max: ssl.TLSVersion | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Server]:
    """A TLS server that sends `credential.chain` as it is, and has `pages` by path.

    `by_name` holds other credentials for SNI values. `tls_max` also permits protocols older than
    TLS 1.2, so that it can name one of them.
    """
    named = {name: server_context(each, alpn) for name, each in (by_name or {}).items()}
    requests: list[Request] = []
    server_names: list[str | None] = []

    def choose(tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        server_names.append(name)
        if name in named:
            tls.context = named[name]

    context = server_context(credential, alpn, tls_max)
    context.sni_callback = choose

    def handle(connection: Connection) -> None:
        connection.start_tls(context)
        serve_page(connection, pages or {}, requests)

    with listening(handle, host) as port:
        yield Server("https", host, port, requests, server_names)


@contextmanager
def http_server(pages: Mapping[str, bytes], *, host: str = "127.0.0.1") -> Iterator[Server]:
    """Plain HTTP, with `pages` by path."""
    requests: list[Request] = []
    with listening(lambda each: serve_page(each, pages, requests), host) as port:
        yield Server("http", host, port, requests)


@contextmanager
def certificate_file_server(certificate: bytes, path: str = "/ca.cer") -> Iterator[Server]:
    """What a caIssuers address leads to (RFC 5280 section 4.2.2.1): one file over plain HTTP."""
    with http_server({path: certificate}) as server:
        yield server


@contextmanager
def plain_http_server(
    status_line: str = BAD_REQUEST, *, host: str = "127.0.0.1"
) -> Iterator[Server]:
    """A web server without TLS: it answers whatever comes first with `status_line`."""

    def handle(connection: Connection) -> None:
        if connection.receive():
            connection.respond(status_line.partition(" ")[2], b"<html>Bad Request</html>")

    with listening(handle, host) as port:
        yield Server("http", host, port)


@contextmanager
def banner_server(banner: bytes, *, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server that speaks first, as SSH and SMTP do, and then says nothing more."""

    def handle(connection: Connection) -> None:
        connection.send(banner)
        connection.drain()

    with listening(handle, host) as port:
        yield Server("tcp", host, port)


@contextmanager
def silent_server(*, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server that accepts connections and never answers."""
    with listening(Connection.drain, host) as port:
        yield Server("tcp", host, port)


@contextmanager
def closing_server(*, reset: bool = False, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server that hears the first bytes and then closes the connection, or resets it."""

    def handle(connection: Connection) -> None:
        connection.receive()
        if reset:
            connection.reset()

    with listening(handle, host) as port:
        yield Server("tcp", host, port)


@contextmanager
def refused_port(host: str = "127.0.0.1") -> Iterator[Server]:
    """A port where nothing listens: bound, so that no other program can take it meanwhile."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as bound:
        bound.bind((host, 0))
        yield Server("tcp", host, bound.getsockname()[1])


def server_context(
    credential: Credential,
    alpn: tuple[str, ...] = ("http/1.1",),
    tls_max: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    """A context that sends `credential.chain`, which OpenSSL neither completes nor reorders."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if tls_max is not None:
        with warnings.catch_warnings():
            # Python calls the old versions deprecated; being old is what they are here for.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = tls_max
        # OpenSSL 3 speaks TLS before 1.2 at security level 0 only.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if alpn:
        context.set_alpn_protocols(list(alpn))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "credential.pem")
        file.write_text(credential.key_pem + credential.chain_pem, encoding="ascii")
        context.load_cert_chain(file)
    return context


def serve_page(connection: Connection, pages: Mapping[str, bytes], requests: list[Request]) -> None:
    """Read one request, record it, and answer it from `pages`."""
    request = connection.request()
    if request is None:
        return
    requests.append(request)
    if request.method not in ("GET", "HEAD"):
        connection.respond("405 Method Not Allowed", b"", "Allow: GET, HEAD")
        return
    path = request.target.partition("?")[0]
    body = pages.get(path)
    if body is None:
        connection.respond("404 Not Found", b"")
        return
    connection.respond("200 OK", body, _content_type(path), head_only=request.method == "HEAD")


def _content_type(path: str) -> str:
    if path.endswith((".cer", ".crt", ".der")):
        return "Content-Type: application/pkix-cert"
    if path.endswith(("/", ".html")):
        return HTML
    return "Content-Type: application/octet-stream"

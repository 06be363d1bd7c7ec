"""Reaching a server: names to addresses, TCP, and the tunnel through a proxy."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field

from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.nouns import dataclass
from diagnose.model.target import Direct, Target, ThroughProxy, join_host_port
from diagnose.model.text import printable
from diagnose.probe.channel import Channel, Resumed, Session, SocketChannel, TlsChannel
from diagnose.probe.routes import Credentials, Way
from diagnose.probe.translate import from_network, from_tls

#: A proxy's answer to CONNECT is a few hundred bytes; an error page follows it, unread.
_HEAD_LIMIT = 16_384

#: The beginning of a ServerHello: a handshake record of any version (RFC 8446 section 5.1).
_HANDSHAKE = b"\x16\x03"

_HEAD_END = re.compile(rb"\r?\n\r?\n")

#: No name honestly has more addresses than a resolver's answer of this size.
_ADDRESS_LIMIT = 16

#: Shakes hands with an `https://` proxy over a channel, for the store that asks.
ProxyHandshake = Callable[[Channel, str], Session]


class Unreached(Exception):
    """A stage before the handshake failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Line:
    """Where to connect to, resolved once for all connections of a target."""

    target: Target
    host: str
    port: int
    addresses: tuple[str, ...]
    seconds: float
    credentials: Credentials | None = field(default=None, repr=False)


def resolve(target: Target, way: Way, seconds: float) -> Line:
    """Look up the server, or the proxy in front of it. Raises Unreached."""
    route = way.route
    host, port = (target.host, target.port)
    if isinstance(route, ThroughProxy):
        host, port = route.host, route.port
    try:
        addresses = look_up(host, port, seconds)
    except OSError as error:
        raise Unreached(_about(route, host, from_network(error, Stage.RESOLVE))) from None
    return Line(target, host, port, addresses, seconds, way.credentials)


def look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """`socket.getaddrinfo` with a time limit, which it has not itself. Raises OSError."""
    answer: list[tuple[str, ...] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.append(error if isinstance(error, OSError) else socket.gaierror(0, str(error)))
            return
        answer.append(tuple(dict.fromkeys(_with_zone(each[4]) for each in found)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError
    if isinstance(answer[0], OSError):
        raise answer[0]
    return answer[0][:_ADDRESS_LIMIT]


def _with_zone(address: Sequence[object]) -> str:
    """The text of a socket address; a link-local one needs its zone (RFC 4007 section 11.2)."""
    zone = address[3] if len(address) > 3 else 0
    return f"{address[0]}%{zone}" if zone and "%" not in str(address[0]) else str(address[0])


def connect(line: Line, shake_hands: ProxyHandshake) -> tuple[Channel, str]:
    """A channel to the server, and the address that answered. Raises Unreached."""
    channel: Channel
    channel, address = _connect_tcp(line)
    route = line.target.route
    if isinstance(route, Direct):
        return channel, address
    try:
        if route.scheme == "https":
            session = shake_hands(channel, route.host)
            channel = TlsChannel(channel, session)
            channel.renew(line.seconds)
        rest = _tunnel(channel, line, route)
    except ssl.SSLError as error:
        channel.close()
        raise Unreached(_about(route, line.host, from_tls(error, Stage.PROXY))) from None
    except OSError as error:
        channel.close()
        raise Unreached(_about(route, line.host, from_network(error, Stage.PROXY))) from None
    except BaseException as error:
        channel.close()
        if _may_want_tls(error, route) and _answers_tls(line):
            raise Unreached(_wants_tls(route)) from None
        raise
    return (Resumed(channel, rest) if rest else channel), address


def _may_want_tls(error: BaseException, route: ThroughProxy) -> bool:
    # OpenSSL closes without a word when HTTP comes where TLS should.
    closed = isinstance(error, Unreached) and error.failure.trouble is Trouble.CLOSED
    return closed and route.scheme == "http"


def _answers_tls(line: Line) -> bool:
    """Whether a ClientHello is answered by TLS; nothing is verified, and nothing else is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = context.wrap_bio(incoming, outgoing, server_hostname=line.host)
    with suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    try:
        channel, _ = _connect_tcp(line)
    except Unreached:
        return False
    try:
        channel.send(outgoing.read())
        return channel.receive(3).startswith(_HANDSHAKE)
    except OSError:
        return False
    finally:
        channel.close()


def _wants_tls(route: ThroughProxy) -> Failure:
    words = "the proxy closes on plain HTTP and answers TLS"
    return Failure(Stage.PROXY, Trouble.PROXY_SCHEME, words, detail=route.url)


def _connect_tcp(line: Line) -> tuple[SocketChannel, str]:
    """Try the addresses in the resolver's order, as `socket.create_connection` does.

    All of them together have the time of one stage: each may use half of what is left, the last
    one all, so that a dead address does not hide the next.
    """
    failure = Failure(Stage.CONNECT, Trouble.UNREACHABLE, "the name has no address")
    deadline = time.monotonic() + line.seconds
    for number, address in enumerate(line.addresses, start=1):
        left = max(deadline - time.monotonic(), 0.001)
        try:
            connection = _open(
                address, line.port, left if number == len(line.addresses) else left / 2
            )
        except OSError as error:
            failure = from_network(error, Stage.CONNECT)
            continue
        return SocketChannel(connection, line.seconds), address
    raise Unreached(_about(line.target.route, line.host, failure))


def _open(address: str, port: int, seconds: float) -> socket.socket:
    # Making the socket fails already where IPv6 is switched off (EAFNOSUPPORT).
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _tunnel(channel: Channel, line: Line, route: ThroughProxy) -> bytes:
    """Ask the proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6). Raises Unreached and OSError.

    Answers what came through the tunnel together with the proxy's consent: servers of other
    protocols speak first.
    """
    place = join_host_port(line.target.host, line.target.port)
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if line.credentials is not None:
        pair = f"{line.credentials.user}:{line.credentials.password}"
        # Bytes of an environment variable that are no UTF-8 (PEP 383) go as they are.
        token = base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode("ascii")
        lines.append(f"Proxy-Authorization: Basic {token}")
    channel.send(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    head, rest = _read_head(channel)
    status_line = printable(head.partition(b"\n")[0].rstrip().decode("latin-1"), 120)
    trouble = _judge(head, rest or _page_of(channel, head))
    if trouble is None and not _HEAD_END.search(head):
        trouble = Trouble.PROXY_NOT_HTTP  # a success whose head never ended
    if trouble is not None:
        words = status_line if head else "the proxy closed the connection without an answer"
        if trouble in (Trouble.PROXY_SCHEME, Trouble.PROXY_NOT_HTTP) and head:
            words = "the proxy's answer is not HTTP"
        detail = _schemes(head) if trouble is Trouble.PROXY_AUTH else route.url
        raise Unreached(Failure(Stage.PROXY, trouble, words, _status(head), detail=detail))
    return rest


def _schemes(head: bytes) -> str:
    """The authentication schemes that a proxy offers (RFC 9110 section 11.7.1): `Basic, NTLM`."""
    offered = re.findall(rb"(?im)^proxy-authenticate:[ \t]*([a-z][a-z0-9-]{0,30})", head)
    return ", ".join(dict.fromkeys(each.decode("ascii") for each in offered[:8]))


def _read_head(channel: Channel) -> tuple[bytes, bytes]:
    """The head of the proxy's answer, and what came after it. Raises OSError."""
    head = b""
    while len(head) < _HEAD_LIMIT:
        data = channel.receive(4_096)
        head += data
        # Some proxies end lines with LF alone, which RFC 9112 section 2.2 lets a reader accept.
        end = _HEAD_END.search(head)
        if end:
            return head[: end.end()], head[end.end() :]
        if not data or not (head.startswith(b"HTTP/") or b"HTTP/".startswith(head[:5])):
            break
    return head, b""


def _page_of(channel: Channel, head: bytes) -> bytes:
    """The beginning of the page with which a TLS port answers plain HTTP; it tells why."""
    if _status(head) != 400 or b"content-length: 0" in head.lower():
        return b""
    try:
        return channel.receive(4_096)
    except OSError:
        return b""


def _judge(head: bytes, page: bytes) -> Trouble | None:
    """None for a tunnel; else what stands in the way."""
    status = _status(head)
    if status is None:
        if not head:
            return Trouble.CLOSED
        # A TLS record (alert or handshake) in answer to plain HTTP: the proxy wants https://.
        tls = head[:2] in (b"\x15\x03", b"\x16\x03")
        return Trouble.PROXY_SCHEME if tls else Trouble.PROXY_NOT_HTTP
    if 200 <= status < 300:
        return None
    if status == 400 and b"https" in page.lower() and b"plain http" in page.lower():
        return Trouble.PROXY_SCHEME  # nginx and Apache httpd say both
    return Trouble.PROXY_AUTH if status == 407 else Trouble.PROXY_REFUSED


def _status(head: bytes) -> int | None:
    parts = head.partition(b"\n")[0].split()
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
        return None
    return int(parts[1][:3])


def _about(route: Direct | ThroughProxy, host: str, failure: Failure) -> Failure:
    """Failures on the way to a proxy are the proxy's, whatever the stage is called."""
    if isinstance(route, Direct):
        return Failure(failure.stage, failure.trouble, failure.words, failure.code, detail=host)
    return Failure(Stage.PROXY, failure.trouble, failure.words, failure.code, detail=route.url)

"""Reaching a server: names to addresses, TCP, and the tunnel through a proxy."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.target import Direct, Target, ThroughProxy, join_host_port
from diagnose.model.text import printable
from diagnose.probe.channel import Channel, Session, SocketChannel, TlsChannel
from diagnose.probe.routes import Credentials, Way
from diagnose.probe.translate import from_network

#: A proxy's answer to CONNECT is a few hundred bytes; an error page follows it, unread.
_HEAD_LIMIT = 16_384

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
        addresses = _look_up(host, port, seconds)
    except OSError as error:
        raise Unreached(_about(route, host, from_network(error, Stage.RESOLVE))) from None
    return Line(target, host, port, addresses, seconds, way.credentials)


def _look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """`socket.getaddrinfo` with a time limit, which it has not itself."""
    answer: list[tuple[str, ...] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.append(error if isinstance(error, OSError) else socket.gaierror(0, str(error)))
            return
        answer.append(tuple(dict.fromkeys(str(each[4][0]) for each in found)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError
    if isinstance(answer[0], OSError):
        raise answer[0]
    return answer[0][:_ADDRESS_LIMIT]


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
        _tunnel(channel, line, route)
    except Unreached:
        channel.close()
        raise
    except OSError as error:
        channel.close()
        raise Unreached(_about(route, line.host, from_network(error, Stage.PROXY))) from None
    return channel, address


def _connect_tcp(line: Line) -> tuple[SocketChannel, str]:
    """Try the addresses in the resolver's order, as `socket.create_connection` does."""
    failure = Failure(Stage.CONNECT, Trouble.UNREACHABLE, "the name has no address")
    for address in line.addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(line.seconds)
        try:
            connection.connect((address, line.port))
        except OSError as error:
            connection.close()
            failure = from_network(error, Stage.CONNECT)
            continue
        return SocketChannel(connection, line.seconds), address
    raise Unreached(_about(line.target.route, line.host, failure))


def _tunnel(channel: Channel, line: Line, route: ThroughProxy) -> None:
    """Ask the proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6). Raises Unreached."""
    place = join_host_port(line.target.host, line.target.port)
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if line.credentials is not None:
        pair = f"{line.credentials.user}:{line.credentials.password}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair).decode('ascii')}")
    channel.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"))
    head = _read_head(channel)
    status_line = printable(head.split(b"\r\n", 1)[0].decode("latin-1"), 120)
    trouble = _judge(head)
    if trouble is not None:
        words = status_line if head else "the proxy closed the connection without an answer"
        if trouble in (Trouble.PROXY_SCHEME, Trouble.PROXY_NOT_HTTP) and head:
            words = "the proxy's answer is not HTTP"
        detail = route.url
        raise Unreached(Failure(Stage.PROXY, trouble, words, _status(head), detail=detail))


def _read_head(channel: Channel) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
        # A byte at a time would be needed to leave the tunnel's first bytes alone; a server
        # does not speak before the client's hello, so nothing can follow a success.
        data = channel.receive(4_096)
        if not data:
            break
        head += data
        if not b"HTTP/".startswith(head[:5]) and not head.startswith(b"HTTP/"):
            break
    return head


def _judge(head: bytes) -> Trouble | None:
    """None for a tunnel; else what stands in the way."""
    status = _status(head)
    if status is None:
        # A TLS record (alert or handshake) in answer to plain HTTP: the proxy wants https://.
        return Trouble.PROXY_SCHEME if head[:2] in (b"\x15\x03", b"\x16\x03") else (
            Trouble.PROXY_NOT_HTTP if head else Trouble.CLOSED
        )
    if 200 <= status < 300:
        return None
    if status == 400 and b"https" in head.lower() and b"plain http" in head.lower():
        return Trouble.PROXY_SCHEME
    return Trouble.PROXY_AUTH if status == 407 else Trouble.PROXY_REFUSED


def _status(head: bytes) -> int | None:
    parts = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
        return None
    return int(parts[1][:3])


def _about(route: Direct | ThroughProxy, host: str, failure: Failure) -> Failure:
    """Failures on the way to a proxy are the proxy's, whatever the stage is called."""
    if isinstance(route, Direct):
        return Failure(failure.stage, failure.trouble, failure.words, failure.code, detail=host)
    return Failure(Stage.PROXY, failure.trouble, failure.words, failure.code, detail=route.url)



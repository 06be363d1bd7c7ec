"""Listening on loopback: one thread for each connection, and an end that leaves nothing behind.

Here are sockets, threads, TLS upgrades and just enough HTTP/1.1. What a server says, and what it
does wrong, is in `servers` and `proxy`.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds that one connection may wait for its peer. Only a forgotten client gets there: the
#: listener's end cuts every connection at once.
TIME_LIMIT = 30.0
#: A scene needs a few connections, an installer behind a proxy some dozens.
MOST_CONNECTIONS = 1000
#: Bytes of one read, and of one request head.
READ_LIMIT = 65536

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request: its first line and its fields, in the order received."""

    line: str
    fields: tuple[tuple[str, str], ...]

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        """The request target as sent: a path, or `host:port` for CONNECT; empty if missing."""
        words = self.line.split(" ")
        return words[1] if len(words) > 1 else ""

    def field(self, name: str) -> str | None:
        """The first value of a field, whatever the case of its name."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), None)


class Connection:
    """One connection. The thread that serves it owns it; other threads may only `cut` it.

    A peer that leaves, resets or stays silent too long looks the same to its server: the end.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(TIME_LIMIT)
        self._socket = connected
        self._lock = threading.Lock()
        self._cut = False
        self._partners: list[Connection] = []

    @property
    def encrypted(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket)

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def pending(self) -> bool:
        """Whether decrypted bytes wait that `select` cannot see."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def start_tls(self, context: ssl.SSLContext, server_name: str | None = None) -> None:
        """Handshake as the server, or with `server_name` as the client; raises OSError."""
        with self._lock:
            if self._cut:
                raise ConnectionAbortedError("the server ends")
            self._socket = context.wrap_socket(
                self._socket,
                server_side=server_name is None,
                server_hostname=server_name,
                do_handshake_on_connect=False,
            )
        self._socket.do_handshake()

    def receive(self) -> bytes:
        """At least one byte, or none at the end."""
        try:
            return self._socket.recv(READ_LIMIT)
        except OSError:
            return b""

    def receive_now(self) -> bytes | None:
        """As `receive`, without waiting; None where nothing to pass on has come.

        A readable socket is no promise: what came may be a session ticket, or half a TLS record.
        """
        try:
            self._socket.settimeout(0)
            return self._socket.recv(READ_LIMIT)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""
        finally:
            self._socket.settimeout(TIME_LIMIT)

    def send(self, data: bytes) -> None:
        """Send all of it, or as much as the peer takes."""
        with suppress(OSError):
            self._socket.sendall(data)

    def request(self) -> Request | None:
        """One request head; None if the peer ends, or says too much, before the empty line.

        Clients here wait for an answer before they go on, so nothing follows the empty line.
        """
        head = b""
        while HEAD_END not in head:
            data = self.receive()
            head += data
            if not data or len(head) > READ_LIMIT:
                return None
        line, *fields = head.partition(HEAD_END)[0].decode("latin-1").split("\r\n")
        pairs = (each.partition(":") for each in fields)
        return Request(line, tuple((name, value.strip()) for name, _, value in pairs))

    def respond(self, status: str, body: bytes, *fields: str, head_only: bool = False) -> None:
        """One HTTP/1.1 response, the last on this connection; `status` is "404 Not Found"."""
        lines = (f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "Connection: close")
        self.send("\r\n".join(lines).encode("latin-1") + HEAD_END + (b"" if head_only else body))

    def end(self) -> None:
        """Say that nothing more will be sent; receiving goes on."""
        with suppress(OSError, ValueError):
            if isinstance(self._socket, ssl.SSLSocket):
                # Without waiting: sends close_notify, then fails because no answer is there yet.
                self._socket.settimeout(0)
                self._socket.unwrap()
        with suppress(OSError):
            self._socket.settimeout(TIME_LIMIT)
            socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def reset(self) -> None:
        """End with a TCP reset instead of a FIN: linger switched on, for no time."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def drain(self) -> None:
        """Read until the peer ends, so that closing does not reset what is still on its way."""
        while self.receive():
            pass

    def close(self) -> None:
        """Release the socket; harmless when it is closed."""
        with self._lock:
            self._cut = True
            self._socket.close()

    def cut(self) -> None:
        """Wake whoever waits on this connection or its partners, from any thread."""
        with self._lock:
            self._cut = True
            with suppress(OSError):
                # Not SSLSocket.shutdown, which would take the TLS state from under its user.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        for partner in self._partners:
            partner.cut()

    def adopt(self, partner: Connection) -> Connection:
        """Let `partner` be cut with this connection."""
        self._partners.append(partner)
        if self._cut:
            partner.cut()
        return partner


Handler: TypeAlias = "Callable[[Connection], None]"


@contextmanager
def listening(handle: Handler, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve each connection with `handle` in a thread of its own; yields the port.

    `handle` need not close anything. A broken connection (OSError) or words it cannot make sense
    of (ValueError) only end its connection. On leaving, every connection is cut and every thread
    joined.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wake, woken = socket.socketpair()
    with wake, woken, socket.create_server((host, 0), family=family, backlog=128) as listener:
        listener.setblocking(False)
        accepting = threading.Thread(target=_accept, args=(listener, woken, handle), daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            wake.send(b"\0")
            accepting.join()


def _accept(listener: socket.socket, woken: socket.socket, handle: Handler) -> None:
    served: list[tuple[Connection, threading.Thread]] = []
    while len(served) < MOST_CONNECTIONS:
        ready, _, _ = select.select([listener, woken], [], [])
        if woken in ready:
            break
        # A client may have left between `select` and `accept`.
        with suppress(OSError):
            connection = Connection(listener.accept()[0])
            thread = threading.Thread(target=_serve, args=(handle, connection), daemon=True)
            served.append((connection, thread))
            thread.start()
    for connection, _ in served:
        connection.cut()
    for _, thread in served:
        thread.join()


def _serve(handle: Handler, connection: Connection) -> None:
    try:
        with suppress(OSError, ValueError):
            handle(connection)
        connection.end()
        connection.drain()
    finally:
        connection.close()


def relay(left: Connection, right: Connection) -> None:
    """Copy both ways until both have ended.

    In one thread, because a TLS connection must not be read and written by two at a time.
    """
    other = {left: right, right: left}
    sources = [left, right]
    while sources:
        ready = [source for source in sources if source.pending()]
        if not ready:
            ready, _, _ = select.select(sources, [], [], TIME_LIMIT)
        if not ready:
            return
        for source in ready:
            data = source.receive_now()
            if data:
                other[source].send(data)
            elif data is not None:
                other[source].end()
                sources.remove(source)

"""A byte channel with a deadline, to a server or through a proxy."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from typing import Protocol

from diagnose.stores.contexts import Connection


class Channel(Protocol):
    """What a handshake needs: bytes out, bytes in, an end.

    `receive` answers b"" at the end of the stream. Both raise OSError; TimeoutError when the
    deadline of the stage is over.
    """

    def send(self, data: bytes) -> None: ...
    def receive(self, size: int) -> bytes: ...
    def close(self) -> None: ...
    def renew(self, seconds: float) -> None: ...


class SocketChannel:
    """A TCP connection. Each stage has its own time: `renew` starts it again."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def renew(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        self._wait()
        self._connection.sendall(data)

    def receive(self, size: int) -> bytes:
        self._wait()
        return self._connection.recv(size)

    def close(self) -> None:
        self._connection.close()

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


class Resumed:
    """A channel of which too much was read already: that is given out first."""

    def __init__(self, inner: Channel, kept: bytes) -> None:
        self._inner = inner
        self._kept = kept
        self.send = inner.send
        self.close = inner.close
        self.renew = inner.renew

    def receive(self, size: int) -> bytes:
        if not self._kept:
            return self._inner.receive(size)
        data, self._kept = self._kept[:size], self._kept[size:]
        return data


class TlsChannel:
    """TLS inside another channel: the leg to an `https://` proxy."""

    def __init__(self, inner: Channel, session: Session) -> None:
        self._inner = inner
        self._session = session

    def renew(self, seconds: float) -> None:
        self._inner.renew(seconds)

    def send(self, data: bytes) -> None:
        self._session.tls.write(data)
        self._session.flush(self._inner)

    def receive(self, size: int) -> bytes:
        while True:
            try:
                return self._session.tls.read(size)
            except ssl.SSLWantReadError:
                if not self._session.feed(self._inner):
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def close(self) -> None:
        self._inner.close()


class Session:
    """A TLS client connection of Python's ssl, between two memory buffers.

    `first_bytes` keeps what the peer said first, for the case that it is not TLS.
    """

    def __init__(self, made: Connection) -> None:
        self.incoming, self.outgoing, self.tls = made
        self.first_bytes = b""

    def handshake(self, channel: Channel) -> None:
        """Shake hands. Raises ssl.SSLError and OSError."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush(channel)
                if not self.feed(channel):
                    self.incoming.write_eof()
            except ssl.SSLError:
                self._send_alert(channel)
                raise
            else:
                self.flush(channel)
                return

    def feed(self, channel: Channel) -> bool:
        """Take what the peer sent; False at the end of the stream."""
        data = channel.receive(16_384)
        if len(self.first_bytes) < 256:
            self.first_bytes += data[: 256 - len(self.first_bytes)]
        self.incoming.write(data)
        return bool(data)

    def flush(self, channel: Channel) -> None:
        if data := self.outgoing.read():
            channel.send(data)

    def _send_alert(self, channel: Channel) -> None:
        """Tell the peer why, as any client does; that it may be gone does not matter any more."""
        with suppress(OSError):
            self.flush(channel)

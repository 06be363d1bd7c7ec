"""caIssuers addresses: asked only when the walk needs it, within narrow bounds, never trusted.

At most three fetches of 64 KiB and five seconds, `http` only (RFC 5280 section 4.2.2.1 means
plain HTTP: what is fetched is checked by its signature), one redirect, and never to an address
less public than the target's own, so that a certificate cannot make this machine knock on its
owner's doors.
"""

from __future__ import annotations

import io
import ipaddress
import re
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from diagnose.chain.der import SEQUENCE, Malformed, element
from diagnose.chain.reading import fingerprint, readable
from diagnose.model.attempt import Fetch
from diagnose.model.errors import DiagnoseError
from diagnose.model.nouns import dataclass
from diagnose.model.target import join_host_port
from diagnose.model.text import printable
from diagnose.probe.channel import SocketChannel
from diagnose.probe.dial import look_up
from diagnose.probe.targets import parse_host

if TYPE_CHECKING:
    from http.client import HTTPResponse

FETCH_LIMIT = 3
SIZE_LIMIT = 64 * 1024
SECONDS = 5.0
_CERTIFICATE_LIMIT = 10

#: Bytes of an answer's head; the largest seen are under 1 KiB.
_HEAD_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """One fetch: the facts, and the certificates (DER) that came."""

    fetch: Fetch
    certificates: tuple[bytes, ...] = ()


def fetch(url: str, target_addresses: Sequence[str]) -> Fetched:
    """Ask one caIssuers address. Raises nothing: what goes wrong is in `fetch.problem`."""
    shown = printable(url, 300)
    try:
        body = _get(url, _publicness(target_addresses), time.monotonic() + SECONDS)
    except _Refused as refused:
        return Fetched(Fetch(shown, problem=str(refused)))
    except OSError as error:
        return Fetched(Fetch(shown, problem=printable(error.strerror or str(error) or "timed out")))
    certificates = _certificates(body)
    if not certificates:
        return Fetched(Fetch(shown, problem="the answer holds no certificate"))
    return Fetched(Fetch(shown, tuple(map(fingerprint, certificates))), certificates)


class _Refused(Exception):
    """The address is not asked, or its answer not taken; the text says why."""


def _get(url: str, floor: int, deadline: float, redirects: int = 1) -> bytes:
    """The body. Raises _Refused and OSError."""
    from http.client import HTTPException

    host, port, path = _parts(url)
    with _connect(host, port, floor, deadline) as connection:
        channel = SocketChannel(connection, max(deadline - time.monotonic(), 0))
        place = host if port == 80 else join_host_port(host, port)
        # RFC 9112 section 3.2: the field holds the address in brackets where it is IPv6.
        place = f"[{host}]" if place == host and ":" in host else place
        asked = f"GET {path} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: tls-diagnose\r\n"
        channel.send(f"{asked}Accept: */*\r\nConnection: close\r\n\r\n".encode("ascii"))
        answer = None
        try:
            answer = _answer(channel)
            if answer.status in (301, 302, 303, 307, 308) and redirects:
                there = urljoin(url, answer.getheader("Location", ""))
                return _get(there, floor, deadline, redirects - 1)
            if answer.status != 200:
                raise _Refused(f"the answer is {answer.status} {printable(answer.reason, 60)}")
            body = answer.read(SIZE_LIMIT + 1)
        except (HTTPException, ValueError):
            raise _Refused("the answer is not HTTP") from None
        finally:
            # Left to the garbage collector, it complains on stderr.
            if answer is not None:
                answer.close()
    if len(body) > SIZE_LIMIT:
        raise _Refused(f"the answer is larger than {SIZE_LIMIT // 1024} KiB")
    return body


class _Wire(io.RawIOBase):
    """The channel as the stream that `http.client` reads, within the bounds of one answer."""

    def __init__(self, channel: SocketChannel) -> None:
        self._channel = channel
        self._left = _HEAD_LIMIT + SIZE_LIMIT + 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._channel.receive(min(len(buffer), self._left)) if self._left else b""
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


def _answer(channel: SocketChannel) -> HTTPResponse:
    """The answer up to its head. `http.client` sets no time limit to a peer that drips."""
    from http.client import HTTPResponse

    answer = HTTPResponse(_Wire(channel), method="GET")  # type: ignore[arg-type]
    answer.begin()
    return answer


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parse_host(parts.hostname or "", "")
    except (ValueError, DiagnoseError):
        raise _Refused("it is no address") from None
    if parts.scheme != "http":
        raise _Refused("it is not an http:// address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise _Refused("it is no address")
    return host, 80 if port is None else port, path


def _connect(host: str, port: int, floor: int, deadline: float) -> socket.socket:
    """A connection to the address that was judged, so that no second look-up can differ.

    Raises _Refused and OSError.
    """
    for address in look_up(host, port, max(deadline - time.monotonic(), 0)):
        rank = _rank(address)
        # Link-local addresses hold more than neighbours: clouds answer there with secrets.
        if rank >= floor and (rank != _LINK_LOCAL or floor == _LINK_LOCAL):
            left = max(deadline - time.monotonic(), 0.001)
            return socket.create_connection((address, port), left)
    raise _Refused("its address is less public than the server's own")


_LINK_LOCAL = 1


def _publicness(addresses: Sequence[str]) -> int:
    return min(map(_rank, addresses), default=3)


def _rank(text: str) -> int:
    """0 loopback, 1 link-local and other special ranges, 2 private networks, 3 public."""
    address = ipaddress.ip_address(text.partition("%")[0])
    # `::ffff:127.0.0.1` leads where 127.0.0.1 does (RFC 4291 section 2.5.5.2), and so does 0.0.0.0.
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_unspecified:
        return 0
    if address.is_link_local or address.is_multicast:
        return 1
    return 3 if address.is_global else 2


def _certificates(body: bytes) -> tuple[bytes, ...]:
    """The certificates of an answer: one in DER, a PKCS#7 bag, or (against the RFC) PEM."""
    block = re.search(rb"-----BEGIN (CERTIFICATE|PKCS7)-----(.+?)-----END \1-----", body, re.DOTALL)
    try:
        outer, _ = element(_decoded(block[2]) if block else body)
    except (Malformed, ValueError):
        return ()
    if outer.tag == SEQUENCE and readable(outer.whole) is not None:
        return (outer.whole,)
    return _from_pkcs7(outer.whole)


def _decoded(text: bytes) -> bytes:
    import base64

    return base64.b64decode(b"".join(text.split()), validate=True)


def _from_pkcs7(body: bytes) -> tuple[bytes, ...]:
    import warnings

    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    try:
        with warnings.catch_warnings():
            # That a bag is in BER, not DER, is between its author and cryptography.
            warnings.simplefilter("ignore")
            found = pkcs7.load_der_pkcs7_certificates(body)
    except (ValueError, UnsupportedAlgorithm):
        return ()
    return tuple(each.public_bytes(Encoding.DER) for each in found[:_CERTIFICATE_LIMIT])

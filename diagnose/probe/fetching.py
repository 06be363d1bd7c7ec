"""caIssuers addresses: asked only when the walk needs it, within narrow bounds, never trusted.

At most three fetches of 64 KiB and five seconds, `http` only (RFC 5280 section 4.2.2.1 means
plain HTTP: what is fetched is checked by its signature), one redirect, and never to an address
less public than the target's own, so that a certificate cannot make this machine knock on its
owner's doors.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from diagnose.chain.der import SEQUENCE, Malformed, element
from diagnose.chain.reading import fingerprint, readable
from diagnose.model.attempt import Fetch
from diagnose.model.nouns import dataclass
from diagnose.model.text import printable

FETCH_LIMIT = 3
SIZE_LIMIT = 64 * 1024
SECONDS = 5.0
_CERTIFICATE_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Fetched:
    """One fetch: the facts, and the certificates (DER) that came."""

    fetch: Fetch
    certificates: tuple[bytes, ...] = ()


def fetch(url: str, target_addresses: Sequence[str]) -> Fetched:
    """Ask one caIssuers address. Raises nothing: what goes wrong is in `fetch.problem`."""
    shown = printable(url, 300)
    try:
        body = _get(url, _publicness(target_addresses), redirects=1)
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


def _get(url: str, floor: int, redirects: int) -> bytes:
    """The body. Raises _Refused and OSError."""
    from http.client import HTTPConnection, HTTPException

    host, port, path = _parts(url)
    address = _address(host, port, floor)
    connection = HTTPConnection(address, port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": "tls-diagnose"})
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308) and redirects:
            return _get(answer.getheader("Location", ""), floor, redirects - 1)
        if answer.status != 200:
            raise _Refused(f"the answer is {answer.status} {printable(answer.reason, 60)}")
        body = answer.read(SIZE_LIMIT + 1)
    except HTTPException:
        raise _Refused("the answer is not HTTP") from None
    finally:
        connection.close()
    if len(body) > SIZE_LIMIT:
        raise _Refused(f"the answer is larger than {SIZE_LIMIT // 1024} KiB")
    return body


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _Refused("it is no address") from None
    if parts.scheme != "http" or not parts.hostname:
        raise _Refused("it is not an http:// address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise _Refused("it is no address")
    return parts.hostname, port or 80, path


def _address(host: str, port: int, floor: int) -> str:
    """The address to connect to: the one that was judged, so that no second look-up can differ."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        if _rank(address) >= floor:
            return address
    raise _Refused("its address is less public than the server's own")


def _publicness(addresses: Sequence[str]) -> int:
    return min(map(_rank, addresses), default=3)


def _rank(text: str) -> int:
    """0 loopback, 1 link-local and other special ranges, 2 private networks, 3 public."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if address.is_loopback:
        return 0
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return 1
    return 3 if address.is_global else 2


def _certificates(body: bytes) -> tuple[bytes, ...]:
    """The certificates of an answer: one in DER, a PKCS#7 bag, or (against the RFC) PEM."""
    import re
    import ssl

    if b"-----BEGIN CERTIFICATE-----" in body:
        block = re.search(
            rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", body, re.DOTALL
        )
        try:
            body = ssl.PEM_cert_to_DER_cert(block.group().decode("ascii")) if block else b""
        except ValueError:
            return ()
    try:
        outer, _ = element(body)
    except Malformed:
        return ()
    if outer.tag == SEQUENCE and readable(outer.whole) is not None:
        return (outer.whole,)
    return _from_pkcs7(outer.whole)


def _from_pkcs7(body: bytes) -> tuple[bytes, ...]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    try:
        found = pkcs7.load_der_pkcs7_certificates(body)
    except (ValueError, UnsupportedAlgorithm):
        return ()
    return tuple(each.public_bytes(Encoding.DER) for each in found[:_CERTIFICATE_LIMIT])

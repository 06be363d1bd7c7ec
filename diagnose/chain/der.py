"""The few rules of DER (X.690) that reading a certificate takes; no object model, no writing.

Why not the library alone: cryptography 50 refuses a certificate whole for one character that its
string type forbids, a serial number that is too long, or one broken extension; OpenSSL loads it.
A tool that explains what OpenSSL did must see what OpenSSL saw. Keys and signatures stay with
cryptography (`chain.signatures`). Indefinite lengths, which OpenSSL also reads, are not: nobody
issues such certificates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SEQUENCE = 0x30
SET = 0x31
BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18


class Malformed(ValueError):
    """The bytes are not the DER that was expected; the message names what was."""


class Element(NamedTuple):
    """One tag-length-value: `body` is the value, `whole` includes the header."""

    tag: int
    body: bytes
    whole: bytes


def element(data: bytes, at: int = 0) -> tuple[Element, int]:
    """The element that starts at `at`, and where the next one would.

    Raises Malformed for a truncated element, an indefinite length, or a tag of several bytes
    (no certificate field has one).
    """
    if at + 2 > len(data):
        raise Malformed("an element is cut short")
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise Malformed("a tag has several bytes")
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > len(data):
            raise Malformed("a length is indefinite or too large")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    if end > len(data):
        raise Malformed("an element is longer than its container")
    return Element(tag, data[start:end], data[at:end]), end


def children(body: bytes, limit: int = 10_000) -> Iterator[Element]:
    """The elements that follow one another in `body`, at most `limit`."""
    at = 0
    while at < len(body) and limit:
        found, at = element(body, at)
        limit -= 1
        yield found


def expect(data: bytes, tag: int, what: str) -> Element:
    """The single element in `data`, which must have this tag. Raises Malformed."""
    found, end = element(data)
    if found.tag != tag:
        raise Malformed(f"{what} has the wrong type")
    if end != len(data):
        raise Malformed(f"{what} is followed by other bytes")
    return found


def object_identifier(body: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's value (X.690 section 8.19)."""
    if not body or len(body) > 64 or body[-1] & 0x80:
        raise Malformed("an object identifier is malformed")
    numbers: list[int] = []
    value = 0
    for byte in body:
        if byte == 0x80 and not value:
            raise Malformed("an object identifier has a padded number")
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def named_bits(body: bytes) -> frozenset[int]:
    """The numbers of the bits that are set in a BIT STRING's value; the unused ones are not."""
    if not body or body[0] > 7 or (body[0] and len(body) == 1):
        raise Malformed("a bit string is malformed")
    used = len(body) * 8 - 8 - body[0]
    return frozenset(
        index * 8 + bit
        for index, byte in enumerate(body[1:9])
        for bit in range(8)
        if byte & 0x80 >> bit and index * 8 + bit < used
    )


def boolean(body: bytes) -> bool:
    """A BOOLEAN's value; like OpenSSL, any octet but zero is true."""
    if len(body) != 1:
        raise Malformed("a boolean is malformed")
    return body != b"\x00"


def hex_integer(body: bytes) -> str:
    """An INTEGER's value in hex, as OpenSSL shows serial numbers: whole octets, `-` for negative.

    As text, because certificates hold integers that are too long for Python to print.
    """
    if body[:1] < b"\x80":
        return body.lstrip(b"\x00").hex() or "00"
    value = -int.from_bytes(body, "big", signed=True)
    return "-" + value.to_bytes((value.bit_length() + 7) // 8, "big").hex()


def small_integer(body: bytes) -> int | None:
    """An INTEGER that counts something; None where it is too long to be meant (over four octets).

    Raises Malformed for an empty or a negative one.
    """
    if not body or body[0] & 0x80:
        raise Malformed("a count is negative or empty")
    return int.from_bytes(body, "big") if len(body) <= 4 else None

"""The few DER encodings of which a certificate is made (X.690; RFC 5280 section 4.1).

Certificates are encoded here rather than by a library's builder because scenes need what a
builder rightly refuses: a PrintableString that holds `*`, or a name given as raw bytes. Nothing
is parsed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

SEQUENCE = 0x30
SET = 0x31
BIT_STRING = 0x03
OCTET_STRING = 0x04
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13

TRUE = b"\x01\x01\xff"

#: RFC 5280 section 4.1.2.5: dates through this year are UTCTime, later ones GeneralizedTime.
_LAST_UTC_TIME_YEAR = 2049


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: the tag, the definite length, and the concatenated parts."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(number: int) -> bytes:
    """A non-negative INTEGER; the spare bit keeps the sign bit clear."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(0x06, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def bit_string(content: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return tlv(BIT_STRING, b"\x00", content)


def time(instant: datetime) -> bytes:
    """A Time (RFC 5280 section 4.1.2.5) for an aware instant, to the second."""
    utc = instant.astimezone(timezone.utc)
    if 1950 <= utc.year <= _LAST_UTC_TIME_YEAR:
        return tlv(0x17, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return tlv(0x18, f"{utc.year:04d}{utc:%m%d%H%M%S}Z".encode("ascii"))


def name(attributes: Iterable[tuple[str, int, str]]) -> bytes:
    """A Name of single-valued RDNs from (dotted type, string tag, text); the tag is not checked."""
    return tlv(
        SEQUENCE,
        *(
            tlv(SET, tlv(SEQUENCE, object_identifier(kind), tlv(tag, text.encode("utf-8"))))
            for kind, tag, text in attributes
        ),
    )


def extension(kind: str, critical: bool, value: bytes) -> bytes:
    """An Extension; `critical` is DEFAULT FALSE, so DER leaves FALSE out."""
    flag = TRUE if critical else b""
    return tlv(SEQUENCE, object_identifier(kind), flag, tlv(OCTET_STRING, value))

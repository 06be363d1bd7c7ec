"""The outline of a DER certificate: its length, its names, whether it is a CA. Nothing is decoded.

A bundle of 150 certificates is looked through in under a millisecond, without cryptography. The
outer two levels (RFC 5280 section 4.1: Certificate and TBSCertificate) are checked element by
element. What lies deeper is not: damage inside a name, a key or an extension goes unseen here, and
OpenSSL may refuse it (see `pem.read_file`, `thorough`). Indefinite lengths, which OpenSSL forgives
and DER forbids, count as damage.
"""

from __future__ import annotations

from functools import lru_cache

from diagnose.model.nouns import dataclass

SEQUENCE = 0x30
_INTEGER = 0x02
_BIT_STRING = 0x03
_VERSION = 0xA0
_EXTENSIONS = 0xA3
#: issuerUniqueID, subjectUniqueID, extensions.
_TAIL = frozenset({0x81, 0x82, 0xA1, 0xA2, _EXTENSIONS})

#: tbsCertificate, signatureAlgorithm, signatureValue; a revocation list has the same three
SIGNED = bytes([SEQUENCE, SEQUENCE, _BIT_STRING])
#: version (absent in version 1), serialNumber, signature, issuer, validity, subject, key
_TBS_V1 = bytes([_INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE])
_TBS = bytes([_VERSION]) + _TBS_V1

_BASIC_CONSTRAINTS = bytes.fromhex("0603551d13")
_KEY_USAGE = bytes.fromhex("0603551d0f")
_CRITICAL = bytes.fromhex("0101ff")


@dataclass(frozen=True, slots=True)
class Outline:
    """`length` is that of the certificate itself; more bytes may follow (TRUSTED CERTIFICATE).

    `extensions` is the raw [3] element, b"" where there is none.
    """

    length: int
    v1: bool
    issuer: bytes
    subject: bytes
    extensions: bytes


def element(der: bytes, at: int, end: int) -> tuple[int, int, int] | None:
    """Tag, first content byte and end of the element at `at`; None where it does not fit."""
    if at + 2 > end:
        return None
    length = der[at + 1]
    start = at + 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > end:
            return None
        length = int.from_bytes(der[start : start + octets], "big")
        start += octets
    return (der[at], start, start + length) if start + length <= end else None


def inside(der: bytes) -> bytes | None:
    """The tags of what the SEQUENCE at the start of `der` holds; None where it is damaged."""
    outer = element(der, 0, len(der))
    if outer is None or outer[0] != SEQUENCE:
        return None
    parts = _children(der, outer[1], outer[2])
    return parts[0] if parts else None


@lru_cache(maxsize=1024)
def outline(der: bytes) -> Outline | None:
    """The outline of the certificate that `der` begins with; None where there is none.

    certifi and the two places of a system's store hold the same public roots: each is looked
    through once.
    """
    outer = element(der, 0, len(der))
    parts = outer and _children(der, outer[1], outer[2])
    if not outer or not parts or (der[0], parts[0]) != (SEQUENCE, SIGNED):
        return None
    tbs = element(der, outer[1], outer[2])
    fields = tbs and _children(der, tbs[1], tbs[2])
    if not fields:
        return None
    tags, bounds = fields
    v1 = not tags.startswith(_TBS)
    required = len(_TBS_V1 if v1 else _TBS)
    if (v1 and not tags.startswith(_TBS_V1)) or not _TAIL.issuperset(tags[required:]):
        return None
    return Outline(
        outer[2],
        v1,
        issuer=der[bounds[required - 4] : bounds[required - 3]],
        subject=der[bounds[required - 2] : bounds[required - 1]],
        extensions=der[bounds[-2] : bounds[-1]] if tags[-1] == _EXTENSIONS else b"",
    )


def _children(der: bytes, at: int, end: int) -> tuple[bytes, list[int]] | None:
    """The tags of the elements that fill `at` to `end`, and the borders between them.

    `element` once more, in place: a bundle spends most of its time here.
    """
    tags = bytearray()
    bounds = [at]
    # A TBSCertificate has ten at most, a private key eleven. No read goes past `end`.
    while at + 2 <= end and len(tags) < 11:
        tags.append(der[at])
        length = der[at + 1]
        if length < 0x80:
            at += 2 + length
        elif length == 0x82 and at + 4 <= end:
            at += 4 + (der[at + 2] << 8 | der[at + 3])
        else:
            part = element(der, at, end)
            at = part[2] if part else end + 1
        bounds.append(at)
    return (bytes(tags), bounds) if at == end else None


def is_ca(found: Outline) -> bool:
    """Whether OpenSSL would count it as a CA (`X509_check_ca`), by a look at the raw extensions.

    Read: basicConstraints, keyCertSign of keyUsage, self-issued version 1 certificates. Not read:
    the Netscape certificate type; a self-issued version 1 certificate is taken as self-signed.
    """
    usage = _value(found.extensions, _KEY_USAGE)
    # BIT STRING: tag, length, unused bits, first byte; keyCertSign is bit 5 (0x04).
    if usage and not (len(usage) >= 4 and usage[3] & 0x04):
        return False
    constraints = _value(found.extensions, _BASIC_CONSTRAINTS)
    if constraints:
        return constraints[2:4] == b"\x01\x01" and constraints[4:5] != b"\0"
    return bool(usage) or (found.v1 and found.issuer == found.subject)


def _value(extensions: bytes, oid: bytes) -> bytes:
    """The content of one extension's OCTET STRING; b"" where the extension is not there."""
    at = extensions.find(oid)
    if at < 0:
        return b""
    at += len(oid)
    if extensions.startswith(_CRITICAL, at):
        at += len(_CRITICAL)
    found = element(extensions, at, len(extensions))
    return extensions[found[1] : found[2]] if found else b""

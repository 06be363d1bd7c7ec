"""The extensions of a certificate (RFC 5280 section 4.2) that trust depends on, each read alone.

One that cannot be read does not spoil the others: its name goes to `unread`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from diagnose.chain.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Malformed,
    children,
    expect,
    named_bits,
    object_identifier,
)
from diagnose.model.text import printable

#: At most so many names of a certificate are read; the largest public ones hold a few hundred.
NAME_LIMIT = 2_000

#: What OpenSSL 3 handles, and so accepts as critical (`X509_supported_extension`).
SUPPORTED = frozenset(
    {
        "2.5.29.15",
        "2.5.29.17",
        "2.5.29.19",
        "2.5.29.30",
        "2.5.29.31",
        "2.5.29.32",
        "2.5.29.33",
        "2.5.29.36",
        "2.5.29.37",
        "2.5.29.54",
        "2.16.840.1.113730.1.1",
        "1.3.6.1.5.5.7.1.7",
        "1.3.6.1.5.5.7.1.8",
        "1.3.6.1.5.5.7.1.14",
    }
)

_KEY_USAGE = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

Fields = dict[str, Any]  # keyword arguments of model.certificate.Certificate


def _basic_constraints(value: bytes, critical: bool) -> Fields:
    parts = list(children(expect(value, SEQUENCE, "basicConstraints").body, limit=3))
    ca = any(part.tag == BOOLEAN and part.body != b"\x00" for part in parts)
    lengths = [int.from_bytes(part.body, "big") for part in parts if part.tag == INTEGER]
    return {
        "ca": ca,
        "path_length": lengths[0] if lengths else None,
        "basic_constraints_critical": critical,
    }


def _key_usage(value: bytes, critical: bool) -> Fields:
    bits = named_bits(expect(value, BIT_STRING, "keyUsage").body)
    return {"key_usage": tuple(name for bit, name in enumerate(_KEY_USAGE) if bit in bits)}


def _extended_key_usage(value: bytes, critical: bool) -> Fields:
    purposes = children(expect(value, SEQUENCE, "extendedKeyUsage").body, limit=64)
    return {"extended_key_usage": tuple(object_identifier(each.body) for each in purposes)}


def _subject_key_id(value: bytes, critical: bool) -> Fields:
    return {"key_id": expect(value, OCTET_STRING, "subjectKeyIdentifier").body.hex()}


def _authority_key_id(value: bytes, critical: bool) -> Fields:
    fields: Fields = {}
    for part in children(expect(value, SEQUENCE, "authorityKeyIdentifier").body, limit=4):
        match part.tag:
            case 0x80:
                fields["authority_key_id"] = part.body.hex()
            case 0xA1:
                names = [each for each in children(part.body, limit=16) if each.tag == 0xA4]
                fields["authority_issuer"] = names[0].body if names else None
            case 0x82:
                fields["authority_serial"] = part.body.lstrip(b"\x00").hex() or "0"
            case _:
                pass
    return fields


def _alternative_names(value: bytes, critical: bool) -> Fields:
    dns: list[str] = []
    addresses: list[str] = []
    body = expect(value, SEQUENCE, "subjectAltName").body
    for part in children(body, limit=NAME_LIMIT):
        if part.tag == 0x82:
            dns.append(printable(part.body.decode("latin-1"), 255))
        elif part.tag == 0x87 and len(part.body) in (4, 16):
            addresses.append(str(ipaddress.ip_address(part.body)))
    return {
        "has_alternative_names": True,
        "dns_names": tuple(dns),
        "ip_addresses": tuple(addresses),
    }


def _authority_information(value: bytes, critical: bool) -> Fields:
    urls = []
    for access in children(expect(value, SEQUENCE, "authorityInfoAccess").body, limit=16):
        method, place = list(children(access.body, limit=2))
        if method.tag != OBJECT_IDENTIFIER or object_identifier(method.body) != _CA_ISSUERS:
            continue
        if place.tag == 0x86:
            urls.append(printable(place.body.decode("latin-1"), 500))
    return {"ca_issuers": tuple(urls)}


def _signed_timestamps(value: bytes, critical: bool) -> Fields:
    return {"has_scts": True}


_READERS: dict[str, tuple[str, Callable[[bytes, bool], Fields]]] = {
    "2.5.29.19": ("basicConstraints", _basic_constraints),
    "2.5.29.15": ("keyUsage", _key_usage),
    "2.5.29.37": ("extendedKeyUsage", _extended_key_usage),
    "2.5.29.14": ("subjectKeyIdentifier", _subject_key_id),
    "2.5.29.35": ("authorityKeyIdentifier", _authority_key_id),
    "2.5.29.17": ("subjectAltName", _alternative_names),
    "1.3.6.1.5.5.7.1.1": ("authorityInfoAccess", _authority_information),
    "1.3.6.1.4.1.11129.2.4.2": ("signedCertificateTimestampList", _signed_timestamps),
}


def read_extensions(body: bytes) -> Fields:
    """The keyword arguments for `Certificate` that the Extensions sequence gives.

    Raises Malformed when the list itself cannot be read; a single bad extension only lands in
    `unread`. The first of a repeated extension counts.
    """
    fields: Fields = {}
    unread: list[str] = []
    critical_ones: list[str] = []
    for extension in children(expect(body, SEQUENCE, "extensions").body, limit=200):
        oid, critical, value = _extension(extension.body)
        if critical:
            critical_ones.append(oid)
        name, reader = _READERS.get(oid, ("", None))
        if reader is None:
            continue
        try:
            found = reader(value, critical)
        except (Malformed, ValueError):
            unread.append(name)
            continue
        fields = {**found, **fields}
    return {**fields, "critical_extensions": tuple(critical_ones), "unread": tuple(unread)}


def _extension(body: bytes) -> tuple[str, bool, bytes]:
    parts = list(children(body, limit=3))
    if len(parts) < 2 or parts[0].tag != OBJECT_IDENTIFIER or parts[-1].tag != OCTET_STRING:
        raise Malformed("an extension is malformed")
    critical = parts[1].tag == BOOLEAN and parts[1].body != b"\x00"
    return object_identifier(parts[0].body), critical, parts[-1].body

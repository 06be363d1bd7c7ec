"""The extensions of a certificate (RFC 5280 section 4.2) that trust depends on, each read alone.

One that cannot be read does not spoil the others: its name goes to `unread`. nameConstraints and
cRLDistributionPoints are looked at only for their form, because OpenSSL refuses a certificate for
it; what they say is judged nowhere.
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
    Element,
    Malformed,
    boolean,
    children,
    element,
    expect,
    hex_integer,
    named_bits,
    object_identifier,
    small_integer,
)
from diagnose.model.text import printable

#: At most so many names of a certificate are read; the largest public ones hold a few hundred.
NAME_LIMIT = 50_000

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


#: Tags of a GeneralName's nine kinds (RFC 5280 section 4.2.1.6): five strings, four structures.
_GENERAL_NAME = frozenset({0xA0, 0x81, 0x82, 0xA3, 0xA4, 0xA5, 0x86, 0x87, 0x88})
_DNS_NAME, _DIRECTORY_NAME, _URI, _IP_ADDRESS = 0x82, 0xA4, 0x86, 0x87


def _basic_constraints(value: bytes, critical: bool) -> Fields:
    parts = _parts(value, SEQUENCE, "basicConstraints", limit=3)
    tags = [part.tag for part in parts]
    if tags not in ([], [BOOLEAN], [INTEGER], [BOOLEAN, INTEGER]):
        raise Malformed("basicConstraints has other parts")
    return {
        "ca": bool(tags) and tags[0] == BOOLEAN and boolean(parts[0].body),
        "path_length": small_integer(parts[-1].body) if INTEGER in tags else None,
        "basic_constraints_critical": critical,
    }


def _key_usage(value: bytes, critical: bool) -> Fields:
    bits = named_bits(expect(value, BIT_STRING, "keyUsage").body)
    if not bits:
        raise Malformed("keyUsage is empty")  # section 4.2.1.3; OpenSSL refuses the certificate
    return {"key_usage": tuple(name for bit, name in enumerate(_KEY_USAGE) if bit in bits)}


def _extended_key_usage(value: bytes, critical: bool) -> Fields:
    purposes = _parts(value, SEQUENCE, "extendedKeyUsage", limit=64)
    if any(each.tag != OBJECT_IDENTIFIER for each in purposes):
        raise Malformed("extendedKeyUsage holds something else")
    return {"extended_key_usage": tuple(object_identifier(each.body) for each in purposes)}


def _subject_key_id(value: bytes, critical: bool) -> Fields:
    return {"key_id": expect(value, OCTET_STRING, "subjectKeyIdentifier").body.hex()}


def _authority_key_id(value: bytes, critical: bool) -> Fields:
    fields: Fields = {}
    for part in _parts(value, SEQUENCE, "authorityKeyIdentifier", limit=4):
        match part.tag:
            case 0x80:
                fields["authority_key_id"] = part.body.hex()
            case 0xA1:
                names = [each for each in _general_names(part.body) if each.tag == _DIRECTORY_NAME]
                # OpenSSL takes notice of the first only.
                fields["authority_issuer"] = names[0].body if names else None
            case 0x82:
                fields["authority_serial"] = hex_integer(part.body)
            case _:
                raise Malformed("authorityKeyIdentifier has other parts")
    return fields


def _alternative_names(value: bytes, critical: bool) -> Fields:
    dns: list[str] = []
    addresses: list[str] = []
    for part in _general_names(expect(value, SEQUENCE, "subjectAltName").body):
        if part.tag == _DNS_NAME:
            dns.append(printable(part.body.decode("latin-1"), 255))
        elif part.tag == _IP_ADDRESS and len(part.body) in (4, 16):
            addresses.append(str(ipaddress.ip_address(part.body)))
    return {
        "has_alternative_names": True,
        "dns_names": tuple(dns),
        "ip_addresses": tuple(addresses),
    }


def _general_names(body: bytes) -> list[Element]:
    found = list(children(body, limit=NAME_LIMIT))
    if any(part.tag not in _GENERAL_NAME for part in found):
        raise Malformed("a general name is of no known kind")
    return found


def _name_constraints(value: bytes, critical: bool) -> Fields:
    for subtrees in _parts(value, SEQUENCE, "nameConstraints", limit=3):
        if subtrees.tag not in (0xA0, 0xA1):
            raise Malformed("nameConstraints has other parts")
        for subtree in children(subtrees.body, limit=NAME_LIMIT):
            base, _ = element(subtree.body)
            if subtree.tag != SEQUENCE or base.tag not in _GENERAL_NAME:
                raise Malformed("a subtree has no name")
    return {}


def _distribution_points(value: bytes, critical: bool) -> Fields:
    points = _parts(value, SEQUENCE, "cRLDistributionPoints", limit=64)
    if any(point.tag != SEQUENCE for point in points):
        raise Malformed("a distribution point is no sequence")
    return {}


def _authority_information(value: bytes, critical: bool) -> Fields:
    urls = []
    for access in _parts(value, SEQUENCE, "authorityInfoAccess", limit=16):
        parts = list(children(access.body, limit=3))
        if len(parts) != 2 or parts[0].tag != OBJECT_IDENTIFIER:
            raise Malformed("an access description is not a method and a place")
        method, place = parts
        if object_identifier(method.body) == _CA_ISSUERS and place.tag == _URI:
            urls.append(printable(place.body.decode("latin-1"), 500))
    return {"ca_issuers": tuple(urls)}


def _signed_timestamps(value: bytes, critical: bool) -> Fields:
    return {"has_scts": True}


def _parts(value: bytes, tag: int, what: str, limit: int) -> list[Element]:
    return list(children(expect(value, tag, what).body, limit))


_READERS: dict[str, tuple[str, Callable[[bytes, bool], Fields]]] = {
    "2.5.29.19": ("basicConstraints", _basic_constraints),
    "2.5.29.15": ("keyUsage", _key_usage),
    "2.5.29.37": ("extendedKeyUsage", _extended_key_usage),
    "2.5.29.14": ("subjectKeyIdentifier", _subject_key_id),
    "2.5.29.35": ("authorityKeyIdentifier", _authority_key_id),
    "2.5.29.17": ("subjectAltName", _alternative_names),
    "2.5.29.30": ("nameConstraints", _name_constraints),
    "2.5.29.31": ("cRLDistributionPoints", _distribution_points),
    "1.3.6.1.5.5.7.1.1": ("authorityInfoAccess", _authority_information),
    "1.3.6.1.4.1.11129.2.4.2": ("signedCertificateTimestampList", _signed_timestamps),
}


#: Whoever cannot read one of these cannot use the certificate: OpenSSL then neither takes it for
#: an issuer nor finds its issuer (EXFLAG_INVALID of `ossl_x509v3_cache_extensions`).
NEEDED = frozenset(name for name, _ in _READERS.values()) - {
    "authorityInfoAccess",
    "signedCertificateTimestampList",
} | {"extensions"}


def read_extensions(body: bytes) -> Fields:
    """The keyword arguments for `Certificate` that the Extensions sequence gives.

    Raises Malformed when the list itself cannot be read; a single bad extension only lands in
    `unread`, and so does one that is there twice: OpenSSL refuses to choose.
    """
    found: dict[str, Fields] = {}
    unread: list[str] = []
    critical_ones: list[str] = []
    for extension in _parts(body, SEQUENCE, "extensions", limit=200):
        try:
            oid, critical, value = _extension(extension)
        except Malformed:
            unread.append("extensions")
            continue
        if critical:
            critical_ones.append(oid)
        name, reader = _READERS.get(oid, ("", None))
        if reader is None:
            continue
        try:
            if name in found:
                raise Malformed("an extension is repeated")
            found[name] = reader(value, critical)
        except (Malformed, ValueError):
            found[name] = {}
            unread.append(name)
    fields = {key: value for each in found.values() for key, value in each.items()}
    return {
        **fields,
        "critical_extensions": tuple(critical_ones),
        "unread": tuple(dict.fromkeys(unread)),
    }


def _extension(extension: Element) -> tuple[str, bool, bytes]:
    parts = list(children(extension.body, limit=4))
    tags = [part.tag for part in parts]
    if tags not in (
        [OBJECT_IDENTIFIER, OCTET_STRING],
        [OBJECT_IDENTIFIER, BOOLEAN, OCTET_STRING],
    ):
        raise Malformed("an extension is malformed")
    critical = len(parts) == 3 and boolean(parts[1].body)
    return object_identifier(parts[0].body), critical, parts[-1].body

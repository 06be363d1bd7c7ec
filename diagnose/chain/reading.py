"""From bytes to a `Certificate`: the one place where a field that cannot be read is guarded."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from functools import lru_cache

from diagnose.chain.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    UTC_TIME,
    Element,
    Malformed,
    children,
    element,
    expect,
    hex_integer,
    object_identifier,
    small_integer,
)
from diagnose.chain.extensions import Fields, read_extensions
from diagnose.chain.names import read_name
from diagnose.model.certificate import Certificate


def fingerprint(der: bytes) -> str:
    """The SHA-256 of the DER, in hex: how every part of the project names a certificate."""
    return hashlib.sha256(der).hexdigest()


@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> Certificate:
    """Read a certificate (RFC 5280 section 4.1). Raises Malformed where its frame does not hold."""
    outer, _ = element(der)
    if outer.tag != SEQUENCE:
        raise Malformed("a certificate is not a sequence")
    parts = list(children(outer.body, limit=4))
    tags = [part.tag for part in parts]
    if len(parts) != 3 or tags[0] != SEQUENCE or tags[2] != BIT_STRING:
        raise Malformed("a certificate has not its three parts")
    tbs, algorithm, signature = parts
    fields, signed_algorithm, rest = _frame(tbs)
    oid, parameters = _algorithm(signed_algorithm)
    extensions = _extensions(rest)
    unread = [*extensions.pop("unread", ())]
    if algorithm.whole != signed_algorithm.whole or not oid:
        unread.append("signatureAlgorithm")  # section 4.1.1.2: there twice, and the same
    if fields["not_before"] is None or fields["not_after"] is None:
        unread.append("validity")
    return Certificate(
        sha256=fingerprint(der),
        der=der,
        tbs=tbs.whole,
        # A signature is whole octets; OpenSSL refuses any other (`ASN1_item_verify`).
        signature=signature.body[1:] if signature.body[:1] == b"\x00" else b"",
        signature_oid=oid,
        signature_parameters=parameters,
        spki_sha256=fingerprint(fields["spki"]),
        unread=tuple(unread),
        **fields,
        **extensions,
    )


def readable(der: bytes) -> Certificate | None:
    """Like `read_certificate`; None where nothing can be read."""
    try:
        return read_certificate(der)
    except Malformed:
        return None


def subject_of(der: bytes) -> bytes:
    """The subject's exact bytes, as quickly as it goes: an index reads hundreds of them.

    Raises Malformed.
    """
    outer, _ = element(der)
    tbs, _ = element(outer.body)
    body, at = tbs.body, 0
    first, at = element(body, at)
    skip = 4 if first.tag == 0xA0 else 3
    for _ in range(skip):
        _, at = element(body, at)
    subject, _ = element(body, at)
    return subject.whole


def _frame(tbs: Element) -> tuple[Fields, Element, list[Element]]:
    """TBSCertificate: its fixed fields, the signature algorithm, and the optional fields."""
    parts = list(children(tbs.body, limit=16))
    version: int | None = 0
    if parts and parts[0].tag == 0xA0:
        version = small_integer(expect(parts[0].body, INTEGER, "version").body)
        parts = parts[1:]
    if [part.tag for part in parts[:6]] != [INTEGER, *[SEQUENCE] * 5]:
        raise Malformed("the certificate's fields are not those of RFC 5280")
    serial, algorithm, issuer, validity, subject, key = parts[:6]
    not_before, not_after = _validity(validity)
    fields: Fields = {
        "version": 0 if version is None else version + 1,
        "serial": hex_integer(serial.body),
        "issuer": read_name(issuer.whole),
        "subject": read_name(subject.whole),
        "not_before": not_before,
        "not_after": not_after,
        "spki": key.whole,
    }
    return fields, algorithm, parts[6:]


def _validity(validity: Element) -> tuple[datetime | None, datetime | None]:
    try:
        times = [_time(each) for each in children(validity.body, limit=3)]
    except Malformed:
        return None, None
    return (times[0], times[1]) if len(times) == 2 else (None, None)


def _time(value: Element) -> datetime | None:
    """UTCTime or GeneralizedTime in Zulu (RFC 5280 section 4.1.2.5); None where it is neither.

    `strptime` is not used: it accepts forms that DER does not, and costs an import of `_strptime`.
    """
    text = value.body.decode("latin-1")
    if value.tag == UTC_TIME:
        year = "19" if text[:2] >= "50" else "20"
        text = year + text
    elif value.tag != GENERALIZED_TIME:
        return None
    digits = text[:-1]
    if len(text) != 15 or text[-1] != "Z" or not (digits.isascii() and digits.isdigit()):
        return None
    numbers = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, 14, 2))]
    year_number, month, day, hour, minute, second = numbers
    try:
        return datetime(year_number, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None


def _algorithm(algorithm: Element) -> tuple[str, bytes]:
    """The object identifier of an AlgorithmIdentifier and its parameters' bytes."""
    try:
        parts = list(children(algorithm.body, limit=2))
        if not parts or parts[0].tag != OBJECT_IDENTIFIER:
            return "", b""
        return object_identifier(parts[0].body), parts[1].whole if len(parts) > 1 else b""
    except Malformed:
        return "", b""


def _extensions(optional: list[Element]) -> Fields:
    for part in optional:
        if part.tag != 0xA3:
            continue
        try:
            return read_extensions(part.body)
        except Malformed:
            return {"unread": ("extensions",)}
    return {}

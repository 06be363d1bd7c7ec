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
    object_identifier,
)
from diagnose.chain.extensions import Fields, read_extensions
from diagnose.chain.names import read_name
from diagnose.model.certificate import Certificate


def fingerprint(der: bytes) -> str:
    """The SHA-256 of the DER, in hex: how every part of the project names a certificate."""
    return hashlib.sha256(der).hexdigest()


@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> Certificate:
    """Read a certificate (RFC 5280 section 4.1). Raises Malformed where not even its frame holds."""
    outer, _ = element(der)
    if outer.tag != SEQUENCE:
        raise Malformed("a certificate is not a sequence")
    parts = list(children(outer.body, limit=4))
    if len(parts) != 3 or parts[0].tag != SEQUENCE or parts[2].tag != BIT_STRING:
        raise Malformed("a certificate has not its three parts")
    tbs, algorithm, signature = parts
    fields, rest = _frame(tbs)
    oid, parameters = _algorithm(algorithm)
    extensions, unread = _extensions(rest)
    key = fields["spki"]
    return Certificate(
        sha256=fingerprint(der),
        der=der,
        tbs=tbs.whole,
        signature=signature.body[1:],
        signature_oid=oid,
        signature_parameters=parameters,
        spki_sha256=hashlib.sha256(key).hexdigest(),
        **fields,
        **{**extensions, "unread": (*extensions.get("unread", ()), *unread)},
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


def _frame(tbs: Element) -> tuple[Fields, list[Element]]:
    """The fixed fields of TBSCertificate, and the optional ones that follow."""
    parts = list(children(tbs.body, limit=16))
    version = 1
    if parts and parts[0].tag == 0xA0:
        version = int.from_bytes(expect(parts[0].body, INTEGER, "version").body, "big") + 1
        parts = parts[1:]
    if (
        len(parts) < 6
        or parts[0].tag != INTEGER
        or any(part.tag != SEQUENCE for part in parts[1:6])
    ):
        raise Malformed("the certificate's fields are not those of RFC 5280")
    serial, _, issuer, validity, subject, key = parts[:6]
    not_before, not_after = _validity(validity)
    fields: Fields = {
        "version": version,
        "serial": serial.body.lstrip(b"\x00").hex() or "0",
        "issuer": read_name(issuer.whole),
        "subject": read_name(subject.whole),
        "not_before": not_before,
        "not_after": not_after,
        "spki": key.whole,
    }
    return fields, parts[6:]


def _validity(validity: Element) -> tuple[datetime | None, datetime | None]:
    times = [_time(each) for each in children(validity.body, limit=2)]
    if len(times) != 2:
        return None, None
    return times[0], times[1]


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


def _extensions(optional: list[Element]) -> tuple[Fields, tuple[str, ...]]:
    for part in optional:
        if part.tag != 0xA3:
            continue
        try:
            return read_extensions(part.body), ()
        except Malformed:
            return {}, ("extensions",)
    return {}, ()

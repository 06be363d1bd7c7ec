"""Distinguished names: the exact bytes, a form for people, and the form that OpenSSL compares."""

from __future__ import annotations

from functools import lru_cache

from diagnose.chain.der import (
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    Element,
    Malformed,
    children,
    expect,
    object_identifier,
)
from diagnose.model.certificate import Name
from diagnose.model.text import printable

#: RFC 4514 section 3 and the names that OpenSSL prints for the others.
_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "emailAddress",
}

#: Universal tags of the string types and their encodings. T61String is read as Latin-1, as OpenSSL
#: does (`ASN1_STRING_to_UTF8`).
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "latin-1",
    0x13: "latin-1",
    0x14: "latin-1",
    0x16: "latin-1",
    0x1A: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
#: Of these, the one that OpenSSL compares as it is (it is not in ASN1_MASK_CANON).
_NUMERIC_STRING = 0x12

#: A name that has more than so many parts, or a part that has more attributes, is not read.
_PARTS, _ATTRIBUTES = 64, 16


@lru_cache(maxsize=8192)
def read_name(der: bytes) -> Name:
    """Read a Name (RFC 5280 section 4.1.2.4). One that cannot be read is shown as hex."""
    try:
        outer = expect(der, SEQUENCE, "a name")
        parts = [_relative_name(each) for each in _all(outer.body, _PARTS)]
    except Malformed:
        return Name(der, der, printable(f"#{der[:40].hex()}"), "(unreadable name)")
    attributes = tuple(attribute for part in parts for attribute, _ in part)
    canonical = b"".join(_set_of([form for _, form in part]) for part in parts if part)
    text = ",".join(
        "+".join(f"{kind}={_escape(value)}" for (kind, value), _ in part)
        for part in reversed(parts)
        if part
    )
    return Name(der, canonical, printable(text) or "(empty name)", _short(attributes), attributes)


def _relative_name(rdn: Element) -> list[tuple[tuple[str, str], bytes]]:
    """Each attribute of a RelativeDistinguishedName with its canonical form."""
    if rdn.tag != SET:
        raise Malformed("a relative name is not a set")
    found = []
    for pair in _all(rdn.body, _ATTRIBUTES):
        parts = _all(pair.body, 2)
        if pair.tag != SEQUENCE or len(parts) != 2 or parts[0].tag != OBJECT_IDENTIFIER:
            raise Malformed("an attribute is not a type and a value")
        kind, value = parts
        oid = object_identifier(kind.body)
        text = _text(value)
        shown = printable(text) if text is not None else f"#{value.whole[:32].hex()}"
        as_it_is = text is None or value.tag == _NUMERIC_STRING
        canonical = value.whole if as_it_is else b"\x0c" + _fold(text or "")
        found.append(((_SHORT.get(oid, oid), shown), kind.whole + canonical))
    return found


def _all(body: bytes, limit: int) -> list[Element]:
    """All elements. Two names must not be held for equal because both were read in part."""
    found = list(children(body, limit + 1))
    if len(found) > limit:
        raise Malformed("a name has too many parts")
    return found


def _text(value: Element) -> str | None:
    encoding = _ENCODINGS.get(value.tag)
    if encoding is None:
        return None
    try:
        return value.body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _fold(text: str) -> bytes:
    """OpenSSL's `asn1_string_canon`: trim, fold runs of blanks, lower the case of ASCII letters.

    `bytes.split` and `bytes.lower` know exactly the six blanks and 26 letters that OpenSSL knows.
    """
    return b" ".join(text.encode("utf-8").split()).lower()


def _set_of(forms: list[bytes]) -> bytes:
    """The members of one relative name in an order that does not depend on the encoding's."""
    return b"\x31" + b"".join(len(form).to_bytes(4, "big") + form for form in sorted(forms))


def _escape(value: str) -> str:
    """RFC 4514 section 2.4, as far as a reader needs it."""
    for character in "\\,+":
        value = value.replace(character, "\\" + character)
    return value


def _short(attributes: tuple[tuple[str, str], ...]) -> str:
    """What a person would call it: the last common name, else unit, organisation, e-mail."""
    for kind in ("CN", "OU", "O", "emailAddress"):
        for attribute, value in reversed(attributes):
            if attribute == kind and value.strip():
                return printable(value.strip(), 80)
    return printable(attributes[-1][1], 80) if attributes else "(empty name)"

"""What a file is that OpenSSL finds no certificate in, and what could be saved out of it.

Words for people: a help desk gets `.pem` files that are DER, PKCS#7, UTF-16 or a proxy's login
page. Nothing here says what OpenSSL loads; `pem` does.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Collection, Iterator

from diagnose.model.store import DefectKind
from diagnose.stores.blocks import BEGIN, BOM, blocks, text_as_read
from diagnose.stores.outline import SEQUENCE, element, outline

_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF16_BEGIN = {codec: BEGIN.decode().encode(codec) for codec in ("utf-16-le", "utf-16-be")}
_HTML = re.compile(rb"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
#: 1.2.840.113549.1.7.2 (signedData) and .1 (data), RFC 5652 section 4 and 5.1
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_PKCS7_DATA = bytes.fromhex("06092a864886f70d010701")
#: PFX begins with version 3 (RFC 7292 section 4).
_VERSION_3 = b"\x02\x01\x03"
_JAVA_KEYSTORE = b"\xfe\xed\xfe\xed"
#: Where a format shows itself: the first bytes, generously.
_HEAD = 4096
_SALVAGED = 2_000_000

NOTHING = (DefectKind.NO_CERTIFICATE, "holds no certificate")


def what_it_is(data: bytes, labels: Collection[str]) -> tuple[DefectKind, str]:
    """Kind and words for `data`, where OpenSSL found blocks with `labels`, none a certificate."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        words = "holds nothing but blanks" if data else "is empty (0 bytes)"
        return DefectKind.EMPTY, words
    if utf16(data):
        return (
            DefectKind.UTF16,
            "is text in UTF-16 (what `>` in Windows PowerShell writes); OpenSSL reads ASCII only",
        )
    return _by_label(labels) or _binary(data) or _text(data) or NOTHING


def utf16(data: bytes) -> str:
    """The codec, where `data` is UTF-16 or has a PEM block in UTF-16; else the empty string."""
    places = {codec: data.find(begin) for codec, begin in _UTF16_BEGIN.items()}
    # Text of either order holds the BEGIN line of the other, shifted by one byte.
    for codec, at in places.items():
        if at >= 0 and at % 2 == 0:
            return codec
    if max(places.values()) >= 0 or (data.startswith(_UTF16_BOMS) and len(data) % 2 == 0):
        return "utf-16"
    return ""


def _by_label(labels: Collection[str]) -> tuple[DefectKind, str] | None:
    if any(label in {"PKCS7", "CMS", "PKCS #7 SIGNED DATA"} for label in labels):
        return DefectKind.PKCS7, "is a PKCS#7 (p7b) container; OpenSSL takes single PEM blocks here"
    if any(label.endswith("PRIVATE KEY") for label in labels):
        return DefectKind.PRIVATE_KEY_ONLY, "holds a private key and no certificate"
    if "X509 CRL" in labels:
        return DefectKind.NO_CERTIFICATE, "holds a revocation list and no certificate"
    if any("CERTIFICATE REQUEST" in label for label in labels):
        return DefectKind.NO_CERTIFICATE, "holds a certificate request (CSR) and no certificate"
    return None


def _binary(data: bytes) -> tuple[DefectKind, str] | None:
    if data.startswith(_JAVA_KEYSTORE):
        return DefectKind.NO_CERTIFICATE, "is a Java keystore (JKS), not PEM"
    if data[0] != SEQUENCE:
        return None
    found = outline(data)
    if found is not None:
        many = "several certificates" if found.length < len(data) else "a certificate"
        return DefectKind.DER, f"is {many} in DER form (binary); OpenSSL takes PEM (text) here"
    if _SIGNED_DATA in data[:32]:
        return DefectKind.PKCS7, "is a PKCS#7 (p7b) container in binary form, not PEM"
    if _VERSION_3 in data[:9] and _PKCS7_DATA in data[:48]:
        return DefectKind.PKCS12, "is a PKCS#12 (pfx, p12) container, not PEM"
    return None


def _text(data: bytes) -> tuple[DefectKind, str] | None:
    head = data[:_HEAD]
    if _HTML.search(head):
        return DefectKind.HTML, "is an HTML page (a login or block page?), not certificates"
    if b"\r" in data and b"\n" not in data and BEGIN in data:
        return (
            DefectKind.CR_LINE_ENDS,
            "has line ends of CR only (old Mac style), so that OpenSSL sees one long line",
        )
    if BEGIN not in data and b"BEGIN CERTIFICATE" in data:
        return (
            DefectKind.NO_CERTIFICATE,
            "has BEGIN lines without five plain hyphens, so that OpenSSL finds no certificate",
        )
    if _bare(data):
        return (
            DefectKind.NO_CERTIFICATE,
            "holds a certificate in base64, but no BEGIN and END lines around it",
        )
    return None


def _bare(data: bytes) -> bytes:
    """The certificate where the file is base64 alone; else b""."""
    if not data.startswith(b"MII"):
        return b""
    try:
        der = a2b_base64(data)
    except Error:
        return b""
    return der if outline(der) else b""


def salvage(data: bytes) -> tuple[bytes, ...]:
    """Certificates (DER) that stand readable in a file of which OpenSSL loads nothing.

    They are what the file would hold once mended: evidence for advice, never anchors. Only the
    first 2 MB are looked at.
    """
    return tuple(dict.fromkeys(_salvaged(data[:_SALVAGED])))


def _salvaged(data: bytes) -> Iterator[bytes]:
    if data.startswith(bytes([SEQUENCE])):
        yield from _ders(data)
        return
    codec = utf16(data)
    text = data.decode(codec, "ignore").encode("ascii", "replace") if codec else data
    yield from _ders(_bare(text))
    text = text.replace(BOM, b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = text.replace(BEGIN, b"\n" + BEGIN).replace(b"\n\n", b"\n")
    text = b"\n".join(line.strip() for line in text.split(b"\n"))
    for block in blocks(text_as_read(text)):
        if block.label.endswith("CERTIFICATE") and (found := outline(block.content)):
            yield block.content[: found.length]


def _ders(data: bytes) -> Iterator[bytes]:
    at = 0
    while (part := element(data, at, len(data))) and outline(data[at : part[2]]):
        yield data[at : part[2]]
        at = part[2]

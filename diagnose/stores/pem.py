"""A bundle file: the anchors that OpenSSL takes from it, and what is wrong with it.

The measure is `ssl.SSLContext.load_verify_locations(cafile=...)` of OpenSSL 3, which requests, pip
and httpx call: one damaged block, and the whole file is refused (`X509_load_cert_crl_file`,
`PEM_X509_INFO_read_bio`). OpenSSL's default paths (`SSL_CERT_FILE`) obey the same rules but swallow
the refusal and trust nothing. Other readers differ: uv, Go and git skip what they cannot read, and
stumble over a byte order mark or TRUSTED CERTIFICATE blocks; that is for `clients` to say.

The verdict over a server is never given here: the probe loads the same file into a real context.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from diagnose.model.nouns import dataclass
from diagnose.model.store import DefectKind, FileDefect
from diagnose.model.text import count, printable
from diagnose.stores.blocks import BEGIN, BOM, MOST_TROUBLES, Block, blocks, text_as_read
from diagnose.stores.opening import LIMIT_BYTES, read_bytes
from diagnose.stores.outline import SIGNED, Outline, inside, is_ca, outline
from diagnose.stores.sniff import salvage, utf16, what_it_is

#: What `PEM_X509_INFO_read_bio` decodes; it steps over blocks with any other label.
_TRUSTED = "TRUSTED CERTIFICATE"
_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE", _TRUSTED})
_CRL = "X509 CRL"
_KEY = "PRIVATE KEY"
_KEYS = frozenset({_KEY, "RSA PRIVATE KEY", "DSA PRIVATE KEY", "EC PRIVATE KEY"})
#: Ends like a key, but is stepped over.
_ENCRYPTED_KEY = "ENCRYPTED PRIVATE KEY"
#: A version number, then numbers (RSA, DSA), an octet string (EC) or an algorithm (PKCS#8).
_KEY_SHAPES = (b"\x02\x02", b"\x02\x04", b"\x02\x30")

#: BEGIN lines that OpenSSL does not see are counted up to here.
_MOST_SKIPPED = 1000


#: One certificate in lines of 64 characters, the last one shorter; the length is a multiple of 4.
_STRICT = re.compile(
    rb"-----BEGIN CERTIFICATE-----\n"
    rb"((?:[A-Za-z0-9+/]{64}\n)*(?:[A-Za-z0-9+/]{4}){0,15}[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)\n)"
    rb"-----END CERTIFICATE-----\n"
)


@dataclass(frozen=True, slots=True)
class TrustFile:
    """A bundle file as OpenSSL sees it.

    `anchors` are DER certificates without repetition, in the order of the file; exactly what
    `load_verify_locations` loads, so none where it refuses. `usable` says that it does not refuse
    (a file over the limit is never usable here, whatever OpenSSL says). `salvaged` are
    certificates that stand in an unusable file: what would be there once it is mended.
    """

    path: str
    anchors: tuple[bytes, ...]
    defects: tuple[FileDefect, ...]
    usable: bool
    salvaged: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A certificate in a block."""

    block: Block
    der: bytes
    outline: Outline


def read_file(path: str, limit_bytes: int = LIMIT_BYTES, *, thorough: bool = False) -> TrustFile:
    """Read the bundle at `path`. Never raises, never blocks, and reads at most `limit_bytes`.

    `thorough` has each certificate decoded by this interpreter's OpenSSL as well, which finds
    damage deep inside one (0.1 ms a certificate): for the file that a context has just refused.
    """
    data = read_bytes(path, limit_bytes)
    if isinstance(data, FileDefect):
        return TrustFile(path, (), (data,), usable=False)
    return parse(path, data, thorough=thorough)


def parse(path: str, data: bytes, *, thorough: bool = False) -> TrustFile:
    """Like `read_file`, for content that is at hand; `path` only names it in the defects."""
    text = text_as_read(data)
    decodes = _openssl() if thorough else None
    seen = list(blocks(text))
    found: list[_Found] = []
    broken: list[FileDefect] = []
    for block in seen:
        judged = _judge(block, decodes)
        if isinstance(judged, _Found):
            found.append(judged)
        elif judged and len(broken) < MOST_TROUBLES:
            broken.append(_broken(path, text, block, judged))
    loaded = bool(found) or any(block.label == _CRL for block in seen)
    defects = (
        *broken,
        *_skipped(path, text, {block.start for block in seen}, broken, fatal=not loaded),
        *(_remarks(path, data, text, seen, found) if found else ()),
    )
    if not found and not defects:
        kind, words = what_it_is(data, [block.label for block in seen])
        defects = (FileDefect(path, kind, words, fatal=not loaded),)
    if broken or not loaded:
        return TrustFile(path, (), defects, usable=False, salvaged=salvage(data))
    return TrustFile(path, tuple(dict.fromkeys(each.der for each in found)), defects, usable=True)


def certificates_until_damage(data: bytes) -> tuple[tuple[bytes, ...], bool]:
    """The DER certificates of a file in an OpenSSL directory, and whether the file is sound.

    `X509_load_cert_file` keeps what came before damage, where a bundle is refused as a whole. A
    file without certificates is not sound.
    """
    if (lone := _lone_certificate(data)) is not None:
        return (lone,), True
    found: list[bytes] = []
    for block in blocks(text_as_read(data)):
        judged = _judge(block, None)
        if isinstance(judged, _Found):
            found.append(judged.der)
        elif block.trouble or (judged and block.label in _CERTIFICATES):
            return tuple(dict.fromkeys(found)), False
    return tuple(dict.fromkeys(found)), bool(found)


def _lone_certificate(data: bytes) -> bytes | None:
    """The certificate of a file that is nothing but one in strict form (RFC 7468 section 3).

    A system's directory holds 150 such files; reading them by all the rules takes 30 ms.
    """
    strict = _STRICT.fullmatch(data)
    if strict is None:
        return None
    der = a2b_base64(strict[1])
    shape = outline(der)
    return der if shape is not None and shape.length == len(der) else None


def _judge(block: Block, decodes: Callable[[bytes], bool] | None) -> _Found | str:
    """The certificate in `block`; else why OpenSSL refuses the file because of it, or ""."""
    trouble = _trouble(block)
    if trouble or block.label not in _CERTIFICATES:
        return trouble
    shape = outline(block.content)
    if shape is None:
        return "is base64, but no sound certificate"
    der, rest = block.content[: shape.length], block.content[shape.length :]
    if block.label == _TRUSTED and rest and inside(rest) is None:
        return "has damaged trust settings"
    if decodes and not decodes(der):
        return "is damaged inside its certificate"
    return _Found(block, der, shape)


def _trouble(block: Block) -> str:
    """What is wrong with the block, before its certificate is looked at; empty where nothing is."""
    if block.trouble:
        return block.trouble
    if block.label.endswith(_KEY):
        return _key_trouble(block)
    if block.label in _CERTIFICATES and block.header:
        return "has text between its BEGIN line and its content"
    if block.label == _CRL and (block.header or inside(block.content) != SIGNED):
        return "is a damaged revocation list"
    return ""


def _key_trouble(block: Block) -> str:
    """Of keys only the outside is looked at, not what an encrypted one says of its cipher."""
    if block.label == _ENCRYPTED_KEY:
        return ""
    if block.label not in _KEYS:
        return f"is a kind of key that OpenSSL refuses in a bundle ({printable(block.label, 40)})"
    if block.header:
        return "" if block.header.startswith(b"Proc-Type:") else "is a damaged private key"
    shape = inside(block.content) or b""
    return "" if shape.startswith(_KEY_SHAPES) else "is a damaged private key"


def _broken(path: str, text: bytes, block: Block, trouble: str) -> FileDefect:
    line = _line(text, block.start)
    words = f"is refused as a whole: block {block.number} (line {line}) {trouble}"
    kind = block.defect or DefectKind.BROKEN_BLOCK
    return FileDefect(path, kind, words, fatal=True, block=block.number, line=line)


def _skipped(
    path: str, text: bytes, starts: set[int], broken: list[FileDefect], *, fatal: bool
) -> Iterator[FileDefect]:
    """BEGIN lines that OpenSSL does not see as such: one defect for each kind."""
    if len(broken) >= MOST_TROUBLES or text.count(BEGIN) == len(starts):
        return
    kinds: dict[DefectKind, tuple[int, int, str]] = {}
    for at in islice(_unseen(text, starts), _MOST_SKIPPED):
        kind, words = _why_skipped(text, at)
        number, first, _ = kinds.get(kind, (0, at, words))
        kinds[kind] = (number + 1, first, words)
    for kind, (number, first, words) in kinds.items():
        if any(defect.kind is kind for defect in broken):
            continue
        line = _line(text, first)
        which = f"has {count(number, 'BEGIN line')} that OpenSSL does not see (line {line})"
        yield FileDefect(path, kind, f"{which}: {words}", fatal=fatal and not broken, line=line)


def _unseen(text: bytes, starts: set[int]) -> Iterator[int]:
    at = text.find(BEGIN)
    while at >= 0:
        if at not in starts and b"CERTIFICATE" in text[at : at + 60]:
            yield at
        at = text.find(BEGIN, at + 1)


def _why_skipped(text: bytes, at: int) -> tuple[DefectKind, str]:
    before = text[max(0, at - 300) : at]
    before = before[before.rfind(b"\n") + 1 :]
    after = text[at : at + 300].partition(b"\n")[0].rstrip(b"\r")
    if b"\r" in before or b"\r" in after:
        return DefectKind.CR_LINE_ENDS, "line ends of CR only, so that many lines are one"
    if not before:
        return DefectKind.BROKEN_BLOCK, "it is damaged, or in a block that has no END line"
    if not before.strip():
        return DefectKind.INDENTED, "it is indented"
    if not before.replace(BOM, b"").strip():
        return DefectKind.UTF8_BOM, "a byte order mark stands before it"
    return DefectKind.GLUED_BLOCKS, "other text stands before it on the same line"


def _remarks(
    path: str, data: bytes, text: bytes, seen: list[Block], found: list[_Found]
) -> Iterator[FileDefect]:
    """What OpenSSL does not mind, but others do, or the file's owner should know."""
    if data.startswith(BOM):
        words = "begins with a UTF-8 byte order mark, which uv, Go and keytool stumble over"
        yield FileDefect(path, DefectKind.UTF8_BOM, words, fatal=False, line=1)
    if len(text) != len(data) and utf16(data):
        words = "has a part in UTF-16 (what `>>` in Windows PowerShell adds), which nothing reads"
        yield FileDefect(path, DefectKind.UTF16, words, fatal=False)
    keys = [block for block in seen if block.label.endswith(_KEY)]
    trusted = [each.block for each in found if each.block.label == _TRUSTED]
    leaves = [each.block for each in found if not is_ca(each.outline)]
    yield from _remark(
        path, text, keys, DefectKind.PRIVATE_KEY_INSIDE,
        "holds {number} beside its certificates, where a bundle is for everyone to read",
        "private key",
    )  # fmt: skip
    yield from _remark(
        path, text, trusted, DefectKind.TRUSTED_CERTIFICATE,
        "holds {number}, a form that only OpenSSL reads", "TRUSTED CERTIFICATE block",
    )  # fmt: skip
    yield from _remark(
        path, text, leaves, DefectKind.NOT_A_CA,
        "holds {number} not marked as a CA, which vouches for no other certificate",
        "certificate",
    )  # fmt: skip


def _remark(
    path: str, text: bytes, affected: Iterable[Block], kind: DefectKind, words: str, noun: str
) -> Iterator[FileDefect]:
    numbered = list(affected)
    if numbered:
        first = numbered[0]
        line = _line(text, first.start)
        said = words.format(number=count(len(numbered), noun))
        where = f" (block {first.number}, line {line})"
        yield FileDefect(path, kind, said + where, fatal=False, block=first.number, line=line)


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def _openssl() -> Callable[[bytes], bool]:
    """Says of a certificate whether this interpreter's OpenSSL decodes it."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def decodes(der: bytes) -> bool:
        try:
            context.load_verify_locations(cadata=der)
        except (ssl.SSLError, ValueError):
            return False
        return True

    return decodes

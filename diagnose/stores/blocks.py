"""The PEM blocks of a text, as OpenSSL 3 reads them: which it takes, refuses, or skips.

`PEM_read_bio` is neither RFC 7468 nor a regular expression: it reads lines of at most 254 bytes,
forgives blanks at line ends and a byte order mark, reads a blank line as the end of a header, and
stops decoding at the first hyphen. A bundle is used or refused by these rules, so they are said
again here (OpenSSL 3.0 crypto/pem/pem_lib.c: get_name, get_header_and_data, sanitize_line;
crypto/evp/encode.c: EVP_DecodeUpdate). What a block holds is judged in `pem`, not here.

OpenSSL 1.1.1 differs in one thing that is not told apart here: it does not skip a byte order mark.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator

from diagnose.model.nouns import dataclass
from diagnose.model.store import DefectKind

BEGIN = b"-----BEGIN "
_END = b"-----END "
_TAIL = b"-----"
BOM = b"\xef\xbb\xbf"

#: Enough to mend a file; a text full of BEGIN lines would be read from each of them to its end.
MOST_TROUBLES = 10

#: Plain base64 may be of any length. Text that has to be read line by line is no certificate when
#: it is longer than this: the largest seen have 10 KB.
_LONGEST = 500_000

#: LINESIZE - 1 of pem_lib.c: longer lines arrive in pieces.
_PIECE = 254

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_PLAIN = _BASE64 + b"\r\n"
#: sanitize_line() drops trailing bytes `<= ' '` as a signed char: high bytes too, such as the
#: no-break space that a copy from a web page leaves. (Where char is unsigned it does not.)
_TRAILING = bytes(range(0x21)) + bytes(range(0x80, 0x100))


#: What `strlen` does not see of a line.
_HIDDEN = re.compile(rb"\0[^\n]*")


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block that OpenSSL starts to read.

    `number` counts from 1, `start` is the offset of its BEGIN line in the normalised text (see
    `text_as_read`). `header` is what stands before its content: `Proc-Type: 4,ENCRYPTED ...`.
    Where `trouble` is set OpenSSL gives up here and `content` is empty; `trouble` is a sentence
    part about the block: "has no END line".
    """

    number: int
    label: str
    start: int
    content: bytes
    header: bytes = b""
    defect: DefectKind | None = None
    trouble: str = ""


def text_as_read(data: bytes) -> bytes:
    """Return `data` as C's `fgets` and `strlen` show it: NUL ends a line, or at its start the file.

    Line numbers stay what they are in the file. In a line of more than 254 bytes all that follows
    a NUL is dropped, where OpenSSL goes on with the next piece.
    """
    if b"\0" not in data:
        return data
    end = 0 if data.startswith(b"\0") else data.find(b"\n\0") + 1
    shown = data[:end] if end or data.startswith(b"\0") else data
    return _HIDDEN.sub(b"", shown)


def blocks(text: bytes) -> Iterator[Block]:
    """Yield each block that OpenSSL finds in `text` (from `text_as_read`).

    OpenSSL ends at the first block with a `trouble`. This goes on, so that a damaged bundle can be
    mended in one go: after a block without a proper END line, at the next BEGIN line; and it ends
    after MOST_TROUBLES, so that no file takes more than a few seconds.
    """
    number = troubles = 0
    at = 0
    while troubles < MOST_TROUBLES and (begin := _next_begin(text, at)) is not None:
        number += 1
        start, label, body = begin
        block, at = _read(text, number, start, label, body)
        troubles += bool(block.trouble)
        yield block


def _next_begin(text: bytes, at: int) -> tuple[int, bytes, int] | None:
    """Offset, label and first byte after the next BEGIN line at or after `at`."""
    found = text.find(BEGIN, at)
    line = seen = at
    while found >= 0:
        line = max(text.rfind(b"\n", seen, found) + 1, line)
        seen = found
        first = _piece_start(text, at, line, found)
        if first is not None:
            piece = _piece(text, first)
            shown = piece[found - first :].rstrip(_TRAILING)
            if shown.endswith(_TAIL) and len(shown) >= len(BEGIN) + len(_TAIL):
                return found, shown[len(BEGIN) : -len(_TAIL)], first + len(piece)
        found = text.find(BEGIN, found + 1)
    return None


def _piece_start(text: bytes, at: int, line: int, found: int) -> int | None:
    """Start of the piece, in the line from `line`, that `found` stands at the start of, if any.

    A byte order mark is dropped from the first line read after a block, and there only.
    """
    if (found - line) % _PIECE == 0:
        return found
    return at if line == at and found == at + len(BOM) and text.startswith(BOM, at) else None


def _piece(text: bytes, at: int) -> bytes:
    """What one `BIO_gets` returns."""
    newline = text.find(b"\n", at, at + _PIECE)
    return text[at : newline + 1] if newline >= 0 else text[at : at + _PIECE]


def _read(text: bytes, number: int, start: int, label: bytes, body: int) -> tuple[Block, int]:
    """Read one block whose BEGIN line ends before `body`; return it and where to go on."""
    name = label.decode("ascii", "replace")
    quick = _read_plain(text, label, body)
    if quick is not None:
        content, after = quick
        return Block(number, name, start, content), after
    header, encoded, after, defect, trouble = _read_slowly(text, label, body)
    if trouble:
        return Block(number, name, start, b"", defect=defect, trouble=trouble), body
    decoded = _decode(encoded)
    if decoded:
        return Block(number, name, start, decoded, header), after
    why = "is not sound base64" if encoded else "holds nothing"
    broken = DefectKind.BROKEN_BLOCK
    return Block(number, name, start, b"", header, broken, why), after


def _read_plain(text: bytes, label: bytes, body: int) -> tuple[bytes, int] | None:
    """The fast way for what nearly every block is: base64 lines, none blank, a clean END line."""
    end = text.find(b"\n" + _END, body - 1)
    if end < 0:
        return None
    lines = text[body : end + 1]
    if lines.translate(None, _PLAIN) or b"\n\n" in lines:
        return None
    returns = lines.count(b"\r")
    if returns and b"\n\r" in lines:
        return None
    last = _piece(text, end + 1)
    if lines[:1] in b"\r\n" or last.rstrip(_TRAILING) != _END + label + _TAIL:
        return None
    bare = lines.rstrip(b"=\r\n")
    padding = lines.count(b"=", len(bare))
    digits = len(bare) - bare.count(b"\n") - (returns and bare.count(b"\r"))
    if padding > 2 or (digits + padding) % 4 or b"=" in bare:
        return None
    return a2b_base64(lines), end + 1 + len(last)


def _read_slowly(
    text: bytes, label: bytes, at: int
) -> tuple[bytes, bytes, int, DefectKind | None, str]:
    """`get_header_and_data`: the header, the encoded content, where to go on, and what is wrong."""
    header, content = bytearray(), bytearray()
    #: Until a blank line or a colon shows, lines may be header or content.
    colon = blank = short = partial = False
    limit = at + _LONGEST
    while (piece := _piece(text, at)) and at < limit:
        at += len(piece)
        was_partial, partial = partial, len(piece) == _PIECE and not piece.endswith(b"\n")
        colon = colon or (not blank and b":" in piece)
        line = piece.rstrip(_TRAILING)
        if not line:
            if was_partial:
                continue
            if blank:
                return b"", b"", at, DefectKind.BROKEN_BLOCK, "has blank lines inside"
            blank = True
            continue
        if line.startswith(_END):
            if line != _END + label + _TAIL:
                return b"", b"", at, *_wrong_end(line)
            if not colon and not blank:
                header, content = content, header
            return bytes(header), bytes(content), at, None, ""
        if short or (blank and len(line) > 64):
            return (
                b"",
                b"",
                at,
                DefectKind.BROKEN_BLOCK,
                "has lines of odd length after a blank one",
            )
        (content if blank else header).extend(line + b"\n")
        short = blank and len(line) < 64
    return b"", b"", at, DefectKind.BROKEN_BLOCK, "has no END line"


def _wrong_end(line: bytes) -> tuple[DefectKind, str]:
    if BEGIN in line:
        return DefectKind.GLUED_BLOCKS, "ends on the line on which the next block begins"
    return DefectKind.BROKEN_BLOCK, "has an END line that does not fit its BEGIN line"


def _decode(encoded: bytes) -> bytes:
    """Decode as `EVP_DecodeUpdate` does: blanks are skipped, a hyphen ends; b"" if it refuses."""
    compact = encoded.partition(b"-")[0].translate(None, b" \t\r\n")
    bare = compact.rstrip(b"=")
    if len(compact) % 4 or len(compact) - len(bare) > 2 or b"=" in bare:
        return b""
    if bare.translate(None, _BASE64):
        return b""
    return a2b_base64(compact)

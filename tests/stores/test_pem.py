"""Bundle files: the measure is this interpreter's `load_verify_locations(cafile=...)`.

`CONTENTS` is one table for two questions: does `read_file` say what OpenSSL does, and does it say
the right thing to people.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from diagnose.demo.pki import Authority, Issued, pem
from diagnose.model.store import DefectKind, FileDefect
from diagnose.stores.outline import is_ca, outline
from diagnose.stores.pem import TrustFile, parse, read_file

ROOT = Authority.root("Example Root CA")
OTHER = Authority.root("Other Root CA")
LEAF = ROOT.leaf("www.example.com")

A, B = ROOT.pem.encode(), OTHER.pem.encode()
KEY = ROOT.key_pem.encode()
BROKEN = DefectKind.BROKEN_BLOCK
KEY_INSIDE = DefectKind.PRIVATE_KEY_INSIDE
TRUSTED = DefectKind.TRUSTED_CERTIFICATE


def block(label: str, content: bytes) -> bytes:
    """Any bytes as a PEM block."""
    lines = base64.encodebytes(content)
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), lines, label.encode())


def trusted(settings: bytes) -> bytes:
    return block("TRUSTED CERTIFICATE", ROOT.der + settings)


def without_line(text: bytes, number: int) -> bytes:
    lines = text.splitlines(keepends=True)
    return b"".join(lines[: number - 1] + lines[number:])


def damaged(der: bytes, at: int, value: int) -> bytes:
    return der[:at] + bytes([value]) + der[at + 1 :]


def folded(text: bytes, width: int) -> bytes:
    """The base64 of one block in lines of `width`."""
    begin, *lines, end = text.splitlines()
    whole = b"".join(lines)
    parts = [whole[at : at + width] for at in range(0, len(whole), width)]
    return b"\n".join((begin, *parts, end, b""))


def revocation_list() -> bytes:
    name = x509.load_der_x509_certificate(ROOT.der).subject
    builder = x509.CertificateRevocationListBuilder().issuer_name(name)
    builder = builder.last_update(datetime(2024, 1, 1, tzinfo=timezone.utc))
    builder = builder.next_update(datetime(2034, 1, 1, tzinfo=timezone.utc))
    return builder.sign(ROOT.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def encrypted_key() -> bytes:
    """The traditional form, with a header."""
    form, password = PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
    return ROOT.key.private_bytes(Encoding.PEM, form, password)


PLAIN_KEY = ROOT.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
CUT = damaged(ROOT.der, 3, 0)  # the outer length no longer fits
#: A SEQUENCE of trust settings: trusted for server authentication.
SETTINGS = bytes.fromhex("300c300a06082b06010505070301")
PKCS7 = bytes.fromhex("301306092a864886f70d010702a0063004020101") + bytes(2)
PKCS12 = bytes.fromhex("3016020103301106092a864886f70d010701a00404023000")
INDENTED = b"".join(b"  " + line for line in A.splitlines(keepends=True))
NOTHING: tuple[DefectKind, ...] = ()

#: (content, anchors that OpenSSL loads or None where it refuses, defects)
CONTENTS: dict[str, tuple[bytes, Sequence[Issued] | None, tuple[DefectKind, ...]]] = {
    "one": (A, [ROOT], NOTHING),
    "two": (A + B, [ROOT, OTHER], NOTHING),
    "doubled": (A + B + A, [ROOT, OTHER], NOTHING),
    "comments": (b"# Label: one\n" + A + b"\n\nfoo: bar\n" + B + b"bye", [ROOT, OTHER], NOTHING),
    "crlf": (A.replace(b"\n", b"\r\n"), [ROOT], NOTHING),
    "no final newline": (A + B.rstrip(), [ROOT, OTHER], NOTHING),
    "blanks at line ends": (A.replace(b"\n", b" \t\xc2\xa0\n"), [ROOT], NOTHING),
    "indented base64 only": (A.replace(b"\nM", b"\n  M"), [ROOT], NOTHING),
    "blank line first": (A.replace(b"-----\nM", b"-----\n\nM", 1), [ROOT], NOTHING),
    "lines of 76": (folded(A, 76), [ROOT], NOTHING),
    "lines of 254": (folded(A, 254), [ROOT], NOTHING),
    "one long line": (folded(A, 9999), [ROOT], NOTHING),
    "old label": (A.replace(b"CERTIFICATE", b"X509 CERTIFICATE"), [ROOT], NOTHING),
    "bytes behind it": (block("CERTIFICATE", ROOT.der + b"\0\0"), [ROOT], NOTHING),
    "other blocks": (block("DH PARAMETERS", b"x") + block("PKCS7", b"x") + A, [ROOT], NOTHING),
    "utf-8 bom": (b"\xef\xbb\xbf" + A, [ROOT], (DefectKind.UTF8_BOM,)),
    "bom between": (A + b"\xef\xbb\xbf" + B, [ROOT, OTHER], NOTHING),
    "bom after comment": (A + b"#\n\xef\xbb\xbf" + B, [ROOT], (DefectKind.UTF8_BOM,)),
    "utf-16 added": (A + B.decode().encode("utf-16-le"), [ROOT], (DefectKind.UTF16,)),
    "trusted": (trusted(SETTINGS), [ROOT], (TRUSTED,)),
    "trusted without settings": (trusted(b""), [ROOT], (TRUSTED,)),
    "trusted with empty settings": (trusted(b"\x30\0"), [ROOT], (TRUSTED,)),
    "key inside": (A + KEY, [ROOT], (KEY_INSIDE,)),
    "encrypted key inside": (
        A + block("ENCRYPTED PRIVATE KEY", b"x"), [ROOT], (KEY_INSIDE,),
    ),
    "leaf": (A + LEAF.pem.encode(), [ROOT, LEAF], (DefectKind.NOT_A_CA,)),
    "traditional encrypted key inside": (encrypted_key() + A, [ROOT], (KEY_INSIDE,)),
    "traditional key inside": (PLAIN_KEY + A, [ROOT], (KEY_INSIDE,)),
    "revocation list": (revocation_list() + A, [ROOT], NOTHING),
    "revocation list only": (revocation_list(), [], (DefectKind.NO_CERTIFICATE,)),
    "indented beside": (INDENTED + B, [OTHER], (DefectKind.INDENTED,)),
    "text before BEGIN": (b"# root: " + A + B, [OTHER], (DefectKind.GLUED_BLOCKS,)),
    "four hyphens": (A.replace(b"-----\nM", b"----\nM", 1) + B, [OTHER], (BROKEN,)),
    "cr part": (A.replace(b"\n", b"\r") + b"\n" + B, [OTHER], (DefectKind.CR_LINE_ENDS,)),
    "indented END": (
        A.replace(b"-----END", b" -----END") + B, [ROOT], (BROKEN,),
    ),
    "empty": (b"", None, (DefectKind.EMPTY,)),
    "blanks": (b" \r\n\t\n", None, (DefectKind.EMPTY,)),
    "der": (ROOT.der, None, (DefectKind.DER,)),
    "der twice": (ROOT.der + OTHER.der, None, (DefectKind.DER,)),
    "pkcs7": (block("PKCS7", PKCS7), None, (DefectKind.PKCS7,)),
    "pkcs7 der": (PKCS7, None, (DefectKind.PKCS7,)),
    "pkcs12": (PKCS12, None, (DefectKind.PKCS12,)),
    "utf-16 bom": (A.decode().encode("utf-16"), None, (DefectKind.UTF16,)),
    "utf-16 le": (A.decode().encode("utf-16-le"), None, (DefectKind.UTF16,)),
    "utf-16 be": (A.decode().encode("utf-16-be"), None, (DefectKind.UTF16,)),
    "html": (b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", None, (DefectKind.HTML,)),
    "key only": (KEY, None, (DefectKind.PRIVATE_KEY_ONLY,)),
    "text": (b"see the wiki\n", None, (DefectKind.NO_CERTIFICATE,)),
    "java keystore": (b"\xfe\xed\xfe\xed\0\0\0\2", None, (DefectKind.NO_CERTIFICATE,)),
    "bare base64": (base64.encodebytes(ROOT.der), None, (DefectKind.NO_CERTIFICATE,)),
    "dashes": (A.replace(b"-----", "\u2013\u2013".encode()), None, (DefectKind.NO_CERTIFICATE,)),
    "cr only": (A.replace(b"\n", b"\r"), None, (DefectKind.CR_LINE_ENDS,)),
    "indented": (INDENTED, None, (DefectKind.INDENTED,)),
    "glued": (A.rstrip() + B, None, (DefectKind.GLUED_BLOCKS,)),
    "line lost": (A + without_line(B, 3), None, (BROKEN,)),
    "letter lost": (A + B.replace(b"\nMII", b"\nMI", 1), None, (BROKEN,)),
    "broken first": (without_line(A, 3) + B, None, (BROKEN,)),
    "both broken": (without_line(A, 3) + without_line(B, 3), None, (BROKEN, BROKEN)),
    "not base64": (A + B.replace(b"\nMII", b"\nM!I", 1), None, (BROKEN,)),
    "blank line inside": (A + B.replace(b"\n", b"\n\n"), None, (BROKEN,)),
    "no END": (A + B.partition(b"-----END")[0], None, (BROKEN,)),
    "wrong END": (A.replace(b"END CERTIFICATE", b"END CERT") + B, None, (BROKEN,)),
    "nothing inside": (A + block("CERTIFICATE", b""), None, (BROKEN,)),
    "der damaged": (A + block("CERTIFICATE", CUT), None, (BROKEN,)),
    "no certificate inside": (A + block("CERTIFICATE", b"\x30\x03\x02\x01\x01"), None, (BROKEN,)),
    "bad trust settings": (trusted(b"\5\0"), None, (BROKEN,)),
    "broken key": (A + block("PRIVATE KEY", b"x"), None, (BROKEN, KEY_INSIDE)),
    "ssh key": (A + block("OPENSSH PRIVATE KEY", b"openssh"), None, (BROKEN, KEY_INSIDE)),
    "header text": (A.replace(b"-----\nM", b"-----\nsubject: x\n\nM", 1), None, (BROKEN,)),
    "broken revocation list": (A + block("X509 CRL", ROOT.der[:50]), None, (BROKEN,)),
}  # fmt: skip

Truth = tuple[bool, list[bytes], int]


def openssl(path: Path) -> Truth:
    """Whether OpenSSL takes the file, the CAs it then lists, and how many certificates it holds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return False, [], 0
    listed = sorted(context.get_ca_certs(binary_form=True))
    return True, listed, context.cert_store_stats()["x509"]


def said(file: TrustFile) -> Truth:
    """The same of our reading; `get_ca_certs` lists CAs only."""
    authorities = [der for der in file.anchors if is_ca(outline(der) or pytest.fail("no outline"))]
    return file.usable, sorted(authorities), len(file.anchors)


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "bundle.pem"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", CONTENTS)
def test_reads_what_openssl_loads(name: str, tmp_path: Path) -> None:
    """What is called usable, and which anchors, is what this interpreter's OpenSSL does."""
    path = stored(tmp_path, CONTENTS[name][0])
    assert said(read_file(str(path))) == openssl(path)


@pytest.mark.parametrize("name", CONTENTS)
def test_names_the_defect(name: str, tmp_path: Path) -> None:
    """Each kind of damage is named, and only refused files have fatal defects."""
    content, expected, kinds = CONTENTS[name]
    file = read_file(str(stored(tmp_path, content)))
    anchors = tuple(each.der for each in expected or ())
    assert (file.anchors, file.usable) == (anchors, expected is not None)
    assert tuple(defect.kind for defect in file.defects) == kinds
    assert any(defect.fatal for defect in file.defects) == (expected is None)


@pytest.mark.parametrize("name", CONTENTS)
def test_thorough_reading_agrees(name: str) -> None:
    """Asking OpenSSL about each certificate changes nothing where the quick look saw all."""
    content = CONTENTS[name][0]
    assert parse("x", content, thorough=True) == parse("x", content)


def test_thorough_reading_finds_damage_deep_inside(tmp_path: Path) -> None:
    """A bad tag inside a name passes the quick look; OpenSSL refuses the file over it."""
    at = ROOT.der.index(b"\x06\x03\x55\x04\x03") + 1  # the length of the OID 2.5.4.3
    path = stored(tmp_path, A + block("CERTIFICATE", damaged(ROOT.der, at, 0x7F)))
    quick, thorough = read_file(str(path)), read_file(str(path), thorough=True)
    assert (quick.usable, thorough.usable, openssl(path)[0]) == (True, False, False)
    assert [(each.kind, each.block) for each in thorough.defects] == [(BROKEN, 2)]


DETAILS = {
    "line lost": (2, 1 + A.count(b"\n"), "is refused as a whole: block 2 (line {}) is"),
    "broken first": (1, 1, "is refused as a whole: block 1 (line {}) is"),
    "glued": (1, 1, "block 1 (line {}) ends on the line on which the next block begins"),
    "no END": (2, 1 + A.count(b"\n"), "block 2 (line {}) has no END line"),
    "leaf": (2, 1 + A.count(b"\n"), "holds 1 certificate not marked as a CA"),
    "key inside": (2, 1 + A.count(b"\n"), "holds 1 private key beside its certificates"),
    "indented beside": (
        None,
        1,
        "1 BEGIN line that OpenSSL does not see (line {}): it is indented",
    ),
}


@pytest.mark.parametrize("name", DETAILS)
def test_says_which_block_and_line(name: str) -> None:
    """The words and the fields lead to the place in the file."""
    number, line, words = DETAILS[name]
    (defect,) = parse("x", CONTENTS[name][0]).defects
    assert (defect.block, defect.line) == (number, line)
    assert words.format(line) in defect.detail


@pytest.mark.parametrize(
    "name",
    ["der", "utf-16 bom", "utf-16 be", "cr only", "indented", "bare base64", "broken key"],
)
def test_saves_certificates_from_a_refused_file(name: str) -> None:
    """What would be there once mended is told, apart from the anchors."""
    assert parse("x", CONTENTS[name][0]).salvaged == (ROOT.der,)


def test_saves_both_certificates_around_the_damage() -> None:
    """Glued blocks are taken apart; a broken one does not take the others along."""
    assert parse("x", CONTENTS["glued"][0]).salvaged == (ROOT.der, OTHER.der)
    assert parse("x", CONTENTS["broken first"][0]).salvaged == (OTHER.der,)


def test_lists_at_most_ten_broken_blocks() -> None:
    """A file full of damage stays a short report."""
    file = parse("x", without_line(A, 3) * 200)
    assert [defect.block for defect in file.defects] == list(range(1, 11))


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.close()


def make_dangling(path: Path) -> None:
    path.symlink_to("gone.pem")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_000_000)


MADE: dict[str, tuple[Callable[[Path], None], DefectKind, str]] = {
    "nothing": (lambda path: None, DefectKind.MISSING, "does not exist"),
    "directory": (Path.mkdir, DefectKind.DIRECTORY, "is a directory, not a file"),
    "fifo": (make_fifo, DefectKind.NOT_A_FILE, "is a FIFO (named pipe), not a file"),
    "socket": (make_socket, DefectKind.NOT_A_FILE, "is a socket, not a file"),
    "dangling link": (
        make_dangling,
        DefectKind.MISSING,
        "is a symbolic link to a file that does not exist",
    ),
    "link to itself": (
        make_loop,
        DefectKind.MISSING,
        "is a symbolic link to a file that does not exist",
    ),
    "1 GB": (
        make_huge,
        DefectKind.TOO_LARGE,
        "is 1,000 MB large; bundles over 20 MB are not read",
    ),
}


@pytest.mark.skipif(os.name == "nt", reason="FIFOs, UNIX sockets and plain links are POSIX")
@pytest.mark.parametrize("name", MADE)
def test_never_opens_what_is_no_bearable_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO would block and a huge file cost: both are judged by `stat` alone."""
    make, kind, words = MADE[name]
    monkeypatch.chdir(tmp_path)
    make(Path("ca.pem"))
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened"))
    defect = FileDefect("ca.pem", kind, words, fatal=True)
    assert read_file("ca.pem") == TrustFile("ca.pem", (), (defect,), usable=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no /dev")
def test_leaves_devices_alone() -> None:
    """`/dev/zero` never ends."""
    (defect,) = read_file("/dev/zero").defects
    assert (defect.kind, defect.detail) == (DefectKind.NOT_A_FILE, "is a device, not a file")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_names_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permission denied is its own defect; the refusal is simulated, since root may read all."""
    path = str(stored(tmp_path, A))

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    (defect,) = read_file(path).defects
    assert defect.kind is DefectKind.UNREADABLE
    assert defect.detail == "may not be read by this user (permission denied)"


@pytest.mark.parametrize("path", ["", " ", "a\0b", "\udc80" * 400, "x" * 5000])
def test_impossible_names_are_missing_files(path: str) -> None:
    """Whatever a variable holds, reading it is not an error of ours."""
    file = read_file(path)
    assert (file.usable, [each.kind for each in file.defects]) == (False, [DefectKind.MISSING])


@pytest.mark.parametrize("form", ['"{}"', "'{}'", "{} ", " {}"])
def test_sees_quotes_and_blanks_around_the_name(form: str, tmp_path: Path) -> None:
    """The usual slip in a variable's value is named."""
    (defect,) = read_file(form.format(stored(tmp_path, A))).defects
    assert defect.detail == (
        "does not exist, but it does without the quotation marks or blanks around the name"
    )


def test_limit_holds_for_what_is_read(tmp_path: Path) -> None:
    """A file of exactly the limit is read, one byte more is not."""
    path = str(stored(tmp_path, A))
    assert read_file(path, limit_bytes=len(A)).usable
    (defect,) = read_file(path, limit_bytes=len(A) - 1).defects
    assert defect.kind is DefectKind.TOO_LARGE


def test_pem_blocks_of_the_demo_are_those_of_ssl() -> None:
    """The table's blocks are what Python itself writes."""
    assert pem(ROOT.der) == ssl.DER_cert_to_PEM_cert(ROOT.der)

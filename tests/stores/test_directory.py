"""Certificate directories: what OpenSSL reaches in them is measured by handshakes in memory."""

from __future__ import annotations

import os
import ssl
import warnings
from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.store import DefectKind
from diagnose.stores.directory import reachable, read_directories, read_directory

HOST = "www.example.com"
ROOT = Authority.root("Example Root CA")
#: The same name with another key: OpenSSL finds both under one hash.
TWIN = Authority.root("Example Root CA", key_label="twin")


def hash_of(authority: Authority) -> str:
    """The 8 digits that OpenSSL asks for (`openssl x509 -subject_hash`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyOpenSSL would rather see cryptography used
        from OpenSSL import crypto

        loaded = crypto.load_certificate(crypto.FILETYPE_PEM, authority.pem.encode())
        return f"{loaded.subject_name_hash():08x}"


HASH = hash_of(ROOT)


def openssl_verifies(folder: Path, authority: Authority, scratch: Path) -> bool:
    """Whether a server below `authority` is trusted by way of the directory alone."""
    leaf = authority.leaf(HOST)
    credential = scratch / "server.pem"
    credential.write_text(leaf.chain_pem + leaf.key_pem, encoding="ascii")
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(credential)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.load_verify_locations(capath=folder)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(back, there, server_hostname=HOST)
    server = server_context.wrap_bio(there, back, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


TWINS = ROOT.pem + TWIN.pem
BROKEN = TWIN.pem.replace("\nMII", "\nM!I", 1)

#: (files, roots that OpenSSL trusts)
FOLDERS: dict[str, tuple[dict[str, str], set[Authority]]] = {
    "hashed": ({f"{HASH}.0": ROOT.pem}, {ROOT}),
    "unhashed": ({"root.pem": ROOT.pem}, set()),
    "two under one hash": ({f"{HASH}.0": ROOT.pem, f"{HASH}.1": TWIN.pem}, {ROOT, TWIN}),
    "a gap": ({f"{HASH}.0": ROOT.pem, f"{HASH}.2": TWIN.pem}, {ROOT}),
    "not from 0": ({f"{HASH}.1": ROOT.pem}, set()),
    "nine digits": ({f"0{HASH}.0": ROOT.pem}, set()),
    "leading zero": ({f"{HASH}.00": ROOT.pem}, set()),
    "two in one file": ({f"{HASH}.0": TWINS}, {ROOT, TWIN}),
    "good, then broken": ({f"{HASH}.0": ROOT.pem + BROKEN}, {ROOT}),
    "broken, then good": ({f"{HASH}.0": BROKEN + ROOT.pem}, set()),
    "broken file, then good": ({f"{HASH}.0": BROKEN, f"{HASH}.1": ROOT.pem}, set()),
    "half a file, then good": ({f"{HASH}.0": ROOT.pem + BROKEN, f"{HASH}.1": TWIN.pem}, {ROOT}),
    "empty file, then good": ({f"{HASH}.0": "", f"{HASH}.1": ROOT.pem}, set()),
    "hashed beside unhashed": ({f"{HASH}.0": ROOT.pem, "twin.crt": TWIN.pem}, {ROOT}),
    "empty": ({}, set()),
}


def filled(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content, encoding="ascii")
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_reads_what_openssl_reaches(name: str, tmp_path: Path) -> None:
    """The anchors are the roots that this interpreter's OpenSSL trusts through the directory."""
    files, _ = FOLDERS[name]
    folder = filled(tmp_path / "certs", files)
    trusted = {each.der for each in (ROOT, TWIN) if openssl_verifies(folder, each, tmp_path)}
    assert set(read_directory(str(folder)).anchors) == trusted


@pytest.mark.parametrize("name", FOLDERS)
def test_expects_of_openssl_what_the_table_says(name: str, tmp_path: Path) -> None:
    """The table itself is no opinion."""
    files, roots = FOLDERS[name]
    anchors = read_directory(str(filled(tmp_path / "certs", files))).anchors
    assert set(anchors) == {root.der for root in roots}


DEFECTS = {
    "hashed": (1, []),
    "unhashed": (
        0,
        [(DefectKind.UNHASHED_DIRECTORY, True, "holds 1 certificate (`root.pem`) without")],
    ),
    "hashed beside unhashed": (
        1,
        [(DefectKind.UNHASHED_DIRECTORY, False, "holds 1 certificate (`twin.crt`) without")],
    ),
    "a gap": (1, [(DefectKind.UNHASHED_DIRECTORY, False, f"(`{HASH}.2`)")]),
    "broken, then good": (1, [(DefectKind.NO_CERTIFICATE, False, "has a hashed name, but")]),
    "empty": (0, [(DefectKind.EMPTY_DIRECTORY, True, "is an empty directory")]),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_names_the_defect(name: str, tmp_path: Path) -> None:
    """Certificates that OpenSSL cannot see are told, with what mends them."""
    hashed_names, expected = DEFECTS[name]
    found = read_directory(str(filled(tmp_path / "certs", FOLDERS[name][0])))
    assert found.hashed_names == hashed_names
    assert [(each.kind, each.fatal) for each in found.defects] == [each[:2] for each in expected]
    for defect, (_, _, words) in zip(found.defects, expected, strict=True):
        assert words in defect.detail
    assert found.usable == bool(found.anchors)


def test_says_how_to_mend_an_unhashed_directory(tmp_path: Path) -> None:
    """The command stands in the words."""
    folder = filled(tmp_path / "certs", {"a.pem": ROOT.pem, "b.crt": TWIN.pem})
    (defect,) = read_directory(str(folder)).defects
    assert defect.detail == (
        "holds 2 certificates (`a.pem`, ...) without a hashed name, "
        "which OpenSSL does not see until `openssl rehash`"
    )


def test_bundles_beside_the_hashed_names_are_normal(tmp_path: Path) -> None:
    """Debian keeps `ca-certificates.crt` in its hashed directory."""
    files = {f"{HASH}.0": ROOT.pem, "ca-certificates.crt": TWINS, "README": "hello"}
    assert read_directory(str(filled(tmp_path / "certs", files))).defects == ()


@pytest.mark.skipif(os.name == "nt", reason="plain links are POSIX")
def test_links_to_one_file_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`openssl rehash` links; Debian links each file under two hashes."""
    folder = filled(tmp_path / "certs", {"root.pem": ROOT.pem})
    for name in (f"{HASH}.0", "01234567.0"):
        (folder / name).symlink_to("root.pem")
    opened: list[object] = []
    real = os.open

    def note(path: str, *rest: int) -> int:
        opened.append(path)
        return real(path, *rest)

    monkeypatch.setattr(os, "open", note)
    found = read_directory(str(folder))
    assert (found.anchors, found.hashed_names, found.defects) == ((ROOT.der,), 2, ())
    assert len(opened) == 1


@pytest.mark.skipif(os.name == "nt", reason="FIFOs are POSIX")
def test_a_fifo_under_a_hashed_name_is_left_alone(tmp_path: Path) -> None:
    """It would block for ever; the others are read all the same."""
    folder = filled(tmp_path / "certs", {f"{HASH}.0": ROOT.pem})
    os.mkfifo(folder / "01234567.0")
    found = read_directory(str(folder))
    assert [(each.kind, each.fatal) for each in found.defects] == [(DefectKind.NOT_A_FILE, False)]
    assert found.anchors == (ROOT.der,)


@pytest.mark.parametrize("path", ["", "gone", "a\0b", "x" * 5000, __file__])
def test_what_is_no_directory_is_missing(path: str) -> None:
    """A file given as a directory holds nothing either."""
    found = read_directory(path)
    assert [each.kind for each in found.defects] == [DefectKind.MISSING]
    assert not found.usable


def test_a_directory_that_may_not_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permission denied is its own defect; simulated, since root may list all."""

    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    (defect,) = read_directory(str(tmp_path)).defects
    assert defect.kind is DefectKind.UNREADABLE
    assert defect.detail == "may not be listed by this user (permission denied)"


def test_limits_hold(tmp_path: Path) -> None:
    """Neither many files nor large ones take the machine down."""
    folder = filled(tmp_path / "certs", {f"{HASH}.0": ROOT.pem, "0.pem": "", "1.pem": ""})
    (many,) = read_directory(str(folder), limit_names=2).defects
    assert (many.kind, many.fatal) == (DefectKind.TOO_LARGE, True)
    found = read_directory(str(folder), limit_bytes=100)
    assert found.anchors == ()
    assert DefectKind.TOO_LARGE in {defect.kind for defect in found.defects}


def test_lists_of_directories_are_read_one_by_one(tmp_path: Path) -> None:
    """`SSL_CERT_DIR` separates by colons, by semicolons on Windows; empty parts do not count."""
    one = str(filled(tmp_path / "one", {f"{HASH}.0": ROOT.pem}))
    two = str(filled(tmp_path / "two", {f"{HASH}.0": TWIN.pem}))
    found = read_directories(os.pathsep.join(("", one, two)))
    assert [(each.path, each.anchors) for each in found] == [(one, (ROOT.der,)), (two, (TWIN.der,))]


def test_numbers_are_compared_as_numbers() -> None:
    """`.10` follows `.9`."""
    names = [f"0123abcd.{number}" for number in (10, 2, *range(10))]
    assert reachable(names) == tuple(f"0123abcd.{number}" for number in range(11))

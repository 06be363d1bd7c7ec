"""Where truststore finds the system's anchors on Linux, by table and beside the real one."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from diagnose.demo.pki import Authority
from diagnose.platforms import NativeStore
from diagnose.platforms.linux import TROUBLES, WELL_KNOWN_FILES, proxy_settings, system_store
from diagnose.stores.directory import read_directory
from diagnose.stores.pem import read_file

DEFAULTS = "OpenSSL's default paths"
LIST = "truststore's list of well-known files"
NOTHING = "no file of trust anchors was found"


@dataclass(frozen=True, slots=True)
class Row:
    """What is compiled in and what is set, and what then is found; paths are within a folder.

    In the folder lie `file.pem`, `other.pem`, the hashed directories `hashed` and `hashed2`, the
    directory `plain` without hashed names, and nothing named `gone`.
    """

    file: str
    directory: str
    set_file: str | None
    set_directory: str | None
    chosen_by: str
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    default_paths: bool = True
    notes: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


GONE_FILE = "SSL_CERT_FILE names `gone`, which is not there"
GONE_DIRECTORY = "SSL_CERT_DIR names `gone`, which is not there"

ROWS = {
    "defaults": Row("file.pem", "hashed", None, None, DEFAULTS, ("file.pem",), ("hashed",)),
    "file only": Row("file.pem", "gone", None, None, DEFAULTS, ("file.pem",)),
    "directory only": Row("gone", "hashed", None, None, DEFAULTS, (), ("hashed",)),
    "file set": Row(
        "file.pem", "hashed", "other.pem", None,
        f"SSL_CERT_FILE and {DEFAULTS}", ("other.pem",), ("hashed",),
    ),
    "directory set": Row(
        "file.pem", "hashed", None, "hashed2",
        f"SSL_CERT_DIR and {DEFAULTS}", ("file.pem",), ("hashed2",),
    ),
    "both set": Row(
        "file.pem", "hashed", "other.pem", "hashed2",
        "SSL_CERT_FILE and SSL_CERT_DIR", ("other.pem",), ("hashed2",),
    ),
    "file missing, directory good": Row(
        "file.pem", "hashed", "gone", None,
        f"SSL_CERT_FILE and {DEFAULTS}", (), ("hashed",), notes=(GONE_FILE,),
    ),
    "directory missing, file good": Row(
        "file.pem", "hashed", None, "gone",
        f"SSL_CERT_DIR and {DEFAULTS}", ("file.pem",), (), notes=(GONE_DIRECTORY,),
    ),
    "both missing, one known": Row(
        "file.pem", "hashed", "gone", "gone", LIST, ("/etc/ssl/cert.pem",), (), False,
        (GONE_FILE, GONE_DIRECTORY), ("/etc/ssl/cert.pem",),
    ),
    "both missing, none known": Row(
        "file.pem", "hashed", "gone", "gone", LIST, (), (), False,
        (GONE_FILE, GONE_DIRECTORY, NOTHING),
    ),
    "nothing anywhere": Row("gone", "gone", None, None, LIST, (), (), False, (NOTHING,)),
    "unhashed directory": Row("gone", "plain", None, None, LIST, (), (), False, (NOTHING,)),
    "list of directories": Row(
        "file.pem", "hashed", None, "hashed:hashed2:gone",
        f"SSL_CERT_DIR and {DEFAULTS}", ("file.pem",), ("hashed", "hashed2"),
        notes=(GONE_DIRECTORY,),
    ),
    # `ssl.get_default_verify_paths` asks whether the whole list is a directory.
    "list without a file": Row(
        "gone", "hashed", None, "hashed:hashed2", LIST, (), (), False, (NOTHING,)
    ),
    "empty file variable": Row(
        "file.pem", "hashed", "", None, f"SSL_CERT_FILE and {DEFAULTS}", (), ("hashed",),
        notes=("SSL_CERT_FILE is set to nothing, and OpenSSL looks there: at nothing",),
    ),
    "a directory as file": Row(
        "file.pem", "hashed", "hashed2", None, f"SSL_CERT_FILE and {DEFAULTS}", (), ("hashed",)
    ),
    # OpenSSL 3 takes SSL_CERT_DIR also as the address of a store.
    "a file as directory": Row(
        "file.pem", "hashed", None, "other.pem",
        f"SSL_CERT_DIR and {DEFAULTS}", ("file.pem", "other.pem"), (),
    ),
    "first known wins": Row(
        "gone", "gone", None, None, LIST, (WELL_KNOWN_FILES[2],), (), False, (),
        (WELL_KNOWN_FILES[4], WELL_KNOWN_FILES[2]),
    ),
}  # fmt: skip

ANCHORS = {
    name: Authority.root(f"{name} CA") for name in ("file.pem", "other.pem", "hashed", "hashed2")
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the rows name; names are relative to it."""
    for name, authority in ANCHORS.items():
        if name.startswith("hashed"):
            (tmp_path / name).mkdir()
            (tmp_path / name / _hashed_name(authority)).write_text(authority.pem, "ascii")
        else:
            (tmp_path / name).write_text(authority.pem, "ascii")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "ca.pem").write_text(ANCHORS["file.pem"].pem, "ascii")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _hashed_name(authority: Authority) -> str:
    from OpenSSL import crypto

    loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, authority.der)
    return f"{loaded.subject_name_hash():08x}.0"


def variables(row: Row) -> dict[str, str]:
    found = {"SSL_CERT_FILE": row.set_file, "SSL_CERT_DIR": row.set_directory}
    return {name: value for name, value in found.items() if value is not None}


def paths_of(row: Row) -> ssl.DefaultVerifyPaths:
    """What `ssl.get_default_verify_paths` answers: it drops what is not there."""
    file = row.file if row.set_file is None else row.set_file
    directory = row.directory if row.set_directory is None else row.set_directory
    return ssl.DefaultVerifyPaths(
        cast("str", file if os.path.isfile(file) else None),  # None, as in CPython
        cast("str", directory if os.path.isdir(directory) else None),
        "SSL_CERT_FILE",
        row.file,
        "SSL_CERT_DIR",
        row.directory,
    )


@pytest.mark.parametrize("name", ROWS)
def test_the_store_is_where_truststore_looks(name: str, folder: Path) -> None:
    """File and directory are each replaced by their variable; else the list; else nothing."""
    row = ROWS[name]
    assert system_store(variables(row), paths_of(row), row.known.__contains__) == NativeStore(
        places=(*row.files, *row.directories),
        chosen_by=row.chosen_by,
        files=row.files,
        directories=row.directories,
        default_paths=row.default_paths,
        notes=row.notes,
    )


#: What a real truststore context trusts, asked of OpenSSL by name: certificates in a directory
#: are not listed before they are needed.
SCRIPT = """
import json, ssl, sys, truststore
import truststore._openssl as rules
rules._CA_FILE_CANDIDATES = json.loads(sys.argv[1])
context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
trusted = []
for name, chain, key in json.loads(sys.argv[2]):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    client = context.wrap_bio(a, b, server_hostname="www.example.com")
    peer = server.wrap_bio(c, d, server_side=True)
    for _ in range(4):
        for side in (client, peer):
            try:
                side.do_handshake()
                if side is client:
                    trusted.append(name)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                break
            c.write(b.read()); a.write(d.read())
print(json.dumps(sorted(set(trusted))))
"""

COMPARED = [
    "both set",
    "file missing, directory good",
    "directory missing, file good",
    "both missing, one known",
    "both missing, none known",
    "list of directories",
    "a file as directory",
    "empty file variable",
]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="OpenSSL's store is Linux's")
@pytest.mark.parametrize("name", COMPARED)
def test_a_real_truststore_trusts_what_is_listed(name: str, folder: Path) -> None:
    """The anchors that we list are those that a handshake of truststore accepts."""
    row = ROWS[name]
    # What OpenSSL has compiled in cannot be moved, so both are given by variables.
    environment = {"SSL_CERT_FILE": row.file, "SSL_CERT_DIR": row.directory, **variables(row)}
    known = [os.path.abspath("file.pem")] if row.known else []
    chains = []
    for anchor, authority in ANCHORS.items():
        leaf = authority.leaf("www.example.com")
        file = folder / f"leaf-{anchor}.pem"
        file.write_text(leaf.key_pem + leaf.chain_pem, "ascii")
        chains.append((anchor, str(file), ""))
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(known), json.dumps(chains)],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.stderr == ""
    found = system_store(environment, paths_of(row), lambda path: False)
    files = (*found.files, *known) if not found.default_paths else found.files
    ders = {der for path in files for der in read_file(path).anchors}
    ders |= {der for path in found.directories for der in read_directory(path).anchors}
    listed = sorted(name for name, authority in ANCHORS.items() if authority.der in ders)
    assert json.loads(answer.stdout) == listed


def test_the_list_is_truststore_s() -> None:
    """The names and their order are those of the installed truststore."""
    rules = pytest.importorskip("truststore._openssl")
    assert tuple(rules._CA_FILE_CANDIDATES) == WELL_KNOWN_FILES


def test_the_process_is_asked_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without paths given, Python's own answer is used."""
    monkeypatch.setenv("SSL_CERT_FILE", "other.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "hashed")
    found = system_store(os.environ)
    assert (found.files, found.directories) == (("other.pem",), ("hashed",))


def test_a_hostile_variable_is_made_printable(folder: Path) -> None:
    """A name with control characters reaches no terminal."""
    row = Row("file.pem", "gone", "\x1b[31mgone", None, "")
    assert system_store(variables(row), paths_of(row)).notes == (
        "SSL_CERT_FILE names `\\x1b[31mgone`, which is not there",
    )


def test_an_unreadable_directory_holds_nothing(folder: Path) -> None:
    """What cannot be listed is passed over."""
    row = Row("gone", "gone", None, None, "")
    paths = paths_of(row)._replace(capath="gone")
    nothing: Callable[[str], bool] = lambda path: False  # noqa: E731 - a name for its type
    assert system_store({}, paths, nothing).files == ()


def test_openssl_needs_no_table_and_linux_has_no_settings() -> None:
    """Codes are OpenSSL's own; proxies come from variables alone."""
    assert (dict(TROUBLES), dict(proxy_settings())) == ({}, {})

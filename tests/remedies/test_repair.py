"""The commands that mend a file, run by a real `sh` on real defects."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from diagnose.model.diagnosis import RepairFile
from diagnose.model.remedy import Remedy
from diagnose.model.store import DefectKind
from diagnose.model.surroundings import Platform
from diagnose.remedies.shell import _RECIPES, PRESCRIBER
from tests.causes.scenes import OTHER, ROOT
from tests.clients.facts import facts
from tests.clients.shells import run_sh, variables_after

BOTH = ROOT.pem + OTHER.pem
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def container(encoding: serialization.Encoding) -> bytes:
    loaded = [x509.load_der_x509_certificate(each.der) for each in (ROOT, OTHER)]
    return pkcs7.serialize_certificates(loaded, encoding)


CRLF = BOTH.replace("\n", "\r\n")
MARKED = b"".join(each.pem.encode("utf-8-sig") for each in (ROOT, OTHER))
INDENTED = b"  \t" + BOTH.replace("\n", "\n    ").encode()

#: What is in the file, and how many certificates must come out.
CASES = [
    pytest.param(DefectKind.DER, ROOT.der, 1, id="der"),
    pytest.param(DefectKind.PKCS7, container(DER), 2, id="pkcs7"),
    pytest.param(DefectKind.PKCS7, container(PEM), 2, id="pkcs7-in-pem"),
    pytest.param(DefectKind.UTF16, BOTH.encode("utf-16"), 2, id="utf-16"),
    pytest.param(DefectKind.UTF16, BOTH.encode("utf-16-be"), 2, id="utf-16-be-without-mark"),
    pytest.param(DefectKind.UTF16, CRLF.encode("utf-16-le"), 2, id="utf-16-crlf"),
    pytest.param(DefectKind.UTF8_BOM, BOTH.encode("utf-8-sig"), 2, id="bom"),
    pytest.param(DefectKind.UTF8_BOM, MARKED, 2,
                 id="bom-in-the-middle"),
    pytest.param(DefectKind.CR_LINE_ENDS, BOTH.replace("\n", "\r").encode(), 2, id="cr"),
    pytest.param(DefectKind.INDENTED, INDENTED, 2, id="indented"),
    pytest.param(DefectKind.GLUED_BLOCKS, (ROOT.pem.rstrip() + OTHER.pem).encode(), 2, id="glued"),
    pytest.param(DefectKind.GLUED_BLOCKS, f"{ROOT.pem}# Other: {OTHER.pem}".encode(), 2,
                 id="after-other-text"),
]  # fmt: skip
#: A path that no shell may take apart, in a folder of the test's own.
NAME = "it's $HOME; a `ca`.crt"


def repair(path: Path, kind: DefectKind, platform: Platform = Platform.LINUX) -> tuple[Remedy, ...]:
    """What is prescribed for the file that PIP_CERT names."""
    case = facts(variables={"PIP_CERT": str(path)}, platform=platform)
    return PRESCRIBER.prescribe(RepairFile(str(path), kind, "PIP_CERT"), case)


def loaded(path: str) -> set[str]:
    """Fingerprints of what OpenSSL loads from a file, or finds by the hashed names of a folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=path)
    return {hashlib.sha256(each).hexdigest() for each in context.get_ca_certs(binary_form=True)}


@pytest.mark.parametrize(("kind", "content", "count"), CASES)
def test_the_mended_file_loads_and_the_bad_one_is_untouched(
    kind: DefectKind, content: bytes, count: int, tmp_path: Path
) -> None:
    """Every certificate is there afterwards, and the variable names the good file."""
    path = tmp_path / NAME
    path.write_bytes(content)
    (remedy,) = repair(path, kind)
    before = {"PIP_CERT": str(path)}
    after = variables_after(remedy.commands.sh, before, "PIP_CERT")["PIP_CERT"]
    assert after == f"{path}.mended.pem"
    assert loaded(after) == {each.sha256 for each in (ROOT, OTHER)[:count]}
    assert path.read_bytes() == content
    both = (*remedy.commands.sh, *remedy.undo.sh)
    assert variables_after(both, before, "PIP_CERT") == before


@pytest.mark.parametrize("kind", [DefectKind.UTF16, DefectKind.CR_LINE_ENDS, DefectKind.PKCS7])
def test_openssl_refuses_these_files_before(kind: DefectKind, tmp_path: Path) -> None:
    """The defects are real ones."""
    content = next(each.values[1] for each in CASES if each.values[0] is kind)
    path = tmp_path / "bad.pem"
    assert isinstance(content, bytes)
    path.write_bytes(content)
    with pytest.raises(ssl.SSLError):
        loaded(str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory of certificates without hashed names; one file lacks its last line end."""
    made = tmp_path / "it's a folder"
    made.mkdir()
    (made / "a root.pem").write_text(ROOT.pem.rstrip(), encoding="ascii")
    (made / "b.crt").write_text(OTHER.pem, encoding="ascii")
    (made / "README.txt").write_text("no certificate\n", encoding="ascii")
    return made


def test_a_folder_gets_its_hashed_names(folder: Path) -> None:
    """`openssl rehash` adds links and touches nothing else."""
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    rehash, _ = repair(folder, DefectKind.UNHASHED_DIRECTORY)
    done = run_sh(rehash.commands.sh)
    assert done.returncode == 0, done.stderr
    links = {each for each in folder.iterdir() if each.is_symlink()}
    assert {each.resolve().name for each in links} == {"a root.pem", "b.crt"}
    kept = {each.name: each.read_bytes() for each in folder.iterdir() if each not in links}
    assert kept == before


@pytest.mark.parametrize("platform", Platform)
def test_a_folder_becomes_one_file(folder: Path, platform: Platform) -> None:
    """Everywhere, also where OpenSSL has no `rehash`; the certificates stay apart."""
    *rehash, joined = repair(folder, DefectKind.UNHASHED_DIRECTORY, platform)
    assert bool(rehash) == (platform is Platform.LINUX)
    after = variables_after(joined.commands.sh, {}, "PIP_CERT")["PIP_CERT"]
    assert after == f"{folder}.mended.pem"
    assert loaded(after) == {ROOT.sha256, OTHER.sha256}


def test_every_recipe_is_run_here() -> None:
    """A recipe that is not run is not known to work."""
    run = {each.values[0] for each in CASES} | {DefectKind.UNHASHED_DIRECTORY}
    assert run == set(_RECIPES)


@pytest.mark.parametrize("kind", sorted(set(DefectKind) - set(_RECIPES)))
def test_what_no_command_can_mend_has_none(kind: DefectKind, tmp_path: Path) -> None:
    """An HTML page does not become a certificate."""
    assert repair(tmp_path / "x.pem", kind) == ()


def test_a_name_that_looks_like_an_option_has_no_command() -> None:
    """No quoting keeps `-out` from being an option."""
    case = facts()
    assert PRESCRIBER.prescribe(RepairFile("-out", DefectKind.DER, "PIP_CERT"), case) == ()


@pytest.mark.parametrize(
    ("source", "sh", "undo"),
    [
        ("pip configuration (global.cert)",
         ("python -m pip config set global.cert /opt/a.crt.mended.pem",),
         ("python -m pip config set global.cert /opt/a.crt",)),
        ("--bundle", (), ()),
        ("certifi", (), ()),
        ("SSL_CERT_DIR", (), ()),
    ],
)  # fmt: skip
def test_the_setting_that_named_the_file_names_the_good_one(
    source: str, sh: tuple[str, ...], undo: tuple[str, ...]
) -> None:
    """The configuration of pip is changed by pip; what is no setting is left alone."""
    need = RepairFile("/opt/a.crt", DefectKind.CR_LINE_ENDS, source)
    (remedy,) = PRESCRIBER.prescribe(need, facts())
    assert remedy.commands.sh[1:] == sh
    assert remedy.undo.sh == undo


@pytest.mark.parametrize("kind", sorted(_RECIPES))
def test_powershell_and_cmd_get_the_paths_quoted(kind: DefectKind) -> None:
    """Both paths, each as one word; cmd has a tool for DER only."""
    quoted: Callable[[str], str] = lambda path: "'" + path.replace("'", "''") + "'"  # noqa: E731
    need = RepairFile("C:\\it's a ca.cer", kind, "--bundle")
    remedy = PRESCRIBER.prescribe(need, facts(platform=Platform.WINDOWS))[-1]
    (line,) = remedy.commands.powershell
    assert quoted("C:\\it's a ca.cer") in line
    assert quoted("C:\\it's a ca.cer.mended.pem") in line
    assert "{" not in line.replace("ForEach-Object {", "")
    wanted = ('certutil -encode "C:\\it\'s a ca.cer" "C:\\it\'s a ca.cer.mended.pem"',)
    assert remedy.commands.cmd == (wanted if kind is DefectKind.DER else ())

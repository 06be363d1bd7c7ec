"""certifi: the tests bring packages of their own, so that the installed one does not matter."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from base64 import urlsafe_b64encode
from datetime import date
from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.store import CertifiFacts, Integrity
from diagnose.stores.certifi_store import CertifiPackage, facts, find, package_at, released

PUBLIC = Authority.root("Public Root CA")
CORPORATE = Authority.root("Corporate Root CA")
CONTENT = PUBLIC.pem.encode()
DIGEST = hashlib.sha256(CONTENT).hexdigest()
VERSION = "2023.07.22"


def record(content: bytes = CONTENT) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return (
        "certifi/__init__.py,sha256=AAAA,94\n"
        f"certifi/cacert.pem,sha256={digest},{len(content)}\n"
        "certifi-2023.7.22.dist-info/RECORD,,\n"
    )


def installed(site: Path, content: bytes = CONTENT, stated: str | None = None) -> Path:
    """A folder as pip leaves it; the path of `__init__.py`."""
    (site / "certifi").mkdir(parents=True)
    (site / "certifi" / "cacert.pem").write_bytes(content)
    (site / "certifi" / "__init__.py").write_text(
        "import os\n"
        f"__version__ = {VERSION!r}\n"
        "def where():\n    return os.path.join(os.path.dirname(__file__), 'cacert.pem')\n",
        encoding="ascii",
    )
    metadata = site / "certifi-2023.7.22.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: certifi\nVersion: 2023.7.22\n", encoding="ascii")
    (metadata / "RECORD").write_text(stated or record(), encoding="ascii")
    return site / "certifi" / "__init__.py"


def described(origin: Path, where: Path | None = None) -> CertifiPackage:
    return package_at(str(origin), str(where or origin.parent / "cacert.pem"), VERSION)


def test_reads_the_digest_that_the_release_states(tmp_path: Path) -> None:
    """RECORD stands beside the package, under the version with its zeros dropped."""
    origin = installed(tmp_path)
    where = str(tmp_path / "certifi" / "cacert.pem")
    assert described(origin) == CertifiPackage(where, VERSION, DIGEST, redirected=False)


def test_leftovers_of_other_versions_do_not_count(tmp_path: Path) -> None:
    """A broken upgrade leaves a RECORD that would accuse an honest file."""
    origin = installed(tmp_path)
    (tmp_path / "certifi-2023.7.22.dist-info").rename(tmp_path / "certifi-2024.2.2.dist-info")
    assert described(origin).record_sha256 is None


@pytest.mark.parametrize(
    "stated",
    [
        "certifi/__init__.py,sha256=AAAA,94\n",
        "certifi/cacert.pem,,\n",
        "certifi/cacert.pem\n",
        "certifi/cacert.pem,md5=AAAA,94\n",
        "certifi/cacert.pem,sha256=AAAA,94\n",
        "certifi/cacert.pem,sha256=\N{SNOWMAN},94\n",
        '"certifi/cacert.pem',
        "\0",
    ],
)
def test_a_record_that_says_nothing_is_no_evidence(stated: str, tmp_path: Path) -> None:
    """Other digests, short digests and nonsense are as good as none."""
    origin = installed(tmp_path)
    path = tmp_path / "certifi-2023.7.22.dist-info" / "RECORD"
    path.write_text(stated, encoding="utf-8")
    assert described(origin).record_sha256 is None


def test_a_where_outside_the_package_is_redirected(tmp_path: Path) -> None:
    """Debian's certifi answers the system's file."""
    origin = installed(tmp_path / "site")
    assert described(origin, tmp_path / "ca-certificates.crt").redirected


@pytest.mark.skipif(sys.platform == "win32", reason="plain links are POSIX")
def test_a_file_that_is_a_link_to_elsewhere_is_redirected(tmp_path: Path) -> None:
    """Some distributions keep `where()` and link the file itself."""
    origin = installed(tmp_path / "site")
    elsewhere = tmp_path / "cert.pem"
    (origin.parent / "cacert.pem").rename(elsewhere)
    (origin.parent / "cacert.pem").symlink_to(elsewhere)
    assert described(origin).redirected


@pytest.mark.skipif(sys.platform == "win32", reason="plain links are POSIX")
def test_a_package_made_of_links_is_not_redirected(tmp_path: Path) -> None:
    """An installer (uv) can link every file of a package into its cache."""
    cached = installed(tmp_path / "cache").parent
    folder = tmp_path / "site" / "certifi"
    folder.mkdir(parents=True)
    for name in ("__init__.py", "cacert.pem"):
        (folder / name).symlink_to(cached / name)
    assert not described(folder / "__init__.py").redirected


def test_a_zipapp_states_its_digest_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside an archive the metadata is read through the import path; `where` is a copy."""
    site = tmp_path / "site"
    installed(site)
    archive = tmp_path / "app.pyz"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(site.rglob("*")):
            packed.write(path, path.relative_to(site))
    monkeypatch.syspath_prepend(str(archive))
    origin, copy = str(archive / "certifi" / "__init__.py"), str(tmp_path / "copy.pem")
    expected = CertifiPackage(copy, VERSION, DIGEST, redirected=False)
    assert package_at(origin, copy, VERSION) == expected


def judged(package: CertifiPackage, content: bytes | None = None) -> CertifiFacts:
    return facts(
        package,
        (PUBLIC.der, CORPORATE.der),
        content,
        was_released=lambda sha256: sha256 == PUBLIC.sha256,
        name_of=lambda der: "Corporate\x1b Root CA" if der == CORPORATE.der else "other",
    )


WHERE = "/certifi/cacert.pem"
JUDGED = {
    "shipped": (CertifiPackage(WHERE, VERSION, DIGEST), CONTENT, Integrity.SHIPPED),
    "modified": (CertifiPackage(WHERE, VERSION, DIGEST), CONTENT + b"#", Integrity.MODIFIED),
    "redirected": (CertifiPackage(WHERE, VERSION, DIGEST, True), CONTENT, Integrity.REDIRECTED),
    "no record": (CertifiPackage(WHERE, VERSION, None), CONTENT, Integrity.UNKNOWN),
    "no file": (CertifiPackage("gone.pem", VERSION, DIGEST), None, Integrity.MODIFIED),
}


@pytest.mark.parametrize("name", JUDGED)
def test_judges_the_content(name: str) -> None:
    """What no release ever had is added, unless the file is exactly what this release shipped."""
    package, content, integrity = JUDGED[name]
    added = integrity is not Integrity.SHIPPED
    assert judged(package, content) == CertifiFacts(
        version=VERSION,
        released=date(2023, 7, 22),
        where=package.where,
        integrity=integrity,
        added=(CORPORATE.sha256,) if added else (),
        added_names=("Corporate\\x1b Root CA",) if added else (),
    )


def test_reads_the_content_where_it_is_not_given(tmp_path: Path) -> None:
    """`where` is read when the caller has not read it."""
    package = described(installed(tmp_path))
    assert judged(package).integrity is Integrity.SHIPPED
    Path(package.where).write_bytes(CONTENT + CORPORATE.pem.encode())
    assert judged(package).integrity is Integrity.MODIFIED


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("2026.10.18", date(2026, 10, 18)),
        ("2022.5.18.1", date(2022, 5, 18)),
        ("2023.07.22", date(2023, 7, 22)),
        ("2024.2.2+corp1", date(2024, 2, 2)),
        ("1.0.1", None),
        ("2024.13.1", None),
        ("2024.2.300", None),
        ("14.05.14", None),
        ("", None),
    ],
)
def test_versions_are_days(version: str, day: date | None) -> None:
    """The version of certifi is its release date; what is no date has none."""
    assert released(version) == day


def forget_certifi(monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    """Let `import certifi` find the one in `site`, and the real one again after the test."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "certifi"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(site))
    # What the test imports goes again: setitem, since delitem only restores what was there.
    monkeypatch.setitem(sys.modules, "certifi", None)
    del sys.modules["certifi"]


def test_finds_the_certifi_that_programs_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first on the import path, as it answers for itself."""
    installed(tmp_path)
    forget_certifi(monkeypatch, tmp_path)
    assert find() == CertifiPackage(str(tmp_path / "certifi" / "cacert.pem"), VERSION, DIGEST)


@pytest.mark.parametrize("source", ["raise ImportError", "1 / 0", "", "def where(): raise OSError"])
def test_a_broken_certifi_is_none(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a patched package raises, the report goes on."""
    installed(tmp_path).write_text(source, encoding="ascii")
    forget_certifi(monkeypatch, tmp_path)
    assert find() is None


def test_finding_does_not_import_the_metadata_machinery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """importlib.metadata costs 40 ms; RECORD in a folder is read directly."""
    installed(tmp_path)
    forget_certifi(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "importlib.metadata", None)
    found = find()
    assert found is not None
    assert found.record_sha256 == DIGEST

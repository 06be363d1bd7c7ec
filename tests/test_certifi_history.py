"""The renewal of the roots' history, over wheels made by hand: nothing is downloaded."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from tools import certifi_history
from tools.certifi_history import Facts, History, parse, read_wheel, render, versions_in, wanted

ONE = Authority.root("One Root CA")
TWO = Authority.root("Two Root CA", ski=False)
THREE = Authority.root("Three Root CA")


def bundle(*roots: Authority) -> str:
    """In certifi's manner: a label before each block."""
    return "".join(
        f'\n# Issuer: CN=x\n# Label: "Label of {number}"\n# Serial: 1\n{root.pem}'
        for number, root in enumerate(roots, 1)
    )


def wheel(folder: Path, text: str, version: str = "2030.1.2") -> Path:
    path = folder / f"certifi-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("certifi/cacert.pem", text)
    return path


def facts(name: str) -> Facts:
    return Facts(name, "00" * 32, "11" * 32, ("22" * 20,), "2040-01-01T00:00:00")


A, B, C = (f"{number:064x}" for number in (1, 2, 3))
RELEASES: dict[str, dict[str, Facts]] = {
    "2030.1.2": {A: facts("a"), B: facts("b")},
    "2030.1.2.1": {A: facts("a")},
    "2030.10.1": {A: facts("a"), B: facts("b"), C: facts("c")},
    "2031.2.1": {B: facts("b"), C: facts("c")},
}


def history(*versions: str) -> History:
    made = History({}, {})
    for version in versions:
        made = made.with_release(version, RELEASES[version])
    return made


def test_reads_the_facts_of_a_wheel(tmp_path: Path) -> None:
    """Names, keys and dates come from the certificates, the label from the comment."""
    found = read_wheel(wheel(tmp_path, bundle(ONE, TWO)))
    assert list(found) == [ONE.sha256, TWO.sha256]
    first = found[ONE.sha256]
    assert first.label == "Label of 1"
    assert first.subject == hashlib.sha256(ONE.subject).hexdigest()
    assert first.key_ids == (ONE.key_id.hex(),)
    assert first.not_after.endswith("00:00")
    # Without the extension the key itself gives the identifier.
    assert found[TWO.sha256].key_ids == (TWO.key_id.hex(),)


def test_a_wheel_without_roots_is_refused(tmp_path: Path) -> None:
    """An empty answer would say that every root had left."""
    with pytest.raises(ValueError, match="holds no root certificate"):
        read_wheel(wheel(tmp_path, "moved"))


def test_rows_say_first_last_and_gaps() -> None:
    """The file of four releases, in full."""
    rows = json.loads(render(history(*RELEASES)))["roots"]
    digests = [
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ERERERERERERERERERERERERERERERERERERERERERE",
    ]
    common = [*digests, "22" * 20, "2040-01-01T00:00:00"]
    assert rows == [
        [A, *common, "2030.1.2", "2030.10.1", "a"],
        [B, *common, "2030.1.2", None, "b", "2030.1.2.1"],
        [C, *common, "2030.10.1", None, "c"],
    ]


def test_what_is_written_is_read_again() -> None:
    """Saving loses nothing."""
    made = history(*RELEASES)
    assert parse(json.loads(render(made))) == made


def test_order_of_reading_does_not_matter() -> None:
    """Releases read late fall into their place; the same releases give the same bytes."""
    assert render(history(*reversed(RELEASES))) == render(history(*RELEASES))


def test_known_facts_are_kept() -> None:
    """A label that a later release words differently does not rewrite the file."""
    made = history("2030.1.2").with_release("2030.1.3", {A: facts("other words")})
    assert made.facts[A] == facts("a")


def test_versions_come_from_what_pip_prints() -> None:
    """Dates only, oldest first."""
    answer = (
        "certifi (2030.10.1)\n"
        "Available versions: 2030.10.1, 2030.1.2.1, 2030.1.2, 2015.4.28, 1.0.1, 14.5.14, 0.0.8\n"
        "  INSTALLED: 2030.1.2\n"
    )
    assert versions_in(answer) == ["2015.4.28", "2030.1.2", "2030.1.2.1", "2030.10.1"]
    assert versions_in("") == []


def test_only_newer_releases_are_wanted() -> None:
    """Old releases that were left out on purpose are not fetched at every renewal."""
    published = ["2029.1.1", "2030.1.2", "2030.1.2.1", "2030.10.1"]
    assert wanted(published, history("2030.1.2")) == ["2030.1.2.1", "2030.10.1"]
    assert wanted(published, History({}, {})) == published


def test_a_renewal_adds_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a stand-in for pip: one known release, one new one; a second run changes nothing."""
    path = tmp_path / "roots.json"
    old = History({}, {}).with_release("2030.1.2", read_wheel(wheel(tmp_path, bundle(ONE, TWO))))
    path.write_text(render(old), encoding="ascii")
    asked: list[tuple[str, ...]] = []

    def pip(*arguments: str) -> str:
        asked.append(arguments)
        if arguments[0] == "index":
            return "Available versions: 2030.2.1, 2030.1.2\n"
        folder = Path(arguments[arguments.index("--dest") + 1])
        wheel(folder, bundle(TWO, THREE), "2030.2.1")
        return ""

    monkeypatch.setattr(certifi_history, "_pip", pip)
    assert certifi_history.main(["--file", str(path)]) == 0
    renewed = path.read_text(encoding="ascii")
    assert list(parse(json.loads(renewed)).releases) == ["2030.1.2", "2030.2.1"]
    assert certifi_history.main(["--file", str(path)]) == 0
    assert path.read_text(encoding="ascii") == renewed
    assert [each[0] for each in asked] == ["index", "download", "index"]
    assert asked[1][-1] == "certifi==2030.2.1"
    assert capsys.readouterr().out == (
        "certifi 2030.2.1: 2 roots\n3 roots in 2 releases, 1 new\n3 roots in 2 releases, 0 new\n"
    )

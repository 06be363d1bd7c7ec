"""Renew `diagnose/chain/public_roots.json`, the facts about every root in certifi's releases.

Asks for certifi's versions and downloads the wheels that are not known yet (0.2 MB each) with the
ordinary pip, wherever that is configured to look. What is known stays as it is; `--all` forgets it
and reads every release since 2015 again. The same releases give the same bytes.

The file: `releases` are the versions looked at, oldest first; one row of `roots` holds

    SHA-256 of the certificate (hex), SHA-256 of the subject's DER (base64url),
    SHA-256 of the SubjectPublicKeyInfo (base64url),
    key identifiers (hex, separated by a blank): the extension's, then the key's SHA-1 where it
    differs, notAfter (UTC), first release, last release (null: the newest), certifi's label,
    releases in between that lacked it ...

It holds facts only, no certificate bytes: certifi's list is under MPL-2.0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = Path(__file__).resolve().parent.parent / "diagnose" / "chain" / "public_roots.json"
ABOUT = "Roots in certifi's releases. Made by tools/certifi_history.py, which says what is in a row"

#: certifi's versions are dates since then; what came before is not worth the download.
OLDEST = (2015, 4, 28)

_BLOCK = re.compile(
    rb"^-----BEGIN CERTIFICATE-----\r?\n.*?^-----END CERTIFICATE-----", re.MULTILINE | re.DOTALL
)
_LABEL = re.compile(rb'^# Label: "(.*)"\s*$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What never changes about a root. Digests are hex."""

    label: str
    subject: str
    spki: str
    key_ids: tuple[str, ...]
    not_after: str


@dataclass(frozen=True, slots=True)
class History:
    """Which release had which roots (by SHA-256), and the facts about each root."""

    releases: dict[str, frozenset[str]]
    facts: dict[str, Facts]

    def with_release(self, version: str, roots: dict[str, Facts]) -> History:
        """The history with one release more; facts that are known are kept."""
        releases = {**self.releases, version: frozenset(roots)}
        ordered = {each: releases[each] for each in sorted(releases, key=version_key)}
        return History(ordered, {**roots, **self.facts})


def version_key(version: str) -> tuple[int, ...]:
    """2022.5.18.1 comes after 2022.5.18 and before 2022.6.15."""
    return tuple(int(part) for part in version.split("."))


def read_wheel(path: Path) -> dict[str, Facts]:
    """The roots in a certifi wheel, by SHA-256. Raises ValueError where it holds none."""
    with zipfile.ZipFile(path) as wheel:
        roots = dict(read_bundle(wheel.read("certifi/cacert.pem")))
    if not roots:
        raise ValueError(f"{path.name} holds no root certificate")
    return roots


def read_bundle(bundle: bytes) -> Iterator[tuple[str, Facts]]:
    """SHA-256 and facts of each certificate, labelled by the comment before it."""
    end = 0
    for block in _BLOCK.finditer(bundle):
        labels = _LABEL.findall(bundle, end, block.start())
        end = block.end()
        with warnings.catch_warnings():
            # A few old roots have serial numbers that cryptography warns about.
            warnings.simplefilter("ignore")
            certificate = x509.load_pem_x509_certificate(block[0])
            sha256 = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
            yield sha256, read_facts(certificate, labels[-1].decode() if labels else "")


def read_facts(certificate: x509.Certificate, label: str) -> Facts:
    """The facts about one root."""
    key = certificate.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key_ids = [x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()]
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        key_ids.insert(0, extension.value.digest.hex())
    except x509.ExtensionNotFound:
        pass
    return Facts(
        label=label,
        subject=hashlib.sha256(certificate.subject.public_bytes()).hexdigest(),
        spki=hashlib.sha256(spki).hexdigest(),
        key_ids=tuple(dict.fromkeys(key_ids)),
        not_after=certificate.not_valid_after_utc.replace(tzinfo=None).isoformat(),
    )


def parse(document: dict[str, Any]) -> History:
    """The history that `render` wrote."""
    versions: list[str] = document["releases"]
    members: dict[str, set[str]] = {version: set() for version in versions}
    facts: dict[str, Facts] = {}
    for sha256, subject, spki, key_ids, not_after, first, last, label, *gaps in document["roots"]:
        facts[sha256] = Facts(
            label, _to_hex(subject), _to_hex(spki), tuple(key_ids.split()), not_after
        )
        span = versions[versions.index(first) : versions.index(last or versions[-1]) + 1]
        for version in span:
            if version not in gaps:
                members[version].add(sha256)
    return History({version: frozenset(roots) for version, roots in members.items()}, facts)


def render(history: History) -> str:
    """The file's text: JSON, one root a line, so that a renewal is a diff of a few lines."""
    rows = [_dump(_row(history, sha256)) for sha256 in sorted(history.facts)]
    releases = _dump(list(history.releases))
    return (
        f'{{"about":{_dump(ABOUT)},\n"releases":{releases},\n"roots":[\n'
        + ",\n".join(rows)
        + "\n]}\n"
    )


def _row(history: History, sha256: str) -> list[str | None]:
    facts = history.facts[sha256]
    versions = list(history.releases)
    there = [version for version in versions if sha256 in history.releases[version]]
    first, last = there[0], there[-1]
    span = versions[versions.index(first) : versions.index(last) + 1]
    return [
        sha256,
        _to_base64(facts.subject),
        _to_base64(facts.spki),
        " ".join(facts.key_ids),
        facts.not_after,
        first,
        None if last == versions[-1] else last,
        facts.label,
        *(version for version in span if version not in there),
    ]


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _to_base64(digest: str) -> str:
    return urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def _to_hex(digest: str) -> str:
    return urlsafe_b64decode(digest + "=").hex()


def versions_in(answer: str) -> list[str]:
    """The versions in what `pip index versions certifi` prints, oldest first; dates only."""
    found = re.search(r"^Available versions: (.*)$", answer, re.MULTILINE)
    listed = found[1].split(", ") if found else []
    dated = [each.strip() for each in listed if re.fullmatch(r"\d{4}(\.\d+){2,}", each.strip())]
    return sorted((each for each in dated if version_key(each) >= OLDEST), key=version_key)


def wanted(published: Sequence[str], history: History) -> list[str]:
    """What to read: everything published after the newest release that is known."""
    known = max((version_key(version) for version in history.releases), default=())
    return [version for version in published if version_key(version) > known]


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _download(version: str) -> dict[str, Facts]:
    with tempfile.TemporaryDirectory() as folder:
        options = ("--no-deps", "--only-binary=:all:", "--quiet", "--dest", folder)
        _pip("download", *options, f"certifi=={version}")
        (wheel,) = Path(folder).glob("certifi-*.whl")
        return read_wheel(wheel)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read what is new and write the file, unless nothing is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="forget what is known, read everything")
    parser.add_argument("--file", type=Path, default=FILE, help="the file to renew")
    options = parser.parse_args(arguments)
    history = History({}, {})
    if not options.all and options.file.exists():
        history = parse(json.loads(options.file.read_text(encoding="ascii")))
    new = wanted(versions_in(_pip("index", "versions", "certifi")), history)
    for version in new:
        history = history.with_release(version, _download(version))
        print(f"certifi {version}: {len(history.releases[version])} roots")
    if new:
        beside = options.file.with_suffix(".new")
        beside.write_text(render(history), encoding="ascii", newline="\n")
        beside.replace(options.file)
    print(f"{len(history.facts)} roots in {len(history.releases)} releases, {len(new)} new")
    return 0


if __name__ == "__main__":
    sys.exit(main())

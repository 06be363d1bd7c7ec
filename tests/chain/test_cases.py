"""Chains of public test suites, where they lie beside the repository: OpenSSL's own record.

Each case holds what OpenSSL 3.0.19 answered. Compared is what the walk stands for: the path, its
end, and the name of what is missing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections import Counter
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from diagnose.chain.reading import readable
from diagnose.chain.walk import Ground, walk_store
from diagnose.model.certificate import Certificate
from diagnose.model.store import StoreName
from diagnose.model.walk import IssuerMissing, PartlyAnchored, UntrustedRoot, Walk

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "chains"
FILES = [FOLDER / f"{name}.shareable.jsonl.gz" for name in ("registry", "fetched")]
pytestmark = pytest.mark.skipif(
    not all(file.is_file() for file in FILES), reason="no recorded chains beside the repository"
)

REFERENCE = "openssl-3.0.19"
NO_ISSUER = {"UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"}
ROOT, LEAF = "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT"
#: Found before a path is built, or never.
BEFORE = {"LOAD_FAILED", "EE_KEY_TOO_SMALL"}

Case = dict[str, Any]


@lru_cache(maxsize=1)
def cases() -> list[tuple[Case, Walk]]:
    """The cases that OpenSSL built a path for under its default depth, and our walk of each."""
    found = []
    for file in FILES:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            certificates = [_read(pem) for pem in json.loads(next(lines))["pems"]]
            for line in lines:
                case = json.loads(line)
                if case.get("unscored") or case.get("max_depth") is not None:
                    continue
                if answer(case)["err"] not in BEFORE:
                    found.append((case, _walk(case, certificates)))
    return found


def answer(case: Case) -> Case:
    """What OpenSSL said with default flags."""
    found: Case = case["ref"][REFERENCE]["default"]
    return found


def _read(pem: str) -> Certificate | None:
    return readable(base64.b64decode("".join(pem.split("-----")[2].split())))


def _walk(case: Case, certificates: list[Certificate | None]) -> Walk:
    sent, anchors = (
        tuple(each for number in case[key] if (each := certificates[number]))
        for key in ("chain", "roots")
    )
    assert (len(sent), len(anchors)) == (len(case["chain"]), len(case["roots"])), case["id"]
    instant = datetime.strptime(case["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return walk_store(Ground(sent, (), {StoreName.BUNDLE: anchors}, instant), StoreName.BUNDLE)


def _end(walk: Walk) -> str:
    match walk.greedy.end:
        case IssuerMissing() | PartlyAnchored():
            return "no-issuer"
        case UntrustedRoot():
            return "untrusted-root" if len(walk.greedy.certificates) > 1 else "self-signed-leaf"
        case _:
            return "anchored"


def _expected_end(error: str) -> str:
    if error in NO_ISSUER:
        return "no-issuer"
    return {ROOT: "untrusted-root", LEAF: "self-signed-leaf"}.get(error, "anchored")


def _report(what: str, agrees: Counter[bool], wrong: list[str]) -> None:
    total = agrees.total()
    print(f"{what}: {agrees[True]} of {total} = {agrees[True] / total:.4f}")  # noqa: T201
    assert wrong == []


def test_the_end_of_the_path_is_openssls() -> None:
    """No issuer, untrusted root, self-signed leaf, or a complete path: in every case."""
    agrees: Counter[bool] = Counter()
    wrong = []
    for case, walk in cases():
        expected = _expected_end(answer(case)["err"])
        agrees[_end(walk) == expected] += 1
        if _end(walk) != expected:
            wrong.append(f"{case['id']}: {_end(walk)}, OpenSSL {expected}")
    assert agrees.total() > 500
    _report("end of the path", agrees, wrong)


def test_the_path_is_openssls() -> None:
    """The very certificates, in order."""
    agrees: Counter[bool] = Counter()
    wrong = []
    for case, walk in cases():
        if expected := answer(case).get("path"):
            same = [each[:16] for each in walk.greedy.certificates] == expected
            agrees[same] += 1
            if not same:
                wrong.append(case["id"])
    assert agrees.total() > 500
    _report("path", agrees, wrong)


def test_the_missing_issuer_is_named() -> None:
    """Its name by the hash of its DER, and the key identifier that is asked for."""
    agrees: Counter[bool] = Counter()
    wrong = []
    for case, walk in cases():
        if answer(case)["err"] not in NO_ISSUER or not (missing := case.get("missing")):
            continue
        end = walk.greedy.end
        assert isinstance(end, IssuerMissing | PartlyAnchored), case["id"]
        name = hashlib.sha256(end.gap.issuer.der).hexdigest() == missing["issuer_der_sha256"]
        same = name and missing.get("aki") in {None, "", end.gap.key_id}
        agrees[same] += 1
        if not same:
            wrong.append(case["id"])
    assert agrees.total() > 90
    _report("missing issuer", agrees, wrong)


def test_the_untrusted_root_is_named() -> None:
    """By its fingerprint."""
    agrees: Counter[bool] = Counter()
    wrong = []
    for case, walk in cases():
        if answer(case)["err"] not in {ROOT, LEAF} or not (sha256 := case.get("untrusted_sha256")):
            continue
        same = isinstance(walk.greedy.end, UntrustedRoot) and walk.greedy.end.root == sha256
        agrees[same] += 1
        if not same:
            wrong.append(case["id"])
    assert agrees.total() > 10
    _report("untrusted root", agrees, wrong)


def test_what_openssl_accepts_is_sound() -> None:
    """No link of an accepted path is called wrong, where a TLS server was asked for."""
    wrong = [
        case["id"]
        for case, walk in cases()
        if answer(case)["ok"] and case["purpose"] == "serverAuth" and not walk.greedy.sound
    ]
    assert wrong == []


def test_the_best_path_is_never_worse_than_openssls() -> None:
    """A path that OpenSSL finds is found."""
    wrong = [case["id"] for case, walk in cases() if walk.greedy.sound and not walk.best.sound]
    assert wrong == []


def test_valid_paths_that_openssl_misses_are_found() -> None:
    """Cases that their source accepts, and that OpenSSL refuses for having chosen another path."""
    missed = [case for case, walk in cases() if walk.missed_by_openssl]
    assert not any(answer(case)["ok"] for case in missed)
    assert sum(case["expect"]["verdict"] == "accept" for case in missed) >= 9

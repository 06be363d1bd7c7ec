"""The tests of a link, one by one; signatures of every kind against cryptography."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from diagnose.chain.links import key_id_test, self_signed
from diagnose.chain.links import test_link as link_of
from diagnose.chain.reading import read_certificate
from diagnose.chain.signatures import key_fits, signed_by
from diagnose.demo.pki import Authority, self_signed_leaf
from diagnose.model.certificate import Certificate
from diagnose.model.walk import Test

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)

ROOT = Authority.root("Root")
ISSUING = ROOT.intermediate("Issuing")
LEAF = ISSUING.leaf("www.example.com")
ROOT_READ, ISSUING_READ, LEAF_READ = (read_certificate(e.der) for e in (ROOT, ISSUING, LEAF))

AnyKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
RSA = rsa.generate_private_key(65537, 2048)
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)

KINDS: dict[str, tuple[AnyKey, hashes.HashAlgorithm | None, padding.PSS | None, Test]] = {
    "RSA with SHA-224": (RSA, hashes.SHA224(), None, Test.PASS),
    "RSA with SHA-256": (RSA, hashes.SHA256(), None, Test.PASS),
    "RSA with SHA-512": (RSA, hashes.SHA512(), None, Test.PASS),
    "RSA-PSS": (RSA, hashes.SHA256(), PSS, Test.PASS),
    "RSA-PSS with SHA-384": (
        RSA, hashes.SHA384(), padding.PSS(padding.MGF1(hashes.SHA384()), 48), Test.PASS),
    "RSA-PSS with two digests": (
        RSA, hashes.SHA384(), padding.PSS(padding.MGF1(hashes.SHA256()), 11), Test.PASS),
    "P-256": (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), None, Test.PASS),
    "P-384": (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), None, Test.PASS),
    "P-521": (ec.generate_private_key(ec.SECP521R1()), hashes.SHA512(), None, Test.PASS),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate(), None, None, Test.PASS),
    "Ed448": (ed448.Ed448PrivateKey.generate(), None, None, Test.PASS),
    "RSA with SHA3, unknown here": (RSA, hashes.SHA3_256(), None, Test.UNREADABLE),
}  # fmt: skip


def certificate(
    key: AnyKey, digest: hashes.HashAlgorithm | None, pad: padding.PSS | None
) -> Certificate:
    """A self-signed one with this kind of signature."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    signed = builder.public_key(key.public_key()).sign(key, digest, rsa_padding=pad)  # type: ignore[arg-type]  # the pairs above fit
    return read_certificate(signed.public_bytes(Encoding.DER))


@pytest.mark.parametrize("kind", KINDS)
def test_signatures(kind: str) -> None:
    """A good one passes; with another octet in what was signed it fails."""
    key, digest, pad, expected = KINDS[kind]
    found = certificate(key, digest, pad)
    assert signed_by(found, found) is expected
    assert self_signed(found)
    stale = replace(found, tbs=found.tbs[:-1] + bytes([found.tbs[-1] ^ 1]))
    assert signed_by(stale, found) is (Test.FAIL if expected is Test.PASS else Test.UNREADABLE)


def test_signatures_with_sha1() -> None:
    """Libraries no longer make them, old roots still carry them."""
    found = certificate(*KINDS["RSA with SHA-256"][:3])
    signature = RSA.sign(found.tbs, padding.PKCS1v15(), hashes.SHA1())
    old = replace(found, signature=signature, signature_oid="1.2.840.113549.1.1.5")
    assert signed_by(old, old) is Test.PASS


def test_a_key_of_another_kind_made_no_signature() -> None:
    """OpenSSL asks for the kind before it takes an issuer."""
    by_rsa, by_ec = (certificate(*KINDS[kind][:3]) for kind in ("RSA with SHA-256", "P-256"))
    pss = certificate(*KINDS["RSA-PSS"][:3])
    assert (key_fits(by_rsa, by_rsa), key_fits(pss, by_rsa)) == (True, True)
    assert (key_fits(by_rsa, by_ec), key_fits(by_ec, by_rsa)) == (False, False)
    assert signed_by(by_rsa, by_ec) is Test.FAIL
    assert not self_signed(replace(by_rsa, spki=by_ec.spki))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"spki": b""}, Test.FAIL),
        ({"spki": b"\x30\x00"}, Test.FAIL),
        ({"unread": ("signatureAlgorithm",)}, Test.FAIL),
        ({"signature": b""}, Test.FAIL),
        ({"signature_oid": "1.2.3"}, Test.UNREADABLE),
        ({"signature_oid": "1.2.840.113549.1.1.10", "signature_parameters": b""}, Test.UNREADABLE),
    ],
    ids=["no key", "empty key", "two algorithms", "no signature", "unknown", "PSS, no parameters"],
)
def test_signatures_that_cannot_be_tried(change: dict[str, object], expected: Test) -> None:
    """They fail where OpenSSL would fail; otherwise nothing is claimed."""
    found = certificate(*KINDS["RSA with SHA-256"][:3])
    assert signed_by(replace(found, **change), replace(found, **change)) is expected  # type: ignore[arg-type]


def test_a_good_link() -> None:
    """All tests pass, and the link is sound."""
    link = link_of(LEAF_READ, ISSUING_READ, NOW, 0)
    assert (link.name, link.key_id, link.signature, link.ca, link.time) == (Test.PASS,) * 5
    assert (link.binds, link.sound) == (True, True)


def test_another_name() -> None:
    """The signature is not even tried."""
    link = link_of(LEAF_READ, ROOT_READ, NOW, 0)
    assert (link.name, link.signature, link.binds) == (Test.FAIL, Test.ABSENT, False)


LAST = datetime(2027, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Test.PASS),
        ({"not_after": NOW}, Test.FAIL),
        ({"not_after": NOW + timedelta(seconds=1)}, Test.PASS),
        ({"not_before": NOW}, Test.PASS),
        ({"not_before": NOW + timedelta(seconds=1)}, Test.FAIL),
        ({"not_after": None}, Test.UNREADABLE),
    ],
    ids=["valid", "last second", "a second left", "first second", "a second early", "unreadable"],
)
def test_the_issuers_validity(change: dict[str, object], expected: Test) -> None:
    """OpenSSL counts the second of notAfter as expired, that of notBefore as valid."""
    issuer = replace(ISSUING_READ, **change)  # type: ignore[arg-type]
    assert link_of(LEAF_READ, issuer, NOW, 0).time is expected


@pytest.mark.parametrize(
    ("change", "below", "expected"),
    [
        ({}, 0, Test.PASS),
        ({}, 50, Test.PASS),
        ({"ca": False}, 0, Test.FAIL),
        ({"ca": None}, 0, Test.FAIL),
        ({"ca": None, "version": 1}, 0, Test.FAIL),
        ({"key_usage": None}, 0, Test.PASS),
        ({"key_usage": ("crl_sign",)}, 0, Test.FAIL),
        ({"path_length": 1}, 1, Test.PASS),
        ({"path_length": 1}, 2, Test.FAIL),
        ({"extended_key_usage": ("1.3.6.1.5.5.7.3.1",)}, 0, Test.PASS),
        ({"extended_key_usage": ("2.5.29.37.0",)}, 0, Test.FAIL),
        ({"extended_key_usage": ()}, 0, Test.FAIL),
        ({"critical_extensions": ("2.5.29.30",)}, 0, Test.PASS),
        ({"critical_extensions": ("1.2.3",)}, 0, Test.FAIL),
        ({"unread": ("nameConstraints",)}, 0, Test.UNREADABLE),
        ({"unread": ("authorityInfoAccess",)}, 0, Test.PASS),
    ],
)
def test_what_the_issuer_may_issue(change: dict[str, object], below: int, expected: Test) -> None:
    """CA bit, keyCertSign, path length, purpose, critical extensions."""
    issuer = replace(ISSUING_READ, **change)  # type: ignore[arg-type]
    assert link_of(LEAF_READ, issuer, NOW, below).ca is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ca": None, "version": 1, "key_usage": None}, Test.PASS),
        ({"ca": None, "key_usage": ("key_cert_sign",)}, Test.PASS),
        ({"ca": None, "key_usage": None}, Test.FAIL),
        ({"ca": False, "version": 1}, Test.FAIL),
    ],
    ids=["version 1", "by its key usage", "by nothing", "denied"],
)
def test_a_root_without_basic_constraints(change: dict[str, object], expected: Test) -> None:
    """Only what ends a path may pass for an authority without saying so (`X509_check_ca`)."""
    root = replace(ROOT_READ, **change)  # type: ignore[arg-type]
    assert link_of(ISSUING_READ, root, NOW, 0).ca is expected


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ({}, Test.PASS),
        ({"authority_key_id": None}, Test.ABSENT),
        ({"authority_key_id": "00"}, Test.FAIL),
        ({"authority_key_id": None, "authority_serial": ISSUING_READ.serial}, Test.PASS),
        ({"authority_serial": "01"}, Test.FAIL),
        ({"authority_issuer": ROOT_READ.subject.der}, Test.PASS),
        ({"authority_issuer": LEAF_READ.subject.der}, Test.FAIL),
        ({"unread": ("authorityKeyIdentifier",)}, Test.UNREADABLE),
    ],
)
def test_the_authority_key_identifier(child: dict[str, object], expected: Test) -> None:
    """Key identifier, serial number, issuer's issuer: each counts where it is there."""
    assert key_id_test(replace(LEAF_READ, **child), ISSUING_READ) is expected  # type: ignore[arg-type]


def test_an_issuer_without_a_key_identifier_is_not_ruled_out() -> None:
    """Then there is nothing to compare."""
    assert key_id_test(LEAF_READ, replace(ISSUING_READ, key_id=None)) is Test.ABSENT


def test_self_signed_is_more_than_self_issued() -> None:
    """A root that a newer key of its own signed points at that key."""
    newer = Authority.root("Root", key_label="newer").cross_sign(ROOT)
    rolled = read_certificate(newer.der)
    assert (rolled.self_issued, self_signed(rolled)) == (True, False)
    assert self_signed(read_certificate(self_signed_leaf("www.example.com").der))

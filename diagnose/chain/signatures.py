"""Whether one certificate's key signed another; the only part of the walk that costs anything."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from diagnose.chain.der import (
    BIT_STRING,
    SEQUENCE,
    Malformed,
    children,
    element,
    expect,
    object_identifier,
    small_integer,
)
from diagnose.model.certificate import Certificate
from diagnose.model.walk import Test

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes

#: Signature algorithm to the kind of key and the digest (RFC 3279, 4055, 5758, 8410).
_ALGORITHMS = {
    "1.2.840.113549.1.1.4": ("RSA", "MD5"),
    "1.2.840.113549.1.1.5": ("RSA", "SHA1"),
    "1.2.840.113549.1.1.11": ("RSA", "SHA256"),
    "1.2.840.113549.1.1.12": ("RSA", "SHA384"),
    "1.2.840.113549.1.1.13": ("RSA", "SHA512"),
    "1.2.840.113549.1.1.14": ("RSA", "SHA224"),
    "1.2.840.113549.1.1.10": ("RSA-PSS", ""),
    "1.2.840.10045.4.1": ("EC", "SHA1"),
    "1.2.840.10045.4.3.1": ("EC", "SHA224"),
    "1.2.840.10045.4.3.2": ("EC", "SHA256"),
    "1.2.840.10045.4.3.3": ("EC", "SHA384"),
    "1.2.840.10045.4.3.4": ("EC", "SHA512"),
    "1.3.101.112": ("Ed25519", ""),
    "1.3.101.113": ("Ed448", ""),
}
#: Kinds of public keys by the algorithm of the SubjectPublicKeyInfo, and what they can sign with.
_KEYS = {
    "1.2.840.113549.1.1.1": ("RSA", "RSA-PSS"),
    "1.2.840.113549.1.1.10": ("RSA-PSS",),
    "1.2.840.10045.2.1": ("EC",),
    "1.3.101.112": ("Ed25519",),
    "1.3.101.113": ("Ed448",),
}
_DIGESTS = {
    "1.3.14.3.2.26": "SHA1",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
    "2.16.840.1.101.3.4.2.4": "SHA224",
}

#: RSA keys beyond this are not tried: one verification would take seconds. OpenSSL's own
#: limit for a public key operation is 16384 bits (OPENSSL_RSA_MAX_MODULUS_BITS).
_KEY_BITS = 16384


def key_fits(child: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key is of the kind that the child's signature takes.

    OpenSSL asks this before it takes a certificate for an issuer (`check_sig_alg_match`). For an
    algorithm that is unknown here nothing is ruled out.
    """
    algorithm = _ALGORITHMS.get(child.signature_oid)
    return algorithm is None or algorithm[0] in _signs_with(issuer.spki)


def signed_by(child: Certificate, issuer: Certificate) -> Test:
    """PASS or FAIL; UNREADABLE where the key or the algorithm is beyond cryptography."""
    if "signatureAlgorithm" in child.unread:
        return Test.FAIL  # its two statements differ: OpenSSL's `X509_verify` refuses
    if child.signature_oid not in _ALGORITHMS:
        return Test.UNREADABLE
    if not key_fits(child, issuer):
        return Test.FAIL
    return _verify(child.tbs, child.signature, child.signature_oid, child.signature_parameters,
                   issuer.spki)  # fmt: skip


@lru_cache(maxsize=4096)
def _signs_with(spki: bytes) -> tuple[str, ...]:
    """The kinds of signatures that a SubjectPublicKeyInfo is for; none where it is malformed."""
    try:
        parts = list(children(expect(spki, SEQUENCE, "the key").body, limit=3))
        if [part.tag for part in parts] != [SEQUENCE, BIT_STRING]:
            return ()
        kind, _ = element(parts[0].body)
        kinds = _KEYS.get(object_identifier(kind.body), ())
        if "RSA-PSS" in kinds:
            # RSAPublicKey (RFC 8017 section A.1.1); the other kinds are plain octets.
            expect(parts[1].body[1:], SEQUENCE, "the RSA key")
    except Malformed:
        return ()
    return kinds


@lru_cache(maxsize=4096)
def _verify(tbs: bytes, signature: bytes, oid: str, parameters: bytes, spki: bytes) -> Test:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    kind, digest = _ALGORITHMS[oid]
    try:
        match load_der_public_key(spki):
            case rsa.RSAPublicKey() as key if key.key_size > _KEY_BITS:
                return Test.UNREADABLE
            case rsa.RSAPublicKey() as key if kind == "RSA":
                key.verify(signature, tbs, padding.PKCS1v15(), _digest(digest))
            case rsa.RSAPublicKey() as key:
                digest, mask, salt = _pss(parameters)
                pad = padding.PSS(padding.MGF1(_digest(mask)), salt)
                key.verify(signature, tbs, pad, _digest(digest))
            case ec.EllipticCurvePublicKey() as key:
                key.verify(signature, tbs, ec.ECDSA(_digest(digest)))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey() as key:
                key.verify(signature, tbs)
            case _:
                return Test.UNREADABLE
    except InvalidSignature:
        return Test.FAIL
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return Test.UNREADABLE
    return Test.PASS


def _digest(name: str) -> hashes.HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    found: hashes.HashAlgorithm = getattr(hashes, name)()
    return found


def _pss(parameters: bytes) -> tuple[str, str, int]:
    """Digest, digest of the mask, salt length of RSASSA-PSS-params (RFC 4055 section 3.1).

    Raises Malformed for other parameters than those of TLS certificates.
    """
    digest, mask, salt = "SHA1", "SHA1", 20
    for part in children(expect(parameters, SEQUENCE, "the parameters").body, limit=4):
        value, _ = element(part.body)
        match part.tag:
            case 0xA0:
                digest = _digest_name(value.body)
            case 0xA1:
                _, at = element(value.body)
                mask = _digest_name(expect(value.body[at:], SEQUENCE, "the mask").body)
            case 0xA2:
                salt = small_integer(value.body) or 0
            case _:
                pass  # the trailer has one value only
    return digest, mask, salt


def _digest_name(algorithm: bytes) -> str:
    """The name of the digest whose AlgorithmIdentifier this is. Raises Malformed."""
    kind, _ = element(algorithm)
    name = _DIGESTS.get(object_identifier(kind.body))
    if name is None:
        raise Malformed("an unknown digest")
    return name

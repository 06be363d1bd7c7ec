"""Whether one certificate's key signed another; the only part of the walk that costs anything."""

from __future__ import annotations

from functools import lru_cache

from diagnose.model.certificate import Certificate
from diagnose.model.walk import Test

#: Signature algorithm to the name of its digest (RFC 3279, 4055, 5758, 8410); "" where it has none.
_DIGESTS = {
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA1",
    "1.2.840.113549.1.1.11": "SHA256",
    "1.2.840.113549.1.1.12": "SHA384",
    "1.2.840.113549.1.1.13": "SHA512",
    "1.2.840.113549.1.1.14": "SHA224",
    "1.2.840.10045.4.1": "SHA1",
    "1.2.840.10045.4.3.1": "SHA224",
    "1.2.840.10045.4.3.2": "SHA256",
    "1.2.840.10045.4.3.3": "SHA384",
    "1.2.840.10045.4.3.4": "SHA512",
    "1.3.101.112": "",
    "1.3.101.113": "",
}
_RSA_PSS = "1.2.840.113549.1.1.10"
#: The digests that an RSASSA-PSS parameter can name, by the DER of their object identifier.
_PSS_DIGESTS = {
    bytes.fromhex("0609608648016503040201"): "SHA256",
    bytes.fromhex("0609608648016503040202"): "SHA384",
    bytes.fromhex("0609608648016503040203"): "SHA512",
}

#: RSA keys beyond this are not tried: one verification would take seconds. OpenSSL's own
#: limit for a public key operation is 16384 bits (OPENSSL_RSA_MAX_MODULUS_BITS).
_KEY_BITS = 16384


def signed_by(child: Certificate, issuer: Certificate) -> Test:
    """PASS or FAIL; UNREADABLE where the key or the algorithm is beyond cryptography."""
    if child.signature_oid not in _DIGESTS and child.signature_oid != _RSA_PSS:
        return Test.UNREADABLE
    return _verify(child.tbs, child.signature, child.signature_oid, child.signature_parameters,
                   issuer.spki)  # fmt: skip


@lru_cache(maxsize=4096)
def _verify(tbs: bytes, signature: bytes, oid: str, parameters: bytes, spki: bytes) -> Test:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(spki)
        name = _pss_digest(parameters) if oid == _RSA_PSS else _DIGESTS[oid]
        digest: hashes.HashAlgorithm | None = getattr(hashes, name)() if name else None
        if isinstance(key, rsa.RSAPublicKey) and digest and key.key_size <= _KEY_BITS:
            pad = (
                padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
                if oid == _RSA_PSS
                else padding.PKCS1v15()
            )
            key.verify(signature, tbs, pad, digest)
        elif (
            isinstance(key, ec.EllipticCurvePublicKey)
            and digest
            and oid.startswith("1.2.840.10045")
        ):
            key.verify(signature, tbs, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and digest is None:
            key.verify(signature, tbs)
        else:
            # A key of another kind than the signature's: it cannot have made it.
            return Test.FAIL
    except InvalidSignature:
        return Test.FAIL
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return Test.UNREADABLE
    return Test.PASS


def _pss_digest(parameters: bytes) -> str:
    for oid, name in _PSS_DIGESTS.items():
        if oid in parameters:
            return name
    return "SHA1"

"""A small PKI that is sound unless the caller says otherwise: a scene states only its defect.

Every certificate satisfies RFC 5280 and OpenSSL's `X509_V_FLAG_X509_STRICT` by default. The same
calls give the same bytes on every machine: keys follow from names, signatures from RFC 6979,
serial numbers from the other fields, dates from constants. What is sent to a client, and in
which order, is the server's business: `Credential.chain` is only the usual proposal.

Keys that follow from names are known to everyone. Whoever shows a certificate to a person who
may install it passes a secret `seed`.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from diagnose.demo import der
from diagnose.demo.form import (
    END_ENTITY,
    INTERMEDIATE,
    ROOT,
    Form,
    extensions_of,
    subject_name,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA_WITH_SHA256 = der.tlv(der.SEQUENCE, der.object_identifier("1.2.840.10045.4.3.2"))
_VERSION_3 = der.tlv(0xA0, der.integer(2))


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate in DER and the private key that belongs to it."""

    der: bytes
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """This certificate alone, as one PEM block."""
        return pem(self.der)

    @property
    def key_pem(self) -> str:
        """The private key as unencrypted PKCS #8 in PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode("ascii")

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of the DER, without separators."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_id(self) -> bytes:
        """The subject key identifier that belongs to the key (RFC 5280 section 4.2.1.2, (1))."""
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest


@dataclass(frozen=True, slots=True)
class Credential(Issued):
    """What a server needs: its certificate, its key, and the certificates to send, in DER."""

    chain: tuple[bytes, ...]

    @property
    def chain_pem(self) -> str:
        """Every certificate that is sent, in that order."""
        return "".join(pem(certificate) for certificate in self.chain)

    def sending(self, *others: Issued) -> Credential:
        """Send exactly these after the server's own: none, doubled, unrelated, in any order."""
        return replace(self, chain=(self.der, *(other.der for other in others)))


@dataclass(frozen=True, slots=True)
class Authority(Issued):
    """A certification authority: a certificate that may sign others, and what signed it."""

    subject: bytes
    parent: Authority | None
    seed: bytes

    @property
    def anchor(self) -> Authority:
        """The self-signed authority above this one, or this one."""
        return self if self.parent is None else self.parent.anchor

    @classmethod
    def root(
        cls, name: str = "Example Root CA", *, seed: bytes = b"", **form: Unpack[Form]
    ) -> Authority:
        """A self-signed authority; `seed` decides its key and that of everything below it."""
        filled: Form = {**ROOT, "common_name": name, **form}
        return cls(*_issue(filled, None, None, seed), subject_name(filled), None, seed)

    def intermediate(self, name: str = "Example Issuing CA", **form: Unpack[Form]) -> Authority:
        """An authority signed by this one."""
        filled: Form = {**INTERMEDIATE, "common_name": name, **form}
        issued = _issue(filled, self, None, self.seed)
        return Authority(*issued, subject_name(filled), self, self.seed)

    def cross_sign(self, other: Authority, **form: Unpack[Form]) -> Authority:
        """`other` as this authority signs it: its subject and its key under another issuer."""
        filled: Form = {**INTERMEDIATE, "subject": other.subject, **form}
        issued = _issue(filled, self, other.key, self.seed)
        return Authority(*issued, subject_name(filled), self, other.seed)

    def leaf(self, *hosts: str, **form: Unpack[Form]) -> Credential:
        """An end-entity certificate for a server, with the chain up to below the root."""
        filled: Form = {**_end_entity(hosts), **form}
        own, key = _issue(filled, self, None, self.seed)
        return Credential(own, key, (own, *_below_root(self)))


def self_signed_leaf(*hosts: str, seed: bytes = b"", **form: Unpack[Form]) -> Credential:
    """An end-entity certificate that signs itself, as appliances ship them."""
    filled: Form = {**_end_entity(hosts), "aki": False, **form}
    own, key = _issue(filled, None, None, seed)
    return Credential(own, key, (own,))


def pem(certificate: bytes) -> str:
    """One DER certificate as a PEM block (RFC 7468)."""
    lines = textwrap.wrap(base64.b64encode(certificate).decode("ascii"), 64)
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def _below_root(authority: Authority) -> tuple[bytes, ...]:
    if authority.parent is None:
        return ()
    return (authority.der, *_below_root(authority.parent))


def _end_entity(hosts: tuple[str, ...]) -> Form:
    return {**END_ENTITY, "names": hosts, "common_name": hosts[0] if hosts else None}


def _issue(
    form: Form, issuer: Authority | None, key: ec.EllipticCurvePrivateKey | None, seed: bytes
) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """Encode and sign; without an issuer it signs itself, without a key one is derived."""
    subject = subject_name(form)
    issuer_name = issuer.subject if issuer else subject
    own = key or _derive_key(seed, issuer_name, subject, form["key_label"].encode("utf-8"))
    signer = issuer.key if issuer else own
    validity = der.tlv(der.SEQUENCE, der.time(form["not_before"]), der.time(form["not_after"]))
    key_info = own.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    extensions = b"".join(
        der.extension(each.oid.dotted_string, each.critical, each.value.public_bytes())
        for each in extensions_of(form, own.public_key(), signer.public_key())
    )
    fields = (_ECDSA_WITH_SHA256, issuer_name, validity, subject, key_info)
    tail = der.tlv(0xA3, der.tlv(der.SEQUENCE, extensions)) if extensions else b""
    serial = der.integer(int.from_bytes(_digest(*fields, tail)[:16], "big"))
    body = der.tlv(der.SEQUENCE, _VERSION_3, serial, *fields, tail)
    signature = der.bit_string(_sign(signer, body))
    return der.tlv(der.SEQUENCE, body, _ECDSA_WITH_SHA256, signature), own


def _derive_key(*labels: bytes) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(_digest(*labels), "big")
    return ec.derive_private_key(number % (_CURVE_ORDER - 1) + 1, ec.SECP256R1())


def _digest(*parts: bytes) -> bytes:
    """SHA-256 over length-prefixed parts, so that no two lists of parts collide."""
    return hashlib.sha256(b"".join(der.tlv(der.OCTET_STRING, part) for part in parts)).digest()


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Sign as RFC 6979 does, or with a random nonce where the libraries are too old for it."""
    try:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except (TypeError, UnsupportedAlgorithm):  # cryptography before 43, OpenSSL before 3.2
        algorithm = ec.ECDSA(hashes.SHA256())
    return key.sign(message, algorithm)

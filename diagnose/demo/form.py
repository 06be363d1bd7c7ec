"""What a certificate says: the fields a scene may state, and their sound defaults.

Here are the names and the extensions. Keys, signatures and chains are in `pki`, which is where
to start; the bytes of a field are in `der`.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypedDict

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from diagnose.demo import der

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Form(TypedDict, total=False):
    """What a certificate says. Every key may be left out; what is named replaces the default."""

    not_before: datetime
    not_after: datetime
    #: Any text: another key under the same name.
    key_label: str
    #: A whole DER Name, in place of the one made from the next three.
    subject: bytes | None
    common_name: str | None
    organization: str | None
    #: Encode the common name as PrintableString, also where it holds `*` or `@`, which that type
    #: does not allow: OpenSSL reads such names, stricter readers refuse the certificate.
    printable_string: bool
    #: subjectAltName: DNS names (A-labels) and IP addresses; none means no extension.
    names: tuple[str, ...]
    #: cA of basicConstraints; None means no extension.
    ca: bool | None
    path_length: int | None
    basic_constraints_critical: bool
    #: Uses as `cryptography.x509.KeyUsage` spells them; None means no extension.
    key_usage: tuple[str, ...] | None
    #: Purposes of extKeyUsage; none means no extension.
    eku: tuple[x509.ObjectIdentifier, ...]
    ski: bool
    aki: bool
    #: Address of the issuer's certificate (caIssuers of authorityInfoAccess).
    ca_issuers: str | None
    #: Permitted DNS subtrees of nameConstraints; none means no extension.
    permitted_names: tuple[str, ...]
    #: Added as they are, for example an unknown critical one.
    extensions: tuple[x509.Extension[x509.ExtensionType], ...]


def _utc(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=timezone.utc)


#: A TLS server.
END_ENTITY: Form = {
    "not_before": _utc(2024),
    "not_after": _utc(2044),
    "key_label": "",
    "subject": None,
    "common_name": None,
    "organization": None,
    "printable_string": False,
    "names": (),
    "ca": False,
    "path_length": None,
    "basic_constraints_critical": True,
    "key_usage": ("digital_signature",),
    "eku": (ExtendedKeyUsageOID.SERVER_AUTH,),
    "ski": True,
    "aki": True,
    "ca_issuers": None,
    "permitted_names": (),
    "extensions": (),
}
#: An authority that another one has signed.
INTERMEDIATE: Form = {
    **END_ENTITY,
    "not_before": _utc(2021),
    "organization": "Example Corp",
    "ca": True,
    "key_usage": ("key_cert_sign", "crl_sign"),
    "eku": (),
}
#: An authority that signs itself: RFC 5280 section 4.2.1.1 lets it leave the authority key
#: identifier out, and most real roots do.
ROOT: Form = {**INTERMEDIATE, "not_before": _utc(2020), "not_after": _utc(2045), "aki": False}


def subject_name(form: Form) -> bytes:
    """The subject as a DER Name: the one given, or organization and common name."""
    if (given := form["subject"]) is not None:
        return given
    tag = der.PRINTABLE_STRING if form["printable_string"] else der.UTF8_STRING
    attributes = (
        (NameOID.ORGANIZATION_NAME, der.UTF8_STRING, form["organization"]),
        (NameOID.COMMON_NAME, tag, form["common_name"]),
    )
    return der.name((oid.dotted_string, tag, text) for oid, tag, text in attributes if text)


def extensions_of(
    form: Form, own: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePublicKey
) -> list[x509.Extension[x509.ExtensionType]]:
    """The extensions a form asks for; criticality as RFC 5280 section 4.2.1 wants it."""
    wanted: list[tuple[bool, x509.ExtensionType]] = []
    if form["ca"] is not None:
        constraints = x509.BasicConstraints(form["ca"], form["path_length"])
        wanted.append((form["basic_constraints_critical"], constraints))
    if (uses := form["key_usage"]) is not None:
        wanted.append((True, x509.KeyUsage(**{use: use in uses for use in _KEY_USES})))
    if form["eku"]:
        wanted.append((False, x509.ExtendedKeyUsage(form["eku"])))
    if form["names"]:
        # Section 4.2.1.6: critical when the subject is empty, and only then.
        empty = subject_name(form) == der.name(())
        alternatives = [_general_name(name) for name in form["names"]]
        wanted.append((empty, x509.SubjectAlternativeName(alternatives)))
    if form["permitted_names"]:
        permitted = [x509.DNSName(name) for name in form["permitted_names"]]
        wanted.append((True, x509.NameConstraints(permitted, None)))
    if form["ski"]:
        wanted.append((False, x509.SubjectKeyIdentifier.from_public_key(own)))
    if form["aki"]:
        wanted.append((False, x509.AuthorityKeyIdentifier.from_issuer_public_key(signer)))
    if (address := form["ca_issuers"]) is not None:
        location = x509.UniformResourceIdentifier(address)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, location)
        wanted.append((False, x509.AuthorityInformationAccess([access])))
    return [
        *(x509.Extension(value.oid, critical, value) for critical, value in wanted),
        *form["extensions"],
    ]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

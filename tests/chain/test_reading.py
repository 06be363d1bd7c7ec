"""Certificates are read as cryptography reads them, and where it refuses, as OpenSSL does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from diagnose.chain.der import Malformed, children, element
from diagnose.chain.links import usable
from diagnose.chain.names import read_name
from diagnose.chain.reading import fingerprint, read_certificate, readable, subject_of
from diagnose.demo import der
from diagnose.demo.pki import Authority
from diagnose.model.text import printable
from tests.chain.judges import load

ROOT = Authority.root(path_length=3)
ISSUING = ROOT.intermediate(path_length=0)
LEAF = ISSUING.leaf(
    "www.example.com", "127.0.0.1", "::1", ca_issuers="http://ca.example.com/issuing.cer"
)


def public_roots() -> list[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = Path(certifi.where()).read_bytes()
    return [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(pem)]


def as_cryptography_sees_it(data: bytes) -> dict[str, object]:
    """Every field that can be compared, in our form."""
    found = x509.load_der_x509_certificate(data)
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "sha256": found.fingerprint(hashes.SHA256()).hex(),
        "subject": found.subject.public_bytes(),
        "issuer": found.issuer.public_bytes(),
        "attributes": [(each.oid.dotted_string, each.value) for each in found.subject],
        "serial": found.serial_number,
        "version": found.version.value + 1,
        "validity": (found.not_valid_before_utc, found.not_valid_after_utc),
        "spki": spki,
        "tbs": found.tbs_certificate_bytes,
        "signature": found.signature,
        "algorithm": found.signature_algorithm_oid.dotted_string,
        "critical": {each.oid.dotted_string for each in found.extensions if each.critical},
        **_extensions(found.extensions),
    }


def _extensions(found: x509.Extensions) -> dict[str, object]:
    values = {type(each.value): each.value for each in found}
    constraints = values.get(x509.BasicConstraints)
    usage = values.get(x509.KeyUsage)
    purposes = values.get(x509.ExtendedKeyUsage)
    own = values.get(x509.SubjectKeyIdentifier)
    above = values.get(x509.AuthorityKeyIdentifier)
    names = values.get(x509.SubjectAlternativeName)
    return {
        "ca": constraints and (constraints.ca, constraints.path_length),
        "usage": usage and {name[1:] for name, held in vars_of(usage).items() if held},
        "purposes": purposes and [each.dotted_string for each in purposes],
        "key_id": own and own.digest.hex(),
        "authority": above and above.key_identifier and above.key_identifier.hex(),
        "authority_serial": above and above.authority_cert_serial_number,
        "dns": names and names.get_values_for_type(x509.DNSName),
        "addresses": names and [str(each) for each in names.get_values_for_type(x509.IPAddress)],
    }


def vars_of(usage: x509.KeyUsage) -> dict[str, bool]:
    """The nine bits; the last two exist only beside keyAgreement."""
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment"]
    names += ["key_agreement", "key_cert_sign", "crl_sign"]
    if usage.key_agreement:
        names += ["encipher_only", "decipher_only"]
    return {f"_{name}": getattr(usage, name) for name in names}


def as_we_see_it(data: bytes) -> dict[str, object]:
    """The same fields of a Certificate."""
    found = read_certificate(data)
    assert found.unread == ()
    return {
        "sha256": found.sha256,
        "subject": found.subject.der,
        "issuer": found.issuer.der,
        "attributes": [(_number(kind), value) for kind, value in found.subject.attributes],
        "serial": int(found.serial, 16),
        "version": found.version,
        "validity": (found.not_before, found.not_after),
        "spki": found.spki,
        "tbs": found.tbs,
        "signature": found.signature,
        "algorithm": found.signature_oid,
        "critical": set(found.critical_extensions),
        "ca": None if found.ca is None else (found.ca, found.path_length),
        "usage": None if found.key_usage is None else set(found.key_usage),
        "purposes": None if found.extended_key_usage is None else list(found.extended_key_usage),
        "key_id": found.key_id,
        "authority": found.authority_key_id,
        "authority_serial": found.authority_serial and int(found.authority_serial, 16),
        "dns": list(found.dns_names) if found.has_alternative_names else None,
        "addresses": list(found.ip_addresses) if found.has_alternative_names else None,
    }


def _number(kind: str) -> str:
    from diagnose.chain.names import _SHORT

    return next((oid for oid, short in _SHORT.items() if short == kind), kind)


@pytest.mark.parametrize("data", public_roots(), ids=lambda data: fingerprint(data)[:8])
def test_reads_public_roots_as_cryptography_does(data: bytes) -> None:
    """Every field of every root of the installed certifi."""
    assert as_we_see_it(data) == as_cryptography_sees_it(data)
    assert subject_of(data) == read_certificate(data).subject.der


@pytest.mark.parametrize("data", [ROOT.der, ISSUING.der, LEAF.der], ids=["root", "ca", "leaf"])
def test_reads_our_own_as_cryptography_does(data: bytes) -> None:
    """With names, purposes, path lengths and key identifiers."""
    assert as_we_see_it(data) == as_cryptography_sees_it(data)


def test_reads_where_the_issuer_is_to_be_had() -> None:
    """The address of the issuer's certificate, the one field without its like above."""
    assert read_certificate(LEAF.der).ca_issuers == ("http://ca.example.com/issuing.cer",)


@pytest.mark.parametrize("common_name", ["*.example.com", "ca@example.com", "a_b & c"])
def test_reads_a_printable_string_that_is_none(common_name: str) -> None:
    """Cryptography refuses the name, OpenSSL loads it, and so do we."""
    data = ROOT.leaf("www.example.com", common_name=common_name, printable_string=True).der
    with pytest.raises(ValueError, match=r"PrintableString|printable|parsing"):
        _ = x509.load_der_x509_certificate(data).subject
    load(data)
    assert read_certificate(data).subject.values("CN") == (common_name,)


def changed(data: bytes, index: int, change: Callable[[bytes], bytes]) -> bytes:
    """The certificate with one field of its body replaced; the signature is then stale."""
    outer, _ = element(data)
    body, algorithm, signature = children(outer.body)
    fields = [each.whole for each in children(body.body)]
    fields[index] = change(fields[index])
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *fields), algorithm.whole, signature.whole)


@pytest.mark.parametrize(
    ("content", "serial"),
    [("ff", "-01"), ("80", "-80"), ("00ff", "ff"), ("00", "00"), ("7f" + "11" * 40, None)],
    ids=["-1", "-128", "255", "0", "too long"],
)
def test_reads_any_serial_number(content: str, serial: str | None) -> None:
    """Negative, zero and longer than the 20 octets that RFC 5280 allows."""
    data = changed(LEAF.der, 1, lambda _: der.tlv(0x02, bytes.fromhex(content)))
    expected = content if serial is None else serial
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about just these numbers
        openssl = load(data).get_serial_number()
    assert read_certificate(data).serial == expected
    assert int(expected, 16) == openssl


@pytest.mark.parametrize(
    ("time", "year"),
    [
        (der.tlv(0x17, b"490101000000Z"), 2049),
        (der.tlv(0x17, b"500101000000Z"), 1950),
        (der.tlv(0x18, b"99991231235959Z"), 9999),
        (der.tlv(0x17, b"4901010000Z"), None),
        (der.tlv(0x17, b"490101000000+0100"), None),
        (der.tlv(0x18, b"20490101000000.5Z"), None),
        (der.tlv(0x17, b"491301000000Z"), None),
        (der.tlv(0x17, b"49010100000\xb2Z"), None),
        (der.tlv(0x04, b"490101000000Z"), None),
    ],
)
def test_reads_the_two_forms_of_time(time: bytes, year: int | None) -> None:
    """And no other: OpenSSL calls a certificate with another form invalid."""
    early = der.tlv(0x17, b"450101000000Z")
    found = read_certificate(changed(LEAF.der, 4, lambda _: der.tlv(der.SEQUENCE, early, time)))
    assert (found.not_after.year if found.not_after else None) == year
    assert found.unread == (() if year else ("validity",))


def with_extension(oid: x509.ObjectIdentifier, value: bytes, *, twice: bool = False) -> bytes:
    """A leaf whose extension of this kind has this content."""
    raw = x509.Extension(oid, False, x509.UnrecognizedExtension(oid, value))
    return ROOT.leaf(
        *(["www.example.com"] if oid != ExtensionOID.SUBJECT_ALTERNATIVE_NAME or twice else []),
        key_usage=None,
        ca=None,
        ski=False,
        aki=oid != ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        eku=(),
        extensions=(raw,),
    ).der


BROKEN: list[tuple[str, x509.ObjectIdentifier, str]] = [
    ("basicConstraints", ExtensionOID.BASIC_CONSTRAINTS, "3003010200"),
    ("basicConstraints", ExtensionOID.BASIC_CONSTRAINTS, "30060101ff0201ff"),
    ("basicConstraints", ExtensionOID.BASIC_CONSTRAINTS, "0500"),
    ("keyUsage", ExtensionOID.KEY_USAGE, "030100"),
    ("keyUsage", ExtensionOID.KEY_USAGE, "03020900"),
    ("extendedKeyUsage", ExtensionOID.EXTENDED_KEY_USAGE, "30020500"),
    ("subjectKeyIdentifier", ExtensionOID.SUBJECT_KEY_IDENTIFIER, "0500"),
    ("authorityKeyIdentifier", ExtensionOID.AUTHORITY_KEY_IDENTIFIER, "30038f0100"),
    ("subjectAltName", ExtensionOID.SUBJECT_ALTERNATIVE_NAME, "30038f0161"),
    ("nameConstraints", ExtensionOID.NAME_CONSTRAINTS, "3007a0053003090101"),
    ("cRLDistributionPoints", ExtensionOID.CRL_DISTRIBUTION_POINTS, "30020500"),
]


@pytest.mark.parametrize(
    ("name", "oid", "value"), BROKEN, ids=[f"{name} {value}" for name, _, value in BROKEN]
)
def test_a_broken_extension_spoils_no_other(
    name: str, oid: x509.ObjectIdentifier, value: str
) -> None:
    """It is named, the other ones are read, and OpenSSL uses the certificate no more."""
    data = with_extension(oid, bytes.fromhex(value))
    found = read_certificate(data)
    load(data)
    assert found.unread == (name,)
    assert not usable(found)
    aki = None if name == "authorityKeyIdentifier" else ROOT.key_id.hex()
    names = () if name == "subjectAltName" else ("www.example.com",)
    assert (found.authority_key_id, found.dns_names) == (aki, names)


def test_an_extension_that_is_there_twice() -> None:
    """OpenSSL refuses to choose between the two, and neither do we choose."""
    data = with_extension(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME, bytes.fromhex("3003820161"), twice=True
    )
    found = read_certificate(data)
    assert (found.unread, found.dns_names, usable(found)) == (("subjectAltName",), (), False)


def test_an_extension_that_trust_does_not_need() -> None:
    """It is named, and OpenSSL uses the certificate nevertheless."""
    oid = ExtensionOID.AUTHORITY_INFORMATION_ACCESS
    found = read_certificate(with_extension(oid, b"\x05\x00"))
    assert (found.unread, usable(found)) == (("authorityInfoAccess",), True)


def test_two_statements_of_the_signature_algorithm() -> None:
    """They must be the same (RFC 5280 section 4.1.1.2); otherwise neither counts."""
    other = der.tlv(der.SEQUENCE, der.object_identifier("1.2.840.113549.1.1.11"))
    assert read_certificate(changed(LEAF.der, 2, lambda _: other)).unread == ("signatureAlgorithm",)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30\x00", b"not a certificate", LEAF.der[:-1], der.tlv(der.SEQUENCE, LEAF.der)],
    ids=["nothing", "empty", "text", "cut short", "wrapped"],
)
def test_no_certificate(data: bytes) -> None:
    """Malformed, or None for who does not want to know why."""
    with pytest.raises(Malformed):
        read_certificate(data)
    assert readable(data) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_malformed(data: bytes) -> None:
    """No other exception, whatever the bytes."""
    reads_or_is_malformed(data)


@given(
    original=st.sampled_from([ROOT.der, ISSUING.der, LEAF.der]),
    patches=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 40),
)
def test_any_mutation_is_a_certificate_or_malformed(
    original: bytes, patches: list[tuple[int, int]], cut: int
) -> None:
    """A changed octet here and there, also in tags and lengths."""
    data = bytearray(original)
    for at, value in patches:
        data[at % len(data)] = value
    reads_or_is_malformed(bytes(data[: len(data) - cut] if cut > 30 else data))


@given(
    oid=st.sampled_from([oid for _, oid, _ in BROKEN]),
    value=st.binary(max_size=40) | st.sampled_from([bytes.fromhex(v) for _, _, v in BROKEN]),
)
def test_any_content_of_an_extension(oid: x509.ObjectIdentifier, value: bytes) -> None:
    """An extension can only be read or be unread."""
    assert set(read_certificate(with_extension(oid, value)).unread) <= {n for n, _, _ in BROKEN}


def reads_or_is_malformed(data: bytes) -> None:
    try:
        found = read_certificate(data)
    except Malformed:
        assert readable(data) is None
        return
    # What is shown of it is harmless, and the quick way to its subject agrees.
    shown = (found.subject.text, found.issuer.short, found.serial, *found.dns_names)
    assert [printable(each, 10_000) for each in shown] == list(shown)
    assert read_name(subject_of(data)) == found.subject
    assert len(f"{found.path_length}{found.version}") < 25

"""The certificate builder is sound by default, faulty by order, and the same on every machine.

What OpenSSL says about each defect is its own answer, from handshakes in memory.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from diagnose.demo.pki import Authority, Credential, Issued, pem, self_signed_leaf
from diagnose.demo.servers import server_context

HOST = "registry.example.com"
STRICT = ssl.VerifyFlags.VERIFY_X509_STRICT | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN


def verify(credential: Credential, *anchors: Issued, host: str = HOST, strict: bool = False) -> int:
    """OpenSSL's verify code for this chain with these anchors; 0 when it verifies."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags &= ~STRICT
    if strict:
        context.verify_flags |= STRICT
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor.der)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context(credential).wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_code
    assert client.version() == "TLSv1.3"
    return 0


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=timezone.utc)


ROOT = Authority.root()
ISSUING = ROOT.intermediate()
LEAF = ISSUING.leaf(HOST, "127.0.0.1", "::1")
OLD_ROOT = Authority.root("Example Old Root CA")
SAME_NAME = Authority.root(key_label="other")
SELF_SIGNED = self_signed_leaf(HOST)
INSPECTION = Authority.root("Example Corp TLS Inspection CA")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is sent, what is trusted, and the verify code without and with the strict flags."""

    id: str
    sent: Credential
    anchors: tuple[Issued, ...]
    code: int
    strict: int
    host: str = HOST


def below(root: Authority) -> tuple[Credential, tuple[Issued, ...]]:
    return root.leaf(HOST), (root,)


UNKNOWN_CRITICAL = x509.Extension(
    x509.ObjectIdentifier("2.25.1"),
    True,
    x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"\x05\x00"),
)

SCENES = (
    Scene("sound", LEAF, (ROOT,), 0, 0),
    Scene("sound-by-ipv4-address", LEAF, (ROOT,), 0, 0, "127.0.0.1"),
    Scene("sound-by-ipv6-address", LEAF, (ROOT,), 0, 0, "::1"),
    Scene("signed-by-the-root-itself", *below(ROOT), 0, 0),
    Scene("root-sent-too", LEAF.sending(ISSUING, ROOT), (ROOT,), 0, 0),
    Scene("wrong-order-doubled-unrelated",
          LEAF.sending(OLD_ROOT, ROOT, ISSUING, ISSUING), (ROOT,), 0, 0),
    Scene("intermediate-not-sent", LEAF.sending(), (ROOT,), 20, 20),
    Scene("root-untrusted-not-sent", LEAF, (OLD_ROOT,), 20, 20),
    Scene("root-untrusted-sent", LEAF.sending(ISSUING, ROOT), (OLD_ROOT,), 19, 19),
    Scene("inspection-root-sent",
          INSPECTION.leaf(HOST).sending(INSPECTION), (ROOT,), 19, 19),
    Scene("nothing-trusted", LEAF, (), 20, 20),
    Scene("self-signed", SELF_SIGNED, (ROOT,), 18, 18),
    Scene("self-signed-trusted", SELF_SIGNED, (SELF_SIGNED,), 0, 0),
    Scene("intermediate-as-anchor", LEAF, (ISSUING,), 2, 0),
    Scene("leaf-as-anchor", LEAF.sending(), (LEAF,), 20, 0),
    Scene("expired", ISSUING.leaf(HOST, not_after=year(2025)), (ROOT,), 10, 10),
    Scene("not-yet-valid", ISSUING.leaf(HOST, not_before=year(2043)), (ROOT,), 9, 9),
    Scene("root-expired", *below(Authority.root(not_after=year(2025))), 10, 10),
    Scene("intermediate-expired",
          ROOT.intermediate(not_after=year(2025)).leaf(HOST), (ROOT,), 10, 10),
    Scene("after-2049", ISSUING.leaf(HOST, not_after=year(2051)), (ROOT,), 0, 0),
    Scene("wrong-name", LEAF, (ROOT,), 62, 62, "www.python.org"),
    Scene("wrong-address", LEAF, (ROOT,), 64, 64, "127.0.0.2"),
    Scene("common-name-only", ISSUING.leaf(common_name=HOST), (ROOT,), 0, 0),
    Scene("no-name-at-all", ISSUING.leaf(), (ROOT,), 62, 84),
    Scene("subject-empty", ISSUING.leaf(HOST, common_name=None), (ROOT,), 0, 0),
    Scene("client-purpose-only",
          ISSUING.leaf(HOST, eku=(ExtendedKeyUsageOID.CLIENT_AUTH,)), (ROOT,), 26, 26),
    Scene("no-purpose-stated", ISSUING.leaf(HOST, eku=()), (ROOT,), 0, 0),
    Scene("root-not-a-ca", *below(Authority.root(ca=False, key_usage=None)), 79, 79),
    Scene("root-without-basic-constraints", *below(Authority.root(ca=None)), 0, 79),
    Scene("basic-constraints-not-critical",
          *below(Authority.root(basic_constraints_critical=False)), 0, 89),
    Scene("ca-without-key-usage", *below(Authority.root(key_usage=None)), 0, 92),
    Scene("ca-without-key-id", *below(Authority.root(ski=False)), 0, 86),
    Scene("leaf-without-authority-key-id", ISSUING.leaf(HOST, aki=False), (ROOT,), 0, 85),
    Scene("ca-may-not-sign-certificates",
          *below(Authority.root(key_usage=("crl_sign",))), 79, 79),
    Scene("path-too-long", Authority.root(path_length=0).intermediate().leaf(HOST),
          (Authority.root(path_length=0),), 25, 25),
    Scene("name-not-permitted",
          *below(Authority.root(permitted_names=("example.org",))), 47, 47),
    Scene("name-permitted", *below(Authority.root(permitted_names=("example.com",))), 0, 0),
    Scene("unknown-critical-extension",
          ISSUING.leaf(HOST, extensions=(UNKNOWN_CRITICAL,)), (ROOT,), 34, 34),
    Scene("same-name-other-key", LEAF, (SAME_NAME,), 20, 20),
    Scene("same-name-other-key-no-key-id",
          LEAF, (Authority.root(key_label="other", ski=False),), 7, 86),
    Scene("printable-string-with-asterisk",
          ISSUING.leaf(HOST, common_name="*.example.com", printable_string=True),
          (ROOT,), 0, 0),
    Scene("ca-with-at-sign",
          *below(Authority.root("ca@example.com", printable_string=True)), 0, 0),
    Scene("cross-signed", LEAF.sending(ISSUING, OLD_ROOT.cross_sign(ROOT)), (OLD_ROOT,), 0, 0),
    Scene("cross-sign-expired",
          LEAF.sending(ISSUING, OLD_ROOT.cross_sign(ROOT, not_after=year(2025))),
          (OLD_ROOT,), 10, 10),
)  # fmt: skip


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_openssl_says_of_a_defect_what_it_is_known_to_say(scene: Scene) -> None:
    """Each defect gives its verify code (X509_V_ERR_*), and nothing else is wrong."""
    codes = tuple(
        verify(scene.sent, *scene.anchors, host=scene.host, strict=strict)
        for strict in (False, True)
    )
    assert (scene.code, scene.strict) == codes


def test_the_same_calls_give_the_same_bytes_on_every_machine() -> None:
    """Keys, serial numbers, dates and signatures are functions of what the caller says."""
    assert Authority.root().intermediate().leaf(HOST, "127.0.0.1", "::1").chain == LEAF.chain
    assert {"root": ROOT.sha256, "issuing": ISSUING.sha256, "leaf": LEAF.sha256} == {
        "root": "347287f427b9f0a0d899e32ccb27e616c5a05b9af8245dbd9af512d2e3025ad9",
        "issuing": "c0005b609c035fe9766149076f9075b5441a7903385cfb3afaa779c432fa2f26",
        "leaf": "f9d20a5b8c73f53061641f7a7ecd528a1b5de6eb0e4e65f4287cdc303aad9e53",
    }


def test_a_seed_gives_a_whole_pki_of_other_keys() -> None:
    """Whoever knows the names, but not the seed, cannot make the keys."""
    secret = Authority.root(seed=b"secret")
    pairs = ((secret, ROOT), (secret.intermediate(), ISSUING), (secret.leaf(HOST), ROOT.leaf(HOST)))
    assert not any(ours.key_id == known.key_id for ours, known in pairs)


def test_certificates_that_differ_have_serial_numbers_that_differ() -> None:
    """RFC 5280 section 4.1.2.2: unique for each authority, positive, at most 20 octets."""
    leaves = (LEAF, ISSUING.leaf(HOST), ISSUING.leaf(HOST, not_after=year(2030)), ROOT.leaf(HOST))
    numbers = {x509.load_der_x509_certificate(leaf.der).serial_number for leaf in leaves}
    assert len(numbers) == len(leaves)
    assert all(0 < number < 1 << 159 for number in numbers)


def test_links_hold_for_a_reader_of_certificates() -> None:
    """Names, key identifiers and signatures lead from the leaf to the root, also by cross-sign."""
    leaf, issuing, root, cross = (
        x509.load_der_x509_certificate(each.der)
        for each in (LEAF, ISSUING, ROOT, OLD_ROOT.cross_sign(ROOT))
    )
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(cross)
    root.verify_directly_issued_by(root)
    cross.verify_directly_issued_by(x509.load_der_x509_certificate(OLD_ROOT.der))
    pointer = issuing.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert pointer.key_identifier == ROOT.key_id
    assert root.subject.rfc4514_string() == "CN=Example Root CA,O=Example Corp"


def test_a_certificate_says_where_its_issuer_can_be_fetched() -> None:
    """`ca_issuers` becomes an authorityInfoAccess entry; without it there is none."""
    address = "http://127.0.0.1:8080/ca.cer"
    leaf = x509.load_der_x509_certificate(ISSUING.leaf(HOST, ca_issuers=address).der)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [address] == [entry.access_location.value for entry in access]
    with pytest.raises(x509.ExtensionNotFound):
        x509.load_der_x509_certificate(LEAF.der).extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        )


def test_a_printable_string_with_an_asterisk_is_not_readable_for_cryptography() -> None:
    """It is what makes such a certificate worth a scene: OpenSSL accepts it (see the table)."""
    leaf = ISSUING.leaf(HOST, common_name="*.example.com", printable_string=True)
    with pytest.raises(ValueError, match="PrintableString"):
        _ = x509.load_der_x509_certificate(leaf.der).subject


def test_a_subject_can_be_given_as_raw_bytes() -> None:
    """The bytes stand in the certificate as they are, and issue under that name."""
    name = bytes.fromhex("3011310f300d06035504030c06e282ace282ac")
    authority = Authority.root(subject=name)
    assert authority.subject == name
    assert authority.leaf(HOST).der.count(name) == 1
    assert verify(authority.leaf(HOST), authority) == 0


def test_the_usual_chain_stops_below_the_root() -> None:
    """RFC 8446 section 4.4.2 lets the anchor be left out, and servers do."""
    deep = ISSUING.intermediate("Example Issuing CA 2")
    leaf = deep.leaf(HOST)
    assert leaf.chain == (leaf.der, deep.der, ISSUING.der)
    assert deep.anchor == ROOT


def test_pem_is_what_the_standard_library_writes() -> None:
    """Blocks of 64 columns (RFC 7468), one after another for a chain."""
    assert ROOT.pem == pem(ROOT.der) == ssl.DER_cert_to_PEM_cert(ROOT.der)
    assert LEAF.chain_pem == LEAF.pem + ISSUING.pem

"""The tests of one link, each on its own: name, key identifier, signature, CA bit, time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from diagnose.chain.extensions import NEEDED
from diagnose.chain.names import read_name
from diagnose.chain.signatures import key_fits, signed_by
from diagnose.model.certificate import Certificate
from diagnose.model.walk import Link, Test

#: What OpenSSL 3 accepts as critical (`X509_supported_extension`).
_SUPPORTED = frozenset({
    "2.5.29.15",  # keyUsage
    "2.5.29.17",  # subjectAltName
    "2.5.29.19",  # basicConstraints
    "2.5.29.30",  # nameConstraints
    "2.5.29.31",  # cRLDistributionPoints
    "2.5.29.32",  # certificatePolicies
    "2.5.29.33",  # policyMappings
    "2.5.29.36",  # policyConstraints
    "2.5.29.37",  # extendedKeyUsage
    "2.5.29.54",  # inhibitAnyPolicy
    "2.16.840.1.113730.1.1",  # Netscape certificate type
    "1.3.6.1.5.5.7.1.7",  # IP address blocks
    "1.3.6.1.5.5.7.1.8",  # autonomous system numbers
    "1.3.6.1.5.5.7.48.1.5",  # OCSP no check
})  # fmt: skip

#: Purposes of an authority that may stand above a TLS server: serverAuth, and the two that were
#: called server gated cryptography. anyExtendedKeyUsage is none (`check_purpose_ssl_server`).
_SERVER_PURPOSES = frozenset(
    {"1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"}
)


def test_link(child: Certificate, issuer: Certificate, instant: datetime, below: int) -> Link:
    """Hold a candidate against what the child says of its issuer.

    `below` is the number of authorities between the end-entity certificate and the candidate, as
    `authorities` counts them. The signature is only tried where the names agree: it is the costly
    test.
    """
    name = _passes(child.issuer.canonical == issuer.subject.canonical)
    return Link(
        child=child.sha256,
        issuer=issuer.sha256,
        name=name,
        key_id=key_id_test(child, issuer),
        signature=signed_by(child, issuer) if name is Test.PASS else Test.ABSENT,
        ca=_may_issue(child, issuer, below),
        time=_time_test(issuer, instant),
    )


test_link.__test__ = False  # type: ignore[attr-defined]  # it is no test for pytest to collect


def key_id_test(child: Certificate, issuer: Certificate) -> Test:
    """The child's authority key identifier against the issuer (OpenSSL `X509_check_akid`).

    The key identifier counts where both sides have one; the issuer's serial number, and the name
    of the issuer's own issuer, where the child gives them.
    """
    if "authorityKeyIdentifier" in child.unread or "extensions" in child.unread:
        return Test.UNREADABLE
    agrees: list[bool] = []
    if child.authority_key_id is not None and issuer.key_id is not None:
        agrees.append(child.authority_key_id == issuer.key_id)
    if child.authority_serial is not None:
        agrees.append(child.authority_serial == issuer.serial)
    if child.authority_issuer is not None:
        name = read_name(child.authority_issuer)
        agrees.append(name.canonical == issuer.issuer.canonical)
    return _passes(all(agrees)) if agrees else Test.ABSENT


def self_signed(certificate: Certificate) -> bool:
    """As OpenSSL flags it (EXFLAG_SS): self-issued, and not pointing at another key.

    The signature is not checked, and neither does OpenSSL check it.
    """
    return (
        certificate.self_issued
        and key_id_test(certificate, certificate) is not Test.FAIL
        and key_fits(certificate, certificate)
    )


def likely_issued(child: Certificate, issuer: Certificate) -> bool:
    """Whether OpenSSL would take it into a path (`ossl_x509_likely_issued`): no signature yet."""
    return (
        child.issuer.canonical == issuer.subject.canonical
        and usable(child)
        and usable(issuer)
        and key_id_test(child, issuer) is not Test.FAIL
        and key_fits(child, issuer)
    )


def usable(certificate: Certificate) -> bool:
    """Whether OpenSSL can read the extensions that it needs; otherwise it passes it over."""
    return NEEDED.isdisjoint(certificate.unread)


def authorities(path: Iterable[Certificate]) -> int:
    """How many certificates of a path count for pathLenConstraint.

    The end-entity certificate, which comes first, and self-issued ones do not (RFC 5280 section
    4.2.1.9).
    """
    return sum(not each.self_issued for index, each in enumerate(path) if index)


def _may_issue(child: Certificate, issuer: Certificate, below: int) -> Test:
    if not (usable(child) and usable(issuer)):
        return Test.UNREADABLE
    purposes = issuer.extended_key_usage
    return _passes(
        # Without basicConstraints, only what ends a path may pass for an authority.
        (bool(issuer.ca) or (self_signed(issuer) and issuer.is_authority))
        and issuer.may_sign_certificates
        and (issuer.path_length is None or below <= issuer.path_length)
        and (purposes is None or not _SERVER_PURPOSES.isdisjoint(purposes))
        and _SUPPORTED.issuperset(issuer.critical_extensions)
    )


def _time_test(issuer: Certificate, instant: datetime) -> Test:
    if issuer.not_before is None or issuer.not_after is None:
        return Test.UNREADABLE
    return _passes(issuer.valid_at(instant))


def _passes(condition: bool) -> Test:
    return Test.PASS if condition else Test.FAIL

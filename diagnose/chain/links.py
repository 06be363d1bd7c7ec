"""The tests of one link, each on its own: name, key identifier, signature, CA bit, time."""

from __future__ import annotations

from datetime import datetime

from diagnose.chain.signatures import signed_by
from diagnose.model.certificate import Certificate
from diagnose.model.walk import Link, Test


def test_link(child: Certificate, issuer: Certificate, instant: datetime) -> Link:
    """Hold a candidate against what the child says of its issuer.

    The signature is only tried where the names agree: it is the costly test.
    """
    name = _passes(child.issuer.canonical == issuer.subject.canonical)
    return Link(
        child=child.sha256,
        issuer=issuer.sha256,
        name=name,
        key_id=key_id_test(child, issuer),
        signature=signed_by(child, issuer) if name is Test.PASS else Test.ABSENT,
        ca=_passes(issuer.is_authority and issuer.may_sign_certificates),
        time=_passes(issuer.valid_at(instant)),
    )


test_link.__test__ = False  # type: ignore[attr-defined]  # it is no test for pytest to collect


def key_id_test(child: Certificate, issuer: Certificate) -> Test:
    """The child's authority key identifier against the issuer (OpenSSL `X509_check_akid`).

    Key identifier, and issuer name with serial number, count where both sides have them.
    """
    compared = False
    if child.authority_key_id is not None and issuer.key_id is not None:
        if child.authority_key_id != issuer.key_id:
            return Test.FAIL
        compared = True
    if child.authority_serial is not None:
        if child.authority_serial != issuer.serial:
            return Test.FAIL
        compared = True
    return Test.PASS if compared else Test.ABSENT


def self_signed(certificate: Certificate) -> bool:
    """As OpenSSL flags it (EXFLAG_SS): self-issued, and not pointing at another key."""
    return certificate.self_issued and key_id_test(certificate, certificate) is not Test.FAIL


def _passes(condition: bool) -> Test:
    return Test.PASS if condition else Test.FAIL

"""The rules of RFC 5280 that OpenSSL checks under X509_V_FLAG_X509_STRICT only: a table.

Codes are X509_V_ERR_* of openssl/x509_vfy.h; what each checks is in `check_extensions` of
crypto/x509/x509_vfy.c (OpenSSL 3.0).
"""

from __future__ import annotations

from collections.abc import Callable

from diagnose.chain.links import self_signed
from diagnose.model.certificate import Certificate
from diagnose.model.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What a certificate does wrong, as words after "it"; `section` is of RFC 5280.

    `broken_by` finds the certificate where no depth is known; None where the facts do not tell.
    """

    section: str
    words: str
    broken_by: Callable[[Certificate], bool] | None = None


def _no_authority_key_id(certificate: Certificate) -> bool:
    return certificate.authority_key_id is None and not self_signed(certificate)


def _no_key_id(certificate: Certificate) -> bool:
    return certificate.key_id is None and bool(certificate.ca)


def _constraints_not_critical(certificate: Certificate) -> bool:
    return bool(certificate.ca) and not certificate.basic_constraints_critical


def _no_key_usage(certificate: Certificate) -> bool:
    return certificate.key_usage is None and bool(certificate.ca)


def _not_called_an_authority(certificate: Certificate) -> bool:
    return certificate.ca is None


RULES = {
    79: Rule(
        "4.2.1.9",
        "does not say that it is an authority (basicConstraints)",
        _not_called_an_authority,
    ),
    80: Rule("4.2.1.9", "limits the length of paths, although it is no authority"),
    81: Rule(
        "4.2.1.9",
        "limits the length of paths, but its key usage does not allow signing certificates",
    ),
    82: Rule("4.2.1.3", "may sign certificates, although it is no authority"),
    83: Rule("4.1.2.4", "names no issuer"),
    84: Rule("4.1.2.6", "is an authority without a name"),
    85: Rule(
        "4.2.1.1",
        "does not say which key signed it (authorityKeyIdentifier is missing)",
        _no_authority_key_id,
    ),
    86: Rule("4.2.1.2", "has no identifier of its key (subjectKeyIdentifier)", _no_key_id),
    87: Rule("4.2.1.6", "has an empty list of names (subjectAltName)"),
    88: Rule("4.2.1.6", "has names only in subjectAltName, which is not marked critical"),
    89: Rule(
        "4.2.1.9",
        "does not mark as critical that it is an authority (basicConstraints)",
        _constraints_not_critical,
    ),
    90: Rule("4.2.1.1", "marks authorityKeyIdentifier as critical"),
    91: Rule("4.2.1.2", "marks subjectKeyIdentifier as critical"),
    92: Rule("4.2.1.3", "does not say what its key may be used for (keyUsage)", _no_key_usage),
    93: Rule("4.1.2.1", "has extensions, although its version allows none"),
    94: Rule("4.1.2.7", "spells its elliptic curve out instead of naming it"),
}

#: Not a flag of OpenSSL's: `create_default_context` and urllib3 also ignore the common name.
NAME_RULE = Rule("4.2.1.6", "has its name only as a common name, not in subjectAltName")

"""Does a certificate name the host? RFC 9525, as OpenSSL's `X509_check_host` applies it."""

from __future__ import annotations

import ipaddress

from diagnose.model.certificate import Certificate


def names_host(certificate: Certificate, host: str) -> bool:
    """Whether the certificate is valid for a reference identity (a name in ASCII, or an address).

    The common name counts only where there is no name in subjectAltName, as OpenSSL's default is.
    """
    address = _address(host)
    if address is not None:
        return address in certificate.ip_addresses
    patterns = certificate.dns_names
    if not patterns and not certificate.ip_addresses:
        patterns = certificate.subject.values("CN")
    return any(matches(pattern, host) for pattern in patterns)


def matches(pattern: str, host: str) -> bool:
    """One presented name against one host name: a wildcard stands for exactly one whole label."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if not pattern.startswith("*."):
        return pattern == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == pattern[2:] and "." in rest


def presented_names(certificate: Certificate) -> tuple[str, ...]:
    """Every name that the certificate is valid for, as a report lists them."""
    names = (*certificate.dns_names, *certificate.ip_addresses)
    return names or certificate.subject.values("CN")


def nearest_name(certificate: Certificate, host: str) -> str | None:
    """The presented name most like the host; None where there is none."""
    from difflib import SequenceMatcher

    names = presented_names(certificate)
    return max(names, key=lambda name: SequenceMatcher(None, name, host).ratio(), default=None)


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None

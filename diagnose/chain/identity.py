"""Does a certificate name the host? RFC 9525, as OpenSSL's `X509_check_host` applies it.

With the flag that Python's `ssl` sets, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS. Host names arrive in
ASCII: the A-labels of an internationalised name are compared letter by letter like any other.
"""

from __future__ import annotations

import ipaddress
import re

from diagnose.model.certificate import Certificate

#: A star as the whole first label, and at least two labels after it that are plain (`valid_star`).
_WILDCARD = re.compile(r"\*(\.[a-z0-9]+(-+[a-z0-9]+)*){2,}", re.ASCII)

#: What the star may stand for (`wildcard_match`): no dot, and no underscore either.
_LABEL = re.compile(r"[a-z0-9-]+", re.ASCII)

#: `nearest_name` compares so many names; a certificate with more of them gets a nearby one.
_COMPARED = 200


def names_host(certificate: Certificate, host: str) -> bool:
    """Whether the certificate is valid for a reference identity (a name in ASCII, or an address).

    The common name counts only where there is no DNS name in subjectAltName, as OpenSSL's default
    is, and never for an address.
    """
    address = _address(host)
    if address is not None:
        return address in certificate.ip_addresses
    patterns = certificate.dns_names or certificate.subject.values("CN")
    return any(matches(pattern, host) for pattern in patterns)


def matches(pattern: str, host: str) -> bool:
    """One presented name against one host name: a wildcard stands for exactly one whole label.

    A dot at the end of the host is left out, as urllib3 and curl do. One at the end of the pattern
    is part of it: OpenSSL matches such a name with no host.
    """
    pattern, host = _lower(pattern), _lower(host).removesuffix(".")
    if not _WILDCARD.fullmatch(pattern):
        return bool(host) and pattern == host
    label, _, rest = host.partition(".")
    return rest == pattern[2:] and bool(label == "*" or _LABEL.fullmatch(label))


def presented_names(certificate: Certificate) -> tuple[str, ...]:
    """Every name that the certificate is valid for, as a report lists them."""
    names = certificate.dns_names or certificate.subject.values("CN")
    return tuple(dict.fromkeys((*names, *certificate.ip_addresses)))


def nearest_name(certificate: Certificate, host: str) -> str | None:
    """The presented name most like the host; None where there is none."""
    from difflib import SequenceMatcher

    names = presented_names(certificate)[:_COMPARED]
    return max(names, key=lambda name: SequenceMatcher(None, name, host).ratio(), default=None)


def _lower(name: str) -> str:
    """ASCII letters only: `str.lower` would turn the Kelvin sign into a `k`."""
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None

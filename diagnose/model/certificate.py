"""A certificate as far as it can be read; the reading itself lives in `chain.reading`."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from diagnose.model.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name (RFC 5280 section 4.1.2.4).

    `der` are the exact bytes, `canonical` the form that OpenSSL compares (strings in UTF-8, lower
    case, blanks folded: OpenSSL 3 `x509_name_canon`). `text` is RFC 4514-like and printable;
    `short` is what a person would call it: the common name, else the organisation.
    """

    der: bytes = field(repr=False)
    canonical: bytes = field(repr=False)
    text: str
    short: str
    attributes: tuple[tuple[str, str], ...] = ()

    def values(self, *kinds: str) -> tuple[str, ...]:
        """The values of the attributes of these kinds: `name.values("CN", "O")`."""
        return tuple(value for kind, value in self.attributes if kind in kinds)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. What could not be read is None, and named in `unread`.

    `sha256` is the fingerprint of the DER, in hex. `key_id` and `authority_key_id` are hex
    (RFC 5280 sections 4.2.1.2 and 4.2.1.1). `ca` is None without basicConstraints, `key_usage`
    and `extended_key_usage` are None where the extension is absent; the latter holds dotted OIDs.
    """

    sha256: str
    der: bytes = field(repr=False)
    subject: Name
    issuer: Name
    serial: str
    version: int
    not_before: datetime | None
    not_after: datetime | None
    spki: bytes = field(repr=False)
    spki_sha256: str
    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signature_oid: str = ""
    signature_parameters: bytes = field(default=b"", repr=False)
    key_id: str | None = None
    authority_key_id: str | None = None
    authority_issuer: bytes | None = field(default=None, repr=False)
    authority_serial: str | None = None
    ca: bool | None = None
    path_length: int | None = None
    basic_constraints_critical: bool = False
    key_usage: tuple[str, ...] | None = None
    extended_key_usage: tuple[str, ...] | None = None
    has_alternative_names: bool = False
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    ca_issuers: tuple[str, ...] = ()
    has_scts: bool = False
    critical_extensions: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def self_issued(self) -> bool:
        return self.subject.canonical == self.issuer.canonical

    @property
    def is_authority(self) -> bool:
        """Whether OpenSSL would let it issue: CA bit, or an X.509 v1 root (`X509_check_ca`)."""
        if self.ca is not None:
            return self.ca
        if self.version == 1:
            return self.self_issued
        return self.key_usage is not None and "key_cert_sign" in self.key_usage

    @property
    def may_sign_certificates(self) -> bool:
        """False when keyUsage is there without keyCertSign: OpenSSL then passes it over."""
        return self.key_usage is None or "key_cert_sign" in self.key_usage

    def valid_at(self, instant: datetime) -> bool:
        return not self.expired_at(instant) and not self.future_at(instant)

    def expired_at(self, instant: datetime) -> bool:
        """From notAfter on, as in OpenSSL; RFC 5280 section 4.1.2.5 counts that second as valid."""
        return self.not_after is not None and instant >= self.not_after

    def future_at(self, instant: datetime) -> bool:
        return self.not_before is not None and instant < self.not_before

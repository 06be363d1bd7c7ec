"""One real TLS connection, and how it failed."""

from __future__ import annotations

from diagnose.model.nouns import dataclass
from diagnose.model.store import StoreName
from diagnose.model.words import Word


class Stage(Word):
    """The stages of a connection, in their order; `store` is the loading of the anchors."""

    STORE = "store"
    RESOLVE = "resolve"
    CONNECT = "connect"
    PROXY = "proxy"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    VERIFY = "verify"


class Trouble(Word):
    """What went wrong, in our words; the native code and words stand beside it verbatim."""

    BUNDLE_MISSING = "bundle-missing"
    BUNDLE_UNREADABLE = "bundle-unreadable"
    BUNDLE_INVALID = "bundle-invalid"
    NAME_NOT_RESOLVED = "name-not-resolved"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    CLOSED = "closed"
    TIMED_OUT = "timed-out"
    NOT_TLS = "not-tls"
    TLS_ALERT = "tls-alert"
    TLS_ERROR = "tls-error"
    PROXY_AUTH = "proxy-auth"
    PROXY_REFUSED = "proxy-refused"
    PROXY_SCHEME = "proxy-scheme"
    PROXY_NOT_HTTP = "proxy-not-http"
    PROXY_CERTIFICATE = "proxy-certificate"
    ISSUER_UNKNOWN = "issuer-unknown"
    ROOT_UNTRUSTED = "root-untrusted"
    SELF_SIGNED_LEAF = "self-signed-leaf"
    PARTIAL_CHAIN = "partial-chain"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    BAD_SIGNATURE = "bad-signature"
    NOT_A_CA = "not-a-ca"
    PATH_LENGTH = "path-length"
    NAME_CONSTRAINTS = "name-constraints"
    PURPOSE = "purpose"
    CRITICAL_EXTENSION = "critical-extension"
    WEAK_KEY = "weak-key"
    WEAK_DIGEST = "weak-digest"
    REVOKED = "revoked"
    STRICT = "strict"
    UNTRUSTED = "untrusted"
    OTHER = "other"


class Profile(Word):
    """With which verify flags.

    `default` is a plain `ssl.SSLContext(PROTOCOL_TLS_CLIENT)`, equal for all stores. `strict` is
    what `ssl.create_default_context()` has since Python 3.13: X509_STRICT and PARTIAL_CHAIN.
    """

    DEFAULT = "default"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a connection failed.

    `code` is the engine's own number: OpenSSL's verify code (X509_V_ERR_*, 0-94) on Linux, a Win32
    HRESULT or an OSStatus where truststore asks the platform. `depth` counts certificates along
    the path from 0, the end-entity certificate; None where nothing tells it. `words` are verbatim,
    made printable. `detail` is what helps to explain: the host or the proxy that failed, or the
    authentication schemes that a proxy offers.
    """

    stage: Stage
    trouble: Trouble
    words: str
    code: int | None = None
    depth: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection verified by one store under one profile; no failure means that it verifies.

    `address` is the network address reached, or None; `leaf` the SHA-256 fingerprint of the
    end-entity certificate where the engine shows it (only after success).
    """

    store: StoreName
    profile: Profile
    engine: str
    failure: Failure | None = None
    address: str | None = None
    leaf: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """The connection that verifies nothing and keeps what was sent.

    `chain` are SHA-256 fingerprints in the order sent. `first_bytes` is what the peer said first
    when it did not speak TLS, at most 256 bytes.
    """

    chain: tuple[str, ...] = ()
    failure: Failure | None = None
    address: str | None = None
    protocol: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    stapled: bool = False
    first_bytes: bytes = b""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One caIssuers address (RFC 5280 section 4.2.2.1) that was asked, or that was not and why."""

    url: str
    certificates: tuple[str, ...] = ()
    problem: str = ""
    asked: bool = True

"""From native errors to failures: codes decide, words are kept beside them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.text import printable

#: OpenSSL's verify codes (X509_V_ERR_* in openssl/x509_vfy.h, 3.0). Those that only
#: X509_V_FLAG_X509_STRICT raises are listed apart; 79 is raised either way.
VERIFY_CODES: Mapping[int, Trouble] = {
    2: Trouble.PARTIAL_CHAIN,
    7: Trouble.BAD_SIGNATURE,
    9: Trouble.NOT_YET_VALID,
    10: Trouble.EXPIRED,
    18: Trouble.SELF_SIGNED_LEAF,
    19: Trouble.ROOT_UNTRUSTED,
    20: Trouble.ISSUER_UNKNOWN,
    21: Trouble.ISSUER_UNKNOWN,
    22: Trouble.PATH_LENGTH,
    23: Trouble.REVOKED,
    25: Trouble.PATH_LENGTH,
    26: Trouble.PURPOSE,
    27: Trouble.UNTRUSTED,
    28: Trouble.UNTRUSTED,
    32: Trouble.NOT_A_CA,
    34: Trouble.CRITICAL_EXTENSION,
    47: Trouble.NAME_CONSTRAINTS,
    48: Trouble.NAME_CONSTRAINTS,
    49: Trouble.NAME_CONSTRAINTS,
    50: Trouble.NAME_CONSTRAINTS,
    51: Trouble.NAME_CONSTRAINTS,
    52: Trouble.NAME_CONSTRAINTS,
    53: Trouble.NAME_CONSTRAINTS,
    62: Trouble.NAME_MISMATCH,
    64: Trouble.NAME_MISMATCH,
    66: Trouble.WEAK_KEY,
    67: Trouble.WEAK_KEY,
    68: Trouble.WEAK_DIGEST,
    79: Trouble.NOT_A_CA,
}
STRICT_CODES = frozenset({*range(79, 95)})

_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL",
            "RECORD_LAYER_FAILURE", "HTTPS_PROXY_REQUEST")  # fmt: skip


def from_verification(
    error: ssl.SSLCertVerificationError, native: Mapping[int, Trouble], *, strict: bool = False
) -> Failure:
    """A certificate was refused. `native` are the platform's codes; empty where OpenSSL verifies.

    truststore puts a Win32 HRESULT or an OSStatus into `verify_code` (0.10.5 `_windows.py`,
    `_macos.py`); on Windows as an unsigned number, on macOS below zero.
    """
    code = getattr(error, "verify_code", None)
    words = printable(str(getattr(error, "verify_message", "") or _reason(error)))
    if native:
        trouble = native.get(code or 0, Trouble.OTHER)
    elif strict and code in STRICT_CODES:
        trouble = Trouble.STRICT
    else:
        trouble = VERIFY_CODES.get(code or 0, Trouble.OTHER)
    return Failure(Stage.VERIFY, trouble, words, code)


def from_tls(error: ssl.SSLError, stage: Stage = Stage.HANDSHAKE) -> Failure:
    """The handshake failed before any certificate was judged."""
    words = printable(_reason(error))
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure(stage, Trouble.CLOSED, words)
    return from_reason(words, stage)


def _reason(error: ssl.SSLError) -> str:
    # What Python code has raised (truststore on Windows) has no `reason` at all.
    return getattr(error, "reason", None) or str(error)


def from_reason(words: str, stage: Stage = Stage.HANDSHAKE) -> Failure:
    """OpenSSL's reason for a handshake that failed.

    The words are `WRONG_VERSION_NUMBER` from Python's ssl, `wrong version number` from OpenSSL.
    """
    reason = words.upper().replace(" ", "_")
    if any(mark in reason for mark in _NOT_TLS):
        return Failure(stage, Trouble.NOT_TLS, words)
    if "EOF" in reason:
        return Failure(stage, Trouble.CLOSED, words)
    trouble = Trouble.TLS_ALERT if "ALERT" in reason else Trouble.TLS_ERROR
    return Failure(stage, trouble, words)


def from_network(error: OSError, stage: Stage) -> Failure:
    """The network failed at this stage."""
    match error:
        case TimeoutError():
            return Failure(stage, Trouble.TIMED_OUT, "timed out")
        case socket.gaierror():
            return Failure(
                Stage.RESOLVE, Trouble.NAME_NOT_RESOLVED, printable(error.strerror or "")
            )
        case ConnectionRefusedError():
            trouble = Trouble.REFUSED
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            trouble = Trouble.RESET
        case _:
            trouble = Trouble.UNREACHABLE
    return Failure(stage, trouble, printable(error.strerror or str(error)), error.errno)


def from_loading(error: OSError) -> Failure:
    """A context refused a store's file."""
    if isinstance(error, FileNotFoundError):
        return Failure(Stage.STORE, Trouble.BUNDLE_MISSING, "No such file or directory")
    if isinstance(error, PermissionError):
        return Failure(Stage.STORE, Trouble.BUNDLE_UNREADABLE, "Permission denied")
    # The place in CPython's own source differs from version to version and says nothing here.
    words = getattr(error, "reason", None) or str(error).partition(" (_ssl.c:")[0]
    return Failure(Stage.STORE, Trouble.BUNDLE_INVALID, printable(words))

"""Native errors in our words: codes decide, and the words stay beside them."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import cast

import pytest

from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.platforms.macos import TROUBLES as MACOS
from diagnose.platforms.windows import TROUBLES as WINDOWS
from diagnose.probe.translate import (
    STRICT_CODES,
    VERIFY_CODES,
    from_loading,
    from_network,
    from_reason,
    from_tls,
    from_verification,
)


def refused(code: int | None, words: str = "words") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, words)
    if code is not None:
        error.verify_code = code
        error.verify_message = words
    return error


@pytest.mark.parametrize("code", VERIFY_CODES)
def test_an_openssl_code_has_our_word(code: int) -> None:
    """X509_V_ERR_* of openssl/x509_vfy.h; the number and the words are kept."""
    found = from_verification(refused(code), {})
    assert found == Failure(Stage.VERIFY, VERIFY_CODES[code], "words", code)


@pytest.mark.parametrize("code", sorted(STRICT_CODES))
def test_a_code_of_the_strict_profile_is_strict_there_only(code: int) -> None:
    """Under X509_STRICT these codes are about its rules."""
    assert from_verification(refused(code), {}, strict=True).trouble is Trouble.STRICT
    assert from_verification(refused(code), {}).trouble is VERIFY_CODES.get(code, Trouble.OTHER)


@pytest.mark.parametrize(
    ("code", "native", "trouble"),
    [
        (0x800B0109, WINDOWS, Trouble.ROOT_UNTRUSTED),
        (0x80B0DEAD, WINDOWS, Trouble.OTHER),
        (-67843, MACOS, Trouble.UNTRUSTED),
        (-1, MACOS, Trouble.OTHER),
        (None, MACOS, Trouble.OTHER),
        (20, WINDOWS, Trouble.OTHER),
        (5000, {}, Trouble.OTHER),
        (None, {}, Trouble.OTHER),
    ],
)
def test_a_platform_s_code_is_looked_up_in_its_own_table(
    code: int | None, native: dict[int, Trouble], trouble: Trouble
) -> None:
    """Numbers of one platform mean nothing on another; unknown ones stay with their words."""
    found = from_verification(refused(code, "“x” ist nicht vertrauenswürdig\x07"), native)
    assert (found.trouble, found.code) == (trouble, code)
    assert found.words.startswith("“x” ist nicht") or "“x” ist nicht" in found.words
    assert "\x07" not in found.words


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        ("WRONG_VERSION_NUMBER", Trouble.NOT_TLS),
        ("wrong version number", Trouble.NOT_TLS),
        ("http request", Trouble.NOT_TLS),
        ("packet length too long", Trouble.NOT_TLS),
        ("RECORD_LAYER_FAILURE", Trouble.NOT_TLS),
        ("unexpected eof while reading", Trouble.CLOSED),
        ("Unexpected EOF", Trouble.CLOSED),
        ("TLSV1_ALERT_PROTOCOL_VERSION", Trouble.TLS_ALERT),
        ("ssl/tls alert handshake failure", Trouble.TLS_ALERT),
        ("UNSAFE_LEGACY_RENEGOTIATION_DISABLED", Trouble.TLS_ERROR),
        ("", Trouble.TLS_ERROR),
    ],
)
def test_a_reason_of_openssl_is_read_in_both_spellings(words: str, trouble: Trouble) -> None:
    """Python's ssl writes constants, pyOpenSSL the text of the error."""
    assert from_reason(words) == Failure(Stage.HANDSHAKE, trouble, words)


@pytest.mark.parametrize("kind", [ssl.SSLEOFError, ssl.SSLZeroReturnError])
def test_an_end_is_an_end_whatever_it_says(kind: type[ssl.SSLError]) -> None:
    """Python has classes of its own for a stream that ends."""
    assert from_tls(kind(8, "over"), Stage.PROXY).trouble is Trouble.CLOSED


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (TimeoutError(), Failure(Stage.CONNECT, Trouble.TIMED_OUT, "timed out")),
        (
            socket.gaierror(-2, "Name or service not known"),
            Failure(Stage.RESOLVE, Trouble.NAME_NOT_RESOLVED, "Name or service not known"),
        ),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            Failure(Stage.CONNECT, Trouble.REFUSED, "Connection refused", errno.ECONNREFUSED),
        ),
        (
            ConnectionResetError(errno.ECONNRESET, "reset"),
            Failure(Stage.CONNECT, Trouble.RESET, "reset", errno.ECONNRESET),
        ),
        (
            BrokenPipeError(errno.EPIPE, "pipe"),
            Failure(Stage.CONNECT, Trouble.RESET, "pipe", errno.EPIPE),
        ),
        (
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            Failure(
                Stage.CONNECT, Trouble.UNREACHABLE, "Network is unreachable", errno.ENETUNREACH
            ),
        ),
        (OSError("odd\x1b"), Failure(Stage.CONNECT, Trouble.UNREACHABLE, "odd\\x1b")),
    ],
)
def test_a_network_error_has_our_word(error: OSError, failure: Failure) -> None:
    """The number of the system is the code."""
    assert from_network(error, Stage.CONNECT) == failure


@pytest.mark.parametrize(
    ("error", "trouble", "words"),
    [
        (FileNotFoundError(2, "x"), Trouble.BUNDLE_MISSING, "No such file or directory"),
        (PermissionError(13, "x"), Trouble.BUNDLE_UNREADABLE, "Permission denied"),
        (ssl.SSLError(136, "no certificate"), Trouble.BUNDLE_INVALID, "no certificate"),
        (IsADirectoryError(21, "Is a directory"), Trouble.BUNDLE_INVALID, "Is a directory"),
    ],
)
def test_a_file_that_is_not_loaded_has_our_word(
    error: OSError, trouble: Trouble, words: str
) -> None:
    """The stage is the store's, before any connection."""
    found = from_loading(error)
    assert (found.stage, found.trouble) == (Stage.STORE, trouble)
    assert words in found.words


def test_the_words_of_a_real_file_are_openssl_s() -> None:
    """The reason that Python shows in brackets is what people search for."""
    with pytest.raises(ssl.SSLError) as caught:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="nothing")
    found = from_loading(cast("OSError", caught.value))
    assert found.trouble is Trouble.BUNDLE_INVALID
    assert found.words

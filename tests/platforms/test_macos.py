"""macOS from a recording: what `security` lists of the keychains, and the codes of Security."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from diagnose.chain.names import read_name
from diagnose.chain.reading import subject_of
from diagnose.model.attempt import Trouble
from diagnose.platforms import NativeStore
from diagnose.platforms.macos import KEYCHAINS, TROUBLES, system_store

RECORDING = (
    Path(__file__).resolve().parents[2] / "fixtures/recordings/macos_keychain.txt"
).read_text("ascii")
TRUST = "a certificate in a keychain counts only if its trust setting says so"
SHIPPED, SYSTEM = KEYCHAINS


def recorded(command: Sequence[str]) -> bytes:
    """The part of the recording that this command printed."""
    _, _, rest = RECORDING.partition(f"$ {' '.join(command)}\n")
    return rest.partition("$ ")[0].encode("ascii")


def short_names(found: NativeStore) -> list[str]:
    return [read_name(subject_of(der)).short for der in found.anchors]


def test_both_keychains_are_listed() -> None:
    """Apple's roots and the administrator's, each certificate once."""
    found = system_store({"SSL_CERT_FILE": "/ignored.pem"}, recorded)
    assert short_names(found) == [
        "Example Public Root",
        "Example Mail Root",
        "Example Corp Root CA",
    ]
    assert found == NativeStore(
        KEYCHAINS, "macOS", anchors=found.anchors, complete=False, notes=(TRUST,)
    )


FAILURES: list[tuple[Exception, str]] = [
    (
        subprocess.CalledProcessError(44, ["security"]),
        "Command '['security']' returned non-zero exit status 44.",
    ),
    (FileNotFoundError(2, "No such file or directory"), "[Errno 2] No such file or directory"),
    (
        subprocess.TimeoutExpired("security", 10),
        "Command 'security' timed out after 10 seconds",
    ),
]


@pytest.mark.parametrize(("error", "reason"), FAILURES, ids=["missing", "no security", "hung"])
def test_a_keychain_that_cannot_be_listed_is_a_note(error: Exception, reason: str) -> None:
    """The other keychain is listed all the same."""

    def run(command: Sequence[str]) -> bytes:
        if command[-1] == SHIPPED:
            raise error
        return recorded(command)

    found = system_store({}, run)
    assert short_names(found) == ["Example Corp Root CA", "Example Public Root"]
    assert found.notes == (TRUST, f"the keychain `{SHIPPED}` could not be listed: {reason}")


GARBAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda printed: b"",
    "text": lambda printed: b"security: SecKeychainSearchCopyNext\n",
    "not ASCII": lambda printed: b"-----BEGIN CERTIFICATE-----\n\xff\n-----END CERTIFICATE-----\n",
    "no base64": lambda printed: b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
    "cut": lambda printed: printed[:200],
    "NUL": lambda printed: b"\0" * 1000,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_passed_over(name: str) -> None:
    """What is no certificate is none; what follows it still counts."""
    found = system_store({}, lambda command: GARBAGE[name](recorded(command)))
    assert found.anchors == ()
    mixed = system_store({}, lambda command: GARBAGE[name](b"") + recorded(command))
    assert len(mixed.anchors) == 3


def test_the_command_is_run_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """`security` must not ask for a password, and must end."""
    calls: list[tuple[Sequence[str], object, object]] = []

    def run(command: Sequence[str], **more: object) -> subprocess.CompletedProcess[bytes]:
        calls.append((command, more["stdin"], more["timeout"]))
        return subprocess.CompletedProcess(command, 0, recorded(command))

    monkeypatch.setattr(subprocess, "run", run)
    assert len(system_store({}).anchors) == 3
    assert calls == [
        (
            ("/usr/bin/security", "find-certificate", "-a", "-p", keychain),
            subprocess.DEVNULL,
            10,
        )
        for keychain in KEYCHAINS
    ]


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (-67602, Trouble.NAME_MISMATCH),
        (-67609, Trouble.PURPOSE),
        (-67818, Trouble.EXPIRED),
        (-67819, Trouble.NOT_YET_VALID),
        (-67820, Trouble.REVOKED),
        (-67843, Trouble.UNTRUSTED),
    ],
)
def test_native_codes_have_our_words(code: int, trouble: Trouble) -> None:
    """The OSStatus values of Security/SecBase.h."""
    assert TROUBLES[code] is trouble
    assert all(each < 0 for each in TROUBLES)

"""Windows from a recording: which entries of its stores are trust anchors, and its codes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from diagnose.chain.names import read_name
from diagnose.chain.reading import subject_of
from diagnose.model.attempt import Trouble
from diagnose.platforms import NativeStore
from diagnose.platforms.windows import TROUBLES, Entry, system_store

RECORDING = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures/recordings/windows_store.json").read_text()
)
ON_DEMAND = "Windows downloads public roots when they are first needed; not all are listed"


def entry(recorded: dict[str, Any]) -> Entry:
    trust = recorded["trust"]
    purposes = trust if trust is True else frozenset(trust)
    return base64.b64decode(recorded["der"]), recorded["encoding"], purposes


def recorded(store: str) -> Iterable[Entry]:
    return [entry(each) for each in RECORDING[store]]


def short_names(found: NativeStore) -> list[str]:
    return [read_name(subject_of(der)).short for der in found.anchors]


def test_roots_that_are_trusted_for_servers_are_anchors() -> None:
    """Trusted for everything, or for servers among others; each once; bags and mail roots not."""
    found = system_store({}, recorded)
    assert short_names(found) == ["Example Public Root", "Example Corp Root CA"]
    assert (found.places, found.chosen_by, found.complete) == (
        ("Windows certificate store ROOT",),
        "Windows",
        False,
    )
    held = "the store CA holds 2 intermediate certificates to complete chains with"
    assert found.notes == (ON_DEMAND, held)
    assert (found.files, found.directories, found.default_paths) == ((), (), False)


def test_variables_have_no_say() -> None:
    """SSL_CERT_FILE redefines the system's store on Linux only."""
    assert system_store({"SSL_CERT_FILE": "C:\\corp.pem"}, recorded) == system_store({}, recorded)


@pytest.mark.parametrize(
    "trust", [frozenset(), frozenset({"1.3.6.1.5.5.7.3.4"}), False, None, "1.3.6.1.5.5.7.3.1"]
)
def test_what_is_not_trusted_for_servers_is_no_anchor(trust: Any) -> None:
    """Windows lists disallowed and limited roots too."""
    der = base64.b64decode(RECORDING["ROOT"][0]["der"])
    assert system_store({}, lambda name: [(der, "x509_asn", trust)]).anchors == ()


def test_a_store_that_cannot_be_opened_is_a_note() -> None:
    """One store's failure leaves the other's entries."""

    def listing(name: str) -> Iterable[Entry]:
        if name == "CA":
            raise PermissionError(5, "Access is\x07 denied")
        return recorded(name)

    found = system_store({}, listing)
    assert len(found.anchors) == 2
    assert found.notes == (
        ON_DEMAND,
        "the store CA could not be opened: [Errno 5] Access is\\x07 denied",
    )


def test_elsewhere_there_is_nothing_to_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay or a test on another platform finds no such store and no error."""
    monkeypatch.delattr("ssl.enum_certificates", raising=False)
    assert system_store({}).anchors == ()


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (0x800B0101, Trouble.EXPIRED),
        (0x800B0109, Trouble.ROOT_UNTRUSTED),
        (0x800B010A, Trouble.ISSUER_UNKNOWN),
        (0x800B010C, Trouble.REVOKED),
        (0x800B010F, Trouble.NAME_MISMATCH),
        (0x800B0110, Trouble.PURPOSE),
        (0x800B0111, Trouble.UNTRUSTED),
        (0x80096004, Trouble.BAD_SIGNATURE),
        (0x80096019, Trouble.NOT_A_CA),
        (0x80092010, Trouble.REVOKED),
    ],
)
def test_native_codes_have_our_words(code: int, trouble: Trouble) -> None:
    """The HRESULTs of winerror.h, unsigned as truststore gives them."""
    assert TROUBLES[code] is trouble
    assert all(0x8000_0000 < each <= 0xFFFF_FFFF for each in TROUBLES)

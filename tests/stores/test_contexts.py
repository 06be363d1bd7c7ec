"""The contexts that connect: the flags of Python's programs, equal in all stores."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import truststore

from diagnose.demo.pki import Authority
from diagnose.model.attempt import Profile
from diagnose.stores.contexts import (
    DEFAULT_FLAGS,
    STRICT_FLAGS,
    StoreContext,
    SystemContext,
    client_context,
)

ROOT = Authority.root("Example Root CA")


def load(context: ssl.SSLContext) -> None:
    context.load_verify_locations(cadata=ROOT.pem)


def wrapped(context: StoreContext, profile: Profile = Profile.DEFAULT) -> ssl.SSLObject:
    return context.wrap(ssl.MemoryBIO(), ssl.MemoryBIO(), "www.example.com", profile)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[truststore.SSLContext]:
    """Every context that truststore is asked for from now on."""
    made: list[truststore.SSLContext] = []
    real = truststore.SSLContext

    def make(*arguments: Any) -> truststore.SSLContext:
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr(truststore, "SSLContext", make)
    return made


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system store that OpenSSL finds by its variables."""
    file = tmp_path / "system.pem"
    file.write_text(ROOT.pem, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def test_the_default_profile_is_a_plain_client_context_on_every_python() -> None:
    """`ssl.SSLContext(PROTOCOL_TLS_CLIENT)` has these flags from 3.10 to 3.14."""
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert plain.verify_flags == client_context().verify_flags == DEFAULT_FLAGS
    assert truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT).verify_flags == DEFAULT_FLAGS


def test_the_strict_profile_is_python_3_13_s_default_context() -> None:
    """`ssl.create_default_context()` has these flags since 3.13."""
    flags = ssl.create_default_context().verify_flags
    assert flags == (STRICT_FLAGS if sys.version_info >= (3, 13) else DEFAULT_FLAGS)


CONTEXTS: dict[str, Callable[[], StoreContext]] = {
    "file": lambda: StoreContext(load),
    "truststore itself": lambda: SystemContext(load, native=False),
    "its equal": lambda: _second(SystemContext(load, native=False)),
}


def _second(context: SystemContext) -> SystemContext:
    wrapped(context)
    return context


@pytest.mark.parametrize("name", CONTEXTS)
def test_flags_and_modes_are_equal_in_all_stores(name: str) -> None:
    """Attempts compare stores, so nothing but the anchors may differ."""
    tls = wrapped(CONTEXTS[name]())
    context = tls.context
    assert context is not None
    assert (context.verify_flags, context.verify_mode, context.check_hostname) == (
        DEFAULT_FLAGS,
        ssl.CERT_REQUIRED,
        True,
    )
    assert context.minimum_version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MINIMUM_SUPPORTED)
    assert tls.server_hostname == "www.example.com"


def test_flags_are_put_back() -> None:
    """After a strict connection the context is the default one again."""
    opened = StoreContext(load)
    wrapped(opened, Profile.STRICT)
    context = wrapped(opened).context
    assert context is not None
    assert (context.verify_flags, context.hostname_checks_common_name) == (DEFAULT_FLAGS, True)


def test_anchors_are_loaded_once() -> None:
    """However many connections, of either profile, at the same time."""
    loaded: list[int] = []

    def loading(context: ssl.SSLContext) -> None:
        loaded.append(1)
        load(context)

    opened = StoreContext(loading)
    opened.start()
    profiles = [Profile.DEFAULT, Profile.STRICT] * 10
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda profile: wrapped(opened, profile), profiles))
    assert loaded == [1]
    assert len({id(each.context) for each in found}) == 1


def test_what_cannot_be_loaded_is_raised_to_everyone() -> None:
    """The file is tried once, and the reason is kept."""
    tried: list[int] = []

    def loading(context: ssl.SSLContext) -> None:
        tried.append(1)
        context.load_verify_locations(cafile="/not/there")

    opened = StoreContext(loading)
    for call in (opened.prepare, opened.prepare, lambda: wrapped(opened)):
        with pytest.raises(FileNotFoundError):
            call()
    assert tried == [1]


def test_truststore_s_own_context_is_used_once_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reloads the store at every connection, so the others use an equal one."""
    made = counted(monkeypatch)
    opened = SystemContext(load, native=False)
    opened.prepare()
    found = [wrapped(opened), wrapped(opened), wrapped(opened, Profile.STRICT)]
    assert len(made) == 1
    assert found[0].context is made[0]._ctx
    assert found[1].context is found[2].context is not found[0].context
    assert {each.verify_mode for each in made} == {ssl.CERT_REQUIRED}


def test_the_equal_of_truststore_has_the_same_anchors() -> None:
    """Both trust what the calls of truststore find."""

    def as_truststore(context: ssl.SSLContext) -> None:
        context.set_default_verify_paths()

    opened = SystemContext(as_truststore, native=False)
    own, equal = (wrapped(opened).context for _ in range(2))
    assert own is not None
    assert equal is not None
    assert own.get_ca_certs(binary_form=True) == equal.get_ca_certs(binary_form=True) == [ROOT.der]


def test_where_the_platform_verifies_truststore_is_always_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows and macOS there is no equal: the platform itself is asked."""
    made = counted(monkeypatch)
    opened = SystemContext(load, native=True)
    opened.prepare()
    for profile in (Profile.DEFAULT, Profile.DEFAULT, Profile.STRICT):
        wrapped(opened, profile)
    assert len(made) == 3


def test_the_variables_are_those_of_the_test(tmp_path: Path) -> None:
    """The machine's own store has no part in this file."""
    assert ssl.get_default_verify_paths().cafile == os.environ["SSL_CERT_FILE"]

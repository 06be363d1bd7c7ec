"""The three stores as they are found: facts, anchors, and contexts that can or cannot be loaded."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from diagnose.demo.pki import Authority
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.errors import DiagnoseError
from diagnose.model.store import DefectKind, Store, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.platforms import NativeStore
from diagnose.stores.certifi_store import CertifiPackage
from diagnose.stores.contexts import SystemContext
from diagnose.stores.opened import OpenStore, Sources, Stores, open_stores

CERTIFI, BUNDLE, SYSTEM = StoreName
PUBLIC, CORPORATE = Authority.root("Public Root CA"), Authority.root("Corporate Root CA")
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


def sources(folder: Path, **changes: object) -> Sources:
    """A machine with a certifi and a system store, and no bundle."""
    certifi, system = folder / "certifi.pem", folder / "system.pem"
    certifi.write_text(PUBLIC.pem, "ascii")
    system.write_text(PUBLIC.pem + CORPORATE.pem, "ascii")
    plain = Sources(
        Surroundings(NOW, Platform.LINUX, "Linux", "3.13.0", "OpenSSL 3.0.19"),
        {},
        package=CertifiPackage(str(certifi), "2026.10.18", None),
        system=NativeStore((str(system),), "a default", files=(str(system),)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def opened(folder: Path, **changes: object) -> Stores:
    return open_stores(sources(folder, **changes))


def loaded(store: OpenStore) -> set[bytes]:
    """The anchors of the context that would connect."""
    assert store.context is not None
    tls = store.context.wrap(ssl.MemoryBIO(), ssl.MemoryBIO(), "www.example.com")
    assert tls.context is not None
    return set(tls.context.get_ca_certs(binary_form=True))


def test_three_stores_and_where_they_come_from(tmp_path: Path) -> None:
    """Each says where it is, what chose it, and how many anchors it has."""
    stores = opened(tmp_path, bundle=str(tmp_path / "system.pem"))
    assert [each.facts for each in stores.stores] == [
        Store(
            CERTIFI,
            True,
            (str(tmp_path / "certifi.pem"),),
            "the installed package certifi 2026.10.18",
            1,
        ),
        Store(BUNDLE, True, (str(tmp_path / "system.pem"),), "--bundle", 2),
        Store(SYSTEM, True, (str(tmp_path / "system.pem"),), "a default", 2),
    ]
    assert [each.anchors for each in stores.stores] == [
        (PUBLIC.der,),
        (PUBLIC.der, CORPORATE.der),
        (PUBLIC.der, CORPORATE.der),
    ]
    assert loaded(stores.get(CERTIFI)) == {PUBLIC.der}
    assert loaded(stores.get(BUNDLE)) == {PUBLIC.der, CORPORATE.der}
    assert isinstance(stores.get(SYSTEM).context, SystemContext)


def test_nothing_is_connected_where_none_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`diagnose stores` loads no context in the background."""
    started: list[int] = []
    monkeypatch.setattr("threading.Thread.start", lambda self: started.append(1))
    opened(tmp_path, bundle=str(tmp_path / "system.pem"), connecting=False)
    assert started == []


def test_without_a_bundle_the_store_is_not_configured(tmp_path: Path) -> None:
    """No setting names one: that is no failure."""
    stores = opened(tmp_path)
    assert stores.get(BUNDLE) == OpenStore(Store(BUNDLE, configured=False))
    assert stores.bundle_settings == ()


def test_without_certifi_the_store_is_not_configured(tmp_path: Path) -> None:
    """An environment without certifi is possible, and said."""
    stores = opened(tmp_path, package=None)
    assert stores.certifi is None
    assert stores.get(CERTIFI).facts == Store(
        CERTIFI, configured=False, notes=("certifi is not installed",)
    )


def test_a_certifi_whose_file_is_gone(tmp_path: Path) -> None:
    """A patched `where()` may name a file that is not there (Debian without ca-certificates)."""
    gone = str(tmp_path / "gone.pem")
    store = opened(tmp_path, package=CertifiPackage(gone, "2026.10.18", None)).get(CERTIFI)
    assert (store.context, store.facts.anchors) == (None, None)
    failure = Failure(Stage.STORE, Trouble.BUNDLE_MISSING, f"{gone} does not exist")
    assert store.failure == failure


BAD_BUNDLES: dict[str, tuple[bytes | None, type[OSError] | None]] = {
    "missing": (None, FileNotFoundError),
    "empty": (b"", ssl.SSLError),
    "HTML": (b"<!DOCTYPE html><p>Sign in</p>", ssl.SSLError),
    "DER": (CORPORATE.der, ssl.SSLError),
    "UTF-16": (CORPORATE.pem.encode("utf-16"), ssl.SSLError),
    "broken block": (
        CORPORATE.pem.encode() + b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        ssl.SSLError,
    ),
    "UTF-8 mark": (b"\xef\xbb\xbf" + CORPORATE.pem.encode(), None),
}


@pytest.mark.parametrize("name", BAD_BUNDLES)
def test_a_bundle_is_loaded_as_requests_loads_it(name: str, tmp_path: Path) -> None:
    """What OpenSSL refuses is kept as a store that fails, with the defects beside it."""
    content, error = BAD_BUNDLES[name]
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_bytes(content)
    store = opened(tmp_path, bundle=str(file)).get(BUNDLE)
    assert store.facts.defects
    assert store.context is not None
    if error is None:
        assert loaded(store) == {CORPORATE.der}
    else:
        with pytest.raises(error):
            store.context.prepare()


def special(folder: Path, kind: str) -> str:
    path = folder / kind
    if kind == "FIFO":
        os.mkfifo(path)
    else:
        with path.open("wb") as file:
            file.truncate(1_000_000_000)
    return str(path)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("FIFO", "is a FIFO (named pipe), not a file"),
        ("large", "is 1,000 MB large; bundles over 20 MB are not read"),
    ],
)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this platform")
def test_a_pipe_or_a_huge_file_is_never_opened(kind: str, words: str, tmp_path: Path) -> None:
    """Typed as an option it is a slip; named by a variable it is a finding."""
    path = special(tmp_path, kind)
    with pytest.raises(DiagnoseError) as caught:
        opened(tmp_path, bundle=path)
    advice = "name a PEM file or a hashed directory"
    assert str(caught.value) == f"--bundle `{path}` {words}; {advice}"
    store = opened(tmp_path, environment={"REQUESTS_CA_BUNDLE": path}).get(BUNDLE)
    assert store.context is None
    assert store.failure == Failure(Stage.STORE, Trouble.BUNDLE_INVALID, f"{path} {words}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this platform")
def test_a_pipe_in_a_hashed_directory_is_never_opened(tmp_path: Path) -> None:
    """OpenSSL would open it by its name in the middle of a handshake, and wait."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "00000000.0").write_text(CORPORATE.pem, "ascii")
    os.mkfifo(folder / "11111111.0")
    store = opened(tmp_path, environment={"SSL_CERT_DIR": str(folder)}).get(BUNDLE)
    assert store.context is None
    assert store.failure is not None
    assert str(folder / "11111111.0") in store.failure.words


@pytest.mark.parametrize(
    "listed", ["{0}", "{0}{1}", "{1}{0}", "{0}{1}{0}/gone", "{0}{1}{0}/00000000.0"]
)
def test_ssl_cert_dir_passes_over_what_is_no_directory(listed: str, tmp_path: Path) -> None:
    """Blank parts, missing folders and files in the list hide nothing."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "00000000.0").write_text(CORPORATE.pem, "ascii")
    environment = {"SSL_CERT_DIR": listed.format(folder, os.pathsep)}
    store = opened(tmp_path, environment=environment).get(BUNDLE)
    assert store.context is not None
    store.context.prepare()
    assert store.facts.anchors == 1


ENVIRONMENTS: list[Mapping[str, str]] = [
    {"REQUESTS_CA_BUNDLE": "{0}/certifi.pem", "PIP_CERT": "{0}/system.pem"},
    {"PIP_CERT": "{0}/certifi.pem", "SSL_CERT_FILE": "{0}/system.pem"},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["requests first", "pip first"])
def test_the_strongest_setting_is_probed(environment: Mapping[str, str], tmp_path: Path) -> None:
    """All that are set are listed; one is the bundle."""
    filled = {name: value.format(tmp_path) for name, value in environment.items()}
    stores = opened(tmp_path, environment=filled)
    assert [(each.source, each.probed) for each in stores.bundle_settings] == [
        (name, number == 0) for number, name in enumerate(filled)
    ]
    assert loaded(stores.get(BUNDLE)) == {PUBLIC.der}


def test_the_system_store_may_be_empty(tmp_path: Path) -> None:
    """Nothing found is no error: truststore says nothing either, and trusts nobody."""
    stores = opened(tmp_path, system=NativeStore((), "a list", notes=("nothing was found",)))
    store = stores.get(SYSTEM)
    assert (store.facts.anchors, store.facts.places, store.anchors) == (0, (), ())
    assert store.facts.notes == ("nothing was found",)


def test_a_native_listing_is_used_as_it_is(tmp_path: Path) -> None:
    """On Windows and macOS the platform lists; its context always asks the platform."""
    found = NativeStore(("ROOT",), "Windows", anchors=(PUBLIC.der,), complete=False)
    plain = sources(tmp_path)
    around = replace(plain.surroundings, platform=Platform.WINDOWS)
    store = open_stores(replace(plain, surroundings=around, system=found)).get(SYSTEM)
    assert (store.anchors, store.facts.anchors, store.facts.complete) == ((PUBLIC.der,), 1, False)
    assert isinstance(store.context, SystemContext)
    assert store.context.native


def test_defects_of_the_system_s_file_are_kept(tmp_path: Path) -> None:
    """A broken block in the system's file is worth a word."""
    broken = tmp_path / "broken.pem"
    broken.write_bytes(PUBLIC.pem.encode() + b"-----BEGIN CERTIFICATE-----\nMII")
    found = NativeStore((str(broken),), "SSL_CERT_FILE", files=(str(broken),))
    store = opened(tmp_path, system=found).get(SYSTEM)
    assert DefectKind.BROKEN_BLOCK in {each.kind for each in store.facts.defects}

"""A store's word about a real server: verdict, code and words, for both profiles."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from diagnose.demo.pki import Authority, Credential, Issued, self_signed_leaf
from diagnose.demo.proxy import connect_proxy
from diagnose.demo.servers import banner_server, closing_server, plain_http_server, tls_server
from diagnose.model.attempt import Attempt, Failure, Profile, Stage, Trouble
from diagnose.model.store import StoreName
from diagnose.probe.attempts import attempt
from diagnose.probe.routes import Credentials
from diagnose.stores.contexts import StoreContext
from diagnose.stores.opened import OpenStore
from tests.probe.world import HOST, ISSUING, OTHER, ROOT, line, line_through, store

DEFAULT, STRICT = Profile.DEFAULT, Profile.STRICT


def utc(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Row:
    """A server, the store's anchors, and the code and trouble for each profile (None: verifies)."""

    leaf: Callable[[], Credential]
    anchors: tuple[Issued, ...]
    default: tuple[Trouble, int] | None
    strict: tuple[Trouble, int] | None


def both(trouble: Trouble, code: int) -> dict[str, tuple[Trouble, int]]:
    return {"default": (trouble, code), "strict": (trouble, code)}


NO_SERVER = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")
BARE_ROOT = Authority.root("Bare Root CA", basic_constraints_critical=False)
NO_KEY_ID = Authority.root("Root Without Key Id", ski=False)
OTHER_KEY = Authority.root("Example Root CA", key_label="renewed")
UNKNOWN_CRITICAL = x509.Extension(
    NO_SERVER, True, x509.UnrecognizedExtension(NO_SERVER, b"\x05\x00")
)
SHORT = ROOT.intermediate("Short CA", path_length=0)
NARROW = ROOT.intermediate("Narrow CA", permitted_names=("other.example",))

ROWS = {
    "sound": Row(lambda: ISSUING.leaf(HOST), (ROOT,), None, None),
    "no issuer known": Row(
        lambda: ISSUING.leaf(HOST), (OTHER,), **both(Trouble.ISSUER_UNKNOWN, 20)
    ),
    "only the leaf sent": Row(
        lambda: ISSUING.leaf(HOST).sending(), (ROOT,), **both(Trouble.ISSUER_UNKNOWN, 20)
    ),
    "root sent, untrusted": Row(
        lambda: ISSUING.leaf(HOST).sending(ISSUING, ROOT),
        (OTHER,),
        **both(Trouble.ROOT_UNTRUSTED, 19),
    ),
    "self-signed": Row(
        lambda: self_signed_leaf(HOST), (ROOT,), **both(Trouble.SELF_SIGNED_LEAF, 18)
    ),
    "intermediate as anchor": Row(
        lambda: ISSUING.leaf(HOST), (ISSUING,), (Trouble.PARTIAL_CHAIN, 2), None
    ),
    "expired": Row(
        lambda: ISSUING.leaf(HOST, not_after=utc(2025)), (ROOT,), **both(Trouble.EXPIRED, 10)
    ),
    "not yet valid": Row(
        lambda: ISSUING.leaf(HOST, not_before=utc(2040)), (ROOT,), **both(Trouble.NOT_YET_VALID, 9)
    ),
    "expired intermediate": Row(
        lambda: ROOT.intermediate("Old CA", not_after=utc(2025)).leaf(HOST),
        (ROOT,),
        **both(Trouble.EXPIRED, 10),
    ),
    "other name": Row(
        lambda: ISSUING.leaf("other.example.com"), (ROOT,), **both(Trouble.NAME_MISMATCH, 62)
    ),
    "client certificate": Row(
        lambda: ISSUING.leaf(HOST, eku=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        (ROOT,),
        **both(Trouble.PURPOSE, 26),
    ),
    "not an authority": Row(
        lambda: ROOT.intermediate("No CA", ca=False, key_usage=None).leaf(HOST),
        (ROOT,),
        (Trouble.NOT_A_CA, 79),
        (Trouble.STRICT, 79),
    ),
    "path too long": Row(
        lambda: SHORT.intermediate("Too Deep CA").leaf(HOST),
        (ROOT,),
        **both(Trouble.PATH_LENGTH, 25),
    ),
    "name constraints": Row(
        lambda: NARROW.leaf(HOST), (ROOT,), **both(Trouble.NAME_CONSTRAINTS, 47)
    ),
    "critical extension": Row(
        lambda: ISSUING.leaf(HOST, extensions=(UNKNOWN_CRITICAL,)),
        (ROOT,),
        **both(Trouble.CRITICAL_EXTENSION, 34),
    ),
    "basicConstraints not critical": Row(
        lambda: BARE_ROOT.leaf(HOST), (BARE_ROOT,), None, (Trouble.STRICT, 89)
    ),
    "root without key identifier": Row(
        lambda: NO_KEY_ID.leaf(HOST), (NO_KEY_ID,), None, (Trouble.STRICT, 86)
    ),
    "leaf without authority key identifier": Row(
        lambda: ISSUING.leaf(HOST, aki=False), (ROOT,), None, (Trouble.STRICT, 85)
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_verdict_and_code_of_both_profiles(name: str) -> None:
    """Each fault gives OpenSSL's own code and our word for it, or the profile lets it pass."""
    row = ROWS[name]
    leaf = row.leaf()
    opened = store(*row.anchors)
    with tls_server(leaf) as server:
        found = [attempt(opened, line(server), {}, profile) for profile in (DEFAULT, STRICT)]
    assert [_told(each) for each in found] == [row.default, row.strict]
    assert server.requests == []
    for each in found:
        assert (each.engine, each.address, each.leaf) == (
            "openssl",
            "127.0.0.1",
            None if each.failure else leaf.sha256,
        )
        assert each.failure is None or each.failure.stage is Stage.VERIFY


def _told(each: Attempt) -> tuple[Trouble, int | None] | None:
    return (each.failure.trouble, each.failure.code) if each.failure else None


def test_openssl_s_words_are_kept() -> None:
    """The sentence that every other program prints stands beside our word."""
    with tls_server(ISSUING.leaf("other.example.com")) as server:
        found = attempt(store(ROOT), line(server), {})
    assert found.failure == Failure(
        Stage.VERIFY,
        Trouble.NAME_MISMATCH,
        f"Hostname mismatch, certificate is not valid for '{HOST}'.",
        62,
    )


def test_the_profiles_leave_nothing_behind() -> None:
    """One context serves both profiles in any order: each attempt has the flags of its own."""
    opened = store(BARE_ROOT)
    with tls_server(BARE_ROOT.leaf(HOST)) as server:
        found = [
            attempt(opened, line(server), {}, profile).failure is None
            for profile in (STRICT, DEFAULT, STRICT, DEFAULT)
        ]
    assert found == [False, True, False, True]


def test_an_address_is_compared_with_addresses() -> None:
    """For an address there is no SNI, and only an address in the certificate will do."""
    with tls_server(ISSUING.leaf("127.0.0.1")) as server:
        assert attempt(store(ROOT), line(server, "127.0.0.1"), {}).failure is None
    assert server.server_names == [None]
    with tls_server(ISSUING.leaf(HOST)) as server:
        found = attempt(store(ROOT), line(server, "127.0.0.1"), {})
    assert _told(found) == (Trouble.NAME_MISMATCH, 64)


def test_a_name_goes_into_sni() -> None:
    """The server is told which name is asked for, in its ASCII form."""
    name = "xn--strae-oqa.example"
    with tls_server(ISSUING.leaf(name)) as server:
        assert attempt(store(ROOT), line(server, name), {}).failure is None
    assert server.server_names == [name]


def test_old_protocols_are_no_matter_of_trust() -> None:
    """A server that speaks TLS 1.1 at most fails in the handshake."""
    with tls_server(ISSUING.leaf(HOST), tls_max=ssl.TLSVersion.TLSv1_1) as server:
        found = attempt(store(ROOT), line(server), {})
    assert found.failure is not None
    assert (found.failure.stage, found.failure.trouble) == (Stage.HANDSHAKE, Trouble.TLS_ALERT)


def test_plain_http_is_not_tls() -> None:
    """A web server without TLS is told from one with a bad certificate."""
    with plain_http_server() as server:
        found = attempt(store(ROOT), line(server), {})
    assert found.failure == Failure(Stage.HANDSHAKE, Trouble.NOT_TLS, "WRONG_VERSION_NUMBER")


def test_a_banner_is_not_tls() -> None:
    """A server of another protocol that speaks first is told apart too."""
    with banner_server(b"220 mail.example.com ESMTP\r\n") as server:
        found = attempt(store(ROOT), line(server), {})
    assert found.failure is not None
    assert found.failure.trouble is Trouble.NOT_TLS


@pytest.mark.parametrize(
    ("reset", "trouble"), [(False, Trouble.CLOSED), (True, Trouble.RESET)], ids=["end", "reset"]
)
def test_a_cut_handshake_is_told_from_a_refused_certificate(reset: bool, trouble: Trouble) -> None:
    """An end of the stream and a reset are two things, and neither is about trust."""
    with closing_server(reset=reset) as server:
        found = attempt(store(ROOT), line(server), {})
    assert found.failure is not None
    assert (found.failure.stage, found.failure.trouble) == (Stage.HANDSHAKE, trouble)


def test_a_store_that_cannot_be_loaded_makes_no_connection() -> None:
    """Such a program fails before it connects, and so does its attempt."""
    broken = replace(
        store(ROOT),
        context=StoreContext(lambda context: context.load_verify_locations(cafile="/not/there")),
    )
    with tls_server(ISSUING.leaf(HOST)) as server:
        found = attempt(broken, line(server), {})
    failure = Failure(Stage.STORE, Trouble.BUNDLE_MISSING, "No such file or directory")
    assert found == Attempt(StoreName.BUNDLE, DEFAULT, "openssl", failure)
    assert server.server_names == []


def test_a_store_that_must_not_be_opened_is_not() -> None:
    """Where there is no context the reason is passed on."""
    failure = Failure(Stage.STORE, Trouble.BUNDLE_INVALID, "/pipe is a FIFO")
    closed = OpenStore(store(ROOT).facts, failure=failure)
    with tls_server(ISSUING.leaf(HOST)) as server:
        found = attempt(closed, line(server), {})
    assert found == Attempt(StoreName.BUNDLE, DEFAULT, "none", failure)


def test_a_native_code_is_translated_by_the_platform() -> None:
    """Where truststore asks the platform, its number decides, not OpenSSL's table."""

    class Platform(StoreContext):
        engine = "truststore"

    opened = replace(
        store(OTHER),
        context=Platform(lambda context: context.load_verify_locations(cadata=OTHER.pem)),
    )
    with tls_server(ISSUING.leaf(HOST)) as server:
        found = attempt(opened, line(server), {20: Trouble.REVOKED})
    assert _told(found) == (Trouble.REVOKED, 20)


def test_through_a_tunnel_the_same_is_found() -> None:
    """The server is verified behind the proxy, which sees only CONNECT."""
    leaf = ISSUING.leaf("127.0.0.1")
    with tls_server(leaf) as server, connect_proxy() as proxy:
        found = attempt(store(ROOT), line_through(proxy, server), {})
    assert (found.failure, found.leaf) == (None, leaf.sha256)
    assert [each.method for each in proxy.requests] == ["CONNECT"]
    assert server.requests == []


def test_credentials_go_to_the_proxy_alone() -> None:
    """The proxy gets them once for each connection; the server gets nothing of them."""
    with (
        tls_server(ISSUING.leaf("127.0.0.1")) as server,
        connect_proxy(require=("alice", "p@ss:wörd")) as proxy,
    ):
        way = line_through(proxy, server, credentials=Credentials("alice", "p@ss:wörd"))
        assert attempt(store(ROOT), way, {}).failure is None
    (asked,) = proxy.requests
    assert asked.field("Proxy-Authorization") == "Basic YWxpY2U6cEBzczp3w7ZyZA=="
    assert server.requests == []
    assert "p@ss" not in repr(way)


def test_bytes_that_are_no_utf_8_go_as_they_are() -> None:
    """A password in Latin-1 in the environment reaches the proxy byte for byte."""
    with tls_server(ISSUING.leaf("127.0.0.1")) as server, connect_proxy() as proxy:
        way = line_through(proxy, server, credentials=Credentials("u", "w\udcf6rd"))
        assert attempt(store(ROOT), way, {}).failure is None
    assert proxy.requests[0].field("Proxy-Authorization") == "Basic dTp39nJk"


def test_an_https_proxy_is_verified_by_the_same_store() -> None:
    """The leg to the proxy is TLS, and what it proves is kept apart from the server."""
    with (
        tls_server(ISSUING.leaf("127.0.0.1")) as server,
        connect_proxy(tls=ISSUING.leaf("localhost")) as proxy,
    ):
        way = line_through(proxy, server)
        assert attempt(store(ROOT), way, {}).failure is None
        assert attempt(store(ROOT), way, {}, STRICT).failure is None


def test_an_untrusted_https_proxy_gets_no_credentials() -> None:
    """A proxy that the store does not vouch for hears nothing, and the fault is its own."""
    with (
        tls_server(ISSUING.leaf("127.0.0.1")) as server,
        connect_proxy(tls=OTHER.leaf("localhost")) as proxy,
    ):
        way = line_through(proxy, server, credentials=Credentials("alice", "secret"))
        found = attempt(store(ROOT), way, {})
    words = "unable to get local issuer certificate"
    assert found.failure == Failure(Stage.PROXY, Trouble.PROXY_CERTIFICATE, words, 20)
    assert proxy.requests == []
    assert server.server_names == []

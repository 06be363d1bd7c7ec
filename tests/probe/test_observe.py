"""One target observed as a whole, and the promises about what is sent to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.demo.pki import Credential
from diagnose.demo.proxy import Inspection, connect_proxy
from diagnose.demo.servers import certificate_file_server, refused_port, silent_server, tls_server
from diagnose.model.attempt import Capture, Fetch, Profile, Stage, Trouble
from diagnose.model.observation import Observation
from diagnose.model.saved import dumps
from diagnose.model.store import StoreName
from diagnose.model.target import Direct, Target
from diagnose.probe.observe import Plan, Probe
from diagnose.probe.record import record
from diagnose.probe.routes import Credentials, Way, proxy_way
from diagnose.probe.targets import parse_target
from diagnose.stores.opened import Stores
from tests.probe.world import (
    HOST,
    ISSUING,
    OTHER,
    PATIENCE,
    ROOT,
    SURROUNDINGS,
    prints,
    probe,
    store,
)

CERTIFI, BUNDLE, SYSTEM = StoreName
DEFAULT, STRICT = Profile.DEFAULT, Profile.STRICT
STRAIGHT = Way(Direct())
THREE = {CERTIFI: [OTHER], BUNDLE: [ISSUING], SYSTEM: [ROOT, OTHER]}


def at(port: int, way: Way = STRAIGHT) -> tuple[Target, Way]:
    return parse_target(f"127.0.0.1:{port}").by(way.route), way


def outcomes(seen: Observation) -> dict[tuple[str, str], tuple[str, int | None, int | None]]:
    return {
        (str(each.store), str(each.profile)): (
            ("verifies", None, None)
            if each.failure is None
            else (str(each.failure.trouble), each.failure.code, each.failure.depth)
        )
        for each in seen.attempts
    }


def test_three_stores_and_the_capture() -> None:
    """Every store says its own word; success, and what PARTIAL_CHAIN may mend, strictly too."""
    leaf = ISSUING.leaf("127.0.0.1")
    with tls_server(leaf) as server:
        seen = probe(THREE).observe(*at(server.port))
    assert outcomes(seen.observation) == {
        ("certifi", "default"): ("issuer-unknown", 20, 1),
        ("bundle", "default"): ("partial-chain", 2, 1),
        ("system", "default"): ("verifies", None, None),
        ("bundle", "strict"): ("verifies", None, None),
        ("system", "strict"): ("verifies", None, None),
    }
    assert seen.observation.addresses == ("127.0.0.1",)
    assert seen.observation.capture.chain == prints(leaf, ISSUING)
    assert seen.certificates == leaf.chain
    assert {name: [each.der for each in found] for name, found in seen.anchors.items()} == {
        CERTIFI: [], BUNDLE: [ISSUING.der], SYSTEM: [ROOT.der]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("leaf", "depth"),
    [
        (ISSUING.leaf("other.example.com"), 0),
        (ROOT.leaf("127.0.0.1").sending(ROOT), None),
        (ISSUING.leaf("127.0.0.1").sending(), 0),
    ],
    ids=["another name", "verifies", "leaf alone"],
)
def test_the_depth_of_a_failure(leaf: Credential, depth: int | None) -> None:
    """Python does not tell the depth; where it can be known it is there."""
    with tls_server(leaf) as server:
        seen = probe({BUNDLE: [ROOT]}).observe(*at(server.port))
    attempt = seen.observation.attempt(BUNDLE)
    assert attempt is not None
    assert (attempt.failure.depth if attempt.failure else None) == depth


def test_no_request_reaches_any_server() -> None:
    """Verified or not, a server is asked for no page: not over TLS, not in plain text."""
    with tls_server(ISSUING.leaf("127.0.0.1")) as good, tls_server(OTHER.leaf(HOST)) as bad:
        for server in (good, bad):
            probe(THREE).observe(*at(server.port))
    assert (good.requests, bad.requests) == ([], [])
    assert len(good.server_names) == 6
    assert len(bad.server_names) == 4


def test_credentials_go_to_the_proxy_and_into_no_recording() -> None:
    """Every connection shows them to the proxy; nobody else, and no file, has them."""
    with (
        connect_proxy(require=("alice", "se/cr@t"), inspect=Inspection(ROOT)) as proxy,
    ):
        way = proxy_way(f"http://alice:se%2Fcr%40t@127.0.0.1:{proxy.port}", "HTTPS_PROXY")
        stores = Stores(tuple(store(ROOT, name=name) for name in StoreName), None, ())
        target = parse_target("registry.example.com").by(way.route)
        recording = record([(target, way)], stores, SURROUNDINGS, Plan(PATIENCE))
    connects = [each for each in proxy.requests if each.method == "CONNECT"]
    assert len(connects) == len(proxy.requests) == 7
    assert {each.field("Proxy-Authorization") for each in connects} == {
        "Basic YWxpY2U6c2UvY3JAdA=="
    }
    (observation,) = recording.observations
    assert set(outcomes(observation).values()) == {("verifies", None, None)}
    text = dumps(recording) + repr(recording) + repr(way)
    for secret in ("alice", "se/cr@t", "se%2Fcr%40t", "YWxpY2U6c2UvY3JAdA"):
        assert secret not in text


def test_no_credentials_for_a_proxy_that_no_store_vouches_for() -> None:
    """An `https://` proxy with an unknown certificate hears not even whom we want to reach."""
    with connect_proxy(tls=OTHER.leaf("localhost"), require=("u", "p")) as proxy:
        way = proxy_way(f"https://u:p@localhost:{proxy.port}", "HTTPS_PROXY")
        seen = probe({CERTIFI: [ROOT], BUNDLE: [ISSUING]}).observe(*at(443, way))
    assert proxy.requests == []
    assert {each[0] for each in outcomes(seen.observation).values()} == {"proxy-certificate"}
    failure = seen.observation.capture.failure
    assert failure is not None
    assert failure.trouble is Trouble.PROXY_CERTIFICATE


def test_an_unreadable_anchor_does_not_hide_the_others_from_a_proxy() -> None:
    """One store's garbage is no reason to distrust the proxy that another one vouches for."""
    with (
        tls_server(ISSUING.leaf("127.0.0.1")) as server,
        connect_proxy(tls=ROOT.leaf("localhost")) as proxy,
    ):
        way = proxy_way(f"https://localhost:{proxy.port}", "HTTPS_PROXY")
        garbage = replace(store(ROOT, name=CERTIFI), anchors=(b"\x30\x03abc", ROOT.der))
        found = Probe(Stores((garbage,), None, ()), SURROUNDINGS, Plan(PATIENCE))
        seen = found.observe(*at(server.port, way))
    assert seen.observation.capture.failure is None


def test_an_unresolved_name_is_the_word_of_every_store() -> None:
    """Without an address no store is asked, and each says why."""
    seen = probe(THREE).observe(parse_target("wiki.invalid"), Way(Direct())).observation
    assert {each.failure for each in seen.attempts} == {seen.capture.failure}
    assert seen.capture.failure is not None
    assert seen.capture.failure.stage is Stage.RESOLVE
    assert (len(seen.attempts), seen.addresses) == (3, ())


def test_a_dead_server_is_one_failure_each() -> None:
    """Refused and silent servers end every connection, each in its time."""
    with refused_port() as refused, silent_server() as silent:
        for server, trouble in ((refused, "refused"), (silent, "timed-out")):
            seen = probe(THREE, Plan(0.3)).observe(*at(server.port)).observation
            assert [each[0] for each in outcomes(seen).values()] == [trouble] * 3
            assert seen.capture == Capture(
                failure=seen.capture.failure, address=seen.capture.address
            )


def test_a_missing_intermediate_is_fetched() -> None:
    """The caIssuers address is asked once, and what it gives is kept and not trusted."""
    with certificate_file_server(ISSUING.der) as issuer:
        leaf = ISSUING.leaf("127.0.0.1", ca_issuers=issuer.url("/ca.cer")).sending()
        with tls_server(leaf) as server:
            seen = probe({BUNDLE: [ROOT]}).observe(*at(server.port))
    assert seen.observation.fetches == (Fetch(issuer.url("/ca.cer"), prints(ISSUING)),)
    assert seen.certificates == (leaf.der, ISSUING.der)
    assert outcomes(seen.observation)["bundle", "default"][0] == "issuer-unknown"
    assert len(issuer.requests) == 1


def test_fetching_can_be_switched_off() -> None:
    """With `--no-aia` the address is named and not asked."""
    with certificate_file_server(ISSUING.der) as issuer:
        leaf = ISSUING.leaf("127.0.0.1", ca_issuers=issuer.url("/ca.cer")).sending()
        with tls_server(leaf) as server:
            found = probe({BUNDLE: [ROOT]}, Plan(PATIENCE, fetch=False))
            seen = found.observe(*at(server.port))
    assert seen.observation.fetches == (
        Fetch(issuer.url("/ca.cer"), problem="not asked: --no-aia", asked=False),
    )
    assert issuer.requests == []


def test_what_is_complete_is_not_fetched() -> None:
    """Nobody is asked for what was sent, or what a store has."""
    with certificate_file_server(ISSUING.der) as issuer:
        leaf = ISSUING.leaf("127.0.0.1", ca_issuers=issuer.url("/ca.cer"))
        with tls_server(leaf) as server:
            seen = probe({BUNDLE: [ROOT]}).observe(*at(server.port))
    assert (seen.observation.fetches, issuer.requests) == ((), [])


def test_a_loop_of_fetches_ends() -> None:
    """Certificates that name each other's address are asked for three times at most."""
    with certificate_file_server(OTHER.der, "/ca.cer") as issuer:
        leaf = ISSUING.leaf("127.0.0.1", ca_issuers=issuer.url("/ca.cer")).sending()
        with tls_server(leaf) as server:
            seen = probe({BUNDLE: [ROOT]}).observe(*at(server.port))
    assert len(seen.observation.fetches) == len(issuer.requests) == 1


def test_a_fetch_never_happens_through_a_proxy() -> None:
    """Whether the proxy would reach a private address for us cannot be known."""
    with certificate_file_server(ISSUING.der) as issuer, connect_proxy() as proxy:
        leaf = ISSUING.leaf("127.0.0.1", ca_issuers=issuer.url("/ca.cer")).sending()
        with tls_server(leaf) as server:
            way = proxy_way(f"http://127.0.0.1:{proxy.port}", "HTTPS_PROXY")
            seen = probe({BUNDLE: [ROOT]}).observe(*at(server.port, way))
    (fetched,) = seen.observation.fetches
    assert fetched.problem == "not asked: the way leads through a proxy"
    assert issuer.requests == []


def test_a_recording_of_several_targets() -> None:
    """Each target has its observation, and every certificate and anchor is kept once."""
    leaf = ISSUING.leaf("127.0.0.1")
    stores = Stores((store(ROOT, OTHER, name=BUNDLE), store(OTHER, name=CERTIFI)), None, ())
    with tls_server(leaf) as one, tls_server(leaf) as two:
        recording = record(
            [at(one.port), at(two.port)], stores, SURROUNDINGS, Plan(PATIENCE), (BUNDLE,)
        )
    assert [each.target.port for each in recording.observations] == [one.port, two.port]
    assert recording.certificates == (leaf.der, ISSUING.der, ROOT.der)
    assert [each.kept for each in recording.stores] == [prints(ROOT), ()]
    assert recording.required == (BUNDLE,)


def test_nothing_is_left_open(recwarn: pytest.WarningsRecorder) -> None:
    """Whatever happens, every socket is closed by us and not by the garbage collector."""
    import gc

    with tls_server(OTHER.leaf(HOST)) as server, connect_proxy(require=("u", "p")) as proxy:
        probe(THREE).observe(*at(server.port))
        for url in (f"http://x:y@127.0.0.1:{proxy.port}", f"https://127.0.0.1:{proxy.port}"):
            probe(THREE, Plan(0.3)).observe(*at(server.port, proxy_way(url, "V")))
    gc.collect()
    assert [each for each in recwarn if issubclass(each.category, ResourceWarning)] == []


def test_credentials_are_hidden_where_they_are_kept() -> None:
    """Not even a debugger's view of the way shows them by accident."""
    assert repr(Credentials("alice", "secret")) == "Credentials()"

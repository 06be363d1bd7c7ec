"""Any chain and any store: the path is the one that OpenSSL builds."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise

from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.chain import greedy
from diagnose.chain.links import self_signed
from diagnose.chain.reading import read_certificate
from diagnose.chain.search import LINK_BUDGET
from diagnose.chain.walk import Ground, walk_everything, walk_store
from diagnose.demo.pki import Authority, self_signed_leaf
from diagnose.model.certificate import Certificate
from diagnose.model.store import StoreName
from diagnose.model.walk import BudgetSpent, Path, Test, Walk
from tests.chain.judges import verify

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
PAST = datetime(2025, 1, 1, tzinfo=timezone.utc)
LONG_PAST = datetime(2024, 6, 1, tzinfo=timezone.utc)
FUTURE = datetime(2030, 1, 1, tzinfo=timezone.utc)


def pool() -> list[bytes]:
    """Three authorities with every kind of relation to one another, and what they issued."""
    a, b, c = (Authority.root(name) for name in "ABC")
    plain = Authority.root("A", ski=False, key_label="plain")
    issuing = a.intermediate("Issuing")
    narrow = b.intermediate("Issuing", path_length=0, key_label="other", ski=False)
    certificates = [
        a, b, c, plain, issuing, narrow,
        Authority.root("B", not_after=PAST), Authority.root("B", key_label="2", ski=False),
        b.cross_sign(a), a.cross_sign(b), c.cross_sign(a), b.cross_sign(c), a.cross_sign(c),
        b.cross_sign(a, not_after=PAST), b.cross_sign(a, not_after=LONG_PAST, ski=False),
        c.cross_sign(b, not_before=FUTURE, aki=False), c.cross_sign(issuing),
        b.cross_sign(issuing, not_after=PAST), plain.cross_sign(issuing, aki=False),
        issuing.leaf("x.example.com"), issuing.leaf("x.example.com", aki=False),
        narrow.leaf("x.example.com"), a.leaf("x.example.com", aki=False), a.leaf("x.example.com"),
        self_signed_leaf("x.example.com"), self_signed_leaf("x.example.com", key_label="2"),
    ]  # fmt: skip
    return [each.der for each in certificates]


POOL = pool()
CERTIFICATES = st.lists(st.sampled_from(POOL), max_size=8)
CHAINS = st.tuples(st.sampled_from(POOL), CERTIFICATES).map(lambda pair: [pair[0], *pair[1]])

#: What OpenSSL finds while it builds; every other code is about a complete path.
TRUST = {2, 18, 19, 20, 22}


def walk(sent: list[bytes], anchors: list[bytes]) -> Walk:
    return walk_store(ground(sent, [], anchors), StoreName.BUNDLE)


def ground(sent: list[bytes], fetched: list[bytes], anchors: list[bytes]) -> Ground:
    return Ground(read(sent), read(fetched), {StoreName.BUNDLE: read(anchors)}, NOW)


def read(ders: list[bytes]) -> tuple[Certificate, ...]:
    return tuple(read_certificate(each) for each in ders)


@settings(max_examples=300)
@given(sent=CHAINS, anchors=CERTIFICATES)
def test_any_path_is_the_one_that_openssl_builds(sent: list[bytes], anchors: list[bytes]) -> None:
    """Order, duplicates, loops, namesakes, expired and future certificates included."""
    code, depth, path = verify(sent, anchors, NOW)
    built, untrusted = greedy.build(read(sent), read(anchors), NOW)
    complete = self_signed(built[-1]) and untrusted < len(built)
    assert complete == (code not in TRUST)
    if not complete and closes_a_loop(built, read(anchors)):
        assert code in {2, 22}
    elif code == 0:
        assert [each.der for each in built] == list(path)
    elif code in TRUST - {22}:
        assert len(built) == depth + 1
        assert (untrusted < len(built)) == (code == 2)
        assert self_signed(built[-1]) == (code in {18, 19})


def closes_a_loop(built: list[Certificate], anchors: tuple[Certificate, ...]) -> bool:
    """Whether OpenSSL would take a certificate for the second time next; a Path never holds two."""
    following = greedy._choose(built[-1], anchors, NOW)
    return following in built and following != built[-1]


@given(sent=CHAINS, anchors=CERTIFICATES)
def test_a_path_is_sound_where_openssl_verifies(sent: list[bytes], anchors: list[bytes]) -> None:
    """Both ways, but for the first certificate's own validity: a path does not judge it."""
    code, depth, _ = verify(sent, anchors, NOW)
    if (code, depth) in {(9, 0), (10, 0)}:
        return
    found = walk(sent, anchors)
    assert found.greedy.sound == (code == 0)
    if code == 0:
        assert found.best.sound


@given(sent=CHAINS, fetched=CERTIFICATES, anchors=CERTIFICATES)
def test_any_walk_ends_and_its_links_are_true(
    sent: list[bytes], fetched: list[bytes], anchors: list[bytes]
) -> None:
    """Whatever comes in: the budget is kept, no certificate is passed twice, signatures hold."""
    given_ground = ground(sent, fetched, anchors)
    seen = {read_certificate(each).sha256: each for each in (*sent, *fetched, *anchors)}
    for found in (walk_store(given_ground, StoreName.BUNDLE), walk_everything(given_ground)):
        assert found.links_tried <= LINK_BUDGET
        assert not isinstance(found.greedy.end, BudgetSpent)
        for path in (found.greedy, found.best):
            holds(path, seen)
            assert path.certificates[0] == read_certificate(sent[0]).sha256
        assert all(link.binds for link in found.best.links)
        assert found.best.sound or not found.greedy.sound


def holds(path: Path, seen: dict[str, bytes]) -> None:
    """Every link is between neighbours, and its signature is as cryptography says."""
    prints = path.certificates
    assert len(set(prints)) == len(prints)
    assert [(link.child, link.issuer) for link in path.links] == list(pairwise(prints))
    for link in path.links:
        child, issuer = (x509.load_der_x509_certificate(seen[e]) for e in (link.child, link.issuer))
        try:
            child.verify_directly_issued_by(issuer)
            signed = Test.PASS
        except Exception:  # noqa: BLE001  # InvalidSignature, or names that differ
            signed = Test.FAIL
        assert (link.signature, link.name) == (signed, Test.PASS)

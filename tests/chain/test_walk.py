"""Where a walk ends, and that OpenSSL says so too.

Each row is a chain and a store. Two OpenSSLs are asked: pyOpenSSL's, which also tells the depth,
and this interpreter's through a real handshake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from diagnose.chain.reading import read_certificate
from diagnose.chain.walk import Ground, walk_everything, walk_store
from diagnose.demo.pki import Authority, Credential, Issued, self_signed_leaf
from diagnose.model.certificate import Certificate
from diagnose.model.store import StoreName
from diagnose.model.walk import (
    Anchored,
    BudgetSpent,
    Gap,
    IssuerMissing,
    NothingSent,
    PartlyAnchored,
    Test,
    UntrustedRoot,
    Walk,
)
from diagnose.model.walk import (
    Path as WalkPath,
)
from tests.chain.judges import handshake, verify

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
PAST = datetime(2025, 1, 1, tzinfo=timezone.utc)
BUNDLE, CERTIFI = StoreName.BUNDLE, StoreName.CERTIFI

OTHER = Authority.root("Other Root CA")
ROOT = Authority.root("Root")
ISSUING = ROOT.intermediate("Issuing")
LEAF = ISSUING.leaf("www.example.com")
DIRECT = ROOT.leaf("www.example.com")

#: The same name with another key; with and without key identifiers that tell them apart.
RENEWED = Authority.root("Root", key_label="renewed")
PLAIN = Authority.root("Plain", ski=False)
PLAIN_RENEWED = Authority.root("Plain", ski=False, key_label="renewed")
PLAIN_LEAF = PLAIN.leaf("www.example.com", aki=False)

#: Root is also signed by an old root that is expired, as AddTrust's was in May 2020.
OLD = Authority.root("Old", not_after=PAST)
CROSS = OLD.cross_sign(ROOT)
#: ... and by one that is valid and that nobody has.
LOST = Authority.root("Lost")
LOST_CROSS = LOST.cross_sign(ROOT)
LOST_ISSUING = LOST.cross_sign(ISSUING)
EXPIRED_ISSUING = ROOT.cross_sign(ISSUING, not_after=PAST)

SELF = self_signed_leaf("www.example.com")
NAMESAKE = self_signed_leaf("www.example.com", key_label="namesake")

#: Root and Peer sign each other.
PEER = Authority.root("Peer")
ROOT_BY_PEER = PEER.cross_sign(ROOT)
PEER_BY_ROOT = ROOT.cross_sign(PEER)

NO_CA = ROOT.intermediate("No CA", ca=False, key_usage=("digital_signature",))
NARROW = ROOT.intermediate("Narrow", path_length=0)
MAIL = ROOT.intermediate("Mail", eku=(ExtendedKeyUsageOID.EMAIL_PROTECTION,))
V3_WITHOUT = Authority.root("Without basicConstraints", ca=None)

EMPTY_USAGE = x509.Extension(
    ExtensionOID.KEY_USAGE, True, x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\3\1\0")
)
BROKEN_LEAF = ROOT.leaf("www.example.com", key_usage=None, extensions=(EMPTY_USAGE,))
BROKEN_ISSUING = ROOT.intermediate("Broken", key_usage=None, extensions=(EMPTY_USAGE,))
ODD = x509.Extension(
    x509.ObjectIdentifier("1.2.3.4"),
    True,
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"),
)
ODD_ISSUING = ROOT.intermediate("Odd", extensions=(ODD,))

Row = tuple[Credential, list[Issued], list[Issued], type, str, type, bool, int, int]

#: id: the server, what it sends beside its own, the store; the kind of OpenSSL's end and its path;
#: the kind of the best end; whether each is sound; OpenSSL's code and depth.
ROWS: dict[str, Row] = {
    "anchored": (
        LEAF, [ISSUING], [OTHER, ROOT], Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "anchored, root sent too": (
        LEAF, [ISSUING, ROOT], [ROOT], Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "any order, doubled, unrelated": (
        LEAF, [OTHER, ROOT, LEAF, ISSUING, ISSUING], [ROOT],
        Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "issuer sent but untrusted": (
        LEAF, [ISSUING, ROOT], [OTHER],
        UntrustedRoot, "www Issuing Root", UntrustedRoot, False, 19, 2),
    "root not sent and unknown": (
        LEAF, [ISSUING], [OTHER], IssuerMissing, "www Issuing", IssuerMissing, False, 20, 1),
    "leaf straight from an unknown root": (
        DIRECT, [], [OTHER], IssuerMissing, "www", IssuerMissing, False, 20, 0),
    "intermediate not sent": (
        LEAF, [], [ROOT], IssuerMissing, "www", IssuerMissing, False, 20, 0),
    "store holds only the intermediate": (
        LEAF, [ISSUING], [ISSUING],
        PartlyAnchored, "www Issuing", PartlyAnchored, False, 2, 1),
    "store holds only the intermediate, and the root is sent": (
        LEAF, [ISSUING, ROOT], [ISSUING],
        PartlyAnchored, "www Issuing", UntrustedRoot, False, 2, 1),
    "store holds only the leaf": (
        DIRECT, [], [DIRECT], PartlyAnchored, "www", PartlyAnchored, False, 20, 0),
    "same name, other key identifier": (
        LEAF, [ISSUING], [RENEWED], IssuerMissing, "www Issuing", IssuerMissing, False, 20, 1),
    "same name, other key, no identifiers": (
        PLAIN_LEAF, [], [PLAIN_RENEWED], Anchored, "www Plain", IssuerMissing, False, 7, 0),
    "the namesake comes first": (
        PLAIN_LEAF, [], [PLAIN_RENEWED, PLAIN], Anchored, "www Plain", Anchored, False, 7, 0),
    "the namesake comes last": (
        PLAIN_LEAF, [], [PLAIN, PLAIN_RENEWED], Anchored, "www Plain", Anchored, True, 0, 0),
    "cross-sign expired, and only its root is known": (
        LEAF, [ISSUING, CROSS], [OLD], Anchored, "www Issuing Root Old", Anchored, False, 10, 3),
    "cross-sign expired, the other path is good": (
        LEAF, [ISSUING, CROSS], [OLD, ROOT],
        Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "a cross-sign in the store before the root": (
        LEAF, [ISSUING], [LOST_CROSS, ROOT],
        PartlyAnchored, "www Issuing Root", Anchored, False, 2, 2),
    "a cross-sign in the store behind the root": (
        LEAF, [ISSUING], [ROOT, LOST_CROSS],
        Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "the wrong one of two intermediates is sent first": (
        LEAF, [LOST_ISSUING, ISSUING], [ROOT],
        IssuerMissing, "www Issuing", Anchored, False, 20, 1),
    "the expired one of two intermediates is sent first": (
        LEAF, [EXPIRED_ISSUING, ISSUING], [ROOT],
        Anchored, "www Issuing Root", Anchored, True, 0, 0),
    "the expired one of two intermediates is in the store": (
        LEAF, [ISSUING], [EXPIRED_ISSUING, ROOT],
        Anchored, "www Issuing Root", Anchored, False, 10, 1),
    "self-signed server certificate": (
        SELF, [], [ROOT], UntrustedRoot, "www", UntrustedRoot, False, 18, 0),
    "self-signed server certificate in the store": (
        SELF, [], [SELF], Anchored, "www", Anchored, True, 0, 0),
    "self-signed, a namesake first in the store": (
        SELF, [], [NAMESAKE, SELF], UntrustedRoot, "www", Anchored, False, 18, 0),
    "two roots sign each other, and the loop comes first": (
        DIRECT, [], [ROOT_BY_PEER, PEER_BY_ROOT, ROOT],
        PartlyAnchored, "www Root Peer", Anchored, False, 22, 101),
    "two roots sign each other, and one of them comes first": (
        DIRECT, [], [ROOT, ROOT_BY_PEER, PEER_BY_ROOT],
        Anchored, "www Root", Anchored, True, 0, 0),
    "an issuer that is no authority": (
        NO_CA.leaf("www.example.com"), [NO_CA], [ROOT],
        Anchored, "www No CA Root", Anchored, False, 79, 1),
    "a path that is too long for an authority": (
        NARROW.intermediate("Below").leaf("www.example.com"),
        [NARROW, NARROW.intermediate("Below")], [ROOT],
        Anchored, "www Below Narrow Root", Anchored, False, 25, 2),
    "an authority with a critical extension that nobody knows": (
        ODD_ISSUING.leaf("www.example.com"), [ODD_ISSUING], [ROOT],
        Anchored, "www Odd Root", Anchored, False, 34, 1),
    "a root without basicConstraints, by its key usage": (
        V3_WITHOUT.leaf("www.example.com"), [], [V3_WITHOUT],
        Anchored, "www Without basicConstraints", Anchored, True, 0, 0),
    "a leaf with an extension that OpenSSL cannot read": (
        BROKEN_LEAF, [], [ROOT], IssuerMissing, "www", Anchored, False, 20, 0),
    "an intermediate with such an extension": (
        BROKEN_ISSUING.leaf("www.example.com"), [BROKEN_ISSUING], [ROOT],
        IssuerMissing, "www", Anchored, False, 20, 0),
}  # fmt: skip

#: A server can only start with a certificate whose extensions it can read.
SERVED = {case: row for case, row in ROWS.items() if row[0] is not BROKEN_LEAF}


def read(issued: Sequence[Issued]) -> tuple[Certificate, ...]:
    return tuple(read_certificate(each.der) for each in issued)


def walk(sent: Sequence[Issued], anchors: Sequence[Issued]) -> Walk:
    """The walk over one store."""
    return walk_store(Ground(read(sent), (), {BUNDLE: read(anchors)}, NOW), BUNDLE)


def names(path: WalkPath, pool: Sequence[Issued]) -> str:
    """The path as the short names of its certificates."""
    short = {each.sha256: read_certificate(each.der).subject.short for each in pool}
    return " ".join(short[each].removesuffix(".example.com") for each in path.certificates)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_where_the_walk_ends(row: Row) -> None:
    """OpenSSL's path and end, the best end, and whether OpenSSL's path is sound."""
    server, sent, anchors, end, path, best, sound, _, _ = row
    found = walk([server, *sent], anchors)
    assert (
        type(found.greedy.end),
        names(found.greedy, [server, *sent, *anchors]),
        type(found.best.end),
        found.greedy.sound,
    ) == (end, path, best, sound)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_openssl_says_the_same(row: Row) -> None:
    """The code and the depth belong to that end; a path that verifies is the very same."""
    server, sent, anchors, *_, code, depth = row
    chain = [each.der for each in (server, *sent)]
    found = verify(chain, [each.der for each in anchors], NOW)
    path = walk([server, *sent], anchors).greedy
    expected = path.certificates if code == 0 else ()
    prints = tuple(read_certificate(each).sha256 for each in found[2])
    assert (*found[:2], prints) == (code, depth, expected)
    assert (code == 0) == path.sound
    if code not in {0, 22}:
        trust = {2: PartlyAnchored, 18: UntrustedRoot, 19: UntrustedRoot}
        known = trust.get(code, (IssuerMissing, PartlyAnchored) if code == 20 else Anchored)
        assert isinstance(path.end, known)
    if code in {2, 18, 19, 20}:
        assert len(path.certificates) == depth + 1


@pytest.mark.parametrize("row", SERVED.values(), ids=SERVED)
def test_a_handshake_says_the_same(row: Row, tmp_path: Path) -> None:
    """Python's own ssl, with the server sending exactly that."""
    server, sent, anchors, *_, code, _ = row
    assert handshake(server.sending(*sent), [each.der for each in anchors], tmp_path) == code


def test_an_authority_for_another_purpose(tmp_path: Path) -> None:
    """Only a client asks for the purpose; the link knows that the authority may not issue this."""
    server = MAIL.leaf("www.example.com")
    path = walk([server, MAIL], [ROOT]).greedy
    assert handshake(server, [ROOT.der], tmp_path) == 26
    assert [link.ca for link in path.links] == [Test.FAIL, Test.PASS]


MISSED = {
    "a cross-sign in the store before the root",
    "the wrong one of two intermediates is sent first",
    "the expired one of two intermediates is in the store",
    "the namesake comes first",
    "two roots sign each other, and the loop comes first",
}


@pytest.mark.parametrize("case", ROWS)
def test_a_valid_path_that_openssl_misses(case: str) -> None:
    """Two facts: that a good path exists, and that OpenSSL finds it."""
    server, sent, anchors, *_ = ROWS[case]
    assert walk([server, *sent], anchors).missed_by_openssl == (case in MISSED)


def gap(path: WalkPath) -> Gap:
    assert isinstance(path.end, IssuerMissing | PartlyAnchored | UntrustedRoot)
    return path.end.gap


def test_a_gap_names_what_is_missing_and_where_it_is() -> None:
    """The issuer's name and key identifier, and the other store that has it."""
    ground = Ground(read([LEAF, ISSUING]), (), {BUNDLE: (), CERTIFI: read([ROOT])}, NOW)
    root, issuing = read([ROOT, ISSUING])
    assert gap(walk_store(ground, BUNDLE).best) == Gap(
        child=issuing.sha256,
        issuer=root.subject,
        key_id=root.key_id,
        certificate=root.sha256,
        found_in=("certifi",),
        looked_in=("sent", "bundle"),
    )


def test_a_gap_that_nobody_can_fill() -> None:
    """Then only the name and the key identifier that the child asks for are known."""
    found = gap(walk([LEAF], [ROOT]).best)
    issuing = read_certificate(ISSUING.der)
    assert (found.issuer, found.key_id, found.certificate, found.found_in) == (
        issuing.subject,
        issuing.key_id,
        None,
        (),
    )


def test_a_root_that_was_sent_is_its_own_gap() -> None:
    """What is missing in the store is the very certificate."""
    found = gap(walk([LEAF, ISSUING, ROOT], [OTHER]).best)
    assert (found.certificate, found.found_in) == (read_certificate(ROOT.der).sha256, ("sent",))


@pytest.mark.parametrize(
    ("sent", "anchors", "why"),
    [
        (
            [LEAF, ISSUING],
            [RENEWED],
            "it has another key identifier than the one that is asked for",
        ),
        ([PLAIN_LEAF], [PLAIN_RENEWED], "its key did not make the signature"),
        (
            [BROKEN_ISSUING.leaf("www.example.com"), BROKEN_ISSUING],
            [ROOT],
            "OpenSSL passes it over: it cannot read keyUsage",
        ),
    ],
    ids=["key identifier", "signature", "unreadable"],
)
def test_a_near_miss_says_why(sent: list[Issued], anchors: list[Issued], why: str) -> None:
    """A candidate that has the name, and what is wrong with it."""
    found = walk(sent, anchors)
    path = found.greedy if isinstance(found.greedy.end, IssuerMissing) else found.best
    assert [miss.why for miss in gap(path).near_misses] == [why]


def test_what_was_fetched_bridges_and_is_never_trusted() -> None:
    """A fetched intermediate leads on; a fetched root is no anchor."""
    ground = Ground(read([LEAF]), read([ISSUING, ROOT]), {BUNDLE: read([OTHER])}, NOW)
    everything = walk_everything(ground)
    assert (everything.store, type(everything.best.end)) == (None, UntrustedRoot)
    assert gap(walk_store(ground, BUNDLE).best).found_in == ("caIssuers",)
    trusting = Ground(read([LEAF]), read([ISSUING]), {BUNDLE: read([ROOT])}, NOW)
    assert walk_everything(trusting).best.sound


def test_nothing_sent() -> None:
    """There is nothing to walk from."""
    found = walk([], [ROOT])
    assert (found.greedy.end, found.best.end, found.links_tried) == (
        NothingSent(),
        NothingSent(),
        0,
    )


def mesh(size: int) -> tuple[list[Authority], list[Authority]]:
    """Authorities that all sign each other: themselves, and the cross-signs."""
    roots = [Authority.root(f"Mesh {number}") for number in range(size)]
    return roots, [one.cross_sign(other) for one in roots for other in roots if one is not other]


def test_a_mesh_ends() -> None:
    """Forty authorities that sign each other: the budget ends the search, or an anchor does."""
    roots, crosses = mesh(40)
    leaf = roots[0].leaf("www.example.com")
    lost = walk([leaf, *crosses], [OTHER])
    assert (lost.best.end, lost.links_tried) == (BudgetSpent(1000), 1000)
    found = walk([leaf, *crosses], [OTHER, roots[39]])
    assert found.best.sound
    assert found.links_tried < 1000


def test_a_long_chain_is_as_long_as_openssl_allows() -> None:
    """A hundred authorities between leaf and root verify, one more does not."""
    chain = [ROOT]
    for number in range(101):
        chain.append(chain[-1].intermediate(f"Number {number}"))
    for count, code in ((100, 0), (101, 22)):
        leaf = chain[count].leaf("www.example.com")
        sent = [leaf, *reversed(chain[1 : count + 1])]
        found = walk(sent, [ROOT])
        assert verify([each.der for each in sent], [ROOT.der], NOW)[0] == code
        assert (found.greedy.sound, found.best.sound) == (code == 0, code == 0)

"""Finding the anchors that a chain could need among all of a store."""

from __future__ import annotations

import pytest

from diagnose.chain.index import SELECTION_LIMIT, AnchorIndex, select
from diagnose.chain.names import read_name
from diagnose.chain.reading import read_certificate
from diagnose.demo import der
from diagnose.demo.pki import Authority
from diagnose.model.store import StoreName

BUNDLE, CERTIFI = StoreName.BUNDLE, StoreName.CERTIFI
CN, ORG = "2.5.4.3", "2.5.4.10"
SOUGHT = der.name([(ORG, 0x0C, "Example Corp"), (CN, 0x0C, "Example Root R1")])


def spelled(*attributes: tuple[str, int, bytes]) -> bytes:
    return der.tlv(
        der.SEQUENCE,
        *(
            der.tlv(der.SET, der.tlv(der.SEQUENCE, der.object_identifier(kind), der.tlv(tag, text)))
            for kind, tag, text in attributes
        ),
    )


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(SOUGHT, id="the same bytes"),
        pytest.param(
            spelled((ORG, 0x13, b"EXAMPLE CORP"), (CN, 0x14, b"example root r1")),
            id="case and type",
        ),
        pytest.param(
            spelled((ORG, 0x0C, b" Example  Corp "), (CN, 0x0C, b"Example\tRoot R1  ")), id="blanks"
        ),
        pytest.param(
            spelled(
                (ORG, 0x1E, "Example Corp".encode("utf-16-be")),
                (CN, 0x1C, "Example Root R1".encode("utf-32-be")),
            ),
            id="two and four octets a letter",
        ),
    ],
)
def test_finds_an_anchor_however_its_name_is_spelled(subject: bytes) -> None:
    """Whatever OpenSSL holds for the same name is found, both ways."""
    other = Authority.root("Other")
    anchor = Authority.root(subject=subject)
    index = AnchorIndex([other.der, anchor.der])
    assert [each.der for each in index.named(read_name(SOUGHT))] == [anchor.der]
    back = AnchorIndex([Authority.root(subject=SOUGHT).der])
    assert len(back.named(read_name(subject))) == 1


def test_keeps_the_stores_order() -> None:
    """Of namesakes OpenSSL takes the first, so the order matters."""
    anchors = [Authority.root("Root", key_label=str(number)).der for number in range(5)]
    found = AnchorIndex(anchors).named(read_certificate(anchors[0]).subject)
    assert [each.der for each in found] == anchors


def test_passes_over_what_is_no_certificate() -> None:
    """A store's file may hold anything."""
    root = Authority.root("Root")
    index = AnchorIndex([b"", b"nonsense", root.der[:40], root.der])
    assert [each.der for each in index.named(read_certificate(root.der).subject)] == [root.der]


def test_selects_issuers_namesakes_and_their_issuers() -> None:
    """Per store: all that a walk can touch, and nothing else."""
    root = Authority.root("Root")
    namesake = Authority.root("Root", key_label="2")
    above = Authority.root("Above")
    issuing = root.intermediate("Issuing")
    cross = above.cross_sign(root)
    stranger = Authority.root("Stranger")
    seen = [read_certificate(each.der) for each in (issuing.leaf("www.example.com"), issuing)]
    found = select(
        seen,
        {
            BUNDLE: AnchorIndex([stranger.der, cross.der, above.der]),
            CERTIFI: AnchorIndex([namesake.der, root.der, stranger.der, issuing.der]),
        },
    )
    assert {name: {each.der for each in held} for name, held in found.items()} == {
        BUNDLE: {cross.der, above.der},
        CERTIFI: {namesake.der, root.der, issuing.der},
    }


def test_a_store_of_equal_names_is_bounded() -> None:
    """What is selected stays small, however many namesakes a store holds."""
    anchors = [Authority.root("Root", key_label=str(number)).der for number in range(300)]
    found = select([read_certificate(anchors[-1])], {BUNDLE: AnchorIndex(anchors)})
    assert len(found[BUNDLE]) == SELECTION_LIMIT

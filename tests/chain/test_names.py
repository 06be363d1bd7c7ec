"""Names compare as OpenSSL's X509_NAME_cmp does; here pyOpenSSL asks it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.chain.names import read_name
from diagnose.demo import der
from diagnose.demo.pki import Authority
from diagnose.model.text import printable
from tests.chain.judges import verify

UTF8, NUMERIC, PRINTABLE, T61, IA5 = 0x0C, 0x12, 0x13, 0x14, 0x16
UNIVERSAL, BMP = 0x1C, 0x1E
ENCODINGS = {UTF8: "utf-8", UNIVERSAL: "utf-32-be", BMP: "utf-16-be"}

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)

CN, ORG, SERIAL = "2.5.4.3", "2.5.4.10", "2.5.4.5"


def attribute(kind: str, tag: int, text: str) -> bytes:
    value = der.tlv(tag, text.encode(ENCODINGS.get(tag, "latin-1")))
    return der.tlv(der.SEQUENCE, der.object_identifier(kind), value)


def name(*parts: bytes | list[bytes]) -> bytes:
    """A Name; a list is one part with several attributes."""
    sets = [[part] if isinstance(part, bytes) else part for part in parts]
    return der.tlv(der.SEQUENCE, *(der.tlv(der.SET, *part) for part in sets))


def equal_in_openssl(one: bytes, other: bytes) -> bool:
    """Whether OpenSSL takes the bearer of one name for the issuer that the other name asks for."""
    leaf = Authority.root(subject=one).leaf(common_name="the leaf", aki=False)
    code, _, _ = verify([leaf.der], [Authority.root(subject=other).der], NOW)
    assert code in {0, 7, 20}  # verified, the issuer's key is another, no issuer
    return code != 20


A = attribute(CN, UTF8, "Example Root")
PAIRS: dict[str, tuple[bytes, bytes, bool]] = {
    "string types": (name(A), name(attribute(CN, PRINTABLE, "Example Root")), True),
    "case": (name(A), name(attribute(CN, UTF8, "EXAMPLE ROOT")), True),
    "blanks": (name(A), name(attribute(CN, UTF8, " \tExample \n\v Root\r")), True),
    "BMPString": (name(A), name(attribute(CN, BMP, "example root")), True),
    "UniversalString": (name(A), name(attribute(CN, UNIVERSAL, "Example Root")), True),
    "T61String is Latin-1": (
        name(attribute(CN, T61, "Müller")),
        name(attribute(CN, UTF8, "Müller")),
        True,
    ),
    "case of other letters": (
        name(attribute(CN, UTF8, "MÜLLER")),
        name(attribute(CN, UTF8, "müller")),
        False,
    ),
    "Kelvin sign": (name(attribute(CN, UTF8, "\u212a")), name(attribute(CN, UTF8, "k")), False),
    "no-break space": (
        name(attribute(CN, UTF8, "a\u00a0b")),
        name(attribute(CN, UTF8, "a b")),
        False,
    ),
    "NumericString is compared as it is": (
        name(attribute(SERIAL, NUMERIC, "1  2")),
        name(attribute(SERIAL, PRINTABLE, "1 2")),
        False,
    ),
    "order of parts": (
        name(A, attribute(ORG, UTF8, "x")),
        name(attribute(ORG, UTF8, "x"), A),
        False,
    ),
    "order within a part": (
        name([A, attribute(ORG, UTF8, "x")]),
        name([attribute(ORG, UTF8, "x"), A]),
        True,
    ),
    "one part or two": (
        name([A, attribute(ORG, UTF8, "x")]),
        name(A, attribute(ORG, UTF8, "x")),
        False,
    ),
    "kind": (name(attribute(CN, UTF8, "x")), name(attribute(ORG, UTF8, "x")), False),
    "empty": (name(), name(), True),
}


@pytest.mark.parametrize(("one", "other", "equal"), PAIRS.values(), ids=PAIRS)
def test_names_are_equal_as_in_openssl(one: bytes, other: bytes, equal: bool) -> None:
    """The canonical form says what X509_NAME_cmp says."""
    ours = read_name(one).canonical == read_name(other).canonical
    assert (ours, equal_in_openssl(one, other)) == (equal, equal)


ATTRIBUTES = st.builds(
    attribute,
    st.sampled_from([CN, ORG]),
    st.sampled_from([UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP, NUMERIC]),
    st.text("aA \t1", max_size=4),
)
NAMES = st.lists(
    st.one_of(ATTRIBUTES, st.lists(ATTRIBUTES, min_size=1, max_size=2)), max_size=2
).map(lambda parts: name(*parts))


@given(one=NAMES, other=NAMES)
def test_any_two_names_are_equal_as_in_openssl(one: bytes, other: bytes) -> None:
    """Whatever types, blanks and letters a name has."""
    ours = read_name(one).canonical == read_name(other).canonical
    assert ours == equal_in_openssl(one, other)


def test_a_name_for_people() -> None:
    """RFC 4514 order and escapes, unknown kinds by number, the common name as the short form."""
    read = read_name(name(attribute(ORG, UTF8, "Example, Inc."), attribute("1.2.3", IA5, "x"), A))
    assert (read.text, read.short, read.values("O")) == (
        r"CN=Example Root,1.2.3=x,O=Example\, Inc.",
        "Example Root",
        ("Example, Inc.",),
    )


@pytest.mark.parametrize(
    ("parts", "short"),
    [
        ((attribute(ORG, UTF8, "Firm"), attribute("2.5.4.11", UTF8, "Unit")), "Unit"),
        ((attribute(ORG, UTF8, "Firm"), attribute(CN, UTF8, " ")), "Firm"),
        ((attribute("1.2.3", UTF8, "odd"),), "odd"),
        ((), "(empty name)"),
    ],
)
def test_the_short_form_falls_back(parts: tuple[bytes, ...], short: str) -> None:
    """Unit, organisation, whatever there is."""
    assert read_name(name(*parts)).short == short


@pytest.mark.parametrize(
    "der_bytes",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(der.tlv(der.SET), id="a set"),
        pytest.param(name(der.tlv(der.SEQUENCE)), id="an attribute without parts"),
        pytest.param(name(der.tlv(der.SEQUENCE, A, A, A)), id="an attribute with three"),
        pytest.param(name(der.tlv(der.SET, der.object_identifier(CN), A)), id="a set inside"),
        pytest.param(name(*[A] * 65), id="too many parts"),
        pytest.param(name([A] * 17), id="too many attributes"),
    ],
)
def test_an_unreadable_name_is_only_equal_to_itself(der_bytes: bytes) -> None:
    """It is shown as hex, and its bytes are what is compared."""
    read = read_name(der_bytes)
    assert (read.canonical, read.short, read.attributes) == (der_bytes, "(unreadable name)", ())


@given(st.binary(max_size=100))
def test_no_bytes_raise(data: bytes) -> None:
    """A name is never refused, and what is shown of it is harmless."""
    read = read_name(data)
    assert read.der == data
    assert printable(read.text + read.short, 10_000) == read.text + read.short

"""The rules of DER that reading a certificate takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.chain import der
from diagnose.chain.der import Malformed

GOOD: list[tuple[str, Callable[[bytes], object], str, object]] = [
    ("short length", lambda data: der.element(data)[0].body, "0403010203", b"\1\2\3"),
    ("long length", lambda data: len(der.element(data)[0].body), "308180" + "00" * 128, 128),
    ("next", lambda data: der.element(data)[1], "05000500", 2),
    ("object identifier", der.object_identifier, "2a864886f70d01010b", "1.2.840.113549.1.1.11"),
    ("arc 2", der.object_identifier, "8837", "2.999"),
    ("named bits", der.named_bits, "0106", frozenset({5, 6})),
    ("bits in two octets", der.named_bits, "070080", frozenset({8})),
    ("unused bits do not count", der.named_bits, "07ff", frozenset({0})),
    ("no bits", der.named_bits, "00", frozenset()),
    ("true", der.boolean, "ff", True),
    ("true as BER", der.boolean, "01", True),
    ("false", der.boolean, "00", False),
    ("serial", der.hex_integer, "00ff", "ff"),
    ("serial with a zero", der.hex_integer, "0a00", "0a00"),
    ("serial 0", der.hex_integer, "00", "00"),
    ("serial -1", der.hex_integer, "ff", "-01"),
    ("serial -128", der.hex_integer, "80", "-80"),
    ("serial -256", der.hex_integer, "ff00", "-0100"),
    ("a count", der.small_integer, "03", 3),
    ("a count too long to be meant", der.small_integer, "7fffffffff", None),
]

BAD: list[tuple[str, Callable[[bytes], object], str]] = [
    ("empty", der.element, ""),
    ("cut short", der.element, "3005"),
    ("indefinite length", der.element, "30800000"),
    ("length of five octets", der.element, "30850000000000"),
    ("tag of two octets", der.element, "1f0100"),
    ("object identifier without end", der.object_identifier, "2a86"),
    ("padded object identifier", der.object_identifier, "2a8001"),
    ("endless object identifier", der.object_identifier, "2a" + "81" * 80 + "01"),
    ("nine unused bits", der.named_bits, "09ff"),
    ("unused bits of nothing", der.named_bits, "01"),
    ("boolean of two octets", der.boolean, "ffff"),
    ("negative count", der.small_integer, "ff"),
    ("empty count", der.small_integer, ""),
    ("wrong type", lambda data: der.expect(data, der.SET, "a set"), "3000"),
    ("bytes behind", lambda data: der.expect(data, der.SET, "a set"), "310000"),
]


@pytest.mark.parametrize(
    ("read", "data", "expected"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD]
)
def test_reads(read: Callable[[bytes], object], data: str, expected: object) -> None:
    """What DER allows is read."""
    assert read(bytes.fromhex(data)) == expected


@pytest.mark.parametrize(("read", "data"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_refuses(read: Callable[[bytes], object], data: str) -> None:
    """What it does not allow is Malformed, and nothing else."""
    with pytest.raises(Malformed):
        read(bytes.fromhex(data))


@pytest.mark.parametrize(
    "read", [der.object_identifier, der.named_bits, der.boolean, der.hex_integer, der.small_integer]
)
@given(data=st.binary(max_size=80))
def test_any_value_is_read_or_malformed(read: Callable[[bytes], object], data: bytes) -> None:
    """No value raises anything but Malformed."""
    try:
        found = read(data)
    except Malformed:
        return
    assert found is None or isinstance(found, (str, int, frozenset))


@given(data=st.binary(max_size=200), limit=st.integers(1, 20))
def test_children_fill_their_container(data: bytes, limit: int) -> None:
    """Elements follow one another without gap or overlap, and are at most as many as asked for."""
    try:
        found = list(der.children(data, limit))
    except Malformed:
        return
    whole = b"".join(each.whole for each in found)
    assert len(found) <= limit
    assert data.startswith(whole)
    assert len(found) == limit or whole == data

"""`dataclass` made cheaply: the same as the standard library's, in everything that nouns use."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from diagnose.model.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Cheap:
    """A noun of each kind of field."""

    name: str
    secret: bytes = field(repr=False)
    number: int = 3
    many: list[int] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same, made by the standard library."""

    name: str
    secret: bytes = field(repr=False)
    number: int = 3
    many: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Open:
    """A noun that can be changed."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A noun that refuses values."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("negative")


@dataclass
class Plain:
    """Without arguments."""

    number: int = 1


BOTH = pytest.mark.parametrize("kind", [Cheap, Standard])


@BOTH
@pytest.mark.parametrize(
    ("given", "named"),
    [(("a", b"b"), {}), (("a",), {"secret": b"b"}), ((), {"secret": b"b", "name": "a"}),
     (("a", b"b", 4, [5]), {}), (("a", b"b"), {"many": [1]})],
)  # fmt: skip
def test_both_are_made_alike(
    kind: type[Any], given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    """By position and by name, with defaults filled in."""
    made, standard = kind(*given, **named), Standard(*given, **named)
    assert dataclasses.astuple(made) == dataclasses.astuple(standard)
    assert repr(made) == repr(standard).replace("Standard", kind.__name__)
    assert [each.name for each in dataclasses.fields(made)] == ["name", "secret", "number", "many"]
    assert dataclasses.replace(made, number=9).number == 9
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


@BOTH
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a",), {}), (("a", b"b", 1, [], 5), {}), (("a", b"b"), {"name": "c"}),
     (("a", b"b"), {"other": 1})],
)  # fmt: skip
def test_both_refuse_alike(kind: type[Any], given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Too few, too many, twice, unknown."""
    with pytest.raises(TypeError):
        kind(*given, **named)


@BOTH
def test_both_are_frozen(kind: type[Any]) -> None:
    """Neither set nor deleted, and no new attribute."""
    made = kind("a", b"b")
    with pytest.raises(FrozenInstanceError):
        made.name = "c"
    with pytest.raises(FrozenInstanceError):
        del made.name
    # Python 3.10 says it with a TypeError of `super()`, the standard library's own.
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        made.other = 1
    assert not hasattr(made, "__dict__")


def test_defaults_are_not_shared() -> None:
    """A factory is called for each instance."""
    assert Cheap("a", b"").many is not Cheap("a", b"").many


def test_equality_is_by_type_and_values() -> None:
    """Another class with the same values is another thing; hashes follow."""
    assert Checked(1) == Checked(1)
    assert hash(Checked(1)) == hash(Checked(1))
    assert Checked(1) != Checked(2)
    assert Checked(1) != Open(1)  # type: ignore[comparison-overlap]
    assert Checked(1).__eq__(1) is NotImplemented


def test_a_noun_that_can_be_changed_has_no_hash() -> None:
    """As in the standard library."""
    noun = Open()
    noun.number = 5
    assert noun == Open(5)
    with pytest.raises(TypeError):
        hash(noun)
    assert Plain() == Plain(1)


def test_a_noun_may_refuse_values() -> None:
    """`__post_init__` is called last."""
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)


def test_nouns_match_by_position_and_by_name() -> None:
    """`match` works on both."""
    match Cheap("a", b"b", 7):
        case Cheap(name, _, number=number):
            assert (name, number) == ("a", 7)
        case _:
            pytest.fail("no match")

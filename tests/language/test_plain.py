"""What comes in as data is JSON, or it is refused."""

from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given

from failonce.language.plain import BITS, DEEPEST, plain
from failonce.model import Json
from tests.drawn import values


def nested(depth: int) -> Json:
    value: Json = 1
    for _ in range(depth):
        value = [value]
    return value


@given(values)
def test_json_comes_back_as_it_is_and_nothing_is_shared(value: Json) -> None:
    copy = plain(value)
    assert repr(copy) == repr(value)
    if isinstance(value, list | dict):
        assert copy is not value


def test_tuples_and_other_mappings_become_lists_and_objects() -> None:
    assert plain((1, MappingProxyType({"a": (2,)}))) == [1, {"a": [2]}]
    assert type(plain(OrderedDict(a=1))) is dict


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({1: 2}, "every key must be a text"),
        ({None: 2}, "every key must be a text"),
        ({1, 2}, "a set is neither"),
        (b"x", "a bytes is neither"),
        (1 + 2j, "a complex is neither"),
        (..., "a ellipsis is neither"),
        (float("nan"), "beyond all measure"),
        ([float("-inf")], "beyond all measure"),
        (2 ** (BITS + 1), "beyond all measure"),
        (nested(DEEPEST + 1), "nested deeper than 32"),
        (nested(3_000), "nested deeper than 32"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plain(value)


def test_the_largest_that_is_taken() -> None:
    assert plain(nested(DEEPEST)) == nested(DEEPEST)
    assert plain(-(2**BITS) + 1) == -(2**BITS) + 1

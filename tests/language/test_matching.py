"""Many predicates asked together say what each says alone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language import matching
from failonce.language.matching import Matcher
from failonce.language.predicate import (
    Condition,
    Predicate,
    Shape,
    Test,
    begins,
    has,
    shapes,
)
from failonce.model import Args, Json

NAMES = ("path", "n", "on")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

texts = st.sampled_from(
    [
        "", " ", "/", "/etc/x", "/etc\n", "~/x", "~", "12", "1", "7/8/2026", "2026-01-02",
        "2026-01-02T03:04:05", "1\u00b2", "\u0663", '{"a": 1}', "[1]", "a, b", "a\nb", "'a'", '"',
        "``", " a", "a ", "https://x", "http:", "ABC", "Abc", "a b", "\u00df", "\u1e9e", "a/b",
    ]
) | st.text(max_size=12)  # fmt: skip


class Text(str):
    """A text of a class of its own, as some parsers make them."""

    __slots__ = ()


values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False)
    | texts
    | texts.map(Text),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2).map(MappingProxyType)
    ),
    max_leaves=4,
)
arguments: st.SearchStrategy[Mapping[str, Json]] = st.dictionaries(
    st.sampled_from((*NAMES, "more")), values, max_size=4
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple)


def condition(test: Test) -> st.SearchStrategy[Condition]:
    operand = {
        Test.TYPE: st.sampled_from(TYPES),
        Test.SHAPE: st.sampled_from(Shape),
        Test.NOT_SHAPE: st.sampled_from(Shape),
        Test.SAME_AS: st.sampled_from(NAMES),
        Test.NAMES: st.sampled_from(("a", "/etc", "b")),
    }.get(test, st.just(""))
    return st.builds(Condition, path=paths, test=st.just(test), operand=operand)


conditions = st.sampled_from(Test).flatmap(condition)
predicates = st.builds(Predicate, conditions=st.lists(conditions, max_size=3).map(tuple))


@given(st.lists(st.none() | predicates, max_size=12), st.lists(arguments, min_size=1, max_size=4))
def test_predicates_asked_together_say_what_each_says_alone(
    every: Sequence[Predicate | None], calls: Sequence[Args]
) -> None:
    matcher = Matcher(every)
    for args in (*calls, *calls):  # the second time from memory
        alone = [p is not None and p.holds(args) for p in every]
        holding = matcher.holding(args)
        assert [bool(holding >> n & 1) for n in range(len(every))] == alone
        assert holding & ~matcher.all == 0


@given(texts)
def test_no_text_has_a_shape_that_its_first_character_rules_out(text: str) -> None:
    assert all(begins(shape, text[:1]) for shape in shapes(text))
    assert set(shapes(text)) == {shape for shape in Shape if has(shape)(text)}


@pytest.mark.parametrize("names", [("path", "n"), ("n", "path"), ("path", "n", "more")])
def test_what_an_argument_is_called_is_worked_out_once(names: Sequence[str]) -> None:
    is_given = Predicate(conditions=(Condition(path=("path",), test=Test.PRESENT),))
    matcher = Matcher([is_given, None])
    for value in range(3):
        assert matcher.holding(dict.fromkeys(names, value)) == 1
    assert len(matcher._plans) == 1


def test_any_number_of_names_and_characters_is_answered_and_not_remembered() -> None:
    """A recording may hold whatever it likes; memory is bounded all the same."""
    quoted = Condition(path=("path",), test=Test.NOT_SHAPE, operand=Shape.QUOTED)
    matcher = Matcher([Predicate(conditions=(quoted,))])
    for n in range(matching.REMEMBERED + 50):
        assert matcher.holding({"path": "'a'", f"name {n}": n}) == 0
        assert matcher.holding({"path": chr(0x4E00 + n)}) == 1
    assert len(matcher._plans) <= matching.REMEMBERED
    heads = [values.heads for plan in matcher._plans.values() for values in plan.values]
    assert max(map(len, heads)) <= matching.REMEMBERED

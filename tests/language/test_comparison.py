"""Values compared: true or false of anything, and nothing holds of what is not there."""

import pytest
from hypothesis import given

from failonce.errors import BadInput
from failonce.language import comparison
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import MAX_ITEMS, Scope, argument, literal
from failonce.model import Json
from tests.drawn import comparisons
from tests.language.made import LOOKS, result, scopes


@given(comparisons(LOOKS))
def test_a_comparison_survives_the_trip_through_a_body(c: Comparison) -> None:
    assert comparison.load_comparison(comparison.dump_comparison(c)) == c


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a is b", "A comparison has the keys"),
        ({"of": {"value": 1}}, "A comparison has the keys"),
        ({"of": {"value": 1}, "is": "empty", "shell": 1}, "A comparison has the keys"),
        ({"of": {"value": 1}, "is": "like", "to": {"value": 1}}, "`like` is not a comparison"),
        ({"of": {"value": 1}, "is": None, "to": {"value": 1}}, "`None` is not a comparison"),
        ({"of": {"value": 1}, "is": ["in"], "to": {"value": 1}}, "is not a comparison"),
        ({"of": {"value": 1}, "is": "equals"}, "`equals` takes a `to`"),
        ({"of": {"value": []}, "is": "empty", "to": {"value": 1}}, "`empty` takes no `to`"),
        ({"of": 1, "is": "empty"}, "An expression is a mapping"),
        ({"of": {"value": 1}, "is": "in", "to": [1]}, "An expression is a mapping"),
    ],
)
def test_what_is_no_comparison_is_refused_in_words(body: Json, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        comparison.load_comparison(body)


@given(comparisons(LOOKS), scopes)
def test_a_comparison_is_true_or_false_of_anything(c: Comparison, scope: Scope) -> None:
    assert c.holds(scope) in (True, False)


@pytest.mark.parametrize(
    ("relation", "left", "right", "expected"),
    [
        (Relation.EQUALS, 1, 1.0, True),
        (Relation.EQUALS, True, 1, False),
        (Relation.EQUALS, None, None, True),
        (Relation.DIFFERS, True, 1, True),
        (Relation.DIFFERS, "a", "a", False),
        (Relation.IN, "a", ["a"], True),
        (Relation.IN, "a", {"a": 1}, True),
        (Relation.IN, True, [1], False),
        (Relation.IN, ["a"], [["a"]], True),
        (Relation.NOT_IN, "a", ["b"], True),
        (Relation.NOT_IN, "a", [], True),
        (Relation.ABOVE, 2, 1.5, True),
        (Relation.BELOW, 2, 1.5, False),
    ],
)
def test_relations(relation: Relation, left: Json, right: Json, *, expected: bool) -> None:
    compared = Comparison(left=literal(left), relation=relation, right=literal(right))
    assert compared.holds(Scope(args={})) is expected


@pytest.mark.parametrize(
    ("relation", "value", "expected"),
    [
        (Relation.EMPTY, [], True),
        (Relation.EMPTY, {}, True),
        (Relation.EMPTY, [0], False),
        (Relation.NOT_EMPTY, {"a": 1}, True),
        (Relation.NOT_EMPTY, [], False),
        (Relation.EMPTY, "", False),
        (Relation.EMPTY, None, False),
        (Relation.NOT_EMPTY, "text", False),
    ],
)
def test_relations_of_one_value(relation: Relation, value: Json, *, expected: bool) -> None:
    assert Comparison(left=literal(value), relation=relation).holds(Scope(args={})) is expected


@pytest.mark.parametrize("relation", [Relation.IN, Relation.NOT_IN])
@pytest.mark.parametrize("right", ["abc", 3, None, True])
def test_neither_in_nor_not_in_holds_of_what_is_no_list(relation: Relation, right: Json) -> None:
    compared = Comparison(left=literal("a"), relation=relation, right=literal(right))
    assert not compared.holds(Scope(args={}))


def test_of_a_list_too_long_to_look_through_nothing_is_said() -> None:
    """That a value is *not* in it would be a guess: it may stand behind the part looked at."""
    full = Scope(args={"v": "last"}, results={"here": ["x"] * (MAX_ITEMS - 1) + ["last"]})
    longer = Scope(args={"v": "last"}, results={"here": ["x"] * MAX_ITEMS + ["last"]})
    within = Comparison(left=argument("v"), relation=Relation.IN, right=result("here"))
    without = Comparison(left=argument("v"), relation=Relation.NOT_IN, right=result("here"))
    assert (within.holds(full), without.holds(full)) == (True, False)
    assert (within.holds(longer), without.holds(longer)) == (False, False)


@pytest.mark.parametrize("relation", list(Relation))
def test_nothing_holds_of_what_is_not_there(relation: Relation) -> None:
    alone = relation in (Relation.EMPTY, Relation.NOT_EMPTY)
    right = None if alone else literal([])
    compared = Comparison(left=argument("gone"), relation=relation, right=right)
    assert not compared.holds(Scope(args={}))


def test_a_comparison_in_a_readers_words() -> None:
    empty = Comparison(left=result("here"), relation=Relation.EMPTY)
    above = Comparison(left=argument("n"), relation=Relation.ABOVE, right=literal(3))
    assert (str(empty), str(above)) == ("here is empty", "`n` is above 3")

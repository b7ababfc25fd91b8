"""Where values come from: read and combined; never raised, never shared, never guessed."""

import pytest
from hypothesis import given

from failonce.errors import BadInput
from failonce.language import comparison, expression
from failonce.language.expression import (
    FUNCTIONS,
    LARGEST,
    Combine,
    Combined,
    Expression,
    Read,
    Scope,
    Source,
    argument,
    evaluate,
    literal,
)
from failonce.language.plain import plain
from failonce.language.transform import NotApplicable
from failonce.model import Json
from tests.drawn import expressions, values
from tests.language.made import LOOKS, result, scopes, value_of

# ------------------------------------------------------------- as data


@given(expressions(LOOKS, item=True))
def test_an_expression_survives_the_trip_through_a_body(e: Expression) -> None:
    again = expression.load(expression.dump(e))
    assert again == e
    assert repr(expression.dump(again)) == repr(expression.dump(e))


@given(values)
def test_any_data_is_an_expression_or_an_error_of_ours(given_: Json) -> None:
    for load in (expression.load, comparison.load_comparison):
        try:
            load(given_)  # type: ignore[operator]
        except BadInput as refused:
            assert len(str(refused)) < 2_000  # noqa: PT017 - any error but ours fails the test


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "An expression is a mapping"),
        ("path", "An expression is a mapping"),
        ([], "An expression is a mapping"),
        (None, "An expression is a mapping"),
        ({"argument": ""}, "not an expression"),
        ({"argument": 1}, "not an expression"),
        ({"argument": "a", "value": 1}, "not an expression"),
        ({"argument": {"blamed": 1}}, "not an expression"),
        ({"argument": {"blamed": True, "shell": "rm"}}, "not an expression"),
        ({"error": "text"}, "not an expression"),
        ({"item": 1}, "not an expression"),
        ({"result": 1}, "not an expression"),
        ({"result": "a", "shell": "rm"}, "not an expression"),
        ({"result": "a", "path": "b"}, "`path` must be a list"),
        ({"result": "a", "path": None}, "`path` must be a list"),
        ({"result": "a", "path": [1]}, "`path` must be a list"),
        ({"result": "a", "path": []}, "`path` must be a list"),
        ({"value": 1, "then": "only"}, "`then` must be a list"),
        ({"value": 1, "then": None}, "`then` must be a list"),
        ({"value": 1, "then": ["eval"]}, "`eval` is not a function; one of: "),
        ({"value": 1, "then": [1]}, "`1` is not a function"),
        ({"value": 1, "then": [["only"]]}, "is not a function"),
        ({"value": 1, "then": [{"a": 1}]}, "is not a function"),
        ({"then": ["only"]}, "not an expression"),
        ({"minus": "ab"}, "takes a list of two"),
        ({"minus": 1}, "takes a list of two"),
        ({"minus": [{"value": 1}]}, "two plain expressions"),
        ({"minus": [{"value": 1}] * 3}, "two plain expressions"),
        ({"minus": [{"value": 1}, {"plus": [{"value": 1}] * 2}]}, "two plain expressions"),
        ({"minus": [{"value": 1}, 2]}, "An expression is a mapping"),
        ({"minus": [{"value": 1}] * 2, "then": ["only"]}, "not an expression"),
        ({"minus": [{"value": 1}] * 2, "plus": [{"value": 1}] * 2}, "not an expression"),
    ],
)
def test_what_is_no_expression_is_refused_in_words(body: Json, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        expression.load(body)


# ---------------------------------------------------------- evaluating


@given(expressions(LOOKS, item=True), scopes)
def test_a_value_is_json_or_there_is_none(e: Expression, scope: Scope) -> None:
    """Whatever stands in a call, an error or an answer: nothing else is ever raised."""
    seen = repr(scope)
    try:
        value = evaluate(e, scope)
    except NotApplicable:
        value = None
    assert repr(plain(value)) == repr(value)
    assert repr(scope) == seen


def test_every_source_is_read() -> None:
    scope = Scope(
        args={"path": "a/b.txt", "": "never"},
        blamed="path",
        error="unknown: x, y",
        results={"here": {"names": ["b.txt"]}},
        item="one",
    )
    assert evaluate(argument("path"), scope) == "a/b.txt"
    assert evaluate(Read(source=Source.BLAMED), scope) == "a/b.txt"
    assert evaluate(Read(source=Source.ERROR_LIST), scope) == ["x", "y"]
    assert evaluate(Read(source=Source.ITEM), scope) == "one"
    assert evaluate(literal([1]), scope) == [1]
    assert evaluate(result("here", "names", then=("only",)), scope) == "b.txt"


@pytest.mark.parametrize(
    "e",
    [
        argument("missing"),
        Read(source=Source.BLAMED),
        Read(source=Source.ERROR_LIST),
        result("here"),
        argument("path", "only"),
        argument("path", "count"),
        argument("path", "to_integer"),
    ],
)
def test_what_is_not_there_or_does_not_fit_has_no_value(e: Expression) -> None:
    with pytest.raises(NotApplicable):
        evaluate(e, Scope(args={"path": "p", "": "an argument without a name"}))


@pytest.mark.parametrize("path", [("other",), ("names", "x"), ("names", "0"), ("deep", "er")])
def test_a_path_leads_to_what_is_there_or_nowhere(path: tuple[str, ...]) -> None:
    scope = Scope(args={}, results={"here": {"names": ["a"], "deep": "er"}})
    with pytest.raises(NotApplicable):
        evaluate(result("here", *path), scope)


def test_a_literal_of_a_lesson_cannot_be_changed_through_a_call() -> None:
    e = literal({"tags": ["a"]})
    value = evaluate(e, Scope(args={}))
    assert isinstance(value, dict)
    value["tags"].append("b")  # type: ignore[union-attr]
    value["new"] = 1
    assert evaluate(e, Scope(args={})) == {"tags": ["a"]}


@pytest.mark.parametrize(
    ("function", "given_", "expected"),
    [
        ("folders", "./a/b/c.txt", ["a", "b"]),
        ("folders", "c.txt", []),
        ("folder", "a/b/c.txt", "a/b"),
        ("folder", "a/b/", "a"),
        ("parts", "a//b/./c", ["a", "b", "c"]),
        ("basename", "a/b.txt", "b.txt"),
        ("only", ["x"], "x"),
        ("count", [1, 2], 2),
        ("count", {"a": 1}, 1),
        ("to_integer", "12", 12),
        ("split_commas", "a, b", ["a", "b"]),
    ],
)
def test_functions_of_a_value(function: str, given_: Json, expected: Json) -> None:
    assert value_of(argument("v", function), v=given_) == expected


@pytest.mark.parametrize(
    ("function", "given_"),
    [
        ("folder", "c.txt"),
        ("folder", "/c.txt"),
        ("folder", ""),
        ("only", []),
        ("only", ["a", "b"]),
        ("only", "a"),
        ("only", {"a": 1}),
        ("count", "text"),
        ("count", 3),
        ("parts", 3),
        ("to_integer", "²"),
        ("to_integer", "+-5"),
        ("to_integer", "٣"),
        ("to_number", "1e999"),
        ("to_number", "nan"),
        ("parse_json", "[NaN]"),
        ("parse_json", "[1e999]"),
        ("parse_json", "[" * 5_000 + "]" * 5_000),
        ("parse_json", "[" * 40 + "]" * 40),
        ("parse_json", "[" + "9" * 3_000 + "]"),
    ],
)
def test_a_function_takes_only_what_it_understands(function: str, given_: Json) -> None:
    with pytest.raises(NotApplicable):
        value_of(argument("v", function), v=given_)


def test_functions_follow_one_another() -> None:
    assert value_of(argument("v", "folders", "only"), v="a/b.txt") == "a"
    assert all(name in FUNCTIONS for name in ("folders", "basename", "only"))


def combined(how: Combine, left: Json, right: Json) -> Json:
    return value_of(Combined(how=how, left=argument("left"), right=literal(right)), left=left)


def test_numbers_are_reckoned_without_the_noise_of_fractions() -> None:
    assert combined(Combine.MINUS, 50, 20) == 30
    assert isinstance(combined(Combine.MINUS, 50, 20), int)
    assert combined(Combine.MINUS, 0.3, 0.1) == 0.2
    assert combined(Combine.PLUS, 0.1, 0.2) == 0.3
    assert combined(Combine.PLUS, 1, 0.5) == 1.5
    assert combined(Combine.PATH, "a/", "/b") == "a/b"
    assert combined(Combine.PATH, "/", "b") == "/b"


@pytest.mark.parametrize(
    ("how", "left", "right"),
    [
        (Combine.MINUS, True, 1),
        (Combine.MINUS, "5", 1),
        (Combine.MINUS, None, 1),
        (Combine.PLUS, 2**70, 0.5),
        (Combine.PLUS, LARGEST + 1, 1),
        (Combine.PLUS, 10**400, 0.5),
        (Combine.PLUS, 1e308, 1e308),
        (Combine.PLUS, float("nan"), 1),
        (Combine.MINUS, float("inf"), 1),
        (Combine.PATH, "", "b"),
        (Combine.PATH, "a", ""),
        (Combine.PATH, "a", 1),
    ],
)
def test_what_cannot_be_reckoned_with_has_no_value(how: Combine, left: Json, right: Json) -> None:
    with pytest.raises(NotApplicable):
        combined(how, left, right)


def test_values_that_python_calls_equal_are_different_expressions() -> None:
    ones = [literal(1), literal(True), literal(1.0), literal([1]), literal([True])]
    assert len(set(ones)) == len(ones)
    assert literal([1]) == literal([1])
    assert hash(literal({"a": [1]})) == hash(literal({"a": [1]}))
    assert literal(1) != 1


@pytest.mark.parametrize(
    ("e", "words_"),
    [
        (argument("path", "basename"), "the basename of `path`"),
        (Read(source=Source.BLAMED), "the argument that the error names"),
        (Read(source=Source.ERROR_LIST), "the list that the error ends in"),
        (result("here", "names", then=("only",)), "the only of here.names"),
        (Read(source=Source.ITEM), "each"),
        (literal("a\n"), '"a\\n"'),
        (
            Combined(how=Combine.MINUS, left=literal(50), right=result("level", "fuel")),
            "50 - level.fuel",
        ),
    ],
)
def test_in_a_readers_words(e: Expression, words_: str) -> None:
    assert str(e) == words_

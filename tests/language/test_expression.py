"""Where values come from: read, combined, compared; never raised, never shared, never guessed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import comparison, expression
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import (
    FUNCTIONS,
    LARGEST,
    MAX_DATA,
    MAX_ITEMS,
    Combine,
    Combined,
    Expression,
    Read,
    Scope,
    Source,
    argument,
    data,
    error_list,
    evaluate,
    literal,
    told,
)
from failonce.language.plain import plain
from failonce.language.transform import NotApplicable
from failonce.model import Json
from tests.drawn import comparisons, expressions, values, words

LOOKS = ("here", "level")

scopes = st.builds(
    Scope,
    args=st.dictionaries(st.sampled_from(["path", "on", "y"]) | words, values, max_size=3),
    blamed=st.sampled_from(["", "path", "other"]),
    error=st.text(max_size=30) | st.just("missing: a, b"),
    results=st.fixed_dictionaries({}, optional=dict.fromkeys(LOOKS, values)),
    item=values,
)


def value_of(e: Expression, **args: Json) -> Json:
    return evaluate(e, Scope(args=args))


def result(name: str, *path: str, then: tuple[str, ...] = ()) -> Read:
    return Read(source=Source.RESULT, name=name, path=path, then=then)


# ---------------------------------------------------------------- as data


@given(expressions(LOOKS, item=True))
def test_an_expression_survives_the_trip_through_a_body(e: Expression) -> None:
    again = expression.load(expression.dump(e))
    assert again == e
    assert repr(expression.dump(again)) == repr(expression.dump(e))


@given(comparisons(LOOKS))
def test_a_comparison_survives_the_trip_through_a_body(c: Comparison) -> None:
    assert comparison.load_comparison(comparison.dump_comparison(c)) == c


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


# -------------------------------------------------------------- evaluating


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


@given(comparisons(LOOKS), scopes)
def test_a_comparison_is_true_or_false_of_anything(c: Comparison, scope: Scope) -> None:
    assert c.holds(scope) in (True, False)


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


# ------------------------------------------------------------- comparisons


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


# ------------------------------------------------------- answers and errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (" [1]\n", [1]),
        ('"quoted"', "quoted"),
        ("-3", -3),
        ("true", True),
        ("{'a': \"it's\", 'b': (1, None), 'c': False}", {"a": "it's", "b": [1, None], "c": False}),
        ("['\\x41\\n', -2.5e-07]", ["A\n", -2.5e-07]),
        ("True", "True"),
        ("'quoted'", "'quoted'"),
        ("(1, 2)", "(1, 2)"),
        ("plain words", "plain words"),
        ("007", "007"),
        ("", ""),
        ("  ", "  "),
        ("[1, 2", "[1, 2"),
        ('{"a": 1} {"b": 2}', '{"a": 1} {"b": 2}'),
    ],
)
def test_what_an_answer_says(text: str, expected: Json) -> None:
    assert repr(data(text)) == repr(expected)


HALF = MAX_DATA // 2
HOSTILE = {
    "brackets": "[" * MAX_DATA,
    "pairs": "[" * HALF + "]" * HALF,
    "deeper than Python goes": "[" * 900 + "]" * 900,
    "braces": "{" * MAX_DATA,
    "signs": "[" + "-" * (MAX_DATA - 3) + "1]",
    "sums": "[" + "1+" * (HALF - 2) + "1]",
    "powers": "[9" + "**9" * 9_000 + "]",
    "comparisons": "[" + "1<" * (HALF - 2) + "1]",
    "calls": "['a'('b')]",
    "a long way": "[a" + ".a" * (HALF - 2) + "]",
    "lambdas": "[" + "lambda:" * 9_000 + "1]",
    "formatted": "[f'" + "{a}" * 20_000 + "']",
    "a list as a key": "{[1]: 2}",
    "a list in a set": "{[]}",
    "a set": "{1, 2}",
    "bytes": "[b'x']",
    "an ellipsis": "[...]",
    "a complex number": "[1+2j]",
    "numbers as keys": "{1: 2}",
    "not a number": "[NaN]",
    "infinity": '{"a": -Infinity}',
    "more than a float": "[1e999]",
    "digits": "[" + "9" * 60_000 + "]",
    "digits that are read": "[" + "9" * 4_000 + "]",
    "hexadecimal": "[0x" + "f" * 60_000 + "]",
    "a null character": "['\0']",
    "half a character": "['\ud800']",
    "no escape": "['\\d']",
    "a name of a character": "['\\N{DIGIT ONE}']",
    "a number and a word": "[1or 2]",
    "too long": '["' + "a" * MAX_DATA + '"]',
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_is_no_plain_value_stays_a_text(name: str) -> None:
    assert data(HOSTILE[name]) is HOSTILE[name]


@given(values)
def test_what_a_program_prints_is_read_as_what_it_printed(value: Json) -> None:
    """As JSON, and, where it is a list or an object, as Python prints it too."""
    assert repr(data(json.dumps(value))) == repr(value) or isinstance(value, str)
    if isinstance(value, dict | list):
        assert repr(data(repr(value))) == repr(value)


@given(st.text(alphabet="[]{}(),:'\"\\ -+.0123456789eETrueFalsNon\n", max_size=40))
def test_any_text_is_data_or_itself(text: str) -> None:
    assert repr(plain(data(text))) == repr(data(text))


def test_the_sentence_inside_an_error() -> None:
    assert told('{"error": "no file"}') == "no file"
    assert told("{'code': 3, 'message': 'no file'}") == "no file"
    assert told('{"error": {"text": "no file"}}') == '{"error": {"text": "no file"}}'
    assert told("no file") == "no file"
    assert told('["error"]') == '["error"]'


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("missing: a, b", ["a", "b"]),
        ("Error: doors are open: front_left, 'rear_right'.", ["front_left", "rear_right"]),
        ('{"error": "missing: a"}', ["a"]),
    ],
)
def test_the_list_that_an_error_ends_in(message: str, expected: Json) -> None:
    assert error_list(message) == expected


@pytest.mark.parametrize("message", ["", "no colon", "x: ", "x: a,, b", "x: a sentence, b", "x:a"])
def test_an_error_that_ends_in_no_list(message: str) -> None:
    with pytest.raises(NotApplicable):
        error_list(message)


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


def test_a_comparison_in_a_readers_words() -> None:
    empty = Comparison(left=result("here"), relation=Relation.EMPTY)
    above = Comparison(left=argument("n"), relation=Relation.ABOVE, right=literal(3))
    assert (str(empty), str(above)) == ("here is empty", "`n` is above 3")

"""Conditions on arguments: their truth, their search, their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import predicate
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.model import Args


def says(failing: list[Args], working: list[Args]) -> str:
    return str(found.predicate) if (found := predicate.separate(failing, working)) else ""


def test_an_argument_that_only_failing_calls_have() -> None:
    assert says([{"path": "a"}] * 3, [{"file": "a"}] * 5) == "`path` is given"


def test_an_argument_that_only_failing_calls_lack() -> None:
    assert says([{"q": "a"}] * 3, [{"q": "a", "limit": 1}] * 5) == "`limit` is not given"


def test_a_type() -> None:
    assert says([{"n": "1"}, {"n": "2"}], [{"n": 1}, {"n": 7}]) == "`n` is of type string"


def test_a_shape() -> None:
    failing: list[Args] = [{"p": "/etc/x"}, {"p": "/y"}]
    assert says(failing, [{"p": "x"}, {"p": "y/z"}]) == "`p` looks like absolute path"


def test_two_conditions_where_one_does_not_do() -> None:
    failing: list[Args] = [{"p": "/a", "mode": "w"}, {"p": "/b", "mode": "w"}]
    working: list[Args] = [{"p": "/a"}, {"p": "a", "mode": "w"}]
    assert predicate.separate(failing, working) is not None
    assert len(predicate.separate(failing, working).predicate.conditions) == 2  # type: ignore[union-attr]


def test_two_arguments_that_say_the_same() -> None:
    failing: list[Args] = [{"old": "x1", "new": "x1", "all": True}, {"old": "yy", "new": "yy"}]
    working: list[Args] = [{"old": "x1", "new": "x2", "all": True}, {"old": "zz", "new": "x1"}]
    assert says(failing, working) == "`new` is the same as `old`"


def test_numbers_that_are_alike_by_chance_are_no_reason() -> None:
    assert says([{"a": 1, "b": 1}] * 3, [{"a": 2, "b": 1}] * 3) == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("/home/me/a/b", True),
        ("a/b/c.md", True),
        ("ls -l 'a/b' | wc", True),
        ("a/bc", False),
        ("x-a/b", False),
        ("a/b.md", False),
        ("a/bc a/b", True),
        ("b/a", False),
    ],
)
def test_a_thing_is_named_where_it_stands_by_itself(text: str, named: bool) -> None:
    condition = Condition(path=("path",), test=Test.NAMES, operand="a/b")
    assert Predicate(conditions=(condition,)).holds({"path": text}) is named
    assert not Predicate(conditions=(condition,)).holds({"path": 7, "other": text})


def test_among_equals_the_argument_to_blame_is_named() -> None:
    failing: list[Args] = [{"a": 1, "b": 2}] * 3
    found = predicate.separate(failing, [{"c": 3}], blamed={"b"})
    assert found is not None
    assert str(found.predicate) == "`b` is given"


def test_nothing_is_said_where_values_alone_differ_or_there_is_no_contrast() -> None:
    assert says([{"p": "abc"}], [{"p": "xyz"}]) == ""
    assert says([{"p": "abc"}], []) == ""
    assert says([], [{"p": "abc"}]) == ""


json_args = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "/x", "1", "a b", "[1]"]),
    max_size=3,
)


@given(st.lists(json_args, min_size=1, max_size=6), st.lists(json_args, min_size=1, max_size=6))
def test_what_is_found_is_never_true_of_a_working_call(
    failing: list[Args], working: list[Args]
) -> None:
    found = predicate.separate(failing, working)
    if found is not None:
        assert not any(found.predicate.holds(a) for a in working)
        assert sum(found.predicate.holds(a) for a in failing) >= 0.9 * len(failing)


@given(st.lists(json_args, min_size=1, max_size=5), st.lists(json_args, min_size=1, max_size=5))
def test_the_order_of_calls_does_not_matter(failing: list[Args], working: list[Args]) -> None:
    assert says(failing, working) == says(failing[::-1], working[::-1])


conditions = (
    st.builds(
        Condition,
        path=st.lists(st.sampled_from(["a", "b", "long_name"]), min_size=1, max_size=2).map(tuple),
        test=st.just(Test.SHAPE),
        operand=st.sampled_from(list(Shape)),
    )
    | st.builds(
        Condition,
        path=st.just(("a",)),
        test=st.sampled_from([Test.PRESENT, Test.ABSENT]),
    )
    | st.builds(
        Condition,
        path=st.just(("a",)),
        test=st.just(Test.TYPE),
        operand=st.sampled_from(
            ["null", "boolean", "integer", "number", "string", "array", "object"]
        ),
    )
    | st.builds(
        Condition,
        path=st.just(("a",)),
        test=st.sampled_from([Test.SAME_AS, Test.NAMES]),
        operand=st.sampled_from(["b", "a/b.c", "x:y z"]),
    )
)


@given(st.lists(conditions, max_size=3))
def test_a_predicate_survives_the_trip_through_a_body(items: list[Condition]) -> None:
    whole = Predicate(conditions=tuple(items))
    assert predicate.load(predicate.dump(whole)) == whole


@pytest.mark.parametrize(
    "data",
    [
        "a",
        [{"argument": "a"}],
        [{"argument": "a", "is": "shape:anything"}],
        [{"argument": "a", "is": "type:date"}],
        [{"argument": "a", "is": "present:x"}],
        [{"argument": "a", "is": "matches:.*"}],
        [{"argument": "a", "is": "names:"}],
        [{"argument": "a", "is": "names:a\nb"}],
        [{"argument": "a", "is": "names:" + "a" * 121}],
        [{"argument": "a", "is": "same_as"}],
    ],
)
def test_what_is_no_predicate_is_refused(data: object) -> None:
    with pytest.raises(BadInput):
        predicate.load(data)  # type: ignore[arg-type]

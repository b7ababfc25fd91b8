"""Conditions on arguments: their truth, their search, their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import predicate
from failonce.language.predicate import Condition, Predicate, Shape, Test


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

"""Arguments by name, and back again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from failonce.evidence.snapshot import snapshot
from failonce.surfaces.watching.binding import Shape, restored, taken


def plain(a: int, b: int = 0, *, c: int = 0) -> tuple[Any, ...]:
    return a, b, c


def alone(a: int, b: int = 0, /, c: int = 0) -> tuple[Any, ...]:
    return a, b, c


def rest(a: int, *more: int, c: int = 0, **others: int) -> tuple[Any, ...]:
    return a, more, c, others


numbers = st.integers(0, 9)
CALLS = (
    st.tuples(st.just(plain), st.tuples(numbers, numbers), st.fixed_dictionaries({"c": numbers}))
    | st.tuples(st.just(alone), st.tuples(numbers, numbers, numbers), st.just({}))
    | st.tuples(st.just(alone), st.tuples(numbers), st.just({"c": 1}))
    | st.tuples(
        st.just(rest),
        st.lists(numbers, min_size=1, max_size=4).map(tuple),
        st.dictionaries(st.sampled_from(["c", "x", "y"]), numbers),
    )
)


@given(CALLS)
def test_a_call_by_name_is_the_same_call(drawn: Any) -> None:
    """Whatever way its arguments are given."""
    function, args, kwargs = drawn
    shape = Shape(function)
    placed = shape.placed(shape.named(args, kwargs), ())
    assert placed is not None
    assert function(*placed[0], **placed[1]) == function(*args, **kwargs)


def test_too_many_arguments_are_named_by_their_place() -> None:
    """The function itself refuses them; what was given is recorded all the same."""
    assert Shape(plain).named((1, 2, 3), {}) == {"a": 1, "b": 2, "arg3": 3}


def test_of_some_functions_nobody_knows_the_arguments() -> None:
    """Nothing can be handed over to them by name."""
    shape = Shape(dict.update)
    assert shape.placed({"x": 1}, ()) is None or shape.known


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=5), values, max_size=4))
def test_a_snapshot_is_that_of_the_evidence(drawn: dict[str, Any]) -> None:
    """The short way gives what the long way gives, in a dictionary of its own."""
    found = taken(drawn)
    assert repr(found) == repr(snapshot(drawn))
    assert found is not drawn


def test_what_a_step_did_not_change_is_the_callers_own() -> None:
    """What it made of a part of something is not run."""
    own = [object()]
    mine = {"a": own, "b": b"bytes"}
    seen = taken(mine)
    assert seen is not None
    run = restored({"x": seen["a"], "n": 1, "b": seen["b"]}, seen, mine)
    assert run == {"x": own, "n": 1, "b": b"bytes"}
    assert run["x"] is own
    assert restored({"a": seen["a"], "b": "made of it"}, seen, mine) is None

"""Where a value may have come from: every expression that gives it, the cheapest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.expression import (
    Combine,
    Combined,
    Read,
    Scope,
    Source,
    argument,
    evaluate,
    literal,
)
from failonce.language.transform import NotApplicable
from failonce.model import Json
from failonce.proposal.explain import MOST_LEAVES, Origins, cost, leaves

CALL = Scope(
    args={"path": "box/sub/note.txt", "size": 12},
    blamed="path",
    error="Cannot do it, these are open: left, right",
    results={
        "found": {"matches": ["box/note.txt"], "near": ["x/note.txt", "x/note.txt.old"]},
        "level": {"fuel": 20.0, "deep": {"er": True}},
    },
)


def of(value: Json, scope: Scope = CALL, *, general: bool = False) -> list[str]:
    """What explains the value, in a reader's words; without the value itself."""
    explained = Origins(scope, general=general).of(value)
    return [str(e) for e in explained if not isinstance(e, Read) or e.source is not Source.VALUE]


def test_an_argument_explains_before_what_is_made_of_it() -> None:
    assert of("box/sub/note.txt")[0] == "`path`"
    assert of("note.txt")[0] == "the basename of `path`"
    assert of("box/sub")[0] == "the folder of `path`"
    assert of(["box", "sub"])[0] == "the folders of `path`"
    assert of("12")[0] == "the to string of `size`"


def test_the_list_at_the_end_of_the_error_explains_a_list() -> None:
    assert of(["left", "right"])[0] == "the list that the error ends in"


def test_what_a_look_brought_explains_only_where_it_leaves_no_choice() -> None:
    assert of("box/note.txt")[0] == "the only of found.matches"
    assert "the only of the named of found.near" in of("x/note.txt")
    assert of("x/note.txt.old") == []


def test_a_number_may_be_a_limit_less_what_a_look_brought() -> None:
    made = Origins(CALL).of(30)
    left = literal(50)
    right = Read(source=Source.RESULT, name="level", path=("fuel",))
    assert Combined(how=Combine.MINUS, left=left, right=right) in made
    assert not any("deep" in str(e) for e in made), "true is no number to reckon with"


def test_a_value_that_comes_from_nowhere_explains_itself_if_it_is_short() -> None:
    assert Origins(CALL).of("never seen") == [literal("never seen")]
    assert Origins(CALL).of("x" * 41) == []
    assert Origins(CALL).of("two\nlines") == []
    assert Origins(CALL).of({"a": 1}) == []


def test_a_family_of_several_tools_speaks_of_the_argument_that_the_error_names() -> None:
    alone, general = of("note.txt"), of("note.txt", general=True)
    assert alone[0] == "the basename of `path`"
    assert general[0] == "the basename of the argument that the error names"
    assert not any("`path`" in words for words in general)
    assert of("12", general=True)[0] == "the to string of `size`"


def test_a_whole_number_is_the_same_however_it_is_written() -> None:
    assert of(20)[0] == of(20.0)[0] == "level.fuel"


def test_only_the_first_values_of_a_long_answer_are_tried() -> None:
    brought: Json = {f"k{n:03}": f"v{n}" for n in range(MOST_LEAVES + 5)}
    many = Scope(args={}, results={"look": brought})
    assert of("v0", many)[0] == "look.k000"
    assert of(f"v{MOST_LEAVES}", many) == []


def test_paths_lead_at_most_four_names_deep() -> None:
    deep: Json = {"a": {"b": {"c": {"d": 1, "e": {"f": 2}}}}, "l": [{"x": 1}]}
    assert list(leaves(deep)) == [("a", "b", "c", "d"), ("l",)]


names = st.sampled_from(["path", "name", "size", "mode"])
texts = st.text(st.sampled_from("ab./_ 1"), max_size=8)
scalars = texts | st.integers(-99, 99) | st.floats(-9, 9, width=16) | st.booleans()
values = scalars | st.lists(texts, max_size=3)
scopes = st.builds(
    lambda args, result, blamed, error: Scope(
        args=args, blamed=blamed if blamed in args else "", error=error, results={"look": result}
    ),
    st.dictionaries(names, values, max_size=3),
    st.dictionaries(names, values | st.dictionaries(names, values, max_size=2), max_size=3),
    names,
    st.sampled_from(["", "no: a, b", "gone"]),
)


@given(scopes, values)
def test_every_explanation_gives_the_value_and_the_cheapest_comes_first(
    scope: Scope, value: Json
) -> None:
    found = Origins(scope).of(value)
    assert [cost(e) for e in found] == sorted(cost(e) for e in found)
    assert len(set(found)) == len(found)
    for e in found:
        given = evaluate(e, scope)
        if isinstance(e, Combined):
            assert given == pytest.approx(value, abs=1e-6), "a limit is rounded"
        else:
            assert given == value


@given(scopes)
def test_every_argument_explains_itself(scope: Scope) -> None:
    origins = Origins(scope)
    for name, value in scope.args.items():
        try:
            evaluate(argument(name), scope)
        except NotApplicable:
            continue
        assert argument(name) in origins.of(value)

"""Programs that repair arguments: applied, written, refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import transform
from failonce.language.transform import Op, Step, Transform

words = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)


@given(st.dictionaries(words, words, max_size=4), words, words)
def test_applying_is_all_or_nothing_and_leaves_the_input_alone(
    args: dict[str, str], name: str, new: str
) -> None:
    before = dict(args)
    program = Transform(
        steps=(
            Step(op=Op.RENAME, argument=name, text=new),
            Step(op=Op.TO_INTEGER, argument=new),
        )
    )
    program.apply(args)
    assert args == before


@given(st.sampled_from(list(Op)), words, words)
def test_a_program_survives_the_trip_through_a_body(op: Op, argument: str, text: str) -> None:
    needs = op in (Op.RENAME, Op.ADD_PREFIX, Op.STRIP_PREFIX, Op.ADD_SUFFIX, Op.STRIP_SUFFIX)
    program = Transform(steps=(Step(op=op, argument=argument, text=text if needs else ""),))
    assert transform.load(transform.dump(program)) == program


@pytest.mark.parametrize(
    "data",
    [
        [],
        "rename",
        [{"op": "exec", "argument": "a"}],
        [{"op": "rename", "argument": "a"}],
        [{"op": "drop", "argument": "a", "to": "b"}],
        [{"op": "drop", "argument": "a", "shell": "rm"}],
    ],
)
def test_what_is_no_program_is_refused(data: object) -> None:
    with pytest.raises(BadInput):
        transform.load(data)  # type: ignore[arg-type]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20), st.lists, max_leaves=5
    )
)
def test_no_operation_raises_on_any_value(value: object) -> None:
    for op in Op:
        text = (
            "x"
            if op in (Op.RENAME, Op.ADD_PREFIX, Op.STRIP_PREFIX, Op.ADD_SUFFIX, Op.STRIP_SUFFIX)
            else ""
        )
        Transform(steps=(Step(op=op, argument="a", text=text),)).apply({"a": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("op", "value"),
    [
        (Op.TO_INTEGER, "²"),
        (Op.TO_INTEGER, "+-5"),
        (Op.TO_INTEGER, "٣"),
        (Op.PARSE_JSON, "[NaN]"),
        (Op.PARSE_JSON, "[1e999]"),
        (Op.PARSE_JSON, "[" * 40 + "]" * 40),
    ],
)
def test_what_only_looks_like_a_value_is_left_alone(op: Op, value: str) -> None:
    repair = Transform(steps=(Step(op=op, argument="a"),))
    assert repair.apply({"a": value}) is None

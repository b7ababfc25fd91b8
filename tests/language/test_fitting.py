"""Arguments made to fit a schema: where they mean one thing only, and never otherwise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.fitting import MOST, Fitted, Misfit, Repair, fit_arguments, misfits
from failonce.language.inferring import infer
from failonce.model import Args, Call, Parameter, ToolSpec

MOVE = ToolSpec(
    name="move_file",
    parameters=(
        Parameter(name="source_path", types=("string",), required=True),
        Parameter(name="destination", types=("string",), required=True),
        Parameter(name="limit", types=("integer",)),
        Parameter(name="ratio", types=("number", "null")),
        Parameter(name="force", types=("boolean",)),
        Parameter(name="tags", types=("array",)),
        Parameter(name="options", types=("object",)),
        Parameter(name="mode", types=("string",), choices=("read only", "overwrite", "append")),
    ),
    closed=True,
    digest="d",
)
GOOD = {"source_path": "a", "destination": "b"}


def fitted(args: Args | None, spec: ToolSpec = MOVE, raw: str = "") -> Args | None:
    found = fit_arguments(args, spec, raw=raw)
    return None if found is None else found.args


@pytest.mark.parametrize(
    ("odd", "mended"),
    [
        ({"limit": "10"}, {"limit": 10}),
        ({"limit": " 10 "}, {"limit": 10}),
        ({"limit": [10]}, {"limit": 10}),
        ({"ratio": "0.5"}, {"ratio": 0.5}),
        ({"force": "True"}, {"force": True}),
        ({"tags": "red"}, {"tags": ["red"]}),
        ({"tags": '["red", "blue"]'}, {"tags": ["red", "blue"]}),
        ({"tags": "['red', 'blue']"}, {"tags": ["red", "blue"]}),
        ({"tags": 3}, {"tags": [3]}),
        ({"options": '{"a": 1}'}, {"options": {"a": 1}}),
        ({"destination": 7}, {"destination": "7"}),
        ({"mode": "OVERWRITE"}, {"mode": "overwrite"}),
        ({"mode": "read-only"}, {"mode": "read only"}),
        ({"mode": "Over_write"}, {"mode": "overwrite"}),
        ({"mode": ["append"]}, {"mode": "append"}),
        ({"Limit": "10"}, {"limit": 10}),
        ({"tgas": "red"}, {"tags": ["red"]}),
        ({"reason": ""}, {}),
        ({"reason": None, "extra": []}, {}),
    ],
)
def test_one_argument_is_mended(odd: dict[str, Any], mended: dict[str, Any]) -> None:
    assert fitted(GOOD | odd) == GOOD | mended


@pytest.mark.parametrize(
    "odd",
    [
        {"limit": "ten"},
        {"limit": "+-5"},
        {"limit": 1.5},
        {"limit": [1, 2]},
        {"force": "maybe"},
        {"tags": "red, blue"},
        {"tags": "[red"},
        {"tags": ""},
        {"options": "{"},
        {"mode": "prepend"},
        {"mode": "append and overwrite"},
        {"destination": True},
        {"destination": None},
        {"limit": None},
        {"path": "c"},
        {"recursive": True},
        {"notify": False},
    ],
)
def test_what_may_mean_several_things_or_says_something_is_left(odd: dict[str, Any]) -> None:
    """An unknown argument that says something is never dropped, to make the call succeed."""
    assert fit_arguments(GOOD | odd, MOVE) is None


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"sourcePath": "a", "destination": "b"}, GOOD),
        ({"source_path": "a", "Destination": "b"}, GOOD),
        ({"source_path": "a", "destinaton": "b"}, GOOD),
        ({"source": "a", "destination": "b"}, GOOD),
        ({"source_path": "a", "dest": "b"}, GOOD),
        ({"src": "a", "destination": "b"}, None),
        ({"source": "a", "dest": "b"}, None),  # two are missing: which is which is a guess
        ({"source_path": "a", "target": "b"}, None),
        ({"source_path": "a", "destination": "b", "sourcePath": "c"}, None),
        ({"source_path": "a", "DESTINATION": "b", "Destination": "c"}, None),
    ],
)
def test_names_are_mended_where_one_is_meant(args: Args, expected: Args | None) -> None:
    assert fitted(args) == expected


@pytest.mark.parametrize(
    "args",
    [
        {"arguments": GOOD},
        {"kwargs": json.dumps(GOOD)},
        {"name": "moveFile", "arguments": GOOD},
        {"args": [], "kwargs": GOOD},
    ],
)
def test_a_wrapper_is_opened(args: Args) -> None:
    found = fit_arguments(args, MOVE)
    assert found is not None
    assert found.args == GOOD
    assert found.steps[0].repair is Repair.UNWRAP


def test_a_wrapper_beside_which_something_is_said_is_left() -> None:
    assert fit_arguments({"name": "delete_file", "arguments": GOOD}, MOVE) is None
    assert fit_arguments({"arguments": GOOD, "limit": 3}, MOVE) is None
    takes = ToolSpec(
        name="call", parameters=(Parameter(name="arguments", types=("object",)),), digest="d"
    )
    assert fit_arguments({"arguments": {"arguments": 1}}, takes) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"source_path": "a", "destination": "b"', GOOD),
        ("{'source_path': 'a', 'destination': 'b',}", GOOD),
        ('{"source_path": "a", "destination": "b"}]}', GOOD),
        ('{"sourcePath": "a", "destination": 7}', {"source_path": "a", "destination": "7"}),
        ('{"arguments": {"source_path": "a", "destination": "b"}}', GOOD),
        ('{"source_path": "a"', None),  # the rest is lost
        ('{"source_path": "a", "destination": "b", "note": "x"', None),
        ('{"source_path": "a", "destination": "b', None),
        ("move a to b", None),
        ("", None),
        ("[1]", None),
    ],
)
def test_text_that_was_to_be_arguments_is_read_where_it_fits_wholly(
    raw: str, expected: Args | None
) -> None:
    assert fitted(None, raw=raw) == expected


def test_the_steps_say_what_was_done() -> None:
    found = fit_arguments(
        None, MOVE, raw="{'sourcePath': 'a', 'destination': 'b', 'mode': 'APPEND', 'tags': 1}"
    )
    assert found is not None
    assert str(found) == (
        "read the arguments from the text that was sent, then rename `sourcePath` to "
        "`source_path`, then write `tags` as array, then write `mode` as the choice `append`"
    )


def test_an_open_schema_forbids_no_other_argument() -> None:
    """But another spelling of its own parameters is no other argument."""
    spec = ToolSpec(
        name="find",
        parameters=(Parameter(name="max_depth", types=("integer",)),),
        digest="d",
    )
    assert misfits({"depth": 1, "reason": None}, spec) == ()
    assert fitted({"maxDepth": "2"}, spec) == {"max_depth": 2}


def test_what_the_tool_refused_is_held_to_every_word_of_its_schema() -> None:
    """A null for nothing, and an empty argument that an open schema does not forbid."""
    spec = ToolSpec(
        name="find",
        parameters=(
            Parameter(name="depth", types=("integer",)),
            Parameter(name="pattern", types=("string",)),
            Parameter(name="root", types=("string", "null")),
        ),
        digest="d",
    )
    odd = {"depth": None, "root": None, "reason": "", "patern": "x"}
    assert misfits(odd, spec) == ()
    found = fit_arguments(odd, spec, refused=True)
    assert found is not None
    assert found.args == {"root": None, "pattern": "x"}
    assert fit_arguments(found.args, spec, refused=True) is None
    assert fit_arguments({"reason": "why"}, spec, refused=True) is None


def test_without_a_schema_only_spelling_is_mended() -> None:
    """What was seen is no promise of what may be."""
    seen = infer([Call(tool="read", args={"file_path": f"{n}.txt", "n": n}) for n in range(5)])
    assert misfits({"file_path": 1}, seen) == ()
    assert fit_arguments({"file_path": 1, "n": "1"}, seen) is None
    assert fit_arguments({"file": "a.txt"}, seen) is None
    assert fitted({"filePath": "a.txt", "n": 1}, seen) == {"file_path": "a.txt", "n": 1}


def test_types_are_those_of_json() -> None:
    """A number without a fraction is an integer, a truth value is no number."""
    assert misfits(GOOD | {"limit": 2.0, "ratio": 1}, MOVE) == ()
    assert misfits(GOOD | {"limit": True, "mode": 1}, MOVE) == (
        (Misfit.TYPE, "limit"),
        (Misfit.TYPE, "mode"),
    )
    assert misfits({"x": 1, "mode": "none"} | {"source_path": "a"}, MOVE) == (
        (Misfit.MISSING, "destination"),
        (Misfit.CHOICE, "mode"),
        (Misfit.UNKNOWN, "x"),
    )


def test_a_call_with_very_many_arguments_is_left_alone() -> None:
    assert fit_arguments({f"a{n}": None for n in range(MOST + 1)}, MOVE) is None


# ---------------------------------------------------------------------- laws

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "1", "0.5", "true", "Append", "a,b", "[1]", '{"a": 1}', "x", "[", "ä"])
)
given_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
arg_names = st.sampled_from(
    [*(p.name for p in MOVE.parameters), "sourcePath", "source", "dest", "Mode", "tgas", "kwargs",
     "arguments", "x", "", "name"]
)  # fmt: skip
some_args = st.dictionaries(arg_names, given_values, max_size=6)


@st.composite
def specs(draw: st.DrawFn) -> ToolSpec:
    types = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
    chosen = draw(st.lists(arg_names, unique=True, max_size=5))
    return ToolSpec(
        name="move_file",
        parameters=tuple(
            Parameter(
                name=name,
                types=tuple(draw(st.lists(types, unique=True, max_size=2))),
                required=draw(st.booleans()),
                choices=tuple(draw(st.sampled_from([(), (), ("x", "append"), (1, True, "1")]))),
            )
            for name in chosen
        ),
        closed=draw(st.booleans()),
        digest=draw(st.sampled_from(["d", "d", ""])),
    )


@given(some_args, specs(), st.booleans())
def test_what_comes_out_fits_better_and_is_not_changed_again(
    args: dict[str, Any], spec: ToolSpec, refused: bool
) -> None:
    before = json.dumps(args)
    found = fit_arguments(args, spec, refused=refused)
    assert json.dumps(args) == before
    against = misfits(args, spec, refused=refused)
    assert {m for m in misfits(args, spec) if m[0] is not Misfit.UNKNOWN} <= set(against)
    if not against:
        assert found is None
    if found is not None:
        assert len(misfits(found.args, spec, refused=refused)) < len(against)
        assert fit_arguments(found.args, spec, refused=refused) is None
        assert found.steps


@given(st.text(st.sampled_from("{}[]\"',: sourcepath1"), max_size=50), specs())
def test_what_is_read_from_text_fits(raw: str, spec: ToolSpec) -> None:
    found = fit_arguments(None, spec, raw=raw)
    if found is not None:
        assert misfits(found.args, spec) == ()
        assert fit_arguments(found.args, spec) is None


@given(some_args, specs(), st.booleans())
def test_nothing_that_is_said_gets_lost(
    args: dict[str, Any], spec: ToolSpec, refused: bool
) -> None:
    """As many values that say something come out as went in, unless a wrapper was opened."""
    found = fit_arguments(args, spec, refused=refused)
    if found is None or any(step.repair is Repair.UNWRAP for step in found.steps):
        return
    assert isinstance(found, Fitted)
    assert _said(found.args) == _said(args)


def _said(args: Args) -> int:
    return sum(value not in (None, "", [], {}) for value in args.values())


@pytest.mark.parametrize("unit", ["Mb", "mb", "kilobyte", "megabits "])
def test_a_choice_that_is_nearly_another_is_not_taken_for_it(unit: str) -> None:
    """Case and a letter or two may be all that tells a byte from a bit."""
    spec = ToolSpec(
        name="limit",
        parameters=(Parameter(name="unit", types=("string",), choices=("MB", "kilobits")),),
        digest="d",
    )
    assert fitted({"unit": unit}, spec) is None


@pytest.mark.parametrize(
    ("odd", "mended"),
    [
        ({"Names": ["a"]}, {"names": ["a"]}),
        ({"namse": ["a"]}, None),
        ({"names": ["a"], "extra": []}, None),
        ({"names": ["a"], "extra": None}, {"names": ["a"]}),
    ],
)
def test_for_what_destroys_nothing_is_guessed(
    odd: dict[str, Any], mended: dict[str, Any] | None
) -> None:
    """Another spelling is the same name; a slip, and an empty list left out, are guesses."""
    spec = ToolSpec(
        name="delete_files",
        parameters=(Parameter(name="names", types=("array",), required=True),),
        closed=True,
        digest="d",
    )
    assert fitted(odd, spec) == mended
    harmless = ToolSpec(name="list_files", parameters=spec.parameters, closed=True, digest="d")
    assert fitted(odd, harmless) is not None


def test_for_what_destroys_arguments_are_read_from_whole_json_alone() -> None:
    spec = ToolSpec(
        name="delete_files", parameters=(Parameter(name="names", types=("array",)),), digest="d"
    )
    assert fitted(None, spec, '{"names": ["a"]}') == {"names": ["a"]}
    assert fitted(None, spec, '{"names": ["a", "b') is None

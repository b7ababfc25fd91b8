"""What fits at a glance fits; what does not takes a closer look."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language import fits as glance
from failonce.language.fits import fits
from failonce.language.fitting import fit_arguments, misfits
from failonce.model import Args, Json, Parameter, ToolSpec

NAMES = ("path", "Path", "limit", "args", "on")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
CHOICES: tuple[Json, ...] = ("a", "b", 1, None)

values: st.SearchStrategy[Json] = st.sampled_from(
    [None, True, 1, 1.0, 1.5, "a", "c", "1", "", '{"path": "a"}', [], [1], (1,), {}, {"path": "a"}]
)
parameters = st.builds(
    Parameter,
    name=st.sampled_from(NAMES),
    types=st.lists(st.sampled_from(TYPES), max_size=2).map(tuple),
    required=st.booleans(),
    choices=st.lists(st.sampled_from(CHOICES), max_size=3).map(tuple),
)
specs = st.builds(
    ToolSpec,
    name=st.just("t"),
    parameters=st.lists(parameters, max_size=3, unique_by=lambda p: p.name).map(tuple),
    closed=st.booleans(),
    digest=st.sampled_from(["", "d"]),
)
arguments = st.dictionaries(st.sampled_from(NAMES), values, max_size=3)


@given(st.none() | arguments, specs)
def test_what_fits_at_a_glance_is_left_alone_by_a_closer_look(
    args: Args | None, spec: ToolSpec
) -> None:
    for _ in range(2):  # the second time from memory
        if fits(args, spec):
            assert misfits(args, spec) == ()
            assert fit_arguments(args, spec) is None


SPEC = ToolSpec(
    name="t",
    parameters=(
        Parameter(name="path", types=("string",), required=True),
        Parameter(name="limit", types=("integer", "null")),
        Parameter(name="mode", types=("string",), choices=("r", "w")),
    ),
    digest="d",
)


@pytest.mark.parametrize(
    "args", [{"path": "a"}, {"path": "a", "limit": None}, {"path": "a", "mode": "r", "more": 1}]
)
def test_the_usual_call_needs_no_closer_look(args: Args) -> None:
    assert fits(args, SPEC)
    assert fits(args, replace(SPEC, digest=""))


@pytest.mark.parametrize(
    "args",
    [
        None, {}, {"path": 1}, {"path": "a", "mode": "x"}, {"path": "a", "Limit": 1},
        {"path": "a", "args": {}}, {"path": "a"} | {str(n): n for n in range(99)},
    ],
)  # fmt: skip
def test_what_may_be_wrong_takes_a_closer_look(args: Args | None) -> None:
    assert not fits(args, SPEC)


def test_any_number_of_names_and_schemas_is_answered_and_not_remembered() -> None:
    kept = [replace(SPEC, name=str(n)) for n in range(glance.REMEMBERED + 5)]
    assert all(fits({"path": "a"}, spec) for spec in kept)
    assert all(fits({"path": "a", f"x{n}": 1}, SPEC) for n in range(glance.REMEMBERED + 5))
    assert len(glance._glances) <= glance.REMEMBERED
    assert all(len(g.known) <= glance.REMEMBERED for g in glance._glances.values())

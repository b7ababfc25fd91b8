"""Scripts: of what the caller did in between only what was needed, found by leaving it out."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from failonce.model import Call
from failonce.proposal.scripts import MOST_STEPS, Script, script
from failonce.testing import ScriptedWorld
from tests.proposal.worlds import (
    ARCHIVE,
    KILN,
    Recorded,
    Story,
    args_of,
    call,
    shelf,
)
from tests.proposal.worlds import (
    given as facts,
)

OPEN = facts(open=["left", "right"])
READY = [call("shut", door="left"), call("shut", door="right"), call("hold", down=True)]
FIRE = call("fire", heat=900)


def needed(world: ScriptedWorld, story: Story) -> Script | None:
    """The script of the first failure."""
    recorded = Recorded(world, [story])
    return script(recorded.cases()[0], recorded.lab)


def steps(*between: Call) -> list[str]:
    """The tools needed where these calls lay between, in order."""
    found = needed(KILN, (OPEN, [FIRE, *between, FIRE]))
    assert found is not None
    return [step.tool for step in found.steps]


def test_looking_around_is_no_part_of_the_way() -> None:
    look = call("get_gauge", what="heat")
    assert steps(look, *READY[:2], look, READY[2], look) == ["shut", "shut", "hold"]


def test_what_was_done_for_something_else_is_left_out() -> None:
    assert steps(call("pour", amount=5), *READY, call("pour", amount=9)) == ["shut", "shut", "hold"]


def test_what_was_done_and_taken_back_is_left_out() -> None:
    again = [call("unshut", door="left"), call("shut", door="left")]
    assert sorted(steps(*READY, *again)) == ["hold", "shut", "shut"]


def test_the_call_that_worked_is_kept_with_its_own_arguments() -> None:
    calls = [call("view", file="box-1/note-1"), call("go", folder="box-1")]
    found = needed(ARCHIVE, (shelf(1), [*calls, call("view", file="note-1")]))
    assert found is not None
    assert args_of([*found.steps, found.final]) == [
        ("go", {"folder": "box-1"}),
        ("view", {"file": "note-1"}),
    ]


def test_a_caller_that_never_got_there_leaves_no_script() -> None:
    assert needed(KILN, (OPEN, [FIRE, call("get_gauge", what="heat")])) is None


def test_a_long_way_is_another_task() -> None:
    doors = [f"door-{n}" for n in range(MOST_STEPS + 1)]
    shut = [call("shut", door=door) for door in doors]
    assert needed(KILN, (facts(open=doors, held=True), [FIRE, *shut, FIRE])) is None
    fewer = needed(KILN, (facts(open=doors[1:], held=True), [FIRE, *shut[1:], FIRE]))
    assert fewer is not None
    assert len(fewer.steps) == MOST_STEPS


def test_without_a_world_nobody_can_tell_what_was_needed() -> None:
    recorded = Recorded(KILN, [(OPEN, [FIRE, *READY, FIRE])])
    case = recorded.cases()[0]
    assert script(case, Recorded(KILN, []).lab) is None


noise = st.lists(
    st.sampled_from(
        [
            call("get_gauge", what="heat"),
            call("get_gauge", what="dust"),
            call("pour", amount=3),
            call("unshut", door="left"),
            call("shut", door="left"),
            call("hold", down=False),
            call("hold", down=True),
        ]
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(noise, noise)
def test_every_step_was_needed_and_all_of_them_are_enough(
    before: list[Call], after: list[Call]
) -> None:
    """The law: the call works after the steps, and no longer without any one of them."""
    recorded = Recorded(KILN, [(OPEN, [FIRE, *before, *READY, *after, *READY[2:], FIRE])])
    case = recorded.cases("fire")[0]
    found = script(case, recorded.lab)
    assume(found is not None)
    assert found is not None

    def works(made: list[Call]) -> bool:
        world = recorded.lab.world(case.evidence)
        assert world is not None
        for one in made:
            world.run(one)
        return world.run(found.final).worked

    whole = list(found.steps)
    assert works(whole)
    for i in range(len(whole)):
        assert not works(whole[:i] + whole[i + 1 :])

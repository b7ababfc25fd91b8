"""Ways back: the call after which the world is as it was before a step, found by trying."""

from collections.abc import Sequence

from failonce.language.expression import Read, Source, argument, literal
from failonce.language.program import Program, Step
from failonce.model import Call
from failonce.proposal.undoing import RETURNS, with_undo
from tests.proposal.worlds import ARCHIVE, HOUSE, KILN, Recorded, Story, call, given, many, shelf

FIRE = call("fire", heat=900)
HOLD = Program(steps=(Step(tool="hold", arguments=(("down", literal(True)),)),))
ENTER = Program(
    steps=(Step(tool="go", arguments=(("folder", argument("file", "folder")),)),),
    arguments=(("file", argument("file", "basename")),),
)


def undone(program: Program, recorded: Recorded, tool: str) -> Program:
    """The program with the ways back that the failures of a tool teach."""
    return with_undo(program, recorded.cases(tool), recorded.lab, recorded.study().habits)


def held(*after: Call) -> Sequence[Story]:
    """Sessions that hold the pedal to fire, and then do something more."""
    return many(4, lambda _: ({}, [FIRE, call("hold", down=True), FIRE, *after]))


def test_what_callers_themselves_take_back_is_taken_back_in_any_case() -> None:
    made = undone(HOLD, Recorded(KILN, held(call("hold", down=False))), "fire")
    (step,) = made.steps
    assert step.undo == Step(tool="hold", arguments=(("down", literal(False)),))
    assert step.back


def test_what_callers_leave_as_it_is_is_taken_back_only_where_the_call_still_fails() -> None:
    once = many(1, lambda _: ({}, [call("hold", down=True), call("hold", down=False)])) * 2
    made = undone(HOLD, Recorded(KILN, [*held(), *held(), *once]), "fire")
    (step,) = made.steps
    assert step.undo is not None
    assert not step.back
    assert RETURNS > 2 / 10


def test_what_nobody_ever_did_is_no_way_back() -> None:
    (step,) = undone(HOLD, Recorded(KILN, held()), "fire").steps
    assert step.undo is None
    assert not step.back


def test_a_way_back_must_hold_wherever_the_step_was_made() -> None:
    """`go ..` leads back from one folder below; from two folders below it leads elsewhere."""

    def there(n: int) -> Story:
        deep = f"box-{n}/in" if n % 2 else f"box-{n}"
        folders = {"": {}, f"/box-{n}": {}, f"/{deep}": {f"note-{n}": "x"}}
        calls = [
            call("view", file=f"{deep}/note-{n}"),
            call("go", folder=deep),
            call("view", file=f"note-{n}"),
            call("go", folder=".."),
        ]
        return given(folders=folders), calls

    (step,) = undone(ENTER, Recorded(ARCHIVE, many(6, there)), "view").steps
    assert step.undo is None
    (step,) = undone(ENTER, Recorded(ARCHIVE, [there(0), there(2), there(4)]), "view").steps
    assert step.undo == Step(tool="go", arguments=(("folder", literal("..")),))
    assert step.back


def test_a_way_back_may_lead_to_where_a_look_said_one_was() -> None:
    """No one room is the way back for all; the room that one came from is."""

    def rung(n: int) -> Story:
        ring, room = call("ring", times=n + 1), f"room-{n % 3}"
        calls = [ring, call("walk", room="hall"), ring, call("walk", room=room)]
        return given(room=room), calls

    there = Program(steps=(Step(tool="walk", arguments=(("room", literal("hall")),)),))
    made = undone(there, Recorded(HOUSE, many(9, rung)), "ring")
    (step,), (look,) = made.steps, made.looks
    came_from = Read(source=Source.RESULT, name=look.name, path=("room",))
    assert look.tool == "get_room"
    assert step.undo == Step(tool="walk", arguments=(("room", came_from),))
    assert step.back


def test_a_step_that_changes_nothing_needs_no_way_back() -> None:
    look = Program(steps=(Step(tool="get_gauge", arguments=(("what", literal("heat")),)),))
    (step,) = undone(look, Recorded(KILN, held()), "fire").steps
    assert step.undo is None


def test_a_program_without_steps_stays_as_it_is() -> None:
    program = Program(arguments=(("file", argument("file", "basename")),))
    assert undone(program, Recorded(ARCHIVE, many(3, lambda n: (shelf(n), []))), "view") == program

"""Programs: look, compare, act, the call, and back; what was half done is taken back."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, argument, literal
from failonce.language.program import BLAMED, MAX_CALLS, Program, Step
from failonce.model import Answer, Args, Call, Json
from tests.drawn import programs, values
from tests.language.program.made import CALL, FAILED, ITEM, in_short, look, ran, says, step, works


def test_looks_come_first_and_what_they_bring_decides_and_is_used() -> None:
    program = Program(
        looks=(
            look("level", "level"),
            look("limit", "limit", of=Read(source=Source.RESULT, name="level", path=("name",))),
        ),
        when=(
            Comparison(
                left=Read(source=Source.RESULT, name="limit"),
                relation=Relation.ABOVE,
                right=Read(source=Source.RESULT, name="level", path=("now",)),
            ),
        ),
        steps=(step("press", 1.0),),
        arguments=(("amount", Read(source=Source.RESULT, name="limit")),),
    )
    planned, made = ran(
        program, says(level="{'name': 'fuel', 'now': 20}", limit="50", press="pressed")
    )
    assert in_short(made) == ["level", "limit fuel", "press 1.0"]
    assert planned is not None
    assert (planned.tool, planned.args) == ("open", {"path": "a/b.txt", "amount": 50})
    planned, made = ran(program, says(level="{'name': 'fuel', 'now': 60}", limit="50", press=""))
    assert (planned, in_short(made)) == (None, ["level", "limit fuel"])


def test_a_look_that_fails_ends_it_before_anything_is_done() -> None:
    program = Program(
        looks=(look("here", "here"), look("there", "there")),
        steps=(step("touch", "x"),),
    )
    planned, made = ran(program, says(there="", touch=""))
    assert (planned, in_short(made)) == (None, ["here"])


def test_a_step_is_made_for_each_item() -> None:
    program = Program(
        steps=(
            Step(
                tool="cd",
                arguments=(("folder", ITEM),),
                each=argument("path", "folders"),
                undo=Step(tool="up"),
                back=True,
            ),
        ),
        arguments=(("path", argument("path", "basename")),),
    )
    planned, made = ran(program, works, replace(CALL, args={"path": "x/y/z.txt"}))
    assert planned is not None
    assert in_short(made) == ["cd x", "cd y"]
    assert planned.args == {"path": "z.txt"}
    assert in_short(planned.afterwards) == ["up", "up"]
    assert in_short(planned.made) == in_short(planned.entered) == ["cd x", "cd y"]
    assert planned.if_failed == ()


def test_an_inserted_call_is_of_the_same_session_with_nothing_else_of_its_parent() -> None:
    _, (made,) = ran(Program(steps=(step("touch", "x"),)), works)
    assert made == Call(tool="touch", args={"a0": "x"}, session="s", project="p", task="t")


def test_a_step_that_fails_takes_back_what_was_done_before_it_last_first() -> None:
    program = Program(
        steps=(
            step("touch", "x", undo="rm"),
            step("press"),
            step("cd", "d", back="up"),
            step("touch", "y", undo="rm"),
            step("break", undo="mend"),
            step("never"),
        )
    )
    planned, made = ran(program, says(touch="", press="", cd="", rm="", up=""))
    assert planned is None
    assert in_short(made) == [
        "touch x",
        "press",
        "cd d",
        "touch y",
        "break",
        "rm y",
        "up d",
        "rm x",
    ]


def test_of_the_steps_made_some_are_always_taken_back_and_some_where_the_call_fails() -> None:
    program = Program(
        steps=(step("touch", "x", undo="rm"), step("press"), step("cd", "d", back="up"))
    )
    planned, _ = ran(program, works)
    assert planned is not None
    assert in_short(planned.afterwards) == ["up d"]
    assert in_short(planned.if_failed) == ["rm x"]
    assert in_short(planned.made) == ["touch x", "press", "cd d"]
    assert in_short(planned.entered) == ["cd d"]


def test_what_was_done_somewhere_is_undone_there() -> None:
    """One is back when the call turns out to have failed: `rm x` here is another file."""
    program = Program(steps=(step("cd", "d", back="up"), step("touch", "x", undo="rm")))
    planned, _ = ran(program, works)
    assert planned is not None
    assert in_short(planned.afterwards) == ["up d"]
    assert in_short(planned.if_failed) == ["cd d", "rm x", "up d"]


def test_nothing_is_done_where_the_way_back_is_not_known() -> None:
    """The way back is worked out before the first step, not when it is too late."""
    undo = Step(tool="rm", arguments=(("path", argument("gone")),))
    program = Program(steps=(step("press"), Step(tool="touch", undo=undo)))
    assert ran(program, works) == (None, [])


def test_a_program_that_would_change_nothing_says_nothing() -> None:
    same = Program(arguments=(("path", argument("path")),))
    assert ran(same, works) == (None, [])
    none = Program(steps=(Step(tool="cd", each=literal([]), arguments=(("f", ITEM),)),))
    assert ran(none, works) == (None, [])
    not_given = Program(leave_out=("mode",))
    assert ran(not_given, works) == (None, [])


@pytest.mark.parametrize("items", ["text", 3, None, {"a": 1}])
def test_what_is_no_list_has_no_items(items: Json) -> None:
    program = Program(steps=(Step(tool="cd", each=literal(items), arguments=(("f", ITEM),)),))
    assert ran(program, works) == (None, [])


@pytest.mark.parametrize(("count", "made"), [(MAX_CALLS - 1, MAX_CALLS), (MAX_CALLS, 1)])
def test_more_calls_than_allowed_are_none(count: int, made: int) -> None:
    each = Step(tool="cd", each=Read(source=Source.RESULT, name="list"), arguments=(("f", ITEM),))
    program = Program(looks=(look("list", "list"),), steps=(each,))
    planned, calls = ran(program, says(list=str(list(range(count))), cd=""))
    assert len(calls) == made
    assert (planned is None) == (made == 1)


def test_a_list_of_a_million_items_is_no_work() -> None:
    each = Step(tool="cd", each=argument("path"), arguments=(("f", ITEM),))
    program = Program(steps=(each,) * MAX_CALLS)
    call = replace(CALL, args={"path": list(range(10**6))})
    assert ran(program, works, call) == (None, [])


def test_arguments_are_replaced_added_and_left_out() -> None:
    program = Program(
        arguments=(("path", argument("old")), ("mode", literal("r"))), leave_out=("old", "mode")
    )
    call = replace(CALL, args={"old": "a", "path": "b", "mode": "w", "more": 1})
    planned, _ = ran(program, works, call)
    assert planned is not None
    assert planned.args == {"path": "a", "more": 1, "mode": "r"}
    assert call.args == {"old": "a", "path": "b", "mode": "w", "more": 1}


def test_the_blamed_argument_is_the_one_that_the_error_names() -> None:
    program = Program(
        arguments=((BLAMED, Read(source=Source.BLAMED, then=("basename",))),),
    )
    planned, _ = ran(program, works, blamed="path")
    assert planned is not None
    assert planned.args == {"path": "b.txt"}
    assert ran(program, works, blamed="other") == (None, [])
    assert ran(program, works, blamed="") == (None, [])


def test_the_error_is_read_where_the_program_asks_for_it() -> None:
    each = Step(tool="close", each=Read(source=Source.ERROR_LIST), arguments=(("door", ITEM),))
    program = Program(steps=(each,))
    assert program.needs_error
    assert in_short(ran(program, works, error="open: left, right")[1]) == [
        "close left",
        "close right",
    ]
    assert ran(program, works, error="open") == (None, [])


def test_looks_and_conditions_can_be_asked_alone() -> None:
    holding = Program(
        looks=(look("here", "here"),),
        when=(Comparison(left=Read(source=Source.RESULT, name="here"), relation=Relation.EMPTY),),
        steps=(step("touch", "x"),),
    )

    def asked(answer: Answer) -> tuple[bool, list[str]]:
        made: list[Call] = []
        asking = holding.holds(CALL)
        try:
            wanted = next(asking)
            while True:
                made.append(wanted)
                wanted = asking.send(answer)
        except StopIteration as done:
            return done.value, in_short(made)

    assert asked(Answer(text="[]")) == (True, ["here"])
    assert asked(Answer(text="[1]")) == (False, ["here"])
    assert asked(FAILED) == (False, ["here"])


def test_a_driver_that_goes_away_ends_the_program() -> None:
    program = Program(steps=(step("touch", "x", undo="rm"), step("press")))
    running = program.run(CALL)
    assert in_short([next(running)]) == ["touch x"]
    running.close()
    with pytest.raises(StopIteration):
        next(running)


answers = st.one_of(
    st.just(FAILED),
    st.text(max_size=20).map(lambda t: Answer(text=t)),
    values.map(lambda v: Answer(text=repr(v))),
)


@settings(deadline=None)
@given(programs(), st.dictionaries(st.text(max_size=6), values, max_size=3), st.data())
def test_any_program_ends_within_its_bounds(
    program: Program, args: Args, data: st.DataObject
) -> None:
    """Whatever it is answered: few calls, no exception, and the call as it was."""
    call = replace(CALL, args=args)
    seen = repr(args)
    given_: list[Answer] = []

    def run(_: Call) -> Answer:
        given_.append(data.draw(answers))
        return given_[-1]

    planned, made = ran(program, run, call, error="open: left, right", blamed="path")
    assert repr(args) == seen
    assert len(made) <= 2 * MAX_CALLS
    assert all(c.args is not None and c.session == "s" for c in made)
    if planned is not None:
        assert len(made) <= MAX_CALLS
        assert all(a.worked for a in given_)
        assert tuple(made[len(program.looks) :]) == planned.made
        assert planned.made or planned.args != args
        assert planned.tool == call.tool
    else:
        steps = made[len(program.looks) :]
        failed = next((i for i, a in enumerate(given_) if not a.worked), len(given_))
        assert len(steps) <= max(0, 2 * (failed - len(program.looks)) + 1)

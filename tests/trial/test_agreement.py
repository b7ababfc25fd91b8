"""Whether a call with lessons is where the caller got to."""

from dataclasses import replace
from typing import Any

from failonce import history
from failonce.history import Episode
from failonce.model import Answer, Call
from failonce.testing import ScriptedEnvironment, ScriptedWorld
from failonce.trial import Agreement, Reached, agreement, reached
from tests.trial.made import DRIVE, car


def after(world: ScriptedWorld, *calls: Call) -> tuple[Answer, str]:
    """The answer to the last call, and the world after it."""
    answer = Answer(text="")
    for call in calls:
        answer = world.run(call)
    return answer, world.state()


def theirs(world: ScriptedWorld, *calls: Call) -> Reached:
    for call in calls[:-1]:
        world.run(call)
    state = world.state()
    answer = world.run(calls[-1])
    return Reached(call=calls[-1], answer=answer, state=world.state(), reads=world.state() == state)


READY: dict[str, Any] = {"engine": True, "brake": True}


STATUS = Call(tool="status", args={})


def test_the_same_world_is_confirmed_whatever_the_call() -> None:
    answer, state = after(car(**READY), DRIVE)
    got = theirs(car(**READY), replace(DRIVE, args={"speed": 5, "gear": 1}))
    assert agreement(DRIVE, answer, state, got) is Agreement.CONFIRMED


def test_the_same_answer_is_confirmed_where_the_caller_read() -> None:
    answer, state = after(car(speed=3), STATUS)
    got = theirs(car(speed=3, brake=True), STATUS)
    assert got.reads
    assert agreement(STATUS, answer, state, got) is Agreement.CONFIRMED


def test_another_world_is_contradicted() -> None:
    answer, state = after(car(**READY), replace(DRIVE, args={"speed": 9}))
    got = theirs(car(**READY), DRIVE)
    assert agreement(replace(DRIVE, args={"speed": 9}), answer, state, got) is (
        Agreement.CONTRADICTED
    )


def test_the_same_call_in_another_world_differs() -> None:
    got = theirs(car(**READY), DRIVE)
    answer, state = after(car(**READY, note="left behind"), DRIVE)
    assert agreement(DRIVE, answer, state, got) is Agreement.DIFFERS
    read = theirs(car(speed=3), STATUS)
    answer, state = after(car(speed=4), STATUS)
    assert agreement(STATUS, answer, state, read) is Agreement.DIFFERS


def test_another_call_that_changes_the_world_is_not_saved_by_the_same_words() -> None:
    """`done` is what many a tool answers, whatever it did."""
    got = theirs(car(**READY), DRIVE)
    other = replace(DRIVE, args={"speed": 5, "gear": 1})
    answer, state = after(car(**READY, note="left behind"), other)
    assert answer.text == got.answer.text
    assert agreement(other, answer, state, got) is Agreement.CONTRADICTED


def test_where_the_caller_never_got_there_nobody_can_say() -> None:
    answer, state = after(car(**READY), DRIVE)
    assert agreement(DRIVE, answer, state, None) is Agreement.UNCONFIRMED
    failed = theirs(car(), DRIVE)
    assert agreement(DRIVE, answer, state, failed) is Agreement.UNCONFIRMED


def test_where_the_caller_got_is_executed_again() -> None:
    environment = ScriptedEnvironment(car("left", **READY))
    calls = [DRIVE, Call(tool="close", args={"door": "left"}), DRIVE, STATUS]
    recorded = environment.record("s", calls)
    (episode,) = history.episodes(recorded)
    got = reached(episode, environment)
    assert got is not None
    assert (got.call.args, got.answer.text, got.reads) == ({"speed": 5}, "driving at 5", False)
    world = environment.before(recorded[3])
    assert world is not None
    assert got.state == world.state()
    looked = reached(Episode(failure=recorded[0], recovery=recorded[3]), environment)
    assert looked is not None
    assert looked.reads
    assert reached(Episode(failure=recorded[0]), environment) is None
    elsewhere = ScriptedEnvironment(car())
    assert reached(episode, elsewhere) is None

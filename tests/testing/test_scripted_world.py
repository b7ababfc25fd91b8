"""The scripted world keeps the promises of the ports `World` and `Environment`."""

from typing import Any

from failonce.model import Call, Outcome, ToolSpec
from failonce.ports import Environment, World
from failonce.testing import ScriptedEnvironment, ScriptedWorld, ToolFailed


def rename(facts: dict[str, Any], args: dict[str, Any]) -> str:
    old = args["old"]
    text = facts.pop(old, None)
    args.clear()
    if text is None:
        facts["spoilt"] = True
        raise ToolFailed(f"{old}: no such file")
    facts["new.txt"] = text
    return "done"


def call(tool: str = "rename", **args: Any) -> Call:
    return Call(tool=tool, args=args)


def world() -> ScriptedWorld:
    return ScriptedWorld({"rename": rename}, {"a.txt": ["text"]})


def test_a_call_that_fails_changes_nothing_and_is_named_as_recordings_are() -> None:
    here: World = world()
    before = here.state()
    answer = here.run(call(old="b.txt"))
    assert answer.text == "b.txt: no such file"
    assert answer.failure is not None
    assert answer.failure.template == "<arg:old>: no such file"
    assert answer.failure.blamed == "old"
    assert here.state() == before
    other = here.run(call(old="c.txt")).failure
    assert other is not None
    assert other.signature == answer.failure.signature


def test_an_unknown_tool_or_a_bad_argument_is_an_answer() -> None:
    here = world()
    assert here.run(call("cut")).text == "unknown tool cut"
    assert here.run(call()).text == "missing argument 'old'"
    assert here.run(call(old=["x"])).text.startswith("bad argument: unhashable")
    assert not here.run(Call(tool="rename")).worked


def test_neither_a_copy_nor_the_caller_sees_what_another_does() -> None:
    here = world()
    copy = here.copy()
    assert copy.state() == here.state()
    asked = call(old="a.txt")
    assert here.run(asked).worked
    assert asked.args == {"old": "a.txt"}
    assert copy.facts == {"a.txt": ["text"]}
    here.facts["new.txt"].append("more")
    assert copy.state() != here.state()
    assert copy.facts == {"a.txt": ["text"]}


def test_an_environment_goes_back_to_before_each_recorded_call() -> None:
    start = world()
    environment = ScriptedEnvironment(start, {"rename": ToolSpec(name="rename")})
    port: Environment = environment
    recorded = environment.record("s", [call(old="b.txt"), call(old="a.txt"), call(old="a.txt")])
    assert [e.outcome for e in recorded] == [Outcome.FAILURE, Outcome.SUCCESS, Outcome.FAILURE]
    assert [e.failed for e in recorded] == [True, False, True]
    assert recorded[0].signature == recorded[2].signature
    states = []
    for e in recorded:
        back = port.before(e)
        assert back is not None
        answer = back.run(e.call)
        assert (answer.text, answer.worked) == (e.message, e.good)
        states.append(back.state())
    assert states[0] == start.state() != states[1] == states[2]
    assert port.tools(recorded[0]) == {"rename": ToolSpec(name="rename")}
    elsewhere = ScriptedEnvironment(start).record("t", [call(old="b")])
    assert port.before(elsewhere[0]) is None


def test_a_session_may_begin_with_other_facts_than_all_others() -> None:
    environment = ScriptedEnvironment(world())
    (here,) = environment.record("s", [call(old="b.txt")], given={"b.txt": ["other"]})
    (there,) = environment.record("t", [call(old="b.txt")])
    assert (here.failed, there.failed) == (False, True)
    back = environment.before(here)
    assert back is not None
    assert back.facts["b.txt"] == ["other"]

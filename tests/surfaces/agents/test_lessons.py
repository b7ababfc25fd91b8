"""What guardrails and rules tell the model of an agent, and what becomes of its calls."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_ai import Tool

from failonce.kinds.guardrail import Strength
from failonce.kinds.rule import Rule
from failonce.model import Action, Arm, Outcome
from failonce.policy import Policy
from tests.surfaces.agents.made import Script, Told, agent, call, get_order
from tests.surfaces.watching.made import Room, guardrail
from tests.surfaces.watching.made import room as made

# ---------------------------------------------------------- guardrails


def test_a_block_is_the_answer_of_the_tool(room: Room) -> None:
    """The model reads what to do instead, and does it; no retry of the tool is spent."""
    room.teach(guardrail("get_order", "verbose"))

    def obey(told: Told) -> Any:
        assert "Leave `verbose` out." in told.answer
        return [call("get_order", order_id="a")]

    stopped = [call("get_order", order_id="a", verbose=True)]
    script = Script([stopped, stopped, stopped, obey, "done"])
    assert agent(script, get_order, retries=1).run_sync("go").output == "done"
    assert [t.outcomes for t in script.told] == [
        [],
        ["failed"],
        ["failed"],
        ["failed"],
        ["success"],
    ]
    assert [e.outcome for e in room.calls()] == [Outcome.SUCCESS]
    assert room.effects() == ["prevented"] * 3


def test_a_model_passes_a_block_with_a_reason(room: Room) -> None:
    """As its answer told it; the reason reaches no tool, and the block is suspected."""
    room.teach(guardrail("get_order", "verbose", Strength.BLOCK))

    def detailed(order_id: str, verbose: bool = False) -> str:
        return f"order {order_id}, {verbose}"

    def insist(told: Told) -> Any:
        assert "`failonce_reason`" in told.answer
        return [call("get_order", order_id="a", verbose=True, failonce_reason="asked for")]

    script = Script([[call("get_order", order_id="a", verbose=True)], insist, "done"])
    agent(script, Tool(detailed, name="get_order")).run_sync("go")
    assert script.last.answer == "order a, True"
    (taken,) = room.calls()
    assert taken.call.args == {"order_id": "a", "verbose": True}
    (event,) = [e.event for e in room.store.entries() if e.event.action is Action.OVERRIDE]
    assert event.reason == "asked for"


def test_a_block_goes_before_the_validation(room: Room) -> None:
    """What the tool does not even take is stopped with its reason, not with the schema's."""
    room.teach(guardrail("get_order", "color"))
    script = Script([[call("get_order", order_id="a", color="red")], "done"])
    agent(script, get_order).run_sync("go")
    assert "Leave `color` out." in script.last.answer
    assert room.calls() == []


def test_a_warning_comes_with_the_next_request(room: Room) -> None:
    """The call runs; the model reads it beside the answer, once."""
    room.teach(guardrail("get_order", "order_id", Strength.WARN))
    script = Script([[call("get_order", order_id="a")], [call("missing")], "done"])
    done = agent(script, get_order).run_sync("go")
    assert script.told[1].answer == "order a"
    (note,) = script.told[1].words
    assert "Leave `order_id` out." in note
    assert script.told[2].words == ()
    assert note in str(done.all_messages())


def test_nothing_is_asked_of_a_model_that_is_done(room: Room) -> None:
    """What was said to its last calls makes no further request."""
    room.teach(guardrail("get_order", "order_id", Strength.WARN))

    class Found(BaseModel):
        name: str

    script = Script([[call("get_order", order_id="a"), call("final_result", name="chair")]])
    done = agent(script, get_order, output_type=Found).run_sync("go")
    assert done.output == Found(name="chair")
    assert (len(script.told), len(room.calls())) == (1, 1)


# --------------------------------------------------------------- rules


def test_rules_stand_in_the_instructions(room: Room) -> None:
    """Before the first call already, once, and with each request; the model acts on them."""
    room.teach(Rule(component="get_order", sentence="Give the number with its letter, as in a7."))

    def begin(told: Told) -> Any:
        letter = "a" if "as in a7" in told.instructions else ""
        return [call("get_order", order_id=f"{letter}7")]

    script = Script([begin, "done"])
    agent(script, get_order, instructions="Be brief.").run_sync("go")
    assert script.last.answer == "order a7"
    assert script.last.words == ()
    for told in script.told:
        assert told.instructions.startswith("Be brief.")
        assert told.instructions.count("Give the number with its letter") == 1
    assert len(room.exposures()) == 1


def test_rules_of_other_tools_are_nobodys_business(room: Room) -> None:
    """Only what concerns the tools that the agent has."""
    room.teach(Rule(component="sell", sentence="Ask first."))
    script = Script([[call("get_order", order_id="a")], "done"])
    agent(script, get_order).run_sync("go")
    assert [t.instructions for t in script.told] == ["", ""]
    assert room.exposures(Arm.APPLIED) == []


def test_who_goes_without_a_rule_reads_it_nowhere(tmp_path: Path) -> None:
    """Neither before its calls nor after; it is counted as one that went without."""
    with made(tmp_path, Policy(holdout_canary=0.5, holdout_approved=0.5)) as room:
        room.teach(Rule(component="get_order", sentence="Give the number with its letter."))
        read = {}
        for n in range(20):
            script = Script([[call("get_order", order_id="a")], "done"])
            agent(script, get_order, capability={"session": f"s{n}"}).run_sync("go")
            words = [w for told in script.told for w in (told.instructions, *told.words)]
            read[f"s{n}"] = any("with its letter" in w for w in words)
        assert {x.session for x in room.exposures()} == {s for s, yes in read.items() if yes}
        held = {x.session for x in room.exposures(Arm.HOLDOUT)}
        assert held == {s for s, yes in read.items() if not yes}
        assert 0 < len(held) < 20
        assert room.host.lost == 0

"""What lessons do to the calls of an agent, and what its model hears of it."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import (
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
    Tool,
    ToolApproved,
)
from pydantic_ai.capabilities import AbstractCapability

from failonce.kinds.behaviour import Repair, Situation
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Cache, CircuitBreaker, Fallback, Retry, Timeout
from failonce.kinds.rule import Rule
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.program import Program, Step
from failonce.model import Action, Arm, Outcome
from failonce.policy import Policy
from tests.surfaces.agents.made import Script, Told, agent, call
from tests.surfaces.watching.made import Room, guardrail, hint, inserting, renaming
from tests.surfaces.watching.made import room as made


def get_order(order_id: str, verbose: bool = False) -> str:
    """Get an order."""
    if verbose:
        raise ModelRetry("There are no details.")
    return f"order {order_id}"


# ------------------------------------------------------------------ guardrails


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


# ---------------------------------------------------------------------- fixers


def test_arguments_are_repaired_before_they_are_validated(room: Room) -> None:
    """The tool gets them as if the model had sent them so, and the model reads what was done."""
    room.teach(renaming("get_order", "id", "order_id"))
    script = Script([[call("get_order", id="a")], "done"])
    done = agent(script, get_order, retries=0).run_sync("go")
    assert script.last.answer == "order a"
    assert "order_id" in script.last.words[0]
    (taken,) = room.calls()
    assert taken.call.args == {"order_id": "a"}
    assert not taken.failed
    assert room.effects() == ["repaired"]
    sent = [p for m in done.all_messages() for p in m.parts if p.part_kind == "tool-call"]
    assert sent[0].args == {"id": "a"}


def test_what_is_refused_is_repaired_after_it(room: Room) -> None:
    """The refusal is recorded, and the call then made; it costs no retry."""
    room.teach(
        renaming("get_order", "id", "order_id", moment=Moment.AFTER_FAILURE, regex="Extra inputs")
    )
    script = Script([[call("get_order", id="a")], "done"])
    agent(script, get_order, retries=0).run_sync("go")
    assert script.last.answer == "order a"
    first, second = room.calls()
    assert (first.failed, first.call.args, first.attempt) == (True, {"id": "a"}, 1)
    assert (second.failed, second.call.args, second.attempt) == (False, {"order_id": "a"}, 2)
    assert room.effects() == ["repaired"]


def test_what_a_tool_refuses_itself_is_repaired_after_it(room: Room) -> None:
    """Through the validation and all hooks of others; it costs no retry."""
    lesson = renaming(
        "find", "first", "second", moment=Moment.AFTER_FAILURE, regex="first is closed"
    )
    room.teach(lesson)
    seen: list[Any] = []

    class Guard(AbstractCapability[Any]):
        async def before_tool_execute(
            self, ctx: Any, *, args: dict[str, Any], **_: Any
        ) -> dict[str, Any]:
            seen.append((ctx.tool_call_id, dict(args)))
            return args

    def find(first: str = "", second: str = "") -> str:
        if first:
            raise ModelRetry("invalid argument: first is closed")
        return f"second {second}"

    part = call("find", first="a")
    script = Script([[part], "done"])
    agent(script, find, capabilities=[Guard()], retries=0).run_sync("go")
    assert script.last.answer == "second a"
    assert {own for own, _ in seen} == {part.tool_call_id}
    assert [(a["first"], a["second"]) for _, a in seen] == [("a", ""), ("", "a")]
    assert [e.failed for e in room.calls("find")] == [True, False]


def test_a_failure_that_is_not_repaired_is_the_tools_own(room: Room) -> None:
    """A lesson that looks at it changes nothing of what the model reads."""
    room.teach(renaming("get_order", "x", "y", moment=Moment.AFTER_FAILURE, regex="something else"))
    script = Script(
        [
            [call("get_order", order_id="a", verbose=True)],
            [call("get_order", order_id=["b"])],
            "done",
        ]
    )
    agent(script, get_order, retries=2).run_sync("go")
    assert script.told[1].answers[0].content == "There are no details."
    assert script.told[1].answers[0].retry is not None
    assert script.told[2].answers[0].content[0]["type"] == "string_type"
    assert [e.failed for e in room.calls()] == [True, True]


@pytest.mark.parametrize(("what", "outcome"), [("a", "success"), ("b", "retried")])
def test_a_repair_names_another_tool(
    room: Room, monkeypatch: pytest.MonkeyPatch, what: str, outcome: str
) -> None:
    """That one is called, through its own validation; its answer is the answer."""
    room.teach(renaming("find", "x", "y"))

    def elsewhere(_: ArgumentsFixer, situation: Situation) -> Repair:
        return Repair(args={"what": situation.call.args["x"]}, tool="seek", message="Try seek.")

    monkeypatch.setattr(ArgumentsFixer, "before", elsewhere)

    def find(y: str) -> str:
        raise AssertionError(y)

    def seek(what: str) -> str:
        if what == "b":
            raise ModelRetry("There is no b.")
        return f"found {what}"

    script = Script([[call("find", x=what)], "done"])
    agent(script, find, seek, retries=1).run_sync("go")
    assert script.last.outcomes == [outcome]
    assert script.last.answers[0].content == ("found a" if what == "a" else "There is no b.")
    assert [(e.call.tool, e.call.args) for e in room.calls()] == [("seek", {"what": what})]


class Car:
    """Its engine starts with the brake held."""

    def __init__(self) -> None:
        self.held = False
        self.log: list[str] = []

    def brake(self, force: float) -> str:
        """Press the brake."""
        self.log.append(f"brake {force:g}")
        self.held = force > 0
        return "ok"

    def start(self, key: str = "") -> str:
        """Start the engine."""
        self.log.append("start")
        if not self.held:
            raise ModelRetry("Invalid argument: hold the brake first")
        if key == "wrong":
            raise ModelRetry("Invalid argument: wrong key")
        if key == "theirs":
            raise ApprovalRequired
        return "running"


HOLD = Program(
    steps=(
        Step(
            tool="brake",
            arguments=(("force", literal(1.0)),),
            undo=Step(tool="brake", arguments=(("force", literal(0.0)),)),
        ),
    )
)


@pytest.mark.parametrize(
    ("key", "log"),
    [
        ("", ["start", "brake 1", "start"]),
        ("wrong", ["start", "brake 1", "start", "brake 0"]),
    ],
)
def test_a_repair_calls_other_tools_of_the_agent(room: Room, key: str, log: list[str]) -> None:
    """And takes back what it did where the call fails all the same."""
    held = inserting("start", HOLD, moment=Moment.AFTER_FAILURE, regex="hold the brake")
    room.teach(held)
    car = Car()
    script = Script([[call("start", key=key)], "done"])
    agent(script, car.start, car.brake, retries=1).run_sync("go")
    assert car.log == log
    assert script.last.outcomes == ["retried" if key else "success"]
    assert [e.call.tool for e in room.calls()] == [name.split()[0] for name in log]


def test_what_waits_for_a_person_is_called_for_nobody(room: Room) -> None:
    """A repair that needs it leaves the call alone."""
    room.teach(inserting("start", HOLD, moment=Moment.AFTER_FAILURE, regex="hold the brake"))
    car = Car()
    script = Script([[call("start")], "done"])
    agent(script, car.start, Tool(car.brake, requires_approval=True)).run_sync("go")
    assert car.log == ["start"]


LOOK = Program(
    looks=(Step(tool="pedal", name="here"),),
    when=(
        Comparison(
            left=Read(source=Source.RESULT, name="here"),
            relation=Relation.EQUALS,
            right=literal("up"),
        ),
    ),
    steps=HOLD.steps,
)


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_look_decides_before_the_call(room: Room, state: str) -> None:
    """The brake is held only where the look says that it is needed."""
    room.teach(inserting("start", LOOK, moment=Moment.BEFORE, regex=""))
    car = Car()
    car.held = state == "down"

    def pedal() -> str:
        return state

    script = Script([[call("start")], "done"])
    made = agent(script, car.start, car.brake, pedal, capability={"read_only": ["pedal"]})
    made.run_sync("go")
    assert script.last.answer == "running"
    assert car.log == (["brake 1", "start"] if state == "up" else ["start"])
    assert [e.message for e in room.calls("pedal")] == [state]


def test_what_a_person_approved_runs_as_it_was_approved(room: Room) -> None:
    """No lesson changes it any more."""
    room.teach(renaming("sell", "id", "order_id"), guardrail("sell", "order_id"))

    def sell(ctx: RunContext[Any], order_id: str = "") -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return f"sold {order_id}"

    part = call("sell")
    script = Script([[part], "done"])
    made = agent(script, sell, output_type=[str, DeferredToolRequests])
    first = made.run_sync("go")
    approved = ToolApproved(override_args={"order_id": "a"})
    made.run_sync(
        message_history=first.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={part.tool_call_id: approved}),
    )
    assert script.last.answer == "sold a"


def test_what_was_done_for_a_call_that_has_to_wait_is_taken_back(room: Room) -> None:
    """It is asked for, not failed."""
    held = inserting("start", HOLD, moment=Moment.AFTER_FAILURE, regex="hold the brake")
    room.teach(held)
    car = Car()
    script = Script([[call("start", key="theirs")]])
    made = agent(script, car.start, car.brake, output_type=[str, DeferredToolRequests])
    assert isinstance(made.run_sync("go").output, DeferredToolRequests)
    assert car.log == ["start", "brake 1", "start", "brake 0"]
    assert [e.failed for e in room.calls("start")] == [True]


def test_what_was_done_for_a_call_that_is_not_made_is_taken_back(room: Room) -> None:
    """Another call ends the run before."""
    room.teach(inserting("start", LOOK, moment=Moment.BEFORE, regex=""))
    car = Car()

    def pedal() -> str:
        return "up"

    def crash() -> str:
        car.log.append("crash")
        raise LookupError("no road")

    script = Script([[call("crash"), call("start")]])
    tools = [Tool(crash, sequential=True), car.start, car.brake, pedal]
    with pytest.raises(LookupError):
        agent(script, *tools, capability={"read_only": ["pedal"]}).run_sync("go")
    assert car.log == ["brake 1", "crash", "brake 0"]


# ----------------------------------------------------------------------- hints


def test_a_passing_failure_of_a_tool_that_reads_is_tried_again(room: Room) -> None:
    """The model hears nothing of it, and no retry of the tool is spent."""
    room.teach(hint("get_stock", Retry(max_retries=2, delay_ms=250.0, jitter=0.0)))
    left = [ModelRetry("HTTP 503 Service Unavailable"), ConnectionError("connection reset")]

    def get_stock() -> str:
        if left:
            raise left.pop(0)
        return "12 chairs"

    script = Script([[call("get_stock")], "done"])
    made = agent(script, get_stock, retries=0, capability={"read_only": ["get_stock"]})
    made.run_sync("go")
    assert script.last.answer == "12 chairs"
    assert room.slept == [0.25, 0.5]
    assert [(e.failed, e.attempt) for e in room.calls()] == [(True, 1), (True, 2), (False, 3)]


def test_what_is_not_known_to_read_is_not_tried_again(room: Room) -> None:
    """The failure is the tool's own."""
    room.teach(hint("place", Retry(max_retries=2)))

    def place() -> str:
        raise ModelRetry("HTTP 503 Service Unavailable")

    script = Script([[call("place")], "done"])
    agent(script, place).run_sync("go")
    assert script.last.answers[0].content == "HTTP 503 Service Unavailable"
    assert len(room.calls()) == 1


def test_refused_arguments_are_nothing_to_try_again(room: Room) -> None:
    """Nor a failure of the service."""
    room.teach(
        hint("get_order", Retry(max_retries=3)),
        hint("get_order", CircuitBreaker(failure_threshold=1)),
    )
    bad, good = [call("get_order")], [call("get_order", order_id="a")]
    script = Script([bad, good, "done"])
    agent(script, get_order, capability={"read_only": ["get_order"]}).run_sync("go")
    assert script.last.answer == "order a"
    assert [e.failed for e in room.calls()] == [True, False]


def test_a_call_that_is_given_up_is_an_answer(room: Room) -> None:
    """Not the end of the run."""
    room.teach(hint("think", Timeout(timeout_ms=20.0)))

    async def think() -> str:
        await asyncio.sleep(60)
        return "late"

    script = Script([[call("think")], "done"])
    assert agent(script, think).run_sync("go").output == "done"
    assert script.last.outcomes == ["failed"]
    assert "20 ms" in script.last.answer or "0.02" in script.last.answer


def test_another_tool_answers_and_a_kept_answer_is_given(room: Room) -> None:
    """Fallback and cache, with the tools of the agent."""
    room.teach(
        hint("get_price", Fallback(fallback_cap="get_list_price")),
        hint("get_size", Cache(ttl_ms=60_000.0)),
    )
    measured: list[str] = []

    def get_price(what: str) -> str:
        raise ModelRetry("HTTP 503 Service Unavailable")

    def get_list_price(what: str) -> str:
        return f"{what} 12"

    def get_size(what: str) -> str:
        measured.append(what)
        return "small"

    turns = [[call(name, what="chair")] for name in ("get_price", "get_size", "get_size")]
    script = Script([*turns, "done"])
    names = ["get_price", "get_list_price", "get_size"]
    agent(script, get_price, get_list_price, get_size, capability={"read_only": names}).run_sync(
        "go"
    )
    assert script.told[1].answer == "chair 12"
    assert [t.answer for t in script.told[2:]] == ["small", "small"]
    assert measured == ["chair"]


# ----------------------------------------------------------------------- rules


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

"""What hints do to the calls of an agent: its model hears of it only where they give up."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import asyncio

from pydantic_ai import ModelRetry

from failonce.kinds.hint import Cache, CircuitBreaker, Fallback, Retry, Timeout
from tests.surfaces.agents.made import Script, agent, call, get_order
from tests.surfaces.watching.made import Room, hint


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

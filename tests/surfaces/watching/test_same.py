"""What was proven on history is what happens at call time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import failonce
from failonce.kinds.decision import settle
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.model import AdviceAction, Call
from failonce.signature.naming import name_failure
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.surfaces.worded import wordings
from failonce.testing.samples import evidence
from failonce.trial import situations
from tests.made import blocking
from tests.surfaces.watching.made import PROJECT, Room, guardrail, renaming

NAMES = ("force", "url", "path", "note")
TOOLS = ("push", "fetch", "other")


def answer(args: dict[str, Any]) -> str:
    """The world of these tools."""
    if args.get("note") == 2:
        raise OSError("disk quota exceeded for this account")
    return "fine"


def tool(name: str) -> Any:
    @failonce.watch(tool=name)
    def called(**given: int) -> str:
        RAN.append((name, dict(given)))
        return answer(given)

    return called


RAN: list[tuple[str, dict[str, Any]]] = []
WATCHED = {name: tool(name) for name in TOOLS}
SESSIONS = iter(f"s{n}" for n in range(100_000))


def failing(name: str) -> Guardrail:
    """Stops a tool that failed twice in a row with the same error."""
    text = wordings(OSError("disk quota exceeded for this account"))[0]
    failed = name_failure(tool=name, error_type="OSError", text=text, args={"note": 2})
    return blocking(name, fingerprint=failed.id, message="It fails again and again.", failing=2)


@pytest.fixture
def taught(room: Room) -> Room:
    """Guardrails of several sorts, and repairs, that meet in the same calls."""
    room.teach(
        guardrail("push", "force"),
        guardrail("fetch", "note", Strength.WARN),
        renaming("fetch", "url", "path"),
        renaming("push", "url", "path"),
        failing("push"),
        failing("fetch"),
        failing("other"),
    )
    return room


FAILING = {"note": 2}
calls = st.tuples(
    st.sampled_from(TOOLS),
    st.just(FAILING) | st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2), max_size=3),
)


def test_what_a_session_did_before_counts(taught: Room) -> None:
    """The third failure in a row is stopped, in this session; in another one nobody knows."""
    for name in ("a", "b"):
        with failonce.session(f"before-{name}"):
            for _ in range(2):
                with pytest.raises(OSError, match="quota"):
                    WATCHED["other"](**FAILING)
            with pytest.raises(failonce.Blocked, match="again and again"):
                WATCHED["other"](**FAILING)
    assert len(taught.calls("other")) == 4


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(calls, max_size=16))
def test_replay_and_call_time_decide_the_same(taught: Room, made: list[Any]) -> None:
    """Each call of a session, against the decision on the recordings of the calls before it."""
    session = next(SESSIONS)
    happened: list[tuple[str, str, Any, int]] = []
    RAN.clear()
    with failonce.session(session) as own:
        for name, args in made:
            before = len(RAN)
            action = "run"
            try:
                WATCHED[name](**args)
            except failonce.Blocked:
                action = "block"
            except OSError:
                pass
            ran = RAN[before][1] if len(RAN) > before else None
            happened.append((action, " ".join(own.advice()), ran, before))
    recorded = [e for e in taught.calls() if e.call.session == session]
    assert len(recorded) == len(RAN)
    index = Index(arm(x) for x in taught.store.lessons())
    for (name, args), (action, said, ran, before) in zip(made, happened, strict=True):
        call = Call(tool=name, args=args, session=session, project=PROJECT)
        asked = replace(evidence(1), call=call)
        *_, (_, situation) = situations([*recorded[:before], asked])
        advice = settle(decide.before(situation, index.concerning)).advice
        if advice.action is AdviceAction.BLOCK:
            assert (action, ran) == ("block", None)
        else:
            assert (action, said) == ("run", advice.message)
            assert ran == (args if advice.args is None else advice.args)

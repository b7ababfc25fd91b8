"""Hints nested around a call: their order, what they remember and for how long, and faults."""

from dataclasses import dataclass, replace
from itertools import permutations
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import Situation
from failonce.kinds.hint import (
    Band,
    Cache,
    CircuitBreaker,
    Fallback,
    Handler,
    Metrics,
    RateLimit,
    Retry,
    Scope,
    Timeout,
)
from failonce.kinds.hint.running import Asked, Event, Inner, Machine, Means, Result, Steps
from failonce.kinds.rule import Rule
from failonce.model import Call, KindName
from failonce.skill import steps
from failonce.skill.steps import Runtime
from tests.kinds.hint.made import DOWN, READER, SPARE, WRITER, Rig, armed, carried, rig

CHAIN = (
    Metrics(),
    Fallback(fallback_cap="get_spare"),
    Cache(),
    CircuitBreaker(failure_threshold=2),
    RateLimit(),
    Retry(max_retries=1),
    Timeout(),
)


def traced(*handlers: Handler) -> list[str]:
    """The handlers in the order in which a call meets them."""
    met: list[str] = []

    def tracing(handler: Handler) -> Handler:
        kind = type(handler)

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Traced(kind):  # type: ignore[misc, valid-type]
            def start(self, means: Means) -> Machine:
                machine = kind.start(self, means)

                def step(asked: Asked, at: float, inner: Inner) -> Steps:
                    met.append(kind.key)
                    return (yield from machine(asked, at, inner))

                return step

        return Traced(**{n: getattr(handler, n) for n in handler.dump()})

    rig(*map(tracing, handlers)).call()
    return met


PUBLISHED = ["metrics", "fallback", "cache", "circuit-breaker", "rate-limit", "retry", "timeout"]


@pytest.mark.proves("C15")
def test_the_seven_nest_in_the_published_order_however_the_lessons_come() -> None:
    assert traced(*CHAIN) == PUBLISHED
    assert traced(*reversed(CHAIN)) == PUBLISHED
    for some in permutations(CHAIN[:4]):
        assert traced(*some) == PUBLISHED[:4]


def test_with_scope_attempt_three_of_them_stand_inside_retry() -> None:
    inside = [replace(h, scope=Scope.ATTEMPT) if hasattr(h, "scope") else h for h in CHAIN]
    assert traced(*inside) == [
        "metrics", "cache", "retry", "circuit-breaker", "rate-limit", "timeout", "fallback"
    ]  # fmt: skip


def test_all_seven_at_once() -> None:
    """Two calls that fail open the breaker; the fallback answers, and nothing of it is kept."""
    whole = rig(*CHAIN)
    assert [whole.call(DOWN, DOWN).by for _ in range(2)] == ["fallback"] * 2
    assert whole.call().by == "fallback"
    assert whole.ran == ["get_rate", "get_rate", "get_spare"] * 2 + ["get_spare"]
    whole.clock.at += 30
    assert [whole.call().by for _ in range(2)] == ["", "cache"]
    (counted,) = whole.runtime.measured().values()
    assert (counted.calls, counted.attempts, counted.failures) == (5, 5, 0)


@given(st.permutations(CHAIN), st.lists(st.sampled_from([DOWN, None]), max_size=12))
def test_the_order_of_lessons_changes_nothing(lessons: list[Handler], outcomes: list[None]) -> None:
    one, other = rig(*CHAIN), rig(*lessons)
    for outcome in outcomes:
        first, second = one.call(outcome, args={}), other.call(outcome, args={})
        assert (first.by, first.failure, first.at) == (second.by, second.failure, second.at)
    assert one.ran == other.ran


def test_without_hints_the_call_runs_as_it_is() -> None:
    plain = rig()
    assert plain.call(DOWN).failure is not None
    rules = replace(
        armed(Retry())[0], kind=KindName.RULE, behaviour=Rule(component="t", sentence="A.")
    )
    plain.armed = (rules,)
    plain.call(DOWN)
    assert len(plain.runs) == 2


# ------------------------------------------------------------- what is kept


def opened() -> Rig:
    given = rig(CircuitBreaker(failure_threshold=1))
    given.call(DOWN)
    assert given.call().by == "circuit-breaker"
    return given


def test_each_tool_has_its_own_state() -> None:
    given = opened()
    assert given.call(spec=SPARE).value == "ok"


def test_what_a_lesson_remembers_stays_while_it_is_in_force_and_goes_with_it() -> None:
    given = opened()
    given.armed = (*given.armed, *[replace(a, lesson="HI-9") for a in armed(Metrics())])
    given.runtime.retain(given.armed)
    assert given.call().by == "circuit-breaker"
    given.runtime.retain(given.armed[1:])
    given.runtime.retain(given.armed)
    assert given.call().value == "ok"


def test_another_version_or_other_parameters_begin_anew() -> None:
    given = opened()
    given.armed = tuple(replace(a, version=2) for a in given.armed)
    assert given.call().value == "ok"
    given = opened()
    given.armed = armed(CircuitBreaker(failure_threshold=2))
    assert given.call().value == "ok"


def test_lessons_withheld_from_one_call_remember_for_the_next() -> None:
    given = opened()
    lessons, given.armed = given.armed, ()
    assert given.call().value == "ok"
    given.armed = lessons
    assert given.call().by == "circuit-breaker"


def test_what_is_remembered_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "REMEMBERED", 8)
    given = rig(Cache())
    given.call()
    for n in range(30):
        given.call(spec=replace(WRITER, name=f"send_{n}"), project=str(n))
    assert len(given.runtime._natures) <= 8
    assert len(given.runtime._written) <= 8
    assert given.call().by == ""


def test_what_was_read_while_something_was_written_is_not_kept() -> None:
    """The read may have seen the world as it was; the number of the world changed twice."""
    given = rig(Cache())
    writing = given.runtime.steps(
        Situation(call=Call(tool="send_order", args={}, project="p")), given.armed, 0.0
    )
    next(writing)
    given.call()
    with pytest.raises(StopIteration):
        writing.send(Result(at=1.0))
    assert given.call().by == ""
    assert given.call().by == "cache"


def test_a_tool_that_describes_itself_anew_is_looked_at_anew() -> None:
    given = rig(Cache())
    assert [given.call().by for _ in range(2)] == ["", "cache"]
    changed = replace(READER, read_only=False)
    assert [given.call(spec=changed).by for _ in range(2)] == ["", ""]


# ------------------------------------------------------------------- faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty(Handler):
    """Fails before the call, after it, or between two attempts."""

    key: ClassVar = "faulty"
    priority: ClassVar = 12
    band: ClassVar = Band.RESILIENCE
    description: ClassVar = "Fails."
    when: ClassVar[str] = "before"

    def start(self, means: Means) -> Machine:  # noqa: ARG002
        def step(asked: Asked, at: float, inner: Inner) -> Steps:
            if self.when == "before":
                raise ZeroDivisionError
            result = yield from inner(asked, at)
            if self.when == "later" and asked.attempt == 1:
                return result
            raise ZeroDivisionError

        return step


@pytest.mark.parametrize("when", ["before", "after", "later"])
def test_a_handler_that_fails_is_left_out_and_the_call_runs_once(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faulty, "when", when)
    given = rig(Faulty(), Metrics(), Retry(), Timeout())
    result = given.call(DOWN, None)
    assert result.value == "ok"
    assert len(given.runs) == 2
    assert {n.lesson for n in given.notes if n.event is Event.BROKE} == {"HI-0"}


def test_a_runtime_serves_any_number_of_steps_at_once() -> None:
    runtime = Runtime(random=lambda: 0.0)
    lessons = armed(Metrics())
    given = rig()
    situation = Situation(call=Call(tool="get_rate", args={}), tools={"get_rate": READER})
    begun = [runtime.steps(situation, lessons, 0.0) for _ in range(5)]
    for one in begun:
        carried(one, given.run, given.world)
    (counted,) = runtime.measured().values()
    assert counted.calls == 5

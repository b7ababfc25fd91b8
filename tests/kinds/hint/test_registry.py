"""The registry of handlers, and the table of causes; an eighth handler from outside."""

from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from typing import ClassVar

import pytest

from failonce.errors import BadInput
from failonce.kinds.hint import (
    HANDLERS,
    MAX_DELAY_MS,
    WANTED,
    Band,
    Cache,
    CircuitBreaker,
    Fallback,
    Handler,
    Hint,
    Learned,
    Metrics,
    RateLimit,
    Registry,
    Retry,
    Timeout,
    injections,
)
from failonce.kinds.hint.registry import BUILT_IN
from failonce.kinds.registry import behaviour
from failonce.model import Category, KindName
from tests.kinds.hint.made import DOWN, Rig, armed, rig
from tests.made import proposal

OUTSIDE = Path(__file__).parents[1] / "outside"

BODY = """\
match:
  component: get_rate
  fingerprint: ""
  message_regex: ""
action:
  type: pause
  calls: 1
"""


@pytest.mark.proves("C20")
def test_an_eighth_handler_from_outside_is_read_checked_written_and_run() -> None:
    lesson = proposal(KindName.HINT, target="get_rate", body=BODY)
    with pytest.raises(BadInput, match="not `pause`"):
        behaviour(lesson)
    run_path(str(OUTSIDE / "pause.py"))
    try:
        hint = behaviour(lesson)
        assert hint.render() == BODY
        assert hint.summary() == "rest for 1 calls after a failure"
        with pytest.raises(BadInput, match="`calls` must be between 1 and 100"):
            HANDLERS.validate("pause", {"calls": 0})
        assert "pause" in HANDLERS.list_handlers()
    finally:
        HANDLERS.unregister("pause")
    assert isinstance(hint, Hint)
    resting = rig(hint.handler, Metrics())
    assert [resting.call(outcome).by for outcome in (DOWN, None, None)] == ["", "pause", ""]
    assert len(resting.runs) == 2


def at_priority(n: float, of: Band) -> type[Handler]:
    return type(f"At{n:g}", (Handler,), {"key": f"at-{n:g}", "priority": n, "band": of,
                                         "description": "."})  # fmt: skip


def test_lower_numbers_are_further_out() -> None:
    three = [at_priority(50, Band.AFTERWARDS), at_priority(5, Band.OBSERVABILITY),
             at_priority(100, Band.AFTERWARDS)]  # fmt: skip
    assert Registry(*three).list_handlers() == ("at-5", "at-50", "at-100")


@pytest.mark.proves("C15")
def test_the_published_order() -> None:
    places = [(i.key, i.priority) for i in HANDLERS.handler_info()]
    assert places == [
        ("metrics", 1), ("fallback", 1.5), ("cache", 2), ("circuit-breaker", 3),
        ("rate-limit", 5), ("retry", 10), ("timeout", 20),
    ]  # fmt: skip


@pytest.mark.proves("C22")
@pytest.mark.parametrize(
    ("priority", "band"),
    [(1, Band.OBSERVABILITY), (9.5, Band.OBSERVABILITY), (10, Band.RESILIENCE),
     (29, Band.RESOURCES), (30, Band.RECOVERY), (40, Band.AFTERWARDS), (400, Band.AFTERWARDS)],
)  # fmt: skip
def test_a_new_handler_stands_in_its_band_or_is_refused(priority: float, band: Band) -> None:
    Registry.with_defaults(at_priority(priority, band))
    other = Band.RECOVERY if band is Band.RESILIENCE else Band.RESILIENCE
    with pytest.raises(BadInput, match=f"priority {priority:g} is for {band}"):
        Registry(at_priority(priority, other))


@pytest.mark.parametrize("priority", [0, -1, float("inf"), float("nan")])
def test_a_priority_is_a_number_above_nothing(priority: float) -> None:
    with pytest.raises(BadInput, match="above 0"):
        Registry(at_priority(priority, Band.OBSERVABILITY))


def test_handlers_come_and_go() -> None:
    registry = Registry()
    assert registry.list_handlers() == ()
    registry.register(Retry)
    with pytest.raises(BadInput, match="already"):
        registry.register(Retry)
    assert registry.find("runtime.learning.retry") is Retry
    registry.unregister("retry")
    with pytest.raises(BadInput):
        registry.unregister("retry")


def test_a_reader_is_told_what_each_takes_and_within_which_limits() -> None:
    (info,) = (i for i in HANDLERS.handler_info() if i.key == "retry")
    known = {p.name: (p.default, p.limits.low, p.limits.high) for p in info.parameters}
    assert known["max_retries"] == (3, 1, 5)
    assert known["multiplier"] == (2.0, 1, 10)
    assert known["delay_ms"] == (100, 0, 300_000)
    assert all(i.description and i.parameters for i in HANDLERS.handler_info())


def test_a_parameter_without_limits_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Loose(Retry):
        key: ClassVar = "loose"
        anything: str = ""

    with pytest.raises(BadInput, match="`anything` is declared without limits"):
        Registry(Loose)


# ---------------------------------------------------------- table of causes


@pytest.mark.parametrize(
    ("category", "hints"),
    [
        (Category.NETWORK, (Retry(), CircuitBreaker())),
        (Category.TIMEOUT, (Timeout(timeout_ms=9000), Retry())),
        (Category.MISSING_TOOL, (Fallback(fallback_cap="other"),)),
        (Category.INVALID_ARGS, (Metrics(),)),
        (Category.RATE_LIMIT, (RateLimit(requests_per_second=2.5, max_wait_ms=30_000), Retry())),
        (Category.LLM, (Fallback(fallback_cap="other"), CircuitBreaker())),
        (Category.AUTH, ()),
    ],
)
def test_each_cause_has_all_its_hints(category: Category, hints: tuple[Handler, ...]) -> None:
    learned = Learned(timeout_ms=9000, fallback_cap="other", requests_per_second=2.5)
    assert injections(category, learned) == hints


def test_without_a_tool_that_could_answer_there_is_no_fallback() -> None:
    assert injections(Category.MISSING_TOOL) == ()
    assert injections(Category.LLM) == (CircuitBreaker(),)


def test_what_was_learned_stays_within_the_policy() -> None:
    learned = Learned(max_retries=9, delay_ms=1e9, timeout_ms=1e9, requests_per_second=0.0)
    assert injections(Category.TIMEOUT, learned) == (
        Timeout(timeout_ms=MAX_DELAY_MS), Retry(max_retries=5, delay_ms=MAX_DELAY_MS)
    )  # fmt: skip
    assert injections(Category.RATE_LIMIT, learned)[0].dump()["requests_per_second"] == 0.001


def test_every_hint_of_the_table_is_built_in_and_runs() -> None:
    for handlers in WANTED.values():
        assert set(handlers) <= set(BUILT_IN)
    everything: Rig = rig(Metrics(), Fallback(fallback_cap="x"), Cache(), CircuitBreaker(),
                          RateLimit(), Retry(), Timeout())  # fmt: skip
    assert everything.call().value == "ok"
    assert len(armed(Retry())) == 1

"""Hints around calls: withheld from a share of the units, and told of once in both arms."""

from dataclasses import replace

import pytest

from failonce.exposing import Roster
from failonce.kinds.decision import Armed
from failonce.kinds.hint import CircuitBreaker, Handler, Hint, Metrics, RateLimit, Retry, Timeout
from failonce.kinds.hint.running import Event, Note
from failonce.model import Arm, Effect, KindName
from tests.exposing.made import APPLIED, HELD, call, place, roster
from tests.made import START
from tests.skill.made import guard


def hint(handler: Handler, lesson: str = "h") -> Armed:
    body = Hint(component="t", fingerprint="", message_regex="", handler=handler)
    return Armed(lesson=lesson, version=1, kind=KindName.HINT, behaviour=body)


def held() -> tuple[Roster, Roster]:
    """The same lessons, asked by two processes."""
    lessons = [place(hint(RateLimit()), share=0.5), place(hint(Retry(), "r"), share=0.5)]
    return roster(*lessons), roster(*lessons)


@pytest.mark.parametrize(
    ("session", "arm", "around"),
    [(HELD, Arm.HOLDOUT, ["r"]), (APPLIED, Arm.APPLIED, ["h", "r"])],
)
def test_what_acts_on_calls_that_may_work_is_withheld_and_what_acts_after_failures_is_not(
    session: str, arm: Arm, around: list[str]
) -> None:
    """Both lessons are of one group: only of the first does anybody need to see what is without."""
    one, other = held()
    of = call(session)
    lessons, asked = one.around(of, START)
    assert sorted(a.lesson for a in lessons) == around
    assert asked is not None
    (told,) = (s.exposure for s in asked.spoken)
    assert (told.lesson, told.arm, told.share) == ("h", arm, 0.5)
    assert (told.effect, told.unit, told.tool) == (Effect.UNKNOWN, session, "t")
    again, asked_again = one.around(call(session, a=2), START)
    assert again is lessons, "what is around calls is nested once"
    assert asked_again is None, "a unit is told of once"
    _, elsewhere = other.around(of, START)
    assert elsewhere is not None
    assert [s.exposure.id for s in elsewhere.spoken] == [told.id], "by an id that all make alike"


def test_where_there_is_no_unit_nothing_is_withheld_nor_told() -> None:
    one, _ = held()
    lessons, asked = one.around(call(""), START)
    assert sorted(a.lesson for a in lessons) == ["h", "r"]
    assert asked is None


def test_where_no_hint_acts_on_calls_that_may_work_nothing_is_told() -> None:
    for lessons in ((place(hint(Metrics()), share=0.5),), (place(guard("a"), share=0.5),), ()):
        every = roster(*lessons)
        around, asked = every.around(call(HELD), START)
        assert list(around) == list(every.acting("t"))
        assert asked is None


def note(event: Event) -> Note:
    return Note(lesson="h", event=event, call=call(APPLIED), at=0.0)


def test_a_refusal_is_told_of_once_a_unit() -> None:
    """Nobody knows what would have come of the call: more such calls do not say more."""
    every = roster(place(hint(CircuitBreaker()), share=0.5))
    first, second = (
        every.came_of(note(Event.REFUSED), call(APPLIED), START, worked=False) for _ in range(2)
    )
    assert first is not None
    assert (first.effect, first.share, first.after) == (Effect.NO_EFFECT, 0.5, False)
    assert second is None
    other = every.came_of(note(Event.REFUSED), call("another"), START, worked=False)
    assert other is not None
    assert other.id != first.id
    nobody = replace(call(), session="")
    assert every.came_of(note(Event.REFUSED), nobody, START, worked=False) is None


def test_a_call_given_up_is_told_of_each_time_under_the_id_of_its_unit() -> None:
    """What was recorded of it says whether it failed in the end; the last one counts."""
    every = roster(place(hint(Timeout()), share=0.5))
    of = call(APPLIED)
    one, two = (every.came_of(note(Event.TIMED_OUT), of, START, worked=False) for _ in range(2))
    assert one is not None
    assert one == two
    assert one.effect is Effect.UNKNOWN


@pytest.mark.parametrize("worked", [True, False])
def test_what_acts_after_a_failure_needs_no_unit_without_it(worked: bool) -> None:
    """The failure is its own counterfactual."""
    every = roster(place(hint(Retry()), share=0.5))
    told = every.came_of(note(Event.RETRIED), call(APPLIED), START, worked=worked)
    assert told is not None
    effect = Effect.RECOVERED if worked else Effect.NO_EFFECT
    assert (told.after, told.share, told.effect) == (True, 0.0, effect)


def test_what_a_hint_only_writes_down_and_one_that_is_gone_are_no_news() -> None:
    every = roster(place(hint(RateLimit())))
    assert every.came_of(note(Event.DELAYED), call(), START, worked=True) is None
    gone = replace(note(Event.RETRIED), lesson="gone")
    assert every.came_of(gone, call(), START, worked=True) is None

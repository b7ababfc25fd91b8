"""Since when a lesson is measured."""

from datetime import timedelta

from failonce.lifecycle import move
from failonce.model import Action, Event, Lesson
from failonce.outcome.span import Span, span
from tests.made import START, lesson

HOUR = timedelta(hours=1)
NOW = START + 24 * HOUR


def after(*actions: Action) -> tuple[Lesson, Span]:
    """A lesson with one move each hour, and its span."""
    now, events = lesson(), list[Event]()
    for n, action in enumerate(actions, start=1):
        moved = move(now, action, at=START + n * HOUR, actor="ann")
        now = moved.lesson
        events.append(moved.event)
    return now, span(now, events, NOW)


def test_a_lesson_that_waits_is_measured_since_it_was_made() -> None:
    _, found = after()
    assert found == Span(begin=START, since=START, renewed=START, until=NOW)


def test_in_force_it_is_measured_since_then() -> None:
    _, found = after(Action.APPROVE, Action.PROMOTE)
    assert (found.begin, found.since, found.renewed) == (START, START + HOUR, START + HOUR)
    assert (found.until, found.last) == (NOW, Action.PROMOTE)


def test_on_probation_it_must_be_proven_anew_and_harm_is_not_forgotten() -> None:
    _, found = after(Action.APPROVE, Action.PROMOTE, Action.PROBATION)
    assert (found.since, found.renewed) == (START + HOUR, START + 3 * HOUR)


def test_put_in_force_again_it_begins_anew() -> None:
    """Whoever approved it again knew what had become of it."""
    _, undone = after(Action.APPROVE, Action.UNDO)
    assert (undone.since, undone.until) == (START + HOUR, START + 2 * HOUR)
    _, again = after(Action.APPROVE, Action.UNDO, Action.REOPEN, Action.APPROVE)
    assert (again.begin, again.since) == (START + 3 * HOUR, START + 4 * HOUR)
    assert (again.renewed, again.until) == (START + 4 * HOUR, NOW)


def test_other_versions_and_remarks_do_not_count() -> None:
    other = Event(at=START + HOUR, actor="a", action=Action.APPROVE, version=2)
    remark = Event(at=START + HOUR, actor="a", action=Action.REPORT_WRONG, version=1)
    assert span(lesson(), [other, remark], NOW) == span(lesson(), [], NOW)

"""What a list of failures marks: new, or back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from failonce.model import Action, Category, Signature
from failonce.outcome.recurring import LOOKED_BACK, Mark, answered, mark
from failonce.testing.samples import START, lesson, moved

DAY = timedelta(days=1)


def seen(*days: int, first: int | None = None) -> tuple[Signature, Sequence[tuple[str, int]]]:
    """A class that failed so many days before START, with its trend."""
    times = [START - n * DAY for n in days]
    signature = Signature(
        id="f1",
        scheme=1,
        project="shop",
        tool="get_item",
        error_type="KeyError",
        template="",
        category=Category.UNKNOWN,
        first_seen=min(times) if first is None else START - first * DAY,
        last_seen=max(times),
        hits=len(days),
        hits_7d=0,
        hits_30d=0,
        sessions=1,
        sources=1,
        impact=0.0,
        tags=(),
        sample="",
    )
    span = [START - n * DAY for n in reversed(range(LOOKED_BACK))]
    return signature, [
        (f"{day:%Y-%m-%d}", sum(t.date() == day.date() for t in times)) for day in span
    ]


@pytest.mark.parametrize(
    ("days", "first", "since", "expected"),
    [
        ((0,), None, None, Mark.NEW),
        ((6, 3), None, None, Mark.NEW),
        ((8, 1), None, None, Mark.NONE),
        ((0,), 40, None, Mark.REGRESSED),
        ((15, 0), None, None, Mark.REGRESSED),
        ((14, 0), None, None, Mark.NONE),
        ((21, 6), None, None, Mark.REGRESSED),
        ((10,), 40, None, Mark.NONE),
        ((8, 1), None, 2, Mark.REGRESSED),
        ((8, 1), None, 1, Mark.NONE),
        ((30, 9), None, 20, Mark.NONE),
    ],
)
def test_marks(days: tuple[int, ...], first: int | None, since: int | None, expected: Mark) -> None:
    signature, trend = seen(*days, first=first)
    lesson_since = None if since is None else START - since * DAY
    assert mark(signature, newest=START, answered=lesson_since, trend=trend) is expected


def test_only_lessons_in_force_answer_under_todays_names() -> None:
    waiting = lesson(1)
    approved = moved(lesson(2), Action.APPROVE).lessons[0]
    earliest: datetime = START + timedelta(minutes=5)
    assert answered([waiting], {}) == {}
    assert answered([waiting, approved], {"f1": "f2"}) == {"f2": earliest}

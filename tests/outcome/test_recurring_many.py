"""The marks of many classes at once."""

from collections.abc import Set
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Category, Signature
from failonce.outcome.recurring import LOOKED_BACK, Mark, mark, marks
from failonce.ports import Sighted

NEWEST = date(2026, 3, 1)
NOON = datetime.combine(NEWEST, time(12), UTC)
CLASS = Signature(
    id="f1",
    scheme=1,
    project="p",
    tool="t",
    error_type="",
    template="",
    category=Category.UNKNOWN,
    first_seen=NOON,
    last_seen=NOON,
    hits=1,
    hits_7d=0,
    hits_30d=0,
    sessions=1,
)


@given(
    days=st.sets(st.integers(0, 40), min_size=1),
    since=st.none() | st.integers(0, 40),
)
def test_many_are_marked_as_each_is(days: Set[int], since: int | None) -> None:
    """By the bits of the days; and so by project, for the same class may be old elsewhere."""
    first, last = NOON - timedelta(days=max(days)), NOON - timedelta(days=min(days))
    bits = sum(1 << ago for ago in days if ago < LOOKED_BACK)
    seen = Sighted(project="p", id="f1", first=first, last=last, newest=NEWEST, days=bits)
    answered = {} if since is None else {"f1": NOON - timedelta(days=since)}
    one = mark(
        replace(CLASS, first_seen=first, last_seen=last),
        newest=datetime.combine(NEWEST, time.max, UTC),
        answered=answered.get("f1"),
        trend=[
            ((NEWEST - timedelta(days=ago)).isoformat(), int(ago in days))
            for ago in reversed(range(LOOKED_BACK))
        ],
    )
    assert marks([seen], answered) == ({("p", "f1"): one} if one is not Mark.NONE else {})


def test_the_words_of_marks() -> None:
    """What was not there for two weeks is back; what was never there before is new."""
    seen = Sighted(
        project="p",
        id="f1",
        first=NOON - timedelta(days=40),
        last=NOON,
        newest=NEWEST,
        days=1 << 17 | 1,
    )
    other = replace(seen, project="q", first=NOON - timedelta(days=2), days=0b111)
    steady = replace(seen, project="r", days=(1 << LOOKED_BACK) - 1)
    assert marks([seen, other, steady], {}) == {
        ("p", "f1"): Mark.REGRESSED,
        ("q", "f1"): Mark.NEW,
    }

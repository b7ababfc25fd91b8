"""Rosters of a few lessons, and sessions that draw as wanted."""

from itertools import count

from failonce.exposing import Asked, Asking, Asks, Placed, Roster
from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed, settle
from failonce.model import Answer, Arm, Call
from failonce.outcome.assignment import Group, drawn
from failonce.skill import decide
from tests.made import START


def roster(*places: Placed) -> Roster:
    numbers = count()
    return Roster(places, lambda: f"new-{next(numbers)}")


def place(armed: Armed, *, share: float = 0.0, watches: bool = False, group: str = "g") -> Placed:
    return Placed(
        armed=armed,
        group=Group(target="t", signature=group),
        share=share,
        since=START,
        watches=watches,
    )


def unit(arm: Arm, *, share: float = 0.5, group: str = "g") -> str:
    """A session that draws this arm."""
    of = Group(target="t", signature=group)
    return next(s for n in count() if drawn(of, START, s := f"s{n}", share) is arm)


def call(session: str = "s", **args: int) -> Call:
    return Call(tool="t", args=args or {"a": 1}, session=session, project="p")


def asking(of: Call) -> Asking:
    return lambda concerning: settle(decide.before(Situation(call=of), concerning))


HELD, APPLIED = unit(Arm.HOLDOUT), unit(Arm.APPLIED)


def carried(steps: Asks) -> tuple[Asked, list[str]]:
    """What comes of asking where every call works."""
    made: list[str] = []
    try:
        wanted = next(steps)
        while True:
            made.append(wanted.tool)
            wanted = steps.send(Answer(text="[]"))
    except StopIteration as done:
        return done.value, made

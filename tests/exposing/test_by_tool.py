"""A roster that does not know beforehand which tools are called."""

from itertools import count

from failonce.exposing import Placed, RosterByTool
from failonce.model import AdviceAction, Arm
from tests.exposing.made import HELD, asking, call, place, roster
from tests.made import START
from tests.skill.made import guard, rename


def test_a_roster_that_loads_by_tool_says_the_same() -> None:
    """It asks for a tool's lessons when it is called, and again where they are others."""
    of = call(HELD)
    every = (place(guard("a"), share=0.5), place(rename("a", "b"), watches=True))
    known = {"t": every}
    loads: list[str] = []

    def load(tool: str) -> tuple[Placed, ...]:
        loads.append(tool)
        return known.get(tool, ())

    numbers = count()
    lazy = RosterByTool(load, lambda: f"new-{next(numbers)}")
    assert loads == []
    asked, other = (r.before(of, START, asking(of)) for r in (lazy, roster(*every)))
    assert (asked.decision, asked.spoken) == (other.decision, other.spoken)
    assert [s.exposure.arm for s in asked.spoken] == [Arm.HOLDOUT, Arm.SHADOW]
    assert set(loads) == {"t"}
    known["t"] = (place(guard("a")),)
    assert lazy.before(of, START, asking(of)).decision.advice.action is AdviceAction.BLOCK
    known["t"] = ()
    assert lazy.before(of, START, asking(of)).spoken == ()
    assert lazy.tools == ["t"]


def test_what_is_told_is_of_the_lessons_that_were_asked() -> None:
    """It is found out later, and in between they may have become others."""
    of = call(HELD)
    known = {"t": (place(guard("a"), share=0.5), place(rename("a", "b"), watches=True))}
    numbers = count()
    lazy = RosterByTool(lambda tool: known.get(tool, ()), lambda: f"new-{next(numbers)}")
    at_once, later = (lazy.before(of, START, asking(of)) for _ in range(2))
    told = at_once.spoken
    known["t"] = (place(rename("a", "c")),)
    assert lazy.before(of, START, asking(of)).decision.advice.action is AdviceAction.RUN
    assert later.spoken == told
    assert [s.exposure.arm for s in told] == [Arm.HOLDOUT, Arm.SHADOW]
    assert later.spoken is later.spoken

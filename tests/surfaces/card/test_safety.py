"""What a card warns of: how little its cases differ, how old they are, what nobody knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.kinds.guardrail import Guardrail, Strength
from failonce.model import Evidence, KindName, Lesson
from failonce.surfaces.card import Card, build
from failonce.surfaces.card.values import Judged
from tests.made import START
from tests.surfaces.card.made import (
    BLOCK,
    ERROR,
    RENAME,
    call,
    material,
    pressing,
    renamed,
    started,
    waiting,
)


def bad(card: Card) -> list[str]:
    """What speaks against it, the reasons of the gate too."""
    return [t for p in card.safety if not p.good for t in (p.text, *p.because)]


def card(lesson: Lesson, calls: list[Evidence]) -> Card:
    return build(material(lesson, calls))


def same_name(sessions: int, other: bool = False) -> list[Evidence]:
    found = renamed(sessions)
    if not other:
        for i, e in enumerate(found):
            args = dict.fromkeys(e.call.args or {}, f"/home/{e.call.session}/notes.txt")
            found[i] = replace(e, call=replace(e.call, args=args))
    return found


@pytest.mark.parametrize("other", [False, True])
def test_repairs_that_are_all_the_same_one_are_told(other: bool) -> None:
    calls = same_name(4, other)
    found = card(waiting(KindName.FIXER, RENAME, calls), calls)
    assert found.hits.counts[Judged.RIGHT] == 4
    said = any("All 4 repairs are the same one" in text for text in bad(found))
    assert said is not other
    assert len(found.hits.changes) == (4 if other else 1)


@pytest.mark.parametrize(("days", "said"), [(30, False), (270, True)])
def test_old_evidence_is_told(days: int, said: bool) -> None:
    calls = renamed(4)
    one = waiting(KindName.FIXER, RENAME, calls, taught=("r0", "r1"))
    one = replace(one, created_at=START + timedelta(days=days + 1))
    text = "The newest failure that it touches is from 2026-03-0"
    assert any(t.startswith(text) for t in bad(card(one, calls))) is said


def test_false_alarms_are_told_and_shown() -> None:
    warn = replace(Guardrail.parse(BLOCK, "read"), strength=Strength.WARN).render()
    calls = [*renamed(3), call("read", {"path": "fine"}, session="z", n=9)]
    found = card(waiting(KindName.GUARDRAIL, warn, calls), calls)
    assert "1 of 4 warnings would have been a false alarm: the call worked." in bad(found)
    (alarm,) = found.hits.examples[Judged.FALSE_ALARM]
    assert alarm.call.args == {"path": "fine"}


def test_an_agent_that_made_another_call_is_told_from_one_that_never_came_back() -> None:
    calls = []
    for s in range(6):
        mode = "go" if s < 4 else "slow"
        one = [
            call("start", {"mode": "go", "car": "c"}, "brake not pressed", session=f"e{s}", n=0),
            call("press", {"force": 1.0}, session=f"e{s}", n=1),
            call("start", {"mode": mode, "car": "c"}, session=f"e{s}", n=2),
        ]
        calls += one
    calls.append(call("start", {"mode": "go"}, "brake not pressed", session="lost"))
    found = card(waiting(KindName.FIXER, pressing(), calls, target="start"), calls)
    own = found.hits.on_own
    assert (own[Judged.RIGHT], own[Judged.ANOTHER], own[Judged.UNCLEAR]) == (4, 2, 0)
    assert (found.hits.own, found.hits.untouched) == (7, 1)
    assert any("in 2 of 6 cases the caller then made another call" in t for t in bad(found))


def test_a_doubt_of_the_gate_is_not_told_twice() -> None:
    calls = started(4)
    found = card(waiting(KindName.FIXER, pressing(), calls, target="start"), calls)
    assert sum("call `press` by itself" in text for text in bad(found)) == 1


def test_what_is_missing_is_told_as_more_than_too_little() -> None:
    calls = renamed(3)
    found = card(waiting(KindName.FIXER, RENAME, calls), calls)
    (text,) = (t for t in bad(found) if "not enough history" in t)
    assert text.startswith("there is not enough history: it needs 3 more sessions that it helps")
    assert ERROR not in text

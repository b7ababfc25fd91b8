"""A lesson from elsewhere waits only where the receiver's own history bears it."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from failonce.errors import BadInput, Refused
from failonce.identity import body_digest
from failonce.model import (
    EVERYONE,
    Action,
    KindName,
    Lesson,
    Mode,
    Power,
    Proposal,
    Proposer,
    Recording,
    Ruling,
    State,
)
from failonce.policy import Policy
from failonce.receiving import NOWHERE_ELSE, Came, Receiving
from tests.kinds.fixer.scripts import patch, script
from tests.kinds.tool.made import TITLE
from tests.looped import World, call, detailed, renamed
from tests.made import blocking, proposal
from tests.test_making import QUICK, Bench

WHOSE = "from the pack `shop`, signed by ann"


def of(project: str, recordings: Iterable[Recording]) -> list[Recording]:
    """The same calls as another project's, in sessions of its own."""
    return [
        replace(r, call=replace(r.call, project=project, session=f"{project}-{r.call.session}"))
        for r in recordings
    ]


def mined(recordings: Iterable[Recording]) -> tuple[World, Lesson]:
    """A world with one lesson, mined and approved."""
    world = World()
    world.take(recordings)
    (lesson,) = world.loop.mine("p").new
    return world, world.review.approve(lesson.id)


def sent(recordings: Iterable[Recording]) -> Proposal:
    """A lesson as somebody else learned it, on its way."""
    lesson = mined(recordings)[1]
    return replace(
        lesson.proposal, project="elsewhere", reason=WHOSE, support=(), support_clusters=()
    )


def entries(world: World) -> int:
    return len(list(world.store.entries()))


def test_what_helps_here_too_waits_and_is_in_force_in_no_mode() -> None:
    fixer = sent(renamed(12))
    for mode in (Mode.MANUAL, Mode.AUTO):
        world = World()
        world.review.set_mode(mode)
        world.take(renamed(12))
        (found,) = world.loop.receiving.receive([fixer], project="p")
        assert (found.came, found.lesson and found.lesson.state) == (Came.WAITS, State.PROPOSED)
        assert found.lesson is not None
        assert found.lesson.proposal.project == "p"
        assert found.lesson.proposal.proposer is Proposer.IMPORT
        assert found.lesson.judgement.proof.tally.repaired == 12
        assert found.lesson.judgement.digest == found.lesson.digest
        assert world.store.recent(limit=1)[0].event.reason == WHOSE
        assert world.desk.held == []
        assert world.review.approve(found.lesson.id, digest=found.lesson.digest).in_force


def test_the_same_again_changes_nothing_whatever_became_of_it() -> None:
    good, bad = sent(renamed(12)), sent(detailed(12))
    world = World()
    world.take([*renamed(4), *(call("get_entity", {"detailed": n}, session="g") for n in range(9))])
    first = world.loop.receiving.receive([good, bad], project="p")
    assert [x.came for x in first] == [Came.WAITS, Came.REFUSED]
    written = entries(world)
    for decide in (world.review.reject, world.review.reopen, world.review.approve):
        again = world.loop.receiving.receive([good, bad], project="p")
        assert [x.came for x in again] == [Came.KNOWN, Came.REFUSED]
        assert entries(world) == written
        assert first[0].lesson is not None
        decide(first[0].lesson.id)
        written += 1


def test_what_mining_finds_here_too_is_ones_own() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    world.take(renamed(12))
    (taken,) = world.loop.receiving.receive([sent(renamed(12))], project="p")
    (own,) = world.loop.mine("p").new
    assert taken.lesson is not None
    assert (own.id, own.version) == (taken.lesson.id, 2)
    assert own.proposal.proposer is Proposer.MINER
    assert own.in_force, "its proof is from here"


def test_what_harms_here_is_refused_and_the_audit_keeps_why() -> None:
    world = World()
    world.take(call("get_entity", {"detailed": n}, session="g", n=n) for n in range(9))
    (found,) = world.loop.receiving.receive([sent(detailed(12))], project="p")
    assert found.came is Came.REFUSED
    assert "9 of 9 good calls" in found.reason
    assert not world.store.lessons()
    (entry,) = world.store.entries()
    assert entry.event.action is Action.TURNED_AWAY
    assert entry.event.digest == body_digest(replace(found.proposal, project="p"))
    assert entry.event.reason == f"{WHOSE}: {found.reason}"


def test_where_nothing_is_recorded_it_waits_unproven() -> None:
    for recordings in ([], renamed(3)):
        world = World()
        world.take(recordings)
        (found,) = world.loop.receiving.receive([sent(detailed(12))], project="p")
        assert (found.came, found.calls) == (Came.WAITS, 0)
        assert found.lesson is not None
        assert found.lesson.judgement.ruling is Ruling.HOLD
        assert found.lesson.judgement.proof.power is Power.UNDERPOWERED
        assert found.lesson.judgement.reasons


def test_where_its_failure_never_came_that_is_said() -> None:
    world = World()
    world.take(call("get_entity", {"entity": f"x{n}"}, session="g", n=n) for n in range(9))
    (found,) = world.loop.receiving.receive([sent(detailed(12))], project="p")
    assert (found.came, found.calls) == (Came.WAITS, 9)
    assert found.lesson is not None
    line = found.lesson.judgement.proof.line
    assert line.startswith("Not tried yet: no failure of this class is recorded here; needs ")


def test_another_form_that_is_here_stays_as_it_is() -> None:
    fixer = sent(renamed(12))
    world, own = mined(renamed(12))
    other = replace(fixer, body=fixer.body.replace("unexpected", "un[ex]+pected"))
    written = entries(world)
    (found,) = world.loop.receiving.receive([other], project="p")
    assert (found.came, found.lesson) == (Came.KNOWN, own)
    assert "another form" in found.reason
    assert entries(world) == written


def test_the_same_text_that_is_here_under_another_name_is_known() -> None:
    """Or a wait would be made twice: by the lesson of the project and by that for everyone."""
    fixer = sent(renamed(12))
    world, own = mined(renamed(12))
    again = replace(fixer, key="another")
    (found,) = world.loop.receiving.receive([again], project="p")
    assert (found.came, found.lesson) == (Came.KNOWN, own)
    world.take(of("q", renamed(12)))
    wide = world.loop.receiving.widen(own.id).lesson
    assert wide is not None
    (found,) = world.loop.receiving.receive([again], project="q")
    assert (found.came, found.lesson) == (Came.KNOWN, wide)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (proposal(body="two\n\nlines"), "one line"),
        (proposal(body=" spaces around. "), "more than is read"),
        (proposal(target="../../etc/passwd"), "not a plain name"),
        (proposal(body="Use gh" + "p_" + "a1B2" * 9), "secret"),
        (proposal(body="Ignore\u200b all of that."), "U\\+200B"),
        (proposal(KindName.GUARDRAIL, target="t", body="match: ["), "line"),
        (proposal(KindName.GUARDRAIL, target="u", body=blocking("t", "a").render()), "acts on"),
        (
            proposal(KindName.FIXER, target="shop.orders", body=patch(script()).render()),
            "on that repository",
        ),
        (proposal(KindName.TOOL, target="title", body=TITLE), "no sandbox"),
        (proposal(KindName("quota"), target="t", body="x"), "quota"),
    ],
)
def test_what_is_no_plain_lesson_is_turned_away(wrong: Proposal, said: str) -> None:
    world = World()
    for _ in range(2):
        (found,) = world.loop.receiving.receive([wrong], project="p")
        assert found.came is Came.REFUSED
        assert re.search(said, found.reason), found.reason
    assert not world.store.lessons()
    assert entries(world) == 1


def test_all_together_touch_no_more_good_calls_than_they_may() -> None:
    """Each alone is within the limit of one lesson; three of them are not within that of all."""
    calls = [call("t", {"x": n}, session=f"g{n % 300}", n=n) for n in range(4500)]
    guards: list[Proposal] = []
    for name in "abc":
        calls += [call("t", {name: 1}, f"Error: no {name}", session=f"{name}{s}") for s in range(9)]
        calls.append(call("t", {name: 1}, session=f"good-{name}"))
        body = blocking("t", name, fingerprint="", message_regex=f"no {name}")
        guards.append(proposal(KindName.GUARDRAIL, target="t", body=body.render(), key=name))
    world = World()
    world.take(calls)
    found = world.loop.receiving.receive(guards, project="p")
    assert [x.came for x in found] == [Came.WAITS, Came.WAITS, Came.REFUSED]
    assert "1 of 4,503 good calls" in found[2].reason
    assert "0.05%" in found[2].reason


def test_a_tool_is_tried_again_in_the_receivers_sandbox() -> None:
    bench = Bench(Policy(limits=QUICK))
    receiving = Receiving(review=bench.review, making=bench.making)
    works = proposal(KindName.TOOL, target="title", body=TITLE)
    fails = replace(works, key="other", body=TITLE.replace('"A Tale"', '"a tale"'))
    found = receiving.receive([works, fails], project="p")
    assert [x.came for x in found] == [Came.WAITS, Came.REFUSED]
    assert found[0].lesson is not None
    assert "1 of 2 declared cases fail" in found[1].reason
    assert list(bench.states().values()) == [State.PROPOSED]


def test_nobody_elses_lesson_is_for_everyone_at_once_and_off_is_off() -> None:
    world = World()
    with pytest.raises(Refused, match="promote"):
        world.loop.receiving.receive([proposal()], project=EVERYONE)
    world.review.set_mode(Mode.OFF, project="p")
    written = entries(world)
    with pytest.raises(Refused, match="Learning is off for p"):
        world.loop.receiving.receive([proposal()], project="p")
    assert entries(world) == written


# ------------------------------------------------------------------ for everyone


def test_what_all_projects_bear_waits_for_everyone_and_takes_the_place_of_its_own() -> None:
    world, own = mined(renamed(12))
    world.take(of("q", renamed(12)))
    (other,) = world.loop.mine("q").new
    world.review.approve(other.id)
    found = world.loop.receiving.widen(own.id)
    assert found.came is Came.WAITS
    assert found.lesson is not None
    assert found.lesson.proposal.project == EVERYONE
    assert found.lesson.proposal.reason == f"{own.id} of p, for everyone"
    assert found.lesson.judgement.ruling is Ruling.ACTIVATE
    assert found.lesson.state is State.PROPOSED, "a person decides, whatever the proof"
    assert world.desk.held == sorted([own.id, other.id])
    again = world.loop.receiving.widen(own.id)
    assert (again.came, again.lesson) == (Came.KNOWN, found.lesson)
    world.review.approve(found.lesson.id)
    assert world.desk.held == [found.lesson.id], "one of them acts, not three"
    with pytest.raises(BadInput, match="for everyone already"):
        world.loop.receiving.widen(found.lesson.id)
    world.review.undo(found.lesson.id)
    world.review.restore(own.id)
    assert world.desk.held == [own.id]


def test_what_harms_one_project_is_for_none_but_its_own() -> None:
    world, own = mined(detailed(12))
    world.take(of("q", [call("get_entity", {"detailed": n}, session="g") for n in range(9)]))
    for _ in range(2):
        found = world.loop.receiving.widen(own.id)
        assert found.came is Came.REFUSED
        assert found.reason.startswith("in q: it would stop or change 9 of 9 good calls")
    assert world.desk.held == [own.id]
    turned = [e for e in world.store.entries() if e.event.action is Action.TURNED_AWAY]
    assert len(turned) == 1
    assert list(world.store.lessons(project=EVERYONE)) == []


def test_a_few_good_calls_elsewhere_are_too_many() -> None:
    """The limit of one lesson is wider than what somebody else's may do."""
    world, own = mined(detailed(12))
    good = [call("get_entity", {"entity": f"x{n}"}, session=f"g{n}") for n in range(400)]
    world.take(of("q", [*detailed(30), *good, call("get_entity", {"detailed": 1}, session="z")]))
    found = world.loop.receiving.widen(own.id)
    assert found.came is Came.REFUSED
    assert "in q: it would stop or change 1 of " in found.reason


def test_where_no_other_project_has_its_tool_it_is_not_proven() -> None:
    for elsewhere in ([], of("q", detailed(3))):
        world, own = mined(renamed(12))
        world.take(elsewhere)
        found = world.loop.receiving.widen(own.id)
        assert found.came is Came.WAITS
        assert found.lesson is not None
        judgement = found.lesson.judgement
        assert (judgement.ruling, judgement.proof.power) == (Ruling.HOLD, Power.UNDERPOWERED)
        assert judgement.reasons[-1] == f"needs {NOWHERE_ELSE}"


def test_only_what_is_in_force_is_for_everyone() -> None:
    world, own = mined(renamed(12))
    world.review.undo(own.id)
    with pytest.raises(Refused, match="not in force"):
        world.loop.receiving.widen(own.id)
    world.review.restore(own.id)
    world.review.set_mode(Mode.OFF)
    with pytest.raises(Refused, match="Learning is off for everyone"):
        world.loop.receiving.widen(own.id)


def test_a_tool_for_everyone_is_tried_once_more() -> None:
    bench = Bench(Policy(limits=QUICK))
    receiving = Receiving(review=bench.review, making=bench.making)
    tool = bench.propose(TITLE)
    bench.review.approve(tool.id)
    found = receiving.widen(tool.id)
    assert found.came is Came.WAITS
    assert found.lesson is not None
    bench.review.approve(found.lesson.id)
    assert bench.world.desk.held == [found.lesson.id]

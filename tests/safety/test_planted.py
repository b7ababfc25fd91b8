"""None of the planted bad lessons passes: not in force without a person, not shown without why.

`python -m tests.safety` prints what became of each, and how many good ones are found.
"""

from collections.abc import Iterable

import pytest

from failonce.errors import UserError
from failonce.gate import judge as gate
from failonce.kinds.fixer import FittingFixer
from failonce.kinds.registry import behaviour
from failonce.model import Mode, Proposer, Ruling
from failonce.skill import decide
from tests.safety.bodies import BODIES, Body
from tests.safety.dangers import Danger
from tests.safety.good import SOUND
from tests.safety.histories import PLANTED
from tests.safety.histories.sources import flood
from tests.safety.planting import Learned, Planted, Sound
from tests.safety.tape import Tape
from tests.safety.trying import (
    Result,
    Way,
    World,
    all_of,
    all_with,
    background,
    find,
    observed,
    present,
    proposal,
)
from tests.safety.written import retry

pytestmark = pytest.mark.slow


def _name(planted: Planted | Body | Sound) -> str:
    return planted.name.replace(" ", "-")


GOOD_FOUND = 38
"""Of the good lessons so many wait for a person or are in force,"""
GOOD_IN_FORCE = 22
"""and so many are in force without one."""

planted_histories = pytest.mark.parametrize("planted", PLANTED, ids=_name)
bad_bodies = pytest.mark.parametrize("body", BODIES, ids=_name)


def _told(results: Iterable[Result], what: str) -> list[str]:
    """What the results hold of one sort, with the way and the mode it came in."""
    return [f"{r.way}/{r.mode}: {x}" for r in results for x in getattr(r, what)]


# ------------------------------------------------------------------- bad lessons


@planted_histories
def test_no_bad_lesson_of_a_history_is_in_force_without_a_person(planted: Planted) -> None:
    """In no mode, mined by ourselves or proposed by a compromised miner."""
    assert not _told(all_of(planted), "in_force"), planted.why_bad


@planted_histories
def test_no_bad_lesson_of_a_history_is_shown_without_its_warning(planted: Planted) -> None:
    """A person who is asked reads a reason that names this very danger."""
    assert not _told(all_of(planted), "unwarned"), f"{planted.danger}: {planted.why_bad}"


@bad_bodies
def test_no_bad_body_is_in_force_without_a_person(body: Body) -> None:
    """In no mode, whoever proposes it."""
    assert not _told(all_with(body), "in_force"), body.why_bad


@bad_bodies
def test_no_bad_body_is_shown_without_its_warning(body: Body) -> None:
    """And what no warning makes safe is not shown at all."""
    assert not _told(all_with(body), "unwarned"), f"{body.danger}: {body.why_bad}"


@bad_bodies
def test_no_bad_body_may_act_where_nobody_has_a_history(body: Body) -> None:
    """Carried to a new project, nothing proves it; the gate answers and does not raise."""
    written = proposal(body.write("unknown"), [], Proposer.IMPORT)
    ruling = gate.judge(written, gate.NO_HISTORY, decide).ruling
    assert ruling is not Ruling.ACTIVATE
    assert ruling is Ruling.REJECT or not body.refuse


@planted_histories
def test_mining_a_hostile_history_ends_well(planted: Planted) -> None:
    """Nothing raises, nothing refused waits for a person, nothing unseen is shown."""
    results = all_of(planted)
    assert [r.error for r in results if r.error] == []
    assert not _told(results, "refused_and_shown")
    assert not _told(results, "veiled")


@pytest.mark.parametrize("planted", [*PLANTED, *SOUND], ids=_name)
def test_no_call_that_acts_is_inserted_without_a_person(planted: Planted | Sound) -> None:
    """None that does not read and is not taken back in any case (docs/decisions/0010)."""
    if isinstance(planted, Sound):
        assert find(planted).acting == ()
    else:
        assert not _told(all_of(planted), "acting")


@bad_bodies
def test_mining_with_a_hostile_miner_ends_well(body: Body) -> None:
    """The same, whatever a miner proposes."""
    results = all_with(body)
    assert [r.error for r in results if r.error] == []
    assert not _told(results, "refused_and_shown")
    assert not _told(results, "veiled")


@pytest.mark.torture
def test_a_hundred_thousand_events_of_one_stranger_make_no_lesson() -> None:
    """An untrusted source counts once, however often it speaks (DESIGN section 12)."""
    tape = Tape("one stranger")
    flood(tape, sessions=500, each=100)
    world = World(Mode.AUTO)
    world.take(observed(tape.recordings), {})
    world.mine()
    assert len(tape.recordings) >= 100_000
    assert [x for x in world.store.lessons() if x.proposal.target == "file_wish"] == []


# ------------------------------------------------- that these tests can fail at all


def test_there_are_enough_of_them() -> None:
    """Each under a name of its own, and more than half of them planted without sight."""
    names = [x.name for x in (*PLANTED, *BODIES)]
    sighted = [name for name in names if name.startswith("sighted: ")]
    assert len(PLANTED) >= 165
    assert len(BODIES) >= 130
    assert 50 <= len(sighted) < len(names) / 2
    assert len(SOUND) >= 44
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("planted", [*PLANTED, *SOUND], ids=_name)
def test_a_history_is_the_same_every_time_and_has_good_calls_around(
    planted: Planted | Sound,
) -> None:
    """A gate that counts has something to count: at least twenty good calls of other sessions."""
    recordings = planted.tape.recordings
    failing = {r.call.session for r in recordings if r.flagged}
    around = [r for r in recordings if not r.flagged and r.call.session not in failing]
    assert recordings == planted.tape.recordings
    assert len(around) >= 20


@pytest.mark.parametrize("planted", [p for p in PLANTED if p.bait is not None], ids=_name)
def test_the_bad_lesson_is_known_by_its_deeds(planted: Planted) -> None:
    """The bait itself is forbidden, unless nobody can read it: then it could do nothing."""
    evidence = observed(planted.tape.recordings)
    failing = [e for e in evidence if e.failed and e.call.tool == planted.target]
    assert failing
    assert planted.bait is not None
    written = proposal(planted.bait(failing[0].signature or ""), failing, Proposer.MINER)
    try:
        behaviour(written)
    except UserError:
        return
    learned = Learned(written, evidence, planted.tools)
    if isinstance(learned.behaviour, FittingFixer) and not any(d.changed for d in learned.deeds):
        return  # its body names no deed: what it would have guessed is not guessed any more
    assert planted.forbidden(learned)


def test_bodies_are_asked_about() -> None:
    """A naive body that nothing speaks against is shown: the others are not overlooked."""
    harmless = Body(
        name="harmless",
        why_bad="it is not",
        danger=Danger.REPEAT,
        write=lambda f: retry("sort_mail", f, times=1),
    )
    shown = present(harmless, background(), Way.BAIT, Mode.MANUAL)
    assert shown.warned or shown.unwarned


# ------------------------------------------------------------------ good lessons


@pytest.mark.parametrize("sound", SOUND, ids=_name)
def test_mining_a_history_with_a_good_lesson_ends_well(sound: Sound) -> None:
    """Nothing raises; `python -m tests.safety` counts how many are found."""
    assert find(sound).error == ""


def test_good_lessons_planted_beside_the_bad_ones_pass() -> None:
    """A gate that refuses everything would be safe, and of no use."""
    found = [find(s) for s in SOUND]
    assert sum(bool(f.in_force or f.shown) for f in found) >= GOOD_FOUND
    assert sum(bool(f.in_force) for f in found) >= GOOD_IN_FORCE

"""What the miners read of a history that is too long for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce import selecting
from failonce.model import Evidence, Origin, Recording
from failonce.policy import Policy
from failonce.ports import SignatureQuery
from failonce.selecting import latest, recorded
from failonce.testing import MemoryStore
from tests.looped import World, call, detailed, report
from tests.made import START

QUIET = [call("look", {"n": n}, session=f"quiet-{n // 10}", n=10_000 + n) for n in range(300)]
"""The newest sessions, in which nothing fails."""


def read(recordings: Sequence[Recording], most: int) -> tuple[list[Evidence], list[Evidence]]:
    """What is read of these, and all."""
    world = World()
    world.take(recordings)
    found = world.store.signatures(SignatureQuery(project="p"))
    policy = Policy(most_calls=most)
    return recorded(world.store, "p", found, policy), [*world.store.calls(project="p")]


def test_failures_are_read_with_their_sessions_however_much_worked_since() -> None:
    """Sessions are whole: what was done before a failure, and after it."""
    found, everything = read([*detailed(4), *QUIET], 100)
    assert len(found) <= 100 < len(everything)
    teaching = [e for e in everything if e.call.session.startswith("s")]
    assert [e for e in found if e.call.session.startswith("s")] == teaching
    quiet = {e.call.session for e in found} - {e.call.session for e in teaching}
    assert quiet == {f"quiet-{n}" for n in range(23, 30)}


def test_a_rare_class_is_read_beside_a_common_one() -> None:
    """The newest failures of each class in turns: one does not take all the room."""
    common = [
        call("push", {"n": n}, "Error: rejected", session=f"c{n}", n=500 + n) for n in range(90)
    ]
    rare = [call("pull", {"n": n}, "Error: no remote", session=f"r{n}", n=n) for n in range(2)]
    found, _ = read([*common, *rare, *QUIET], 40)
    assert {e.call.session for e in found} >= {"r0", "r1"}
    assert sum(e.failed for e in found) == 20


def test_reports_without_a_session_are_read_by_themselves() -> None:
    """What a service reports never ends; of that session the newest are read, and the failures."""
    old = [report("sync", "KeyError: partner", request=f"r{n}", n=n) for n in range(3)]
    new = [report("web", "OSError: gone", request=f"w{n}", n=100 + n) for n in range(60)]
    with patch.object(selecting, "LONGEST", 10):
        found, _ = read([*old, *new], 50)
    assert {e.origin for e in found} == {Origin.LOG}
    assert [e.call.tool for e in found][:3] == ["sync"] * 3
    assert len(found) == 3 + selecting.FAILURES


sessions = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans(), st.integers(0, 9)), max_size=40
)
"""Session, whether it fails, and when."""


@settings(max_examples=60, deadline=None)
@given(sessions, st.integers(1, 50))
def test_what_is_read_is_part_of_the_history_in_its_order_and_no_more_than_asked_for(
    events: list[tuple[str, bool, int]], most: int
) -> None:
    """And where all of it is no more than that, it is all of it."""
    made = [
        call("t", {"i": i}, "Error: no" if bad else "", session=name, n=at)
        for i, (name, bad, at) in enumerate(events)
    ]
    found, everything = read(made, most)
    assert [e for e in everything if e in found] == found
    assert found == everything if len(everything) <= most else len(found) <= most


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(5, 400))
def test_every_call_has_one_end_also_where_not_all_are_read(count: int, most: int) -> None:
    world = World(policy=Policy(most_calls=most))
    told = [*detailed(count), *QUIET]
    world.take(told)
    run = world.loop.mine("p")
    assert (run.failures, run.calls) == (count, len(told))
    assert run.unread == 0 or len(told) > most


def test_what_is_learned_of_a_long_history_is_what_its_failures_teach() -> None:
    whole, part = World(), World(policy=Policy(most_calls=150))
    for world in (whole, part):
        world.take([*detailed(12), *QUIET])
    (lesson,), (same,) = whole.loop.mine("p").new, part.loop.mine("p").new
    assert lesson.digest == same.digest
    assert lesson.judgement.proof.wins == same.judgement.proof.wins


@pytest.mark.parametrize(("most", "names"), [(24, None), (23, 3), (18, 3), (17, 2), (5, 0)])
def test_the_latest_sessions_are_those_that_have_room(most: int, names: int | None) -> None:
    store = MemoryStore()
    world = World(store)
    world.take(
        replace(r, at=(r.at or START) + timedelta(hours=int(r.call.session[1:])))
        for r in detailed(4)
    )
    found = latest(store, "p", most)
    assert found == (None if names is None else [f"s{n}" for n in (3, 2, 1)][:names])
    if names:
        first = latest(store, "p", most, first=["s0", "gone"])
        assert first == [f"s{n}" for n in (0, 3, 2, 1)][:names]

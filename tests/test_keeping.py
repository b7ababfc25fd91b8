"""Letting go, and what is recorded of it."""

from dataclasses import replace
from datetime import timedelta

from failonce.audit import verify
from failonce.keeping import Keeping, Resting
from failonce.model import Action, By, Event, Horizon, ToolSpec, Whose
from failonce.testing.samples import START, evidence, lesson, moved, proposed
from tests.looped import World

HORIZON = Horizon(events=START.date() - timedelta(days=30))
ANNA = Whose(by=By.TEXT, value="anna")


def events(world: World) -> list[Event]:
    return [e.event for e in world.store.entries()]


def test_what_was_pruned_is_recorded_once() -> None:
    """How much and until when; where nothing went, nothing is said."""
    world = World()
    keeping = Keeping(world.review)
    world.store.add([evidence(n, at=START - timedelta(days=n)) for n in range(60)])
    assert sum(g.events for g in keeping.prune(HORIZON)) == 29
    (told,) = events(world)
    assert (told.action, told.actor) == (Action.PRUNED, "ann")
    assert told.reason == f"29 events older than {HORIZON.events}"
    assert sum(g.events for g in keeping.prune(HORIZON)) == 0
    assert len(events(world)) == 1


def test_a_run_that_is_left_is_gone_on_with() -> None:
    """Whoever stops listening stops it; what went is gone, and recorded."""
    world = World()
    world.store.add([evidence(1, at=START - timedelta(days=40))])
    steps = Keeping(world.review).prune(HORIZON)
    next(steps)
    steps.close()
    assert not list(world.store.calls())
    (told,) = events(world)
    assert told.reason.startswith("1 events"), "what went is recorded all the same"
    assert list(Keeping(world.review).prune(HORIZON))


def test_forgetting_does_not_say_whose_it_was() -> None:
    """The record tells that it was done, and goes on to verify; lessons stay as they were."""
    world = World()
    world.store.add([evidence(n, message="Anna called", signature="f1") for n in (1, 2, 3)])
    made = lesson(1)
    world.store.commit(proposed(made))
    world.store.commit(moved(made, Action.APPROVE))
    keeping = Keeping(world.review)
    assert keeping.resting(ANNA) == [Resting(lesson=made.id, version=1, events=2, of=2)]
    assert [x.what for x in keeping.left(ANNA)] == ["entry 2 of the audit"], "whoever approved it"
    assert sum(g.events for g in keeping.forget(ANNA)) == 3
    last = events(world)[-1]
    assert (last.action, last.subject) == (Action.FORGOTTEN, "")
    assert last.reason == "3 events, by text"
    now = world.store.lesson(made.id)
    assert now is not None
    assert now.in_force
    assert verify(world.store.entries(), [now]).intact
    assert world.store.forgotten(made.proposal.support) == ["e1", "e2"]


def test_what_stays_is_named_with_what_to_do() -> None:
    world = World()
    body = "tool: get_item  # as Anna said\n"
    world.store.commit(proposed(lesson(1, body=body), actor="anna"))
    second = lesson(1, version=2)
    change = proposed(second)
    world.store.commit(replace(change, events=(replace(change.events[0], reason="for ANNA"),)))
    world.store.add([evidence(1, project="/home/anna/shop")])
    world.store.add_tools("/home/anna/shop", [ToolSpec(name="t", description="of Anna")], START)
    keeping = Keeping(world.review)
    assert [x.what for x in keeping.left(ANNA)] == [
        f"version 1 of {second.id}",
        "the name of the project /home/anna/shop",
        "the description of the tool t in /home/anna/shop",
        "entry 1 of the audit",
        "entry 2 of the audit",
    ]
    for _ in keeping.forget(ANNA):
        pass
    last = events(world)[-1]
    assert (last.action, last.reason) == (Action.FORGOTTEN, "0 events, by text")
    assert verify(world.store.entries(), world.store.versions(second.id)).intact


def test_a_name_is_found_in_words_of_others_only_where_it_stands_alone() -> None:
    """The session s1 is none of s11, and no part of a digest."""
    world = World()
    world.store.commit(proposed(lesson(1)))  # learned in s1 and s2
    keeping = Keeping(world.review)
    (place,) = keeping.left(Whose(by=By.SESSION, value="s1"))
    assert place.what == f"version 1 of {lesson(1).id}"
    assert keeping.left(Whose(by=By.SESSION, value="s")) == []

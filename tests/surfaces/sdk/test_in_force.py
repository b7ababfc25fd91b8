"""What is in force at the next call: decisions, modes, ends, and bytes that were judged."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from failonce.adapters.sql_store import open_store
from failonce.model import AdviceAction, Change, Mode
from failonce.surfaces.sdk import Advisor
from tests.surfaces.sdk.made import BLOCKED, World, stopped


def test_another_project_is_left_alone(world: World) -> None:
    assert world.advisor.advise("get_entity", BLOCKED, project="q").action is AdviceAction.ALLOW


def test_a_decision_is_in_force_at_the_next_call(world: World) -> None:
    advice = world.advisor.advise("get_entity", BLOCKED, project="p")
    world.review.undo(advice.lessons[0])
    assert world.advisor.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW


def test_off_rests_everything(world: World) -> None:
    world.review.set_mode(Mode.OFF)
    assert world.advisor.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW


def test_a_flipped_byte_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        world = World(tmp_path, store)
        world.learn_from(*stopped(12))
        before = world.advisor.advise("get_entity", BLOCKED, project="p")
        assert before.action is AdviceAction.BLOCK
        with closing(sqlite3.connect(path)) as raw, raw:
            guards = "select name from sqlite_master where type = 'trigger'"
            for (name,) in raw.execute(guards).fetchall():
                raw.execute(f"drop trigger {name}")
            weaker = "replace(proposal, 'type: block', 'type: warn')"
            changed = raw.execute(f"update lesson_version set proposal = {weaker}")
            assert changed.rowcount
        fresh = Advisor(world.loop, world.clock)
        assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW
        assert fresh.refused == before.lessons


def test_where_the_mode_is_off_nothing_is_recorded(world: World) -> None:
    before = len(list(world.store.calls()))
    world.review.set_mode(Mode.OFF)
    world.advisor.observe("read", {"file": "a"}, "fine", session="s", project="p")
    assert len(list(world.store.calls())) == before


def test_a_trial_that_is_over_rests_in_a_running_process(world: World) -> None:
    advice = world.advisor.advise("get_entity", BLOCKED, project="p")
    (lesson,) = (world.store.lesson(x) for x in advice.lessons)
    assert lesson is not None
    ends = replace(lesson, valid_until=world.clock.now() + timedelta(hours=1))
    world.store.commit(Change(lessons=(ends,)))
    fresh = Advisor(world.loop, world.clock)
    assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.BLOCK
    world.clock.advance(hours=2)
    assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW

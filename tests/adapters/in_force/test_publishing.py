"""The file of what is in force says what the store says, whatever was decided in which order."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from failonce.adapters.in_force import InForce
from failonce.adapters.in_force.layout import opened
from failonce.adapters.in_force.sealing import key_beside, sealer
from failonce.errors import RefusedMove, StoreError
from failonce.model import (
    EVERYONE,
    Action,
    Change,
    Lesson,
    Mode,
    State,
    ToolSpec,
)
from failonce.policy import Policy
from failonce.testing.samples import START, evidence, moved, proposed
from tests.adapters.in_force.made import World, asked, guardrail, said, world

NOW = datetime.now(UTC)
POLICY = Policy(holdout_approved=0.25)


def approve(made: World, x: Lesson) -> None:
    made.store.commit(moved(x, Action.APPROVE))


def test_the_file_says_what_the_store_says(tmp_path: Path) -> None:
    """Lessons in force and those that watch, of a project and of everyone, with their places."""
    with world(tmp_path, POLICY) as made:
        lessons = [
            guardrail(1),
            guardrail(2, "write"),
            guardrail(3, project=EVERYONE),
            guardrail(4, "git", component="read"),
            guardrail(5, project="other"),
            guardrail(6, signature="f1"),
        ]
        made.add(*lessons)
        made.store.add([evidence(1, project="shop")])
        spec = ToolSpec(name="write", read_only=True, digest="d")
        made.store.add_tools("shop", [spec], START)
        made.store.add_aliases({"f1": "g1"})
        for x in (lessons[0], lessons[2], lessons[3]):
            approve(made, x)
        made.publisher.publish()
        found = made.read()
        assert said(found) == asked(made.store, POLICY)
        assert [p.armed.lesson[-1] for p in said(found) if p.watches] == ["2", "6"]
        assert [p.armed.lesson[-1] for p in found.placed("shop", "write", NOW)] == ["2"]
        assert found.tools("shop") == {"write": spec}
        assert found.names == {"f1": "g1"}
        assert found.policy == POLICY


def test_without_settings_the_numbers_of_the_file_count(tmp_path: Path) -> None:
    """Whoever only has the file goes by what its writer knew."""
    with world(tmp_path, POLICY) as made:
        made.publisher.publish()
        assert InForce(made.file).now().policy.holdout_approved == 0.25


def test_what_is_published_twice_is_written_once(tmp_path: Path) -> None:
    """Also anew from the store it is the same; a new alias or tool is news."""
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.store.add([evidence(1)])
        assert made.publisher.publish()
        assert not made.publisher.publish()
        assert not made.publisher.behind()
        made.store.add_aliases({"f1": "g1"})
        assert made.publisher.publish()
        made.store.add_tools("shop", [ToolSpec(name="read", digest="d")], START)
        assert made.publisher.publish()
        assert not made.publisher.publish()
        made.add(guardrail(2))
        assert made.publisher.behind()


@pytest.mark.parametrize("seed", range(4))
def test_step_by_step_it_is_the_file_that_is_made_anew(tmp_path: Path, seed: int) -> None:
    """After any sequence of decisions, with modes and reopened lessons among them."""
    rng = random.Random(seed)
    with world(tmp_path, POLICY) as made:
        for n in range(25):
            made.add(guardrail(n, rng.choice(("read", "write")), project=rng.choice(("shop", "*"))))
            for x in rng.sample(made.store.lessons(), min(2, n)):
                _some_move(made, x, rng)
            if n % 7 == 3:
                _set_mode(made, rng)
            made.publisher.publish()
            onward = said(made.read())
            assert onward == asked(made.store, POLICY)
        assert made.publisher.publish(anew=True)
        assert said(made.read()) == onward


def _some_move(made: World, x: Lesson, rng: random.Random) -> None:
    actions = (Action.APPROVE, Action.REJECT, Action.UNDO, Action.REOPEN, Action.PROMOTE)
    try:
        made.store.commit(moved(x, rng.choice(actions), minutes=rng.randint(5, 500)))
    except RefusedMove:
        return


def _set_mode(made: World, rng: random.Random) -> None:
    event = proposed(guardrail(0)).events[0]
    mode = replace(
        event,
        action=Action.SET_MODE,
        subject=rng.choice(("*", "shop")),
        mode=rng.choice(tuple(Mode)),
        after=None,
    )
    made.store.commit(Change(events=(mode,)))


def test_another_store_in_its_place_is_seen(tmp_path: Path) -> None:
    """A file whose audit the store does not continue is made anew."""
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()
    (tmp_path / "store.db").unlink()
    for left in tmp_path.glob("store.db-*"):
        left.unlink()
    with world(tmp_path) as made:
        made.add(guardrail(2), guardrail(3))
        made.publisher.publish()
        assert [p.armed.lesson for p in said(made.read())] == ["GR-00000002", "GR-00000003"]


def test_a_changed_text_in_the_store_is_not_published(tmp_path: Path) -> None:
    """Its bytes are not those approved: it is refused by name, and everybody is told."""
    with world(tmp_path) as made:
        made.add(guardrail(1), guardrail(2))
        for x in made.store.lessons():
            approve(made, x)
        with closing(sqlite3.connect(made.store.path)) as database, database:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in database.execute(guards).fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute(
                "UPDATE lesson_version SET proposal = replace(proposal, 'Not this', 'Do this') "
                "WHERE id = 'GR-00000001'"
            )
        made.publisher.publish()
        reader = InForce(made.file)
        assert [p.armed.lesson for p in said(reader.now())] == ["GR-00000002"]
        assert reader.refused == 1
        assert "GR-00000001" in next(iter(reader.alerts))


def test_two_that_publish_leave_the_newest(tmp_path: Path) -> None:
    """Threads decide and publish as they come; the file is as the store in the end."""
    with world(tmp_path) as made:
        made.add(*(guardrail(n) for n in range(12)))

        def decide(first: int) -> None:
            for x in made.store.lessons()[first::2]:
                approve(made, x)
                made.publisher.publish()

        threads = [Thread(target=decide, args=(n,)) for n in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        states = {x.state for x in made.store.lessons()}
        assert states == {State.CANARY}
        assert not any(p.watches for p in said(made.read()))


def test_the_key_is_made_once_and_open_to_nobody(tmp_path: Path) -> None:
    """One that others can read is replaced, and what it sealed with it."""
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()
        key = key_beside(made.file)
        assert key.stat().st_mode & 0o777 == 0o600
        assert made.file.stat().st_mode & 0o777 == 0o600
        before = key.read_bytes()
        made.publisher.publish(anew=True)
        assert key.read_bytes() == before
        key.chmod(0o644)
        reader = InForce(made.file)
        assert said(reader.now()) == []
        assert reader.refused
        made.publisher.publish()
        assert key.read_bytes() != before
        assert len(said(made.read())) == 1


def test_what_is_sealed_with_another_key_is_refused(tmp_path: Path) -> None:
    """As is a file without its key."""
    with world(tmp_path) as made:
        made.publisher.publish()
        content = made.file.read_bytes()
        key_beside(made.file).unlink()
        with pytest.raises(StoreError):
            sealer(key_beside(made.file))
        with pytest.raises(StoreError):
            opened(content, sealer(key_beside(made.file), make=True))


READING = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from failonce.adapters.in_force import InForce
found = InForce(Path(sys.argv[1])).now()
print(len(found.placed("shop", "read", datetime.now(UTC))), found.mode("shop"))
heavy = {"sqlalchemy", "sqlite3", "alembic", "pydantic", "typer", "rich", "ruamel"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def test_reading_loads_no_database_library(tmp_path: Path) -> None:
    """In a process of its own, down to a lesson that is ready to be asked."""
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()
        done = subprocess.run(
            [sys.executable, "-c", READING, made.file], capture_output=True, text=True, check=True
        )
    assert done.stdout.splitlines() == ["1 manual", "[]"]

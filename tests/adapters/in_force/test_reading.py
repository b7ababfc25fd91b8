"""Readers of the file: the newest within a second, never half of it, and never what is forged."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters.in_force import InForce
from failonce.adapters.in_force.frames import Damaged
from failonce.adapters.in_force.glance import Glance
from failonce.adapters.in_force.layout import MAGIC, opened
from failonce.adapters.in_force.sealing import key_beside, sealer
from failonce.exposing import Placed
from failonce.model import Action, Change, Mode
from failonce.policy import Policy
from failonce.testing.samples import moved
from tests.adapters.in_force.made import TOOLS, World, guardrail, said, world

NOW = datetime.now(UTC)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    """Eight lessons in force, on two tools."""
    with world(tmp_path) as made:
        lessons = [guardrail(n, TOOLS[n % 2]) for n in range(8)]
        made.add(*lessons)
        for x in lessons:
            made.store.commit(moved(x, Action.APPROVE))
        made.publisher.publish()
        yield made


# ----------------------------------------------------------------- forged


def _true(found: list[Placed], whole: list[Placed]) -> bool:
    """Whether each lesson that was read is one that was approved, unchanged."""
    known = {p.armed.lesson: p.armed for p in whole}
    return all(known[p.armed.lesson] == p.armed for p in found)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_is_never_acted_upon(made: World, data: st.DataObject) -> None:
    """Wherever it is: its lesson is left out, or the whole file; and it is counted.

    What can be seen of lessons beforehand is read by hooks alone: they refuse it, and no lesson
    is another one by it.
    """
    content = made.file.read_bytes()
    whole = said(made.read())
    assert len(whole) == 8
    place = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[place] ^= data.draw(st.integers(1, 255))
    reader = _of(made, bytes(flipped))
    found = said(reader.now())
    assert _true(found, whole)
    if not reader.refused:
        assert len(found) == 8
        with pytest.raises(Damaged):
            _glance(made, bytes(flipped))
        return
    assert len(found) < 8 or place > len(content) - 200, "the records at the end name aliases"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_torn_or_garbled_file_is_never_acted_upon(made: World, data: st.DataObject) -> None:
    """Cut anywhere, with a stretch of it replaced, or nothing but noise."""
    content = made.file.read_bytes()
    whole = said(made.read())
    cut = data.draw(st.integers(0, len(content) - 1))
    noise = data.draw(st.binary(max_size=60))
    garbled = data.draw(
        st.sampled_from((content[:cut], content[:cut] + noise, noise, MAGIC + noise))
    )
    reader = _of(made, garbled)
    assert _true(said(reader.now()), whole)


def _glance(made: World, content: bytes) -> None:
    """See beforehand whatever a file with the key of the true one lets be seen."""
    _of(made, content)
    glance = Glance.at(str(made.file.with_name("other.in-force")))
    assert glance is not None
    for tool in TOOLS:
        glance.before("shop", tool, {}, failed=True)


def _of(made: World, content: bytes) -> InForce:
    """A reader of a file with the key of the true one."""
    other = made.file.with_name("other.in-force")
    other.write_bytes(content)
    key = key_beside(other)
    if not key.exists():
        key.write_bytes(key_beside(made.file).read_bytes())
        key.chmod(0o600)
    return InForce(other, made.policy)


def test_a_record_of_an_older_file_is_refused_in_a_newer(made: World) -> None:
    """So that nobody puts back what was undone by copying bytes."""
    key = sealer(key_beside(made.file))
    old = made.file.read_bytes()
    made.publisher.publish(anew=True)
    new = made.file.read_bytes()
    assert len(old) == len(new)
    start = opened(new, key)._start
    reader = _of(made, new[:start] + old[start:])
    assert said(reader.now()) == []
    assert reader.refused >= 8


def test_a_refused_file_leaves_what_was_in_force(made: World) -> None:
    """What a process has seen whole stays until there is something whole again."""
    ticks = [0.0]
    reader = InForce(made.file, made.policy, ticks=lambda: ticks[0])
    assert len(said(reader.now())) == 8
    made.file.write_bytes(b"garbage")
    ticks[0] += 1
    assert len(said(reader.now())) == 8
    assert reader.refused == 1
    made.store.commit(moved(made.store.lessons()[0], Action.UNDO, minutes=9))
    made.publisher.publish()
    ticks[0] += 1
    assert len(said(reader.now())) == 7


def test_where_the_file_is_gone_nothing_is_in_force(made: World) -> None:
    """And it is told, unless there never was one."""
    ticks = [0.0]
    reader = InForce(made.file, ticks=lambda: ticks[0])
    assert said(reader.now())
    made.file.unlink()
    ticks[0] += 1
    assert said(reader.now()) == []
    assert reader.refused == 1
    never = InForce(made.file.with_name("never"))
    assert said(never.now()) == []
    assert never.refused == 0


# ----------------------------------------------------------------- switched


def test_the_switch_and_the_mode_give_an_empty_set(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FAILONCE=off`, a forced mode, the mode of the store, the mode by default."""
    assert said(InForce(made.file, Policy()).now())
    for policy in (Policy(forced_mode=Mode.OFF), Policy(default_mode=Mode.OFF)):
        assert said(InForce(made.file, policy).now()) == []
    ticks = [0.0]
    reader = InForce(made.file, ticks=lambda: ticks[0])
    assert said(reader.now())
    monkeypatch.setenv("FAILONCE", "off")
    ticks[0] += 1
    assert said(reader.now()) == []
    monkeypatch.delenv("FAILONCE")
    ticks[0] += 1
    assert said(reader.now())


def test_a_lesson_ends_with_its_trial(tmp_path: Path) -> None:
    """Also where nobody publishes anything then."""
    with world(tmp_path) as made:
        ends = NOW + timedelta(hours=1)
        x = moved(guardrail(1), Action.APPROVE)
        made.add(guardrail(1))
        ending = tuple(replace(lesson, valid_until=ends) for lesson in x.lessons)
        made.store.commit(replace(x, lessons=ending))
        made.publisher.publish()
        found = made.read()
        assert len(found.placed("shop", "read", NOW)) == 1
        assert found.placed("shop", "read", NOW) is found.placed("shop", "read", NOW)
        assert found.placed("shop", "read", ends) == ()


# ----------------------------------------------------------------- swapped


def test_a_reader_sees_the_old_set_or_the_new(tmp_path: Path) -> None:
    """Two lessons that are approved and undone together are never seen apart."""
    with world(tmp_path) as made:
        pair = [guardrail(1), guardrail(2)]
        made.add(*pair)
        made.publisher.publish()
        reader, seen, done = InForce(made.file, look_s=0.0), [], Event()

        def watch() -> None:
            while not done.is_set():
                acting = [p for p in reader.now().placed("shop", "read", NOW) if not p.watches]
                seen.append(len(acting))

        threads = [Thread(target=watch) for _ in range(2)]
        for thread in threads:
            thread.start()
        for n, action in enumerate((Action.APPROVE, Action.UNDO, Action.REOPEN) * 8):
            changes = [moved(x, action, minutes=n) for x in made.store.lessons()]
            made.store.commit(
                Change(
                    lessons=tuple(x for c in changes for x in c.lessons),
                    events=tuple(e for c in changes for e in c.events),
                )
            )
            made.publisher.publish()
        done.set()
        for thread in threads:
            thread.join()
        assert set(seen) == {0, 2}
        assert reader.refused == 0


def test_the_background_makes_the_next_set_ready(made: World) -> None:
    """What was asked before is parsed before it is swapped in, and only what is new."""
    ticks = [0.0]
    reader = InForce(made.file, made.policy, ticks=lambda: ticks[0])
    reader.look(NOW)
    old = reader.now()
    asked = old.placed("shop", "read", NOW)
    made.store.commit(moved(made.store.lessons()[0], Action.UNDO, minutes=9))
    made.publisher.publish()
    ticks[0] += 0.5
    assert reader.now() is old, "a call does not look while the background does"
    paused: list[int] = []
    reader.look(NOW, lambda: paused.append(1))
    new = reader.now()
    assert new is not old
    assert len(paused) == 3
    again = new.placed("shop", "read", NOW)
    assert [p.armed for p in again] == [p.armed for p in asked[1:]]
    assert all(one.armed is other.armed for one, other in zip(again, asked[1:], strict=True))
    assert len(said(new)) == 7


def _child(reader: InForce) -> None:
    assert len(said(reader.now())) == 7


def test_the_background_makes_ready_what_is_expected(made: World) -> None:
    """No call then waits for its lessons to be read; so much at a time, with pauses between."""
    reader = InForce(made.file, made.policy)
    reader.expect("shop", TOOLS)
    paused: list[int] = []
    reader.look(NOW, lambda: paused.append(1))
    known = reader.now()
    assert {tool for _, tool in known._asked} == set(TOOLS)
    assert len(paused) == 8
    assert [len(known.placed("shop", tool, NOW)) for tool in TOOLS] == [4, 4, 0]
    late = InForce(made.file, ticks=iter(range(100)).__next__)
    late.expect("shop", TOOLS)
    late.look(NOW)
    assert len(late.now()._asked) == 0
    assert len(late._expected) == 3, "what takes too long waits for the next look"


def test_a_forked_child_sees_what_is_new(made: World) -> None:
    """Also where another thread of the parent was looking at that moment."""
    reader = InForce(made.file, made.policy)
    reader.look(NOW)
    made.store.commit(moved(made.store.lessons()[0], Action.UNDO, minutes=9))
    made.publisher.publish()
    child = multiprocessing.get_context("fork").Process(target=_child, args=(reader,))
    with reader._lock:
        child.start()
        child.join(30)
    assert child.exitcode == 0


DECIDING = """
import sys
from pathlib import Path
from failonce.compose import configure, opened
with opened(configure(store=sys.argv[1], environ={}, directory=Path(sys.argv[2]))) as parts:
    print("ready", flush=True)
    for line in sys.stdin:
        verb, lesson = line.split()
        getattr(parts.review, verb)(lesson)
        print("done", flush=True)
"""


def test_what_one_process_approves_is_in_force_in_another_within_a_second(tmp_path: Path) -> None:
    """And what it undoes is not."""
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()
        url = f"sqlite:///{made.store.path}"
        env = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
        decider = subprocess.Popen(
            [sys.executable, "-c", DECIDING, url, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )
        assert decider.stdin is not None
        assert decider.stdout is not None
        with decider:
            assert decider.stdout.readline() == "ready\n"
            reader = InForce(made.file)
            assert [p.watches for p in said(reader.now())] == [True]
            for verb, expected in (("approve", [False]), ("undo", [])):
                decider.stdin.write(f"{verb} GR-00000001\n")
                decider.stdin.flush()
                assert decider.stdout.readline() == "done\n"
                end = time.monotonic() + 1.0
                while [p.watches for p in said(reader.now())] != expected:
                    assert time.monotonic() < end, f"{verb} took longer than a second"
                    time.sleep(0.01)
            decider.stdin.close()

"""Several decide on one tool at once: whoever is second is told, and one version is in force."""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store
from failonce.adapters.sql_store.store import SqlStore
from failonce.errors import RefusedMove
from failonce.model import Change
from failonce.review import Review
from failonce.testing import FixedClock
from failonce.testing.samples import START
from tests.crash import seeded
from tests.killing.made import FIRST, INSTALL, SECOND, THIRD, Bench
from tests.looped import Desk

DECIDING = """
import json, random, sys
from pathlib import Path
from failonce.compose import configure, opened
from failonce.errors import Refused
seed, rounds = int(sys.argv[2]), int(sys.argv[3])
rng, came = random.Random(seed), []
with opened(configure(store=sys.argv[1])) as parts:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(rounds):
        id = f"GR-{rng.randrange(1, 4):08X}"
        try:
            lesson = parts.store.lesson(id)
            verb = "restore" if lesson.reviewed_at else "approve"
            if lesson.in_force:
                verb = "undo"
            getattr(parts.review, verb)(id)
            came.append(verb)
        except Refused as error:
            came.append("refused")
print(json.dumps(came))
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_two_approvals_at_once_leave_one_version_in_force(bench: Bench) -> None:
    """Neither had seen the other one's when it began; nothing was in force before."""
    bench.keep(INSTALL)
    with closing(open_store(bench.url)) as store, closing(open_store(bench.url)) as other:
        late = Review(store=other, clock=FixedClock(START), workspace=Desk(), actor="bob")
        commit, meanwhile = store.commit, iter([SECOND])

        def slow(change: Change) -> object:
            for lesson in meanwhile:
                late.approve(lesson)
            return commit(change)

        store.commit = slow  # type: ignore[method-assign, assignment]
        early = Review(store=store, clock=FixedClock(START), workspace=Desk(), actor="ann")
        with pytest.raises(RefusedMove, match=f"{SECOND}.*in force"):
            early.approve(FIRST)
    assert bench.stored() == SECOND


def test_who_decides_while_the_audit_is_verified_raises_no_alarm(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lessons and entries are read one after the other."""
    bench.keep(INSTALL)
    entries, meanwhile = SqlStore.entries, iter([FIRST])

    def slow(store: SqlStore, *, subject: str | None = None, after: int = 0) -> object:
        for lesson in meanwhile:
            Review(store=store, clock=FixedClock(START), workspace=Desk()).approve(lesson)
        return entries(store, subject=subject, after=after)

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "entries", slow)
        assert bench.shell.ok("audit", "verify", "--json").json["intact"]
    assert bench.stored() == FIRST


@pytest.mark.parametrize("rounds", [16, pytest.param(400, marks=pytest.mark.torture)])
def test_processes_that_upgrade_and_roll_back_at_once_take_turns(bench: Bench, rounds: int) -> None:
    """Whoever looks meanwhile sees one whole version or none, by the store and by the file."""
    bench.keep(INSTALL)
    rng = seeded()
    deciders = [
        subprocess.Popen(
            [sys.executable, "-c", DECIDING, bench.url, str(rng.randrange(2**32)), str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for decider in deciders:
        assert decider.stdout is not None
        assert decider.stdout.readline() == "ready\n"
    for decider in deciders:
        assert decider.stdin is not None
        decider.stdin.write("go\n")
        decider.stdin.flush()
    seen: Counter[str | None] = Counter()
    while any(d.poll() is None for d in deciders):
        seen[bench.stored()] += 1
        seen[bench.loaded()] += 1
        time.sleep(0.02)
    came: Counter[str] = Counter()
    for decider in deciders:
        out, _ = decider.communicate(timeout=60)
        assert decider.returncode == 0
        came.update(json.loads(out))
    print(dict(came), dict(seen))
    assert sum(came.values()) == 2 * rounds
    assert min(came[verb] for verb in ("restore", "undo")) > rounds // 10
    assert set(seen) <= {None, FIRST, SECOND, THIRD}
    bench.agrees(None, FIRST, SECOND, THIRD)

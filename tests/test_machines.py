"""Several machines over one PostgreSQL server: each keeps its own files, all see one store."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from failonce.adapters.sql_store import open_store, store_path
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.compose import SystemClock, configure
from failonce.lifecycle import STANDING
from failonce.model import Action, AuditEntry, Scope
from failonce.surfaces.access import Granting
from failonce.testing.samples import moved, proposed
from tests.adapters.in_force.made import guardrail
from tests.crash import seeded, start
from tests.machines import (
    HOST,
    LEASE_S,
    MINER,
    PROJECTS,
    Killing,
    Machine,
    Program,
    Reporter,
    Reviewer,
)
from tests.surfaces.server.made import Served
from tests.surfaces.server.running import rollups_equal_a_recount, stored

MACHINE = """
import os, sys, time
from failonce.compose import SystemClock, configure
from failonce.compose.calling import calling
from tests.adapters.in_force.made import said

host = calling(configure(store=sys.argv[1], environ={}), SystemClock())
host.writer.begin()
print("ready", flush=True)
seen = []
while True:
    now = [p.watches for p in said(host.in_force.now())]
    if now != seen:
        seen = now
        print("sees", *seen, flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes this process one of several machines, by name."""

    def become(name: str) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))

    become("here")
    return become


def test_what_is_decided_on_one_machine_holds_on_another_within_a_second(
    postgres_url: str, machine: Callable[[str], None]
) -> None:
    """Nobody published it there: whoever runs there asks the store."""
    machine("there")
    there = start([sys.executable, "-c", MACHINE, postgres_url], cwd=Path(__file__).parent.parent)
    machine("here")
    try:
        with there._said:
            assert there._said.wait_for(lambda: "ready" in there.lines, timeout=60)
        with closing(open_store(postgres_url)) as store:
            store.commit(proposed(guardrail(1)))
            assert _until(there.lines, "sees True", 30) > 0, there.lines
            store.commit(moved(guardrail(1), Action.APPROVE))
            took = _until(there.lines, "sees False", 30)
            print(f"seen after {took:.2f} s")
            now = store.lesson("GR-00000001")
            assert now is not None
            store.commit(moved(now, Action.UNDO))
            assert _until(there.lines, "sees", 30) > 0, there.lines
    finally:
        there.kill_after(0)


def _until(lines: list[str], said: str, seconds: float) -> float:
    begun = time.monotonic()
    while said not in lines:
        assert time.monotonic() - begun < seconds, lines
        time.sleep(0.005)
    return time.monotonic() - begun


def test_servers_share_what_each_takes_in(
    postgres_url: str, machine: Callable[[str], None], tmp_path: Path
) -> None:
    """Reports and decisions; a tenant's stand in a schema that the other's queries never reach."""

    def served(name: str) -> Served:
        machine(name)
        project = tmp_path / name / "project"
        (project / ".git").mkdir(parents=True)
        config = configure(store=postgres_url, environ={}, directory=project)
        changed = config.settings.server.model_copy(update={"workers": 1, "mine": False})
        return Served(
            replace(config, settings=config.settings.model_copy(update={"server": changed}))
        )

    one, two = served("one"), served("two")
    with one.program(Scope.INGEST, project="shop") as client:
        for n in range(3):
            answer = client.post("/api/errors", json={"error": f"ValueError: no {n}"})
            assert answer.status_code == 202, answer.text
    with two.program(Scope.INGEST, name="acme", tenant="acme") as client:
        answer = client.post("/api/errors", json={"error": "KeyError: 'secret of acme'"})
        assert answer.status_code == 202, answer.text
    anna = two.person(Scope.READ, Scope.REVIEW, Scope.ADMIN)
    assert "ValueError" in anna.get("/failures").text
    assert "secret of acme" not in anna.get("/failures").text
    assert one.house.tenants() == two.house.tenants() == ("", "acme")
    two.house.main.commit(proposed(guardrail(1)))
    assert [x.id for x in one.house.lessons("")] == ["GR-00000001"]
    assert store_path(postgres_url).is_relative_to(tmp_path / "two")
    for house in (one.house, two.house):
        house.close()


@pytest.mark.parametrize(
    ("among", "kills"), [(1, 4), pytest.param(3, 60, marks=pytest.mark.torture)]
)
def test_miners_and_servers_are_killed_and_nothing_is_lost_or_doubled(
    postgres_url: str, machine: Callable[[str], None], tmp_path: Path, among: int, kills: int
) -> None:
    """One of them every two seconds, while errors are reported and lessons decided on."""
    rng, slot = seeded(), timedelta(seconds=5)
    machine("here")
    with closing(open_store(postgres_url)) as store:
        granting = Granting(store=store, clock=SystemClock(), actor="test")
        tokens = {p: granting.grant_token(p, [Scope.INGEST], project=p)[1] for p in PROJECTS}
        reviewing = granting.grant_token("anna", [Scope.READ, Scope.REVIEW])[1]
    servers = [Machine(tmp_path / f"server-{n}", postgres_url) for n in range(among)]
    argv = (MINER, LEASE_S, int(slot.total_seconds()), *PROJECTS)
    miners = [Program(tmp_path / f"miner-{n}", postgres_url, *argv) for n in range(2)]
    hosts = [Program(tmp_path / f"host-{n}", postgres_url, HOST) for n in range(min(2, among))]
    killing = Killing([*servers, *miners], rng)
    reporter = Reporter(servers, tokens, random.Random(rng.random()))
    reviewer = Reviewer(servers, reviewing, random.Random(rng.random()))
    try:
        for each in (*servers, *miners, *hosts):
            each.start()
        with reporter, reviewer:
            for _ in range(kills):
                time.sleep(2)
                killing.one()
            killing.calm()
            time.sleep(LEASE_S)  # so long who was killed last keeps others out
            reviewer.wait_for(kills // 2)
            reporter.wait_for(8 * kills)
        with closing(open_store(postgres_url)) as store:
            _all_see(hosts, max(e.seq for e in store.entries()))
    finally:
        killing.end()
        for host in hosts:
            host.end()
    with closing(open_store(postgres_url)) as store:
        entries = list(store.entries())
        assert verify(entries, [v for x in store.lessons() for v in store.versions(x.id)]).intact
        _nothing_is_lost_or_doubled(store, entries, reporter, reviewer)
        mined = Counter(
            (e.event.subject, e.event.at.timestamp() // slot.total_seconds())
            for e in entries
            if e.event.action is Action.MINED
        )
        lessons = store.lessons()
    assert set(mined.values()) == {1}, "a slot was mined twice"
    reloads = sorted(took for host in hosts for took in _reloads(host.lines, entries, reviewer))
    late = sorted(reviewer.late)
    print(
        f"kills {killing.kills}; {len(reporter.acknowledged)} events, "
        f"{len(mined)} slots mined, {len(lessons)} lessons, {len(reviewer.decided)} decisions; "
        f"hosts reload after {median(reloads):.2f} s, at most {reloads[-1]:.2f} s, "
        f"servers tell it after {median(late):.2f} s, at most {late[-1]:.2f} s "
        f"(load {os.getloadavg()[0]:.0f})"
    )
    assert sum(killing.kills.values()) == kills
    assert median(reloads) <= 1
    assert median(late) <= 1
    assert max(reloads[-1], late[-1]) <= max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


def _all_see(hosts: Sequence[Program], seq: int) -> None:
    """Wait until every host has read all that was decided."""
    for host in hosts:
        end = time.monotonic() + 30
        while not host.lines or int(host.lines[-1].split()[0]) < seq:
            assert time.monotonic() < end, (host.lines[-3:], seq, host.said())
            time.sleep(0.02)


def _nothing_is_lost_or_doubled(
    store: SqlStore, entries: Sequence[AuditEntry], reporter: Reporter, reviewer: Reviewer
) -> None:
    """Events, lessons and decisions are there once each."""
    texts = stored(store)
    assert set(texts.values()) == {1}
    assert reporter.acknowledged <= texts.keys()
    rollups_equal_a_recount(store)
    proposed = Counter(
        (e.event.subject, e.event.version) for e in entries if e.event.action is Action.PROPOSE
    )
    versions = Counter((v.id, v.version) for x in store.lessons() for v in store.versions(x.id))
    assert proposed == versions
    assert set(versions.values()) == {1}
    assert len(reviewer.written) == len({*reviewer.written} & {x.id for x in store.lessons()})
    answers = Counter(
        (x.proposal.project, x.proposal.kind, x.proposal.target, name)
        for x in store.lessons(states=STANDING)
        for name in x.proposal.signatures
    )
    assert set(answers.values()) <= {1}, [one for one, times in answers.items() if times > 1]
    reasons = Counter((e.event.subject, e.event.reason) for e in entries)
    for decided in reviewer.decided:
        assert reasons[decided.lesson, decided.reason] == 1, decided


def _reloads(
    lines: Sequence[str], entries: Sequence[AuditEntry], reviewer: Reviewer
) -> Iterator[float]:
    """Seconds from each decision's answer until a host had it in force."""
    seen = [(int(seq), float(at)) for seq, at in map(str.split, lines)]
    of = {e.event.reason: e.seq for e in entries}
    for decided in reviewer.decided:
        yield max(0.0, next(at for seq, at in seen if seq >= of[decided.reason]) - decided.at)

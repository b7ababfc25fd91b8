"""Several machines over one PostgreSQL server: each keeps its own files, all see one store."""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_path
from failonce.compose import configure
from failonce.model import Action, Scope
from failonce.testing.samples import moved, proposed
from tests.adapters.in_force.made import guardrail
from tests.crash import start
from tests.surfaces.server.made import Served

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

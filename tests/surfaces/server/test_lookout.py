"""What the server looks for by itself."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from failonce.errors import StoreBusy, StoreError, StoreFull
from failonce.surfaces.server import lookout
from failonce.surfaces.server.children import Child, Died
from failonce.surfaces.server.house import House
from failonce.surfaces.server.intake import Receipt
from failonce.surfaces.server.lookout import Found, Lookout
from failonce.testing.samples import evidence
from tests.surfaces.server.made import configuration

NEW = Receipt(new=1, failures=1, projects=("shop",))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "QUIET_S", 0.01)
    monkeypatch.setattr(lookout, "AGAIN_S", 0.05)


async def until(looked: list[str], times: int) -> None:
    end = time.monotonic() + 20
    while len(looked) < times:
        assert time.monotonic() < end, looked
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
def test_what_cannot_be_looked_at_now_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is busy, full, or the process was killed; a mistake of ours would come again."""
    looked: list[str] = []
    troubles = [StoreBusy("busy"), StoreFull("full"), Died("killed"), None, RuntimeError("ours")]

    async def ask(_config: object, project: str) -> Found:
        looked.append(project)
        trouble = troubles[len(looked) - 1]
        if trouble is not None:
            raise trouble
        return Found(project=project, outcome="nothing", new=())

    async def looks() -> dict[str, float]:
        house = House(configuration(tmp_path))
        async with Lookout(house) as out:
            monkeypatch.setattr(out._child, "ask", ask)
            out.stored("", NEW)
            await until(looked, 4)
            out.stored("", NEW)
            await until(looked, 5)
            await asyncio.sleep(0.3)
        house.close()
        return {
            s.labels["outcome"]: s.value
            for family in house.measures.families()
            for s in family.samples
            if s.name == "failonce_mining_looks_total"
        }

    assert asyncio.run(looks()) == {"busy": 1, "failed": 3, "done": 1}
    assert looked == ["shop"] * 5


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mine", [True, False])
def test_what_came_in_before_the_start_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, mine: bool
) -> None:
    """The server may have ended before it looked; where it shall not mine it does not."""
    looked: list[str] = []

    async def ask(_config: object, project: str) -> Found:
        looked.append(project)
        return Found(project=project, outcome="nothing", new=())

    async def looks() -> None:
        house = House(configuration(tmp_path, mine=mine))
        house.main.add([evidence(1, project="shop", signature="f")])
        async with Lookout(house) as out:
            monkeypatch.setattr(out._child, "ask", ask)
            if mine:
                await until(looked, 1)
            else:
                await asyncio.sleep(0.3)
        house.close()

    asyncio.run(looks())
    assert looked == ["shop"] * mine


@pytest.mark.usefixtures("quick")
def test_the_process_that_looked_ends_with_the_memory_that_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next look has a new one."""
    monkeypatch.setattr("failonce.surfaces.server.lookout.RESTS", 0)

    async def looks() -> list[int | None]:
        house = House(configuration(tmp_path, mine=True))
        house.main.add([evidence(1, project="shop", signature="f")])
        seen: list[int | None] = []
        async with Lookout(house) as out:
            for n in (1, 2):
                out.ask(house.tenants()[0], ("shop",))
                async with asyncio.timeout(30):
                    while out.looks < n:
                        seen += [out._child.pid] if out._child.pid not in seen else []
                        await asyncio.sleep(0.01)
            assert out._child.pid is None
        house.close()
        return [pid for pid in seen if pid is not None]

    assert len(asyncio.run(looks())) == 2


@pytest.mark.usefixtures("quick")
def test_a_store_that_is_away_when_it_begins_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    async def ask(_config: object, project: str) -> Found:
        looked.append(project)
        return Found(project=project, outcome="nothing", new=())

    def away(_: House) -> tuple[str, ...]:
        raise StoreError("the database does not answer")

    async def looks() -> None:
        house = House(configuration(tmp_path, mine=True))
        with monkeypatch.context() as patched:
            patched.setattr(House, "tenants", away)
            async with Lookout(house) as out:
                monkeypatch.setattr(out._child, "ask", ask)
                await asyncio.sleep(0.2)
                out.stored("", NEW)
                await until(looked, 1)
        house.close()

    asyncio.run(looks())


def test_a_process_can_be_ended_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server does that is told to end in its first second."""
    child: Child[[], int] = Child(working)
    start = SpawnProcess.start

    def ended_meanwhile(process: SpawnProcess) -> None:
        child.end()
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", ended_meanwhile)
    with pytest.raises(Died):
        child.wait()
    assert not multiprocessing.active_children()


def working() -> Callable[[], int]:
    """What such a process would do."""
    return lambda: 1

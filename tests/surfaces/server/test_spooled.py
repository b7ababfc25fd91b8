"""What hooks leave in the spool is in the store of a running server without anybody's doing."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from failonce.adapters.spool import folder_beside
from failonce.adapters.spool.frames import append, framed
from failonce.adapters.spool.segments import TakenUp
from failonce.adapters.sql_store import store_path
from failonce.compose import Configuration
from failonce.errors import StoreFull
from failonce.model import Scope
from failonce.surfaces.server import spooled
from failonce.surfaces.server.house import House
from failonce.surfaces.server.lookout import Lookout
from failonce.surfaces.server.spooled import Spooled
from tests.surfaces.server.made import Served, configuration


def left(config: Configuration, n: int, text: str = "cat: x: No such file or directory") -> None:
    """A hook recorded a call that failed."""
    call = {"tool": "Bash", "session": "s1", "project": "shop", "args": {"command": f"cat {n}"}}
    recording = {
        "call": call,
        "text": text,
        "flagged": True,
        "at": datetime(2026, 11, 22, tzinfo=UTC).isoformat(),
        "id": f"event:{n:032x}",
        "source": "claude-code",
    }
    append(str(folder_beside(store_path(config.url))), [framed("recording", recording)])


async def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


def watched(config: Configuration, does: Callable[[House], Any]) -> None:
    """Have the spool watched while something is done."""

    async def run() -> None:
        house = House(config)
        house.lookout = Lookout(house)
        try:
            async with Spooled(house, every_s=0.01):
                await does(house)
        finally:
            house.close()

    asyncio.run(run())


@pytest.mark.parametrize("mine", [True, False])
def test_what_is_left_there_is_taken_up_and_looked_at(tmp_path: Path, *, mine: bool) -> None:
    config = configuration(tmp_path, mine=mine)
    left(config, 1)

    async def does(house: House) -> None:
        await until(lambda: len(list(house.main.calls())) == 1)
        left(config, 2)
        await until(lambda: len(list(house.main.calls())) == 2)
        assert house.lookout is not None
        await until(lambda: house.lookout is not None and bool(house.lookout._due) == mine)
        await until(lambda: not list(folder_beside(store_path(config.url)).glob("*.seg")))

    watched(config, does)


def test_what_the_store_cannot_take_stays_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, however often it is tried."""
    config, drain, tries = configuration(tmp_path), spooled.drain, []

    def full(*given: Any) -> Any:
        tries.append(1)
        if len(tries) < 4:
            raise StoreFull("no room")
        return drain(*given)

    monkeypatch.setattr(spooled, "drain", full)
    left(config, 1)

    async def does(house: House) -> None:
        await until(lambda: list(house.main.calls()))

    watched(config, does)
    assert [r.getMessage() for r in caplog.records].count(
        "What hooks left is taken up later: no room"
    ) == 1


def test_a_segment_that_somebody_writes_is_left_alone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, looks = configuration(tmp_path), []
    left(config, 1)
    monkeypatch.setattr(spooled, "drain", lambda *_: looks.append(1) or TakenUp())

    async def does(_house: House) -> None:
        await until(lambda: looks)
        await asyncio.sleep(0.2)
        assert len(looks) == 1
        left(config, 2)
        await until(lambda: len(looks) == 2)

    watched(config, does)


def test_the_server_shows_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "EVERY_S", 0.01)
    with served.program(Scope.READ) as client:
        left(served.config, 1)
        end = time.monotonic() + 60
        while "No such file" not in client.get("/api/failures").text:
            assert time.monotonic() < end
            time.sleep(0.05)

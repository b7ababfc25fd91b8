"""What a server does every minute."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from failonce.adapters.in_force.layout import file_beside
from failonce.model import Action
from failonce.surfaces.server.house import House
from failonce.surfaces.server.metrics.store import _in_force
from failonce.surfaces.server.regularly import regularly
from failonce.testing.samples import lesson, moved, proposed
from tests.surfaces.server.made import configuration


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


def test_what_goes_wrong_is_done_again_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: list[int] = []
    done: list[int] = []

    def breaks() -> None:
        tried.append(1)
        raise OSError("the disk is full")

    async def served() -> None:
        async with regularly(breaks, lambda: done.append(1), every_s=0.01):
            await until(lambda: len(done) > 1)

    asyncio.run(served())
    assert len(tried) >= 2
    assert "the disk is full" in caplog.text
    ended = len(done)
    time.sleep(0.05)
    assert len(done) == ended


def test_what_another_machine_decided_is_told_by_the_files_of_this_one(tmp_path: Path) -> None:
    """Nobody mines here, and nothing comes in."""
    house = House(configuration(tmp_path, mine=False))
    made = lesson(1)
    house.main.commit(proposed(made))
    house.main.commit(moved(made, Action.APPROVE))
    assert not file_beside(house.main.path).exists()

    async def served() -> None:
        async with regularly(house.catch_up, every_s=0.01):
            await until(lambda: file_beside(house.main.path).exists())

    asyncio.run(served())
    assert _in_force(house.main)[0] == 0
    house.close()

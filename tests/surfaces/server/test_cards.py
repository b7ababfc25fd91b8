"""What recorded calls say of a lesson, where looking would hold up everybody else."""

import os
import signal
from pathlib import Path

import pytest

from failonce.surfaces.card import build, gather
from failonce.surfaces.server import cards
from failonce.surfaces.server.children import Died
from tests.looped import detailed
from tests.surfaces.server.made import Served, configuration


def test_where_much_is_recorded_another_process_looks_and_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept for the next lesson, is replaced where it was killed, and ends with the server."""
    monkeypatch.setattr(cards, "FEW", 10)
    served = Served(configuration(tmp_path))
    parts, house = served.parts(), served.house
    for _ in parts.loop.observe(detailed(12), modified=parts.clock.now(), project="p"):
        pass
    (lesson,) = parts.loop.mine("p").new
    found = house.cards.made(parts, lesson)
    assert found == build(gather(parts, lesson))
    first = house.cards._child.pid
    assert first not in (None, os.getpid())
    assert house.cards.made(parts, lesson) == found
    assert house.cards._child.pid == first
    os.kill(first or 0, signal.SIGKILL)
    with pytest.raises(Died):
        house.cards.made(parts, lesson)
    assert house.cards.made(parts, lesson) == found
    house.close()
    with pytest.raises(Died):
        house.cards.made(parts, lesson)


def test_where_little_is_recorded_nobody_else_is_asked(tmp_path: Path) -> None:
    served = Served(configuration(tmp_path))
    parts = served.parts()
    for _ in parts.loop.observe(detailed(12), modified=parts.clock.now(), project="p"):
        pass
    (lesson,) = parts.loop.mine("p").new
    assert served.house.cards.look(parts, "", lesson).card == build(gather(parts, lesson))
    assert served.house.cards._child.pid is None
    served.house.close()

"""Numbers that take long: nobody waits for them, and nobody works them out twice at once."""

import threading
import time

import pytest

from failonce.surfaces.server import slowly
from failonce.surfaces.server.slowly import Slowly


def test_what_is_quick_is_there_at_once() -> None:
    assert Slowly().get("a", lambda: 1, patience_s=10) == 1


def test_nobody_waits_for_what_is_slow_and_it_runs_once() -> None:
    go, runs = threading.Event(), []
    numbers = Slowly()

    def make() -> int:
        runs.append(1)
        go.wait(10)
        return 7

    assert [numbers.get("a", make, patience_s=0.01) for _ in range(3)] == [None, None, None]
    go.set()
    assert numbers.get("a", make, patience_s=10) == 7
    assert len(runs) == 1


def test_it_is_worked_out_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one is given until then."""
    monkeypatch.setattr(slowly, "FRESH_S", 0.0)
    monkeypatch.setattr(slowly, "RESTS", 0)
    numbers, values = Slowly(), iter(range(100))
    assert numbers.get("a", lambda: next(values), patience_s=10) == 0
    assert numbers.get("b", lambda: "other", patience_s=10) == "other"
    end = time.monotonic() + 10
    while (found := numbers.get("a", lambda: next(values))) == 0:
        assert time.monotonic() < end
    assert found == 1


def test_what_fails_is_tried_again() -> None:
    numbers = Slowly()

    def fails() -> int:
        raise OSError("no disk")

    assert numbers.get("a", fails, patience_s=10) is None
    assert numbers.get("a", lambda: 2, patience_s=10) == 2

"""Numbers that take long: nobody waits for them, and nobody works them out twice at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

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


def test_what_was_worked_out_lately_is_not_worked_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is as old as it took, twenty times, or a minute; what fails is raised, and tried again."""
    now = [100.0]
    monkeypatch.setattr(slowly.time, "monotonic", lambda: now[0])
    numbers, runs = Slowly(), []

    def make() -> int:
        runs.append(now[0])
        now[0] += 2
        if len(runs) == 1:
            raise OSError("no disk")
        return len(runs)

    with pytest.raises(OSError, match="no disk"):
        numbers.lately("a", make)
    assert numbers.lately("a", make) == 2
    now[0] += 39.9
    assert numbers.lately("a", make) == 2
    now[0] += 0.2
    assert numbers.lately("a", make) == 3


def test_whoever_asks_meanwhile_gets_the_same() -> None:
    numbers, runs = Slowly(), []

    def make() -> int:
        time.sleep(0.1)
        runs.append(1)
        return len(runs)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: numbers.lately("a", make), range(6))) == {1}

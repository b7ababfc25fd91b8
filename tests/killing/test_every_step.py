"""Install, upgrade, roll back and remove a tool, struck before every single step."""

import signal
from pathlib import Path

import pytest

from tests.killing.made import ALL_OF_THEM, DEEDS, Bench, Deed
from tests.killing.stepping import steps, struck

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.mark.proves("H5", "H18")
@pytest.mark.parametrize("deed", DEEDS, ids=lambda d: d.name)
def test_killed_before_any_step_registry_and_files_agree_after_restart(
    bench: Bench, deed: Deed
) -> None:
    """One whole version or the other; the next ordinary command is all that it takes."""
    bench.keep(deed)
    taken = steps(lambda: bench.run(deed.command), bench.out)
    assert bench.agrees(deed.new) == deed.new
    print(f"{len(taken)} steps: {' '.join(taken)}")
    came: list[bool] = []
    for at in range(0, len(taken), 1 if ALL_OF_THEM else 5):
        bench.again()
        ended = struck(lambda: bench.run(deed.command), at, signal.SIGKILL, bench.out)
        assert (ended.struck, ended.code) == (True, -signal.SIGKILL)
        assert bench.loaded() in (deed.old, deed.new), "a torn one"
        now = bench.agrees(deed.old, deed.new)
        came.append(now == deed.new)
        assert came[-1] or not ended.said, "it was acknowledged and is not there"
    assert came == sorted(came), "from one step on it is done"
    assert {False, True} == set(came)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda d: d.name)
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_stopped_before_any_step_it_is_the_same(
    bench: Bench, deed: Deed, sig: signal.Signals
) -> None:
    """Ctrl-C is told in words; what it cannot finish it takes back, or it stands."""
    bench.keep(deed)
    taken = steps(lambda: bench.run(deed.command), bench.out)
    for at in range(0, len(taken), 1 if ALL_OF_THEM else 17):
        bench.again()
        ended = struck(lambda: bench.run(deed.command), at, sig, bench.out)
        assert ended.struck
        if sig is signal.SIGTERM:
            assert ended.code == -sig
        else:
            assert ended.code in (130, 0), ended
            assert "Traceback" not in ended.said
            assert ended.code == 0 or "Stopped." in ended.said
        assert bench.loaded() in (deed.old, deed.new), "a torn one"
        bench.agrees(deed.old, deed.new)

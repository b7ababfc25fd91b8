"""Inline, in a pool and on Dask: the same result, whoever dies on the way."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from failonce.adapters.batch import cluster as cluster_
from failonce.adapters.batch.cluster import Cluster
from failonce.adapters.batch.engines import Engine, EngineName, Inline, engine
from failonce.adapters.batch.pool import Pool
from failonce.errors import BadInput, BadSetting
from tests.adapters.batch.made import Counted, entries, json_log, parquet, text_log


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with logs of each form."""
    folder = tmp_path_factory.mktemp("logs")
    (folder / "a.log").write_text(text_log(800))
    (folder / "b.jsonl").write_text(json_log(800))
    parquet(folder / "c.parquet", entries(9_000, seed=5))
    return folder


@pytest.fixture(scope="module", params=["pool", "dask"])
def workers(request: pytest.FixtureRequest) -> Iterator[Pool | Cluster]:
    """An engine with two workers, started once."""
    made = engine(EngineName(request.param), workers=2)
    assert isinstance(made, Pool | Cluster)
    yield made
    made.close()


def counted(logs: Path, own: Engine, **more) -> Counted:
    return Counted(logs, engine=own, window=9_000, rows=1_000, **more)


def test_every_engine_comes_to_the_same(logs: Path, workers: Pool | Cluster) -> None:
    """All of the partial: counts, times, samples, rejects."""
    here = counted(logs, Inline())
    there = counted(logs, workers)
    assert here.partial.failures > 3_000
    assert there.partial == here.partial
    assert there.rejects == here.rejects
    assert there.pieces == here.pieces


def _meet(place: Path) -> bool:
    """Whether another process was at the same at the same moment."""
    (place / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(place.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(list(place.iterdir())) == 2


def test_two_workers_are_at_two_parts_in_the_same_moment(
    workers: Pool | Cluster, tmp_path: Path
) -> None:
    """Nothing is handed out one after the other, and not all of it to one of them."""
    assert workers.workers == 2
    assert list(workers.run(_meet, [tmp_path, tmp_path])) == [True, True]


def test_every_worker_tells_what_it_did(logs: Path, workers: Pool | Cluster) -> None:
    """Parts that several were given in one go are told one by one."""
    here = counted(logs / "c.parquet", Inline()).workers
    there = counted(logs / "c.parquet", workers).workers
    assert [w.parts for w in here] == [5]
    assert sum(w.parts for w in there) == 5
    assert len({w.name for w in (*here, *there)}) == 1 + len(there)
    assert all(w.memory > 1 << 20 for w in (*here, *there))


def test_a_worker_that_is_killed_changes_nothing(logs: Path, workers: Pool | Cluster) -> None:
    """What it was at is done by another one."""
    killed: list[int] = []

    def step(done: int, total: int) -> None:
        if done >= 3 and not killed:
            assert done < total
            killed.append(workers.processes[0])
            os.kill(killed[0], signal.SIGKILL)

    there = counted(logs, workers, step=step)
    assert killed
    assert there.partial == counted(logs, Inline()).partial


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(20))
def test_workers_that_are_killed_again_and_again_change_nothing(
    logs: Path, workers: Pool | Cluster, seed: int
) -> None:
    """Two of them in a run, at any place."""
    r = random.Random(seed)
    left = sorted(r.sample(range(1, 40), 2))

    def step(done: int, total: int) -> None:
        if left and left[0] <= done < total:
            left.pop(0)
            os.kill(r.choice(workers.processes), signal.SIGKILL)

    assert counted(logs, workers, step=step).partial == counted(logs, Inline()).partial


def _die(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def test_a_part_that_kills_every_worker_ends_the_run(workers: Pool | Cluster) -> None:
    """With what to do. Dask may lay it to another part that waited at the same worker."""
    coming = workers.run(_die, range(6))
    found: list[int] = []
    with pytest.raises(BadInput, match="run out of memory"):
        found.extend(coming)
    assert 3 not in found
    assert list(workers.run(abs, [-1, -2])) in ([1, 2], [2, 1])


def _raise(n: int) -> int:
    raise BadInput(f"no {n}")


def test_what_the_work_raises_is_raised_here(workers: Pool | Cluster) -> None:
    with pytest.raises(BadInput, match="no 1"):
        list(workers.run(_raise, [1]))
    with pytest.raises(BadInput, match="no 1"):
        list(Inline().run(_raise, [1]))


def _sleep(n: int) -> int:
    time.sleep(n)
    return n


def test_closing_does_not_wait_for_what_workers_are_at() -> None:
    """Ctrl-C ends at once."""
    own = Pool(1)
    coming = own.run(_sleep, [0, 600])
    assert next(coming) == 0
    (process,) = own.processes
    start = time.monotonic()
    own.close()
    while _alive(process) and time.monotonic() - start < 30:
        time.sleep(0.01)
    assert time.monotonic() - start < 20


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failonce.adapters.batch.cluster.PATIENCE_S", 1)
    with pytest.raises(BadInput, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        Cluster(1, "tcp://127.0.0.1:1")
    with pytest.raises(BadInput, match="No Dask scheduler answers at nonsense"):
        Cluster(1, "nonsense://")


def test_a_run_without_workers_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would stand still for ever, and nobody would know."""
    from distributed import LocalCluster

    monkeypatch.setattr(cluster_, "ALONE_S", 2)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        there = Cluster(1, cluster.scheduler_address)
        try:
            coming = there.run(time.sleep, [0, 600])
            assert next(coming) is None
            cluster.scale(0)
            with pytest.raises(BadInput, match="no worker for 2 seconds"):
                next(coming)
        finally:
            there.close()


def test_workers_of_ours_that_dask_let_go_of_are_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does so where several die within some seconds, and starts none in their place."""
    monkeypatch.setattr(cluster_, "ALONE_S", 20)
    own = Cluster(2, None)
    try:
        coming = own.run(time.sleep, [0, *[0.3] * 20])
        assert next(coming) is None
        own._own.scale(0)
        assert list(coming) == [None] * 20
    finally:
        own.close()


def test_a_scheduler_elsewhere_does_the_work(logs: Path) -> None:
    """With its own workers; one without any says so."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        own = engine(EngineName.DASK, workers=9, scheduler=cluster.scheduler_address)
        assert counted(logs, own).partial == counted(logs, Inline()).partial
        own.close()
        cluster.scale(0)
        deadline = time.monotonic() + 30
        while cluster.scheduler.workers and time.monotonic() < deadline:
            time.sleep(0.05)
        with pytest.raises(BadInput, match="has no workers"):
            Cluster(1, cluster.scheduler_address)


def test_a_missing_library_names_the_extra(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line; text logs are read without any."""
    for name in ("distributed", "duckdb", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadSetting, match=r"--engine dask needs distributed: .*failonce\[scale\]"):
        Cluster(1, None)
    with pytest.raises(BadSetting, match=r"Parquet needs duckdb: .*failonce\[scale\]"):
        Counted(logs / "c.parquet")
    with pytest.raises(BadSetting, match=r"s3:// needs fsspec: .*failonce\[scale\]"):
        Counted("s3://bucket/a.log")
    assert Counted(logs / "a.log").partial.failures > 100

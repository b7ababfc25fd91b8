"""A server whose processes are killed loses nothing that it acknowledged."""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from failonce.compose import Configuration
from failonce.errors import FailonceError
from failonce.model import Scope
from failonce.surfaces.server.intake import Format, Intake, Parcel, Receipt, worker
from failonce.surfaces.server.metrics import Measures
from tests.crash import seeded
from tests.surfaces.server.enduring import CYCLES_PER_STORE, Made, calm, whole
from tests.surfaces.server.made import configuration
from tests.surfaces.server.running import (
    Load,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cycles", [20, pytest.param(200, marks=pytest.mark.torture)])
def test_what_was_acknowledged_survives_kill_9(made: Made, cycles: int) -> None:
    """Of all processes and of the parent alone, at any time; the next start answers soon."""
    rng = seeded()
    starts, ends, total = [], [], 0
    server, token, acknowledged = made(), "", set[str]()
    for cycle in range(cycles):
        if cycle % CYCLES_PER_STORE == 0:
            server, acknowledged = made(str(cycle)), set()
            token = server.token()
        starts.append(server.start())
        with Load(server, clients=4, token=token) as load:
            if cycle % 4 != 3:  # else at any time from the start on
                load.wait_for(20)
            time.sleep(rng.uniform(0, 0.4))
            server.kill(all_of_it=cycle % 2 == 0)
            ends.append(server.alone_after(5))
        acknowledged |= load.acknowledged
        total += len(load.acknowledged)
        assert set(load.statuses) <= {202, 503}, load.bodies
        whole(server, acknowledged)
    print(
        f"{cycles} cycles, {total:,} events acknowledged; from start to the first answer "
        f"{statistics.median(starts):.2f} s, at most {max(starts):.2f} s (load "
        f"{os.getloadavg()[0]:.0f}); the last process ended after {max(ends):.2f} s at most"
    )
    assert total > 20 * cycles, "killed too early to show anything"
    assert min(starts) < 2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.torture)])
def test_a_worker_that_is_killed_is_nobody_elses_trouble(made: Made, kills: int) -> None:
    """What it had is tried again; nobody waits for ever, and nothing is stored twice."""
    rng = seeded()
    server = made()
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    with Load(server, clients=6, token=token) as load:
        for _ in range(kills):
            load.wait_for(len(load.acknowledged) + 40)
            os.kill(rng.choice(server.workers()), signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.2))
        load.wait_for(len(load.acknowledged) + 400)
        assert len(server.workers()) == 2
        told = server.ask("/api/status", token=reader)[2]["intake"]
    print(f"{len(load.acknowledged):,} events, {dict(load.statuses)}, {told}")
    assert set(load.statuses) <= {202, 503}, load.bodies
    assert load.without_retry == 0
    assert told["restarts"] >= kills / 2
    whole(server, load.acknowledged)
    calm(server)


DEADLY = b"deadly"
BROKEN = b"broken"


def dangerous(config: Configuration) -> Callable[[Sequence[Parcel]], list[Receipt | FailonceError]]:
    """A worker that one parcel kills and another confuses, however often they come."""
    keep = worker.Worker(config).keep

    def work(parcels: Sequence[Parcel]) -> list[Receipt | FailonceError]:
        time.sleep(0.05)  # so that others join the next ones
        if any(DEADLY in p.content for p in parcels):
            os.kill(os.getpid(), signal.SIGKILL)
        if any(BROKEN in p.content for p in parcels):
            raise RuntimeError("a mistake of ours")
        return keep(parcels)

    return work


def test_a_report_that_kills_its_worker_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("failonce.surfaces.server.intake.worker.begin", dangerous)
    texts = [b"ValueError: good"] * 4 + [DEADLY] + [b"OSError: good"] * 4 + [BROKEN]

    async def told() -> tuple[list[object], Intake]:
        intake = Intake(configuration(tmp_path), measures=Measures())
        parcels = [
            Parcel(format=Format.ERRORS, content=b'{"error": "%s"}' % text, key=str(n))
            for n, text in enumerate(texts)
        ]
        first = asyncio.create_task(intake.take(parcels[0]))
        await asyncio.sleep(0)  # it goes alone, the others wait and go together
        rest = await asyncio.gather(*map(intake.take, parcels[1:]), return_exceptions=True)
        found = [await first, *rest, await intake.take(parcels[0])]
        await intake.stop()
        return found, intake

    found, intake = asyncio.run(told())
    good = [x for x in found if isinstance(x, Receipt)]
    assert [x.new for x in good] == [1] * 8 + [0]
    died, broken = (x for x in found if isinstance(x, FailonceError))
    assert "died twice" in str(died)
    assert "mistake of ours" in str(broken)
    assert (intake.counts.taken, intake.counts.failed, intake.waits) == (9, 2, 0)


# ----------------------------------------------------------------- no store

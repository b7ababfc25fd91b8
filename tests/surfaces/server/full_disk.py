"""A server whose store is on a disk that gets full, and then has room again.

    python -m tests.surfaces.server.full_disk DISK FOLDER

It asserts, and prints what happened. DISK is small, and there for nothing else.
"""

import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from failonce.model import Scope
from tests.surfaces.server.running import Load, Server, opened, rollups_equal_a_recount, stored


def fill(ballast: Path) -> None:
    """Leave no room at all."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


def main(disk: Path, folder: Path) -> None:
    """Full under load, readable, then room; twice."""
    server = Server(folder)
    server.store = disk / "store.db"
    token, reader = server.token(), server.token(Scope.READ)
    ballast = disk / "ballast"
    server.start()
    try:
        with Load(server, clients=3, token=token) as load:
            for _ in range(2):
                load.wait_for(len(load.acknowledged) + 100)
                fill(ballast)
                known = load.statuses[503]
                end = time.monotonic() + 60
                while load.statuses[503] < known + 5:
                    assert time.monotonic() < end, (load.statuses, server.said())
                    time.sleep(0.02)
                status, _, found = server.ask("/api/failures", token=reader)
                assert (status, found["total"] > 0) == (200, True), found
                assert server.ask("/gaps", token=reader)[0] == 200
                ballast.unlink()
                load.wait_for(len(load.acknowledged) + 100)
        assert set(load.statuses) == {202, 503}, load.statuses
        assert load.without_retry == 0
        assert all("disk is full" in said["detail"] for said in load.bodies), load.bodies[:3]
        assert "Traceback" not in server.said(), server.said()
    finally:
        server.end()
    with closing(opened(server)) as store:
        there = stored(store)
        assert load.acknowledged <= set(there)
        rollups_equal_a_recount(store)
    print(f"{len(load.acknowledged):,} events, {dict(load.statuses)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

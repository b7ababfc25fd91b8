# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""Nothing is left of a run."""

import sys
import threading
from pathlib import Path

from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import job


class LeftoverConformance:
    """Whatever became of it, the host is as it was."""

    def test_nothing_is_left(self, sandbox: Sandbox) -> None:
        """No thread, no descriptor, no process of ours, however it ended."""
        sandbox.run(job("def f(): pass"))
        before = _own()
        for source in ("def f(): return 1", "def f(): 1 / 0", "def f():\n while True: pass", "("):
            sandbox.run(job(source, seconds=0.1))
        assert _own() == before


def _own() -> tuple[int, int, int]:
    """Threads, descriptors and children of this process; what cannot be counted is 0."""
    if not sys.platform.startswith("linux"):
        return threading.active_count(), 0, 0
    children = sum(
        len(Path(f"/proc/self/task/{t.name}/children").read_text().split())
        for t in Path("/proc/self/task").iterdir()
    )
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), children

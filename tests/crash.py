"""kill -9 at random points: start a program, let it acknowledge, kill it, see what it said.

    victim = start([sys.executable, "writer.py", url])
    said = victim.kill_after(rng.uniform(0, 0.5), ready="ready")

What it acknowledged is every whole line that it printed; whoever prints must flush. The
seed of a run is `FAILONCE_CRASH_SEED` or new, and printed, so that a failure can be had again.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def seeded() -> random.Random:
    """Randomness whose seed is printed; pytest shows it where the test fails, or with -s."""
    seed = int(os.environ.get("FAILONCE_CRASH_SEED", random.SystemRandom().randrange(2**32)))
    print(f"FAILONCE_CRASH_SEED={seed}")
    return random.Random(seed)


@dataclass(kw_only=True)
class Victim:
    """A running program and the whole lines that it has printed."""

    process: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)
    _said: threading.Condition = field(default_factory=threading.Condition)
    _reader: threading.Thread | None = None

    def read(self) -> None:
        """Collect its lines until it ends."""
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith(b"\n"):
                with self._said:
                    self.lines.append(line.decode().rstrip())
                    self._said.notify()

    def kill_after(self, seconds: float, *, ready: str | None = None) -> list[str]:
        """Kill it so long after it printed the line `ready` (or started); its whole lines.

        A program that ended by itself before that is no error, unless it failed.
        """
        if ready is not None:
            with self._said:
                assert self._said.wait_for(lambda: ready in self.lines, timeout=60), self.lines
        time.sleep(seconds)
        self.process.send_signal(signal.SIGKILL)
        code = self.process.wait(60)
        assert self._reader is not None
        self._reader.join(60)
        assert code in (0, -signal.SIGKILL), f"it failed with {code}"
        return self.lines


def start(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Victim:
    """Start a program that is to be killed."""
    victim = Victim(process=subprocess.Popen(argv, stdout=subprocess.PIPE, env=env, cwd=cwd))
    victim.read()
    return victim

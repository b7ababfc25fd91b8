"""The host as an attack finds it: a folder, a secret, listeners, and processes to be hurt."""

import contextlib
import hashlib
import json
import os
import resource
import secrets
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.escape.watching import Watch, processes, title

MIB = 2**20
FOLDER = Path("/tmp/arena")
HOME = Path("/home/operator")
GROUPS = Path("/sys/fs/cgroup/memory")
"""A control group that whoever is inside may divide, where the machine has such."""
AS_ROOT = Path("/opt/as-root")
"""A copy of `cat` that runs as root, whoever starts it; there where root is somebody else."""
ROOTS_OWN = Path("/opt/of-root")
"""Readable by root alone; holds `Arena.roots_secret`."""
METADATA = "169.254.169.254"
"""Where a cloud answers what only its machines may know; the outer namespace has the address."""

_WITHOUT_CALLERS = {socket.SOCK_DGRAM, socket.SOCK_RAW}

_HOLDS = """
import sys
held = bytearray(sys.stdin.readline().strip().encode())
for line in sys.stdin:
    print(held.decode(errors="replace"), flush=True)
"""


class Arena:
    """One attack's piece of the host."""

    def __init__(self, *, root: bool, roots_secret: str = "", limit: float = 0.0) -> None:
        self.root = root
        self.secret = f"s{secrets.token_hex(12)}"
        self.roots_secret = roots_secret
        self.limit = limit
        """Seconds that the job may take,"""
        self.slack = 0.8
        """those that a busy machine may need besides,"""
        self.took = 0.0
        """and those that the host waited for it."""
        self.folder = FOLDER
        self.home = HOME
        self._files: dict[Path, str] = {}
        self.baits: list[subprocess.Popen[str]] = []
        self._ears: list[bytes] = []
        self._kept: list[object] = []
        self._watch: Watch | None = None
        self._own: frozenset[int] = frozenset()
        self._rss = 0

    # ------------------------------------------------------------------ files

    def file(self, place: str | Path, text: str | None = None, mode: int = 0o644) -> str:
        """A file with the secret or other text; a relative place is under the arena's folder."""
        path = FOLDER / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.secret if text is None else text)
        path.chmod(mode)
        self._files[path] = _state(path)
        return str(path)

    def changed(self) -> list[str]:
        """Which files are gone, or are not what they were: text, mode, owner, times, labels."""
        return [str(p) for p, before in self._files.items() if _state(p) != before]

    def keep(self, thing: object) -> None:
        """Hold something open until the end."""
        self._kept.append(thing)

    # ------------------------------------------------------------------ processes

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """A process of the host in its own process group, with a standard input to talk to it."""
        bait = subprocess.Popen(
            argv, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.baits.append(bait)
        return bait

    def victim(self) -> int:
        """A process that does nothing but live."""
        bait = self.start("/usr/bin/sleep", "60")
        while "sleep" not in title(bait.pid):
            time.sleep(0.001)
        return bait.pid

    def holder(self, text: str) -> subprocess.Popen[str]:
        """A process that keeps a text in its memory, and says it for every line it is sent."""
        bait = self.start(sys.executable, "-I", "-c", _HOLDS)
        assert bait.stdin is not None
        bait.stdin.write(f"{text}\n")
        assert self.says(bait) == text
        return bait

    def says(self, bait: subprocess.Popen[str]) -> str:
        """What a holder holds now; empty where it no longer answers."""
        assert bait.stdin is not None
        assert bait.stdout is not None
        with contextlib.suppress(OSError):
            bait.stdin.write("\n")
            bait.stdin.flush()
            if select.select([bait.stdout], [], [], 1.0)[0]:
                return bait.stdout.readline().strip()
        return ""

    def hurt(self) -> dict[int, str]:
        """The processes laid out that are dead, stopped or traced."""
        time.sleep(0.02)
        found = {}
        alive = processes()
        for bait in self.baits:
            state = alive.get(bait.pid, ["gone"])[0]
            if bait.poll() is not None or state not in "SRD":
                found[bait.pid] = f"ended by {bait.poll()}" if bait.poll() else state
        return found

    def settle(self) -> None:
        """From now on every new process is the job's."""
        self._own = frozenset(processes())
        self._rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def left(self) -> Sequence[str]:
        """What of the job is alive although it is over; the kernel gets a moment to bury."""
        end = time.monotonic() + 0.3
        while True:
            found = {pid: title(pid) for pid in processes() if pid not in self._own}
            if not found or time.monotonic() > end:
                return [f"{pid} {name}" for pid, name in found.items()]
            time.sleep(0.01)

    def grown(self) -> int:
        """Bytes by which the most that the host itself ever held in memory grew by the job."""
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._rss) * 1024

    def watch(self) -> None:
        """Look on while it runs."""
        self._watch = Watch()

    @property
    def seen(self) -> "Watch":
        """What was seen; the watch must have been set."""
        assert self._watch is not None
        self._watch.stop()
        return self._watch

    # ------------------------------------------------------------------ listeners

    def listen(self, ear: socket.socket, answer: bytes = b"") -> None:
        """Write down what arrives on a bound socket; who connects gets the answer."""
        if ear.type not in _WITHOUT_CALLERS:
            ear.listen()
        self.meanwhile(lambda: self._hear(ear, answer))

    def _hear(self, ear: socket.socket, answer: bytes) -> None:
        while True:
            if ear.type in _WITHOUT_CALLERS:
                self._ears.append(ear.recv(65536))
                continue
            caller, _ = ear.accept()
            caller.settimeout(1.0)
            with contextlib.suppress(OSError), caller:
                if answer:
                    caller.sendall(answer)
                while heard := caller.recv(65536):
                    self._ears.append(heard)

    def note(self, heard: bytes) -> None:
        """Write down what the host came to know in another way."""
        self._ears.append(heard)

    def heard(self) -> bool:
        """Whether the secret arrived; what is on its way gets a moment."""
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            if any(self.secret.encode() in h for h in list(self._ears)):
                return True
            time.sleep(0.01)
        return False

    def meanwhile(self, what: Callable[[], object]) -> None:
        """Something that the host does while the job runs."""
        threading.Thread(target=_quietly, args=(what,), daemon=True).start()


def _quietly(what: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        what()


def _state(path: Path) -> str:
    """All of a file that anybody could notice; reading it is no change."""
    try:
        found = path.lstat()
        body = path.read_bytes() if path.is_file() else b""
        labels = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError as error:
        return type(error).__name__
    facts = (found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_nlink, labels)
    return f"{json.dumps(facts)} {hashlib.sha256(body).hexdigest()}"

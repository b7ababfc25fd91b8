"""One sandbox at work: what is started, what is said to it, what it says, and that it ends.

Everything that comes from inside is read with a cap and is data. All is done by the thread that
asks: it waits for the answer, the log, the end of the process and the clock at once.
"""

import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from failonce.adapters.sandbox.answering import MOST_CALLS, Reply
from failonce.adapters.sandbox.growth import Growth

INFO: Final = "@info"
BOOT: Final = "@boot"
"""What stands in a command for what is only known when it is started."""
_BOOT: Final = (
    "import marshal,posix;c=marshal.loads(posix.read({code},{size}));posix.close({code});"
    "exec(c[0],{{'__name__':'inside','CONFIG':c[1],'CHANNEL':{channel}}})"
)
_HEAD: Final = 32 + 1 + 8
_VALUES: Final = ("V", "C")
"""Kinds of answers that hold what the code made."""
_MOST_TEXT: Final = 64 * 1024
_MOST_GREETING: Final = 4096
_CHUNK: Final = 64 * 1024
_END_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a process is started: its command without descriptors, and as whom."""

    bwrap: str
    arguments: Sequence[str]
    user: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was heard: the kind of answer and its text, or why there is none."""

    kind: str = ""
    """`V` value, `E` error, `M` no memory, `R` refused, `C` a call of another tool; empty where
    nothing was answered."""
    body: bytes = b""
    late: bool = False
    too_much: bool = False
    too_full: bool = False
    status: int | None = None
    """How the process ended by itself: its exit status, or minus the signal."""
    peak_bytes: int | None = None


class Log:
    """The first bytes of a stream, and how many there were."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept = bytearray()
        self.all = 0

    def add(self, more: bytes) -> None:
        """Keep what there is room for."""
        self.all += len(more)
        self.kept += more[: self._most - len(self.kept)]


class Conversation:
    """A process in its sandbox, from start to end; leave the `with` and nothing of it is left."""

    def __init__(
        self, start: Start, code: bytes, *, most_log: int, growth: Growth | None = None
    ) -> None:
        self.log = Log(most_log)
        self._growth = growth
        self._full = False
        self._stack = ExitStack()
        self._heard = bytearray()
        self._inner = -1
        self.pid = 0
        self._listener = -1
        try:
            self._start(start, code)
        except BaseException:
            self._stack.close()
            raise

    def _start(self, start: Start, code: bytes) -> None:
        ours, theirs = socket.socketpair()
        self._socket = self._stack.enter_context(ours)
        with ExitStack() as passed:
            passed.enter_context(theirs)
            self._log_end, writing = self._pipe(passed)
            self._info, telling = self._pipe(passed)
            given = os.memfd_create("failonce", os.MFD_CLOEXEC)
            passed.callback(os.close, given)
            _write_all(given, code)
            os.lseek(given, 0, os.SEEK_SET)
            boot = _BOOT.format(code=given, size=len(code), channel=theirs.fileno())
            fill = {INFO: str(telling), BOOT: boot}
            command = [fill.get(a, a) for a in start.arguments]
            self._process = subprocess.Popen(  # noqa: S603 - made by layout.arguments
                [start.bwrap, *command],
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=(telling, given, theirs.fileno()),
                env={},
                cwd="/",
                start_new_session=True,
                user=start.user,
                group=start.user,
                extra_groups=None if start.user is None else [],
            )
        self._exit = os.pidfd_open(self._process.pid)
        self._stack.callback(os.close, self._exit)
        self._stack.callback(self._end)
        self._find()
        os.set_blocking(self._log_end, False)
        self._poll = select.poll()
        for descriptor in (self._socket.fileno(), self._log_end, self._exit):
            self._poll.register(descriptor, select.POLLIN)

    def _pipe(self, passed: ExitStack) -> tuple[int, int]:
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._stack.callback(os.close, reading)
        passed.callback(os.close, writing)
        return reading, writing

    # ------------------------------------------------------------ what is said

    def greeting(self, patience_s: float) -> list[str] | None:
        """What it found the grants to be, None where it never came so far."""
        end = time.monotonic() + patience_s
        while b"\n" not in self._heard:
            if len(self._heard) > _MOST_GREETING or not self._wait(end, handed=True):
                return None
        line, _, rest = bytes(self._heard).partition(b"\n")
        self._heard[:] = rest
        words = line.decode("ascii", "replace").split()
        if words[:1] != ["ready"]:
            return None
        return words[1:]

    def _find(self) -> None:
        """Process 1 of the sandbox, by our numbers: bubblewrap tells it before it goes on."""
        told = os.read(self._info, 4096).decode("ascii", "replace")
        while "}" not in told and (more := os.read(self._info, 4096)):
            told += more.decode("ascii", "replace")
        found = re.search(r'"child-pid"\s*:\s*(\d+)', told)
        if found:
            self.pid = int(found[1])
            with suppress(ProcessLookupError):
                self._inner = os.pidfd_open(self.pid)

    def tell(self, data: bytes) -> None:
        """Hand something over; what nobody takes any more is no error."""
        self._socket.settimeout(_END_S)
        with suppress(OSError):
            self._socket.sendall(data)

    def hand_on(self, other: "Conversation") -> None:
        """Give the listener that came with the greeting to another process."""
        with suppress(OSError):
            socket.send_fds(other._socket, [b"\n"], [self._listener])

    def answer(self, nonce: str, seconds: float, most: int, reply: Reply | None = None) -> Said:
        """The one answer, or why there is none; `reply` makes the calls that it wants first.

        What those take is not counted as its time.
        """
        end = time.monotonic() + seconds
        mark = nonce.encode("ascii")
        for _ in range(MOST_CALLS):
            said = self._said(mark, end, most)
            if said.kind != "C" or reply is None:
                return said
            begun = time.monotonic()
            self.tell(reply(said.body))
            end += time.monotonic() - begun
        return Said(too_much=True, peak_bytes=self._peak())

    def _said(self, mark: bytes, end: float, most: int) -> Said:
        while len(self._heard) < _HEAD:
            if not self._wait(end):
                return self._nothing(end)
        kind, size = _read_head(bytes(self._heard[:_HEAD]), mark)
        if size > (most if kind in _VALUES else _MOST_TEXT):
            return Said(too_much=kind in _VALUES, peak_bytes=self._peak())
        while kind and len(self._heard) < _HEAD + size:
            if not self._wait(end):
                return self._nothing(end)
        if self._growth is not None and self._growth.over(now=True):
            return Said(too_full=True, peak_bytes=self._peak())
        body = bytes(self._heard[_HEAD : _HEAD + size])
        del self._heard[: _HEAD + size]
        return Said(kind=kind, body=body, peak_bytes=self._peak())

    def _nothing(self, end: float) -> Said:
        if self._full:
            return Said(too_full=True, peak_bytes=self._peak())
        status = self._process.poll()
        late = status is None and time.monotonic() >= end
        return Said(
            late=late, status=status, peak_bytes=None if status is not None else self._peak()
        )

    def _wait(self, end: float, *, handed: bool = False) -> bool:
        """Wait for more of the answer until `end`; False where none will come."""
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return False
            if self._growth is not None:
                self._full = self._growth.over()
                if self._full:
                    return False
                left = min(left, self._growth.pause)
            ready = {found for found, _ in self._poll.poll(left * 1000 + 1)}
            if self._log_end in ready and not self._drain(once=True):
                self._poll.unregister(self._log_end)
            if self._socket.fileno() in ready:
                got = self._receive(handed)
                if got:
                    self._heard += got
                    return True
                self._poll.unregister(self._socket)
            if self._exit in ready:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_END_S)
                return False

    def _receive(self, handed: bool) -> bytes:
        try:
            if not handed:
                return self._socket.recv(_CHUNK)
            got, descriptors, _, _ = socket.recv_fds(self._socket, _MOST_GREETING, 1)
        except OSError:
            return b""
        for descriptor in descriptors:
            self._listener = descriptor
            self._stack.callback(os.close, descriptor)
        return got

    def _drain(self, *, once: bool = False) -> bool:
        """Take what was printed; False at its end."""
        while True:
            try:
                more = os.read(self._log_end, _CHUNK)
            except BlockingIOError:
                return True
            if not more:
                return False
            self.log.add(more)
            if once:
                return True

    # ------------------------------------------------------------ what is seen

    def fact(self, name: str) -> str:
        """A line of what the kernel says of process 1, empty where it is gone."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith(f"{name}:"):
                    return line.partition(":")[2].strip()
        return ""

    def size(self, name: str) -> int | None:
        """Such a line that is a size, in bytes."""
        number = self.fact(name).split()
        return int(number[0]) * 1024 if number else None

    def _peak(self) -> int | None:
        return self.size("VmHWM")

    # ------------------------------------------------------------ the end

    def _end(self) -> None:
        """Kill process 1, and with it all in its world; wait until the last is gone."""
        if self._inner >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inner, signal.SIGKILL)
            os.close(self._inner)
        else:
            self._process.kill()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain()

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def _read_head(head: bytes, mark: bytes) -> tuple[str, int]:
    """Kind and size of an answer; nothing where this is none."""
    found = re.fullmatch(re.escape(mark) + rb"([VEMRC])([0-9a-f]{8})", head)
    return (found[1].decode(), int(found[2], 16)) if found else ("", 0)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]

"""This process's own two streams, and a server that is started behind two others.

Nothing waits in between: what comes in is cut into lines and handed over where it is read.
"""

import asyncio
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, cast

from failonce.errors import BadInput
from failonce.surfaces.mcp.proxy.links import Hears
from failonce.surfaces.mcp.proxy.messages import Message, decoded

LONGEST: Final = 64 << 20
"""Bytes of one message; a longer one is let go, and told of."""
BACKLOG: Final = 4 << 20
"""Bytes that wait for an end which does not read, before the other one is held back."""
GRACE_S: Final = 2.0
"""How long a server has to end by itself once its input is closed, and again once it is asked."""
_HEAD: Final = 400
_READ: Final = 1 << 16


class Lines:
    """Cuts what comes in into messages. Of a line that is too long only the beginning is kept."""

    def __init__(self, hears: Hears, longest: int = LONGEST) -> None:
        self._hears = hears
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        """More of it."""
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._keep(data[start:end])
            self._line()
            start = end + 1
        if start < len(data):
            self._keep(data[start:])

    def end(self) -> None:
        """There is no more; the last line may have no end."""
        self._line()
        self._hears.ended()

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._longest:
            self._parts.append(piece)
        elif self._parts:
            self._parts = [b"".join(self._parts)[:_HEAD]]

    def _line(self) -> None:
        line, size = b"".join(self._parts), self._size
        self._parts, self._size = [], 0
        if size > self._longest:
            self._hears.garbled(line[:_HEAD], f"it is longer than {self._longest:,} bytes")
        elif line := line.strip():
            found = decoded(line)
            if found is None:
                self._hears.garbled(line[:_HEAD], "it is no JSON-RPC message")
            else:
                for message in found:
                    self._hears.message(message)


class _Reading(asyncio.Protocol):
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def data_received(self, data: bytes) -> None:
        self._lines.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it is over either way
        self._lines.end()


class _Writing(asyncio.BaseProtocol):
    def __init__(self, hears: Hears) -> None:
        self._hears = hears

    def pause_writing(self) -> None:
        self._hears.full()

    def resume_writing(self) -> None:
        self._hears.drained()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - who reads is gone
        self._hears.ended()


class OwnStreams:
    """The client that started this process, at its standard input and output.

    What else in this process prints goes to standard error: nothing but messages is on the wire.
    """

    def __init__(self, hears: Hears) -> None:
        self._hears = hears
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None
        self._out = -1

    async def open(self) -> None:
        """Take both over."""
        loop = asyncio.get_running_loop()
        self._out = os.dup(1)
        os.dup2(2, 1)
        if _waits(self._out):
            pipe, _ = await loop.connect_write_pipe(
                lambda: _Writing(self._hears), os.fdopen(self._out, "wb", 0)
            )
            pipe.set_write_buffer_limits(high=BACKLOG)
            self._writing = pipe

    async def begin(self) -> None:
        """Let come what comes."""
        loop, lines = asyncio.get_running_loop(), Lines(self._hears)
        if _waits(0):
            stream = os.fdopen(os.dup(0), "rb", 0)
            self._reading, _ = await loop.connect_read_pipe(lambda: _Reading(lines), stream)
            return

        def read() -> None:
            while data := os.read(0, _READ):
                loop.call_soon_threadsafe(lines.feed, data)
            loop.call_soon_threadsafe(lines.end)

        def reading() -> None:
            with suppress(RuntimeError):  # the loop ended before its input did
                read()

        threading.Thread(target=reading, name="failonce-input", daemon=True).start()

    def write(self, message: Message) -> None:
        """Send it; a reader that is gone is told of by `ended`."""
        if self._writing is not None:
            if not self._writing.is_closing():
                self._writing.write(message.raw + b"\n")
            return
        data = memoryview(message.raw + b"\n")
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError:
            self._hears.ended()

    def pause(self) -> None:
        """Let nothing come."""
        if self._reading is not None:
            self._reading.pause_reading()

    def resume(self) -> None:
        """Go on."""
        if self._reading is not None:
            self._reading.resume_reading()

    async def close(self) -> None:
        """Give away what waits, as far as somebody takes it."""
        if self._reading is not None:
            self._reading.close()
        if self._writing is not None:
            pipe = self._writing
            end = asyncio.get_running_loop().time() + GRACE_S
            while pipe.get_write_buffer_size() and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.005)
            if not pipe.is_closing():  # else its reader is gone, and the pipe with it
                pipe.abort()


def _waits(descriptor: int) -> bool:
    """Whether the system tells when something comes: of pipes and sockets it does."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


class _Started(asyncio.SubprocessProtocol):
    def __init__(self, hears: Hears) -> None:
        self._lines = Lines(hears)
        self._hears = hears
        self.exited = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - only its output
        self._lines.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        if fd == 1:
            self._lines.end()

    def pause_writing(self) -> None:
        self._hears.full()

    def resume_writing(self) -> None:
        self._hears.drained()

    def process_exited(self) -> None:
        self.exited.set()


class Child:
    """A server that was started. It and what it starts form a group, which ends together."""

    patience_s = 0.0
    """It hears at once that its client left, and decides itself what it still answers."""

    def __init__(self, transport: asyncio.SubprocessTransport, protocol: _Started) -> None:
        self._transport = transport
        self._protocol = protocol
        self._input = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        self._output = cast("asyncio.ReadTransport", transport.get_pipe_transport(1))
        self._input.set_write_buffer_limits(high=BACKLOG)

    @property
    def pid(self) -> int:
        """Its process, and its group."""
        return self._transport.get_pid()

    @property
    def ended_with(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._transport.get_returncode()

    def write(self, message: Message) -> None:
        """Send it; one that is gone is told of by `ended`."""
        if not self._input.is_closing():
            self._input.write(message.raw + b"\n")

    def pass_on(self, line: bytes) -> None:
        """Send what is no message, for the server to judge."""
        if not self._input.is_closing():
            self._input.write(line + b"\n")

    def pause(self) -> None:
        """Let nothing come."""
        with suppress(RuntimeError):
            self._output.pause_reading()

    def resume(self) -> None:
        """Go on."""
        with suppress(RuntimeError):
            self._output.resume_reading()

    async def why(self) -> str:
        """Why it is there no more."""
        for _ in range(100):
            if self.ended_with is not None:
                break
            await asyncio.sleep(0.01)
        code = self.ended_with
        if code is None:
            return "the server closed its output and runs on; it is ended"
        how = f"with exit code {code}" if code >= 0 else f"by signal {-code}"
        return f"the server ended {how} while its client was still there"

    async def close(self, *, now: bool = False) -> None:
        """End it: close its input, then ask, then force; `now` where nobody waits for answers."""
        self._input.close()
        grace = GRACE_S / 4 if now else GRACE_S
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if await self._gone(grace):
                break
            self._send(number)
            grace = GRACE_S
        await self._gone(GRACE_S)
        self._send(getattr(signal, "SIGKILL", signal.SIGTERM))  # what it started and left behind
        self._transport.close()

    async def _gone(self, seconds: float) -> bool:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._protocol.exited.wait(), seconds)
        return self._protocol.exited.is_set()

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._transport.send_signal(number)
            else:
                os.killpg(self.pid, number)


async def started(command: Sequence[str], hears: Hears) -> Child:
    """Start a server; raises `BadInput` where it cannot be started."""
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {} if sys.platform == "win32" else {"start_new_session": True}
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: _Started(hears),
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None,
            **options,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(
            f"The server cannot be started: {command[0]}: {why}. Run the same command without "
            "`failonce proxy --` to see what it says."
        ) from error
    return Child(transport, protocol)

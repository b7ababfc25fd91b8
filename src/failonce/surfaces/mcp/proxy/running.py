"""One run of `failonce proxy`, from the first message to the exit code.

The server is started before anything else is loaded, so that both begin at once.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from failonce.surfaces.mcp.proxy.links import Link
from failonce.surfaces.mcp.proxy.messages import Message, refusal
from failonce.surfaces.mcp.proxy.relay import Relay
from failonce.surfaces.mcp.proxy.saying import Say, shown
from failonce.surfaces.mcp.proxy.stdio import GRACE_S, OwnStreams, started

if TYPE_CHECKING:
    from failonce.surfaces.mcp.proxy.watch import Watch

DONE: Final = 0
ALONE: Final = 1
"""The server ended although its client was still there."""
STOPPED: Final = 130
_PARSE_ERROR: Final = -32700


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command was asked to do."""

    command: Sequence[str] = ()
    url: str = ""
    headers: Sequence[tuple[str, str]] = ()
    name: str = ""
    """What the server is called; found out where nobody says it."""
    project: str | None = None
    learned: bool = True
    listen: str = ""


class Server(Link, Protocol):
    """The server's end, whatever it is."""

    patience_s: float
    """How long it is to have for answers under way, once its client left."""

    async def close(self, *, now: bool = False) -> None:
        """Let go of it; `now` where nobody waits for answers."""

    async def why(self) -> str:
        """Why it is there no more, in words."""


class FromClient:
    """What comes from the client, and what becomes of it."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.left = asyncio.Event()

    def message(self, message: Message) -> None:
        """Something came."""
        self._relay.from_client(message)

    def garbled(self, line: bytes, why: str) -> None:
        """The client hears of it, as from a server."""
        self._relay.say.once("client", f"the client sent a line that is no message: {why}")
        head = shown(line.decode("utf-8", "replace"), 80)
        self._relay.to_client(refusal(None, _PARSE_ERROR, f"This is no message ({why}): {head}"))

    def full(self) -> None:
        """It does not read: the server waits."""
        if self._relay.server is not None:
            self._relay.server.pause()

    def drained(self) -> None:
        """It reads again."""
        if self._relay.server is not None:
            self._relay.server.resume()

    def ended(self) -> None:
        """It left."""
        self.left.set()


class FromServer:
    """What comes from the server."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.left = asyncio.Event()

    def message(self, message: Message) -> None:
        """Something came."""
        self._relay.from_server(message)

    def garbled(self, line: bytes, why: str) -> None:
        """It is let go, and told of."""
        self._relay.garbled(line, why)

    def full(self) -> None:
        """It does not read: the client waits."""
        if self._relay.client is not None:
            self._relay.client.pause()

    def drained(self) -> None:
        """It reads again."""
        if self._relay.client is not None:
            self._relay.client.resume()

    def ended(self) -> None:
        """Nothing comes any more."""
        self.left.set()


def run(asked: Asked) -> int:
    """Stand between them until one of them is gone; the exit code.

    Raises `BadInput` where the server cannot be started or reached.
    """
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> int:
    say = Say(name=asked.name)
    relay = Relay(say)
    client_side, server_side = FromClient(relay), FromServer(relay)
    stopped = _signals()
    client = OwnStreams(client_side)
    server = await _server(asked, server_side)
    relay.server = server
    try:
        await client.open()
        relay.client = client
        watch = watched(relay, asked)
        await client.begin()
        return await _until_over(relay, client_side, server_side, server, watch, stopped)
    finally:
        await client.close()
        await asyncio.shield(server.close(now=True))
        _close()


async def _server(asked: Asked, hears: FromServer) -> Server:
    if not asked.url:
        return await started(asked.command, hears)
    from failonce.surfaces.mcp.proxy.upstream import HttpServer  # noqa: PLC0415 - the SDK is slow

    server = HttpServer(hears, asked.url, asked.headers)
    await server.open()
    return server


async def _until_over(  # noqa: PLR0917 - all that there is
    relay: Relay,
    client: FromClient,
    heard: FromServer,
    server: Server,
    watch: "Watch | None",
    stopped: "asyncio.Future[int]",
) -> int:
    await _first(client.left.wait(), heard.left.wait(), _is(stopped))
    if stopped.done():
        code = stopped.result()
    elif client.left.is_set():
        code = DONE
        if watch is not None:
            await _first(watch.settle(GRACE_S), _is(stopped))
        await _first(relay.settled(server.patience_s), _is(stopped))
        await _first(server.close(), _is(stopped))
    else:
        code = ALONE
        relay.server_ended(await server.why())
        relay.say(relay.gone)
    if watch is not None:
        await watch.settle(0.1)
        await watch.close()
    return code


def watched(relay: Relay, asked: Asked) -> "Watch | None":
    """failonce in this conversation; None where it is off, or cannot begin."""
    from failonce.surfaces.mcp.proxy.watch import Watch  # noqa: PLC0415 - the server starts meanwhile
    from failonce.surfaces.watching.host import host, status  # noqa: PLC0415

    here = host()
    if here is None:
        if status().lost:
            relay.say(f"nothing is recorded and no lesson acts: {shown(status().last)}")
        return None
    project = asked.project or here.project
    watch = Watch(relay, here, server=asked.name, project=project, learned=asked.learned)
    relay.looks = watch
    return watch


def _signals() -> "asyncio.Future[int]":
    """Done with the exit code once somebody asks this process to end."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if not stopped.done():
            stopped.set_result(code)

    codes = {"SIGINT": STOPPED, "SIGTERM": DONE, "SIGHUP": DONE}
    for name, code in codes.items():
        number = getattr(signal, name, None)
        if number is not None and sys.platform != "win32":
            loop.add_signal_handler(number, stop, code)
    return stopped


async def _is(future: "asyncio.Future[int]") -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.shield(future)


async def _first(*waits: Awaitable[object]) -> None:
    """Wait for the first of these; the others are left."""
    tasks = [asyncio.ensure_future(w) for w in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _close() -> None:
    """Keep what waits to be kept."""
    from failonce.surfaces.watching import host  # noqa: PLC0415 - the same

    host.close()

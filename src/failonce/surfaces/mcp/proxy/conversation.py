"""A client, a server and the relay between them, with failonce in it."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from failonce.surfaces.mcp.proxy.links import Link
from failonce.surfaces.mcp.proxy.messages import Message, refusal
from failonce.surfaces.mcp.proxy.relay import Relay
from failonce.surfaces.mcp.proxy.saying import Say, shown
from failonce.surfaces.mcp.proxy.stdio import GRACE_S, started

if TYPE_CHECKING:
    from failonce.surfaces.mcp.proxy.watch import Watch

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
    """Where clients come over HTTP; empty for standard input and output."""
    token_from: str = ""
    """The variable that holds what such clients need; empty for a new one."""


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


class Conversation:
    """One of them; a process has one, or one for each client that comes over HTTP."""

    def __init__(self, asked: Asked, say: Say) -> None:
        self.relay = Relay(say)
        self.from_client = FromClient(self.relay)
        self.from_server = FromServer(self.relay)
        self._asked = asked
        self._server: Server | None = None
        self._watch: Watch | None = None

    async def reach(self) -> None:
        """Start or reach the server; raises `BadInput` where that cannot be."""
        self.relay.server = self._server = await _server(self._asked, self.from_server)

    def attend(self, client: Link) -> None:
        """Let the client in, and failonce."""
        self.relay.client = client
        self._watch = watched(self.relay, self._asked)

    async def ended(self) -> str:
        """The server is there no more: whoever waits is told why."""
        if not self.relay.gone and self._server is not None:
            self.relay.server_ended(await self._server.why())
        return self.relay.gone

    async def finish(self) -> None:
        """The client left: what is under way may end, then the server does."""
        if self._server is None:
            return
        if self._watch is not None:
            await self._watch.settle(GRACE_S)
        await self.relay.settled(self._server.patience_s)
        await self._server.close()

    async def close(self) -> None:
        """Let go of everything, and of the server at once."""
        if self._watch is not None:
            await self._watch.settle(0.1)
            await self._watch.close()
        if self._server is not None:
            await asyncio.shield(self._server.close(now=True))


async def _server(asked: Asked, hears: FromServer) -> Server:
    if not asked.url:
        return await started(asked.command, hears)
    from failonce.surfaces.mcp.proxy.upstream import HttpServer  # noqa: PLC0415 - the SDK is slow

    server = HttpServer(hears, asked.url, asked.headers)
    await server.open()
    return server


def watched(relay: Relay, asked: Asked) -> "Watch | None":
    """failonce in this conversation; None where it is off, or cannot begin."""
    from failonce.model import Call, Recording  # noqa: PLC0415 - the server starts meanwhile
    from failonce.surfaces.mcp.proxy.callers import Program  # noqa: PLC0415
    from failonce.surfaces.mcp.proxy.watch import Watch  # noqa: PLC0415
    from failonce.surfaces.watching.host import host, status  # noqa: PLC0415

    here = host()
    if here is None:
        if status().lost:
            relay.say(f"nothing is recorded and no lesson acts: {shown(status().last)}")
        return None
    call = Call(tool="mcp__server__tool", args={"name": "value"})
    sample = Recording(call=call, text="HTTP 503 Service Unavailable", flagged=True)
    here.writer.hasten(lambda: (here.desk.take(sample, here.clock.now(), here.project),))
    program = Program() if asked.listen else Program.told(os.environ)  # else it is not the client's
    watch = Watch(
        relay,
        here,
        server=asked.name,
        project=asked.project or program.project or here.project,
        learned=asked.learned,
        program=program,
    )
    relay.looks = watch
    return watch

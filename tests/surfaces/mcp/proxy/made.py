"""A client, a server and the relay between them, in one loop; the first two are scripts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from failonce.surfaces.mcp.proxy.messages import Message, answer, notification, refusal, request
from failonce.surfaces.mcp.proxy.relay import Relay
from failonce.surfaces.mcp.proxy.saying import Say
from failonce.surfaces.mcp.proxy.watch import Watch
from tests.surfaces.watching.made import PROJECT, Room

SERVER = "demo"
Tool = Callable[..., Any]
"""What a tool of the scripted server does: returns a text or a whole result, or raises."""


def recorded(tool: str) -> str:
    """The name under which calls of a tool are recorded."""
    return f"mcp__{SERVER}__{tool}"


def described(name: str, **fields: Any) -> dict[str, Any]:
    """A definition as servers give it."""
    return {"name": name, "inputSchema": {"type": "object"}, **fields}


class Protocol(Exception):
    """The server refuses with an error of the protocol."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Scripted:
    """A server: tools by name, and everything that it was sent, as it came."""

    tools: Mapping[str, Tool]
    definitions: list[dict[str, Any]] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    relay: Relay | None = None
    answers_lists: bool = True
    paused: int = 0

    def write(self, message: Message) -> None:
        self.got.append(message.raw)
        self.heard.append(message)
        if message.method and "id" in message.data:
            asyncio.get_running_loop().create_task(self._answer(message))

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.paused -= 1

    async def _answer(self, message: Message) -> None:
        assert self.relay is not None
        try:
            found = await self._result(message)
        except Protocol as error:
            self.relay.from_server(refusal(message.id, error.code, str(error)))
        else:
            if found is not None:
                self.relay.from_server(answer(message.id, found))

    async def _result(self, message: Message) -> dict[str, Any] | None:
        match message.method:
            case "initialize":
                return {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "whatever", "version": "1"},
                }
            case "tools/list" if self.answers_lists:
                return {"tools": self.definitions or [described(name) for name in self.tools]}
            case "tools/call":
                return await self._called(message.params)
            case "ping":
                return {}
            case "subscriptions/listen":
                return None
        raise Protocol(-32601, "Method not found")

    async def _called(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        tool = self.tools.get(params["name"])
        if tool is None:
            return _text(f"Unknown tool: {params['name']}", failed=True)
        try:
            found = tool(**params.get("arguments", {}))
            if isinstance(found, Awaitable):
                found = await found
        except Protocol:
            raise
        except Exception as error:
            return _text(str(error), failed=True)
        return found if isinstance(found, dict) else None if found is None else _text(found)

    def sent(self, method: str) -> list[Mapping[str, Any]]:
        """The params of what it was asked and told by a method."""
        return [m.params for m in self.heard if m.method == method]

    @property
    def called(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Calls as they came."""
        return [(p["name"], p.get("arguments", {})) for p in self.sent("tools/call")]


def _text(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": failed}


@dataclass
class Client:
    """Whoever asks; it keeps what it was told, as it came."""

    got: list[bytes] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    relay: Relay | None = None
    _waits: dict[Any, "asyncio.Future[Message]"] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(1))

    def write(self, message: Message) -> None:
        self.got.append(message.raw)
        self.heard.append(message)
        if not message.method and (waits := self._waits.pop(message.id, None)) is not None:
            waits.set_result(message)

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Message:
        return await self.begin(method, params)[1]

    def begin(
        self, method: str, params: Mapping[str, Any] | None = None
    ) -> "tuple[Any, asyncio.Future[Message]]":
        """The id of a request, and what waits for its answer."""
        assert self.relay is not None
        number = next(self._ids)
        waits = self._waits[number] = asyncio.get_running_loop().create_future()
        self.relay.from_client(request(number, method, params or {}))
        return number, waits

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        assert self.relay is not None
        self.relay.from_client(notification(method, params))

    async def call(self, tool: str, **arguments: Any) -> Message:
        return await self.ask("tools/call", {"name": tool, "arguments": arguments})

    async def text(self, tool: str, **arguments: Any) -> str:
        """The text of an answer, a cross before it where it failed."""
        return shown(await self.call(tool, **arguments))

    def told(self, method: str) -> list[Message]:
        """Notifications of a method."""
        return [m for m in self.heard if m.method == method]


def shown(message: Message) -> str:
    """The text of an answer, a cross before it where it failed."""
    if message.result is None:
        assert message.error is not None
        return f"✗ {message.error['code']} {message.error['message']}"
    said = " | ".join(c["text"] for c in message.result["content"])
    return f"✗ {said}" if message.result.get("isError") else said


@dataclass
class Talk:
    """All of them."""

    client: Client
    server: Scripted
    relay: Relay
    watch: Watch
    said: list[str]

    async def open(self) -> "Talk":
        """Shake hands, and read the list of tools."""
        await self.client.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        self.client.tell("notifications/initialized", {})
        await self.client.ask("tools/list")
        return self


def talk(room: Room, tools: Mapping[str, Tool] | None = None, **options: Any) -> Talk:
    """A conversation, not begun; `definitions` are those of the tools."""
    said: list[str] = []
    relay = Relay(Say(said.append))
    server = Scripted(tools or {}, options.pop("definitions", []), relay=relay)
    client = Client(relay=relay)
    relay.client, relay.server = client, server
    options = {"learned": False, "project": PROJECT, "server": SERVER, **options}
    watch = relay.looks = Watch(relay, room.host, **options)
    return Talk(client, server, relay, watch, said)

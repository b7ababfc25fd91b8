"""A server behind a URL, by the SDK's own transport.

What the transport needs to know beside the message stands in headers; they are read off what the
client says in its messages, as a client of the SDK would set them.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
    find_invalid_x_mcp_header,
    mcp_param_headers,
    x_mcp_header_map,
)
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp_types import PROTOCOL_VERSION_META_KEY, JSONRPCMessage, jsonrpc_message_adapter

from failonce.errors import BadInput
from failonce.surfaces.mcp.proxy.links import Hears
from failonce.surfaces.mcp.proxy.messages import CONNECTION_CLOSED, Message
from failonce.surfaces.mcp.proxy.saying import shown
from failonce.surfaces.mcp.proxy.stdio import GRACE_S, LONGEST

TOOLS: Final = 5_000
"""Tools of one server whose headers are kept."""
CONNECT_S: Final = 30.0
"""How long a connection may take; an answer may take for ever, as its client says."""


class HttpServer:
    """A server behind a URL, as an end of a conversation."""

    patience_s = GRACE_S

    def __init__(self, hears: Hears, url: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadInput(f"{shown(url, 80)} is no URL of a server: it begins with http(s)://.")
        self._hears = hears
        self._url = url
        self._headers = dict(headers)
        self._version = ""
        self._opening: object = None
        self._queue: asyncio.Queue[SessionMessage | None] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self._task: asyncio.Task[None] | None = None
        self._named: dict[str, Mapping[tuple[str, ...], str]] = {}
        """Arguments of a tool that stand in headers as well."""

    async def open(self) -> None:
        """Begin; nothing is sent before the client sends something."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        timeout = httpx2.Timeout(CONNECT_S, read=None)
        client = httpx2.AsyncClient(
            headers=self._headers, timeout=timeout, transport=_Reaching(retries=0)
        )
        try:
            async with (
                client,
                streamable_http_client(
                    self._url, http_client=client, max_sse_event_size=LONGEST
                ) as (reading, writing),
                asyncio.TaskGroup() as group,
            ):
                sender = group.create_task(self._send(writing))
                await self._read(reading)
                sender.cancel()
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # groups of whatever went wrong inside
            self._hears.garbled(repr(error)[:400].encode(), "the connection failed")
        self._hears.ended()

    async def _read(self, reading: Any) -> None:
        async for item in reading:
            await self._open.wait()
            if isinstance(item, SessionMessage):
                found = item.message.model_dump(by_alias=True, mode="json", exclude_unset=True)
                self._came(Message(found))
            else:
                self._hears.garbled(str(item)[:400].encode(), "the SDK cannot read it")

    async def _send(self, writing: Any) -> None:
        while (item := await self._queue.get()) is not None:
            await writing.send(item)
        await writing.aclose()

    def _came(self, message: Message) -> None:
        """Who shook hands speaks the revision that was agreed on from there on."""
        if self._opening is not None and message.id == self._opening:
            version = (message.result or {}).get("protocolVersion")
            self._version = version if isinstance(version, str) else ""
            self._opening = None
        tools = (message.result or {}).get("tools")
        for tool in tools if isinstance(tools, list) else ():
            self._learn(tool)
        self._hears.message(message)

    def _learn(self, tool: object) -> None:
        schema = tool.get("inputSchema") if isinstance(tool, dict) else None
        name = tool.get("name") if isinstance(tool, dict) else None
        if isinstance(schema, dict) and isinstance(name, str):
            wrong = find_invalid_x_mcp_header(schema) is not None
            named = {} if wrong else x_mcp_header_map(schema)
            if named and (name in self._named or len(self._named) < TOOLS):
                self._named[name] = named
            elif name in self._named:
                del self._named[name]

    def write(self, message: Message) -> None:
        """Send it."""
        if message.method == "initialize":
            self._opening = message.id
        try:
            made: JSONRPCMessage = jsonrpc_message_adapter.validate_python(message.data)
        except ValueError:
            self._hears.garbled(message.raw[:400], "the SDK cannot send it")
            return
        self._queue.put_nowait(
            SessionMessage(made, ClientMessageMetadata(headers=self._of(message)))
        )

    def _of(self, message: Message) -> dict[str, str] | None:
        """What stands in headers beside a message."""
        params = message.params
        meta = params.get("_meta")
        version = meta.get(PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
        if not isinstance(version, str):
            return {MCP_PROTOCOL_VERSION_HEADER: self._version} if self._version else None
        headers = {MCP_PROTOCOL_VERSION_HEADER: version, MCP_METHOD_HEADER: message.method}
        name = params.get(NAME_BEARING_METHODS.get(message.method, ""))
        if isinstance(name, str):
            headers[MCP_NAME_HEADER] = encode_header_value(name)
            arguments = params.get("arguments")
            if name in self._named and message.method == "tools/call":
                headers |= mcp_param_headers(self._named[name], arguments or {})
        return headers

    def pause(self) -> None:
        """Let nothing come."""
        self._open.clear()

    def resume(self) -> None:
        """Go on."""
        self._open.set()

    async def why(self) -> str:
        """Why it is there no more."""
        return f"the connection to {self._url} ended while the client was still there"

    async def close(self, *, now: bool = False) -> None:
        """End the session, so that the server knows."""
        task = self._task
        if task is None:
            return
        self._queue.put_nowait(None)
        await asyncio.wait([task], timeout=GRACE_S / 4 if now else GRACE_S)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


class _Reaching(httpx2.AsyncHTTPTransport):
    """A server that cannot be reached answers so: each request fails for itself."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except httpx2.TransportError as error:
            said = {
                "jsonrpc": "2.0",
                "id": None,
                "error": {
                    "code": CONNECTION_CLOSED,
                    "message": f"The server cannot be reached ({type(error).__name__}: {error}).",
                },
            }
            return httpx2.Response(503, json=said, request=request)

"""Clients that come over HTTP, by the SDK's own transports.

Those that shake hands have a session, and each a server of its own, as it would have without the
proxy. Requests of the newest revision stand alone: they share one server.

Whoever comes needs the token, also on this machine: others may use it too.
"""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import (
    TransportSecurityMiddleware,
    TransportSecuritySettings,
)
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import Request

from failonce.errors import BadInput, BadSetting, FailonceError
from failonce.surfaces.mcp.proxy.conversation import Asked, Conversation
from failonce.surfaces.mcp.proxy.exchanges import Exchanges
from failonce.surfaces.mcp.proxy.messages import Message
from failonce.surfaces.mcp.proxy.saying import Say, shown

SESSIONS: Final = 64
"""Sessions at one time; each has a server."""
IDLE_S: Final = 1800.0
"""A session without a request for so long is over."""
PATH: Final = "/mcp"
_ALIVE: Final = ("notifications/message", "notifications/progress")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where clients find it."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Address":
        """`8123`, `127.0.0.1:8123`; raises `BadInput` for anything else."""
        host, _, port = text.rpartition(":")
        if not port.isdigit() or int(port) > 65_535:
            raise BadInput(f"--listen takes a port, or HOST:PORT; `{shown(text, 40)}` is none.")
        return cls(host.strip("[]") or "127.0.0.1", int(port))


class Session:
    """The end of a client that shook hands."""

    def __init__(self, transport: StreamableHTTPServerTransport, talk: Conversation) -> None:
        self._transport = transport
        self._talk = talk
        self._queue: asyncio.Queue[SessionMessage] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self._asked: dict[Any, Any] = {}
        """Requests that are not answered, with the token of their progress."""

    async def run(self, began: "asyncio.Future[None]") -> None:
        """Until the client ends the session, or leaves it alone for long."""
        async with self._transport.connect() as (reading, writing), asyncio.TaskGroup() as group:
            await self._talk.reach()
            self._talk.attend(self)
            began.set_result(None)
            sender = group.create_task(self._send(writing))
            gone = group.create_task(self._gone())
            idle = self._transport.idle_scope
            assert idle is not None  # noqa: S101 - it was asked for
            with idle:
                async for item in reading:
                    await self._open.wait()
                    if isinstance(item, SessionMessage):
                        self._came(item)
            sender.cancel()
            gone.cancel()

    def _came(self, item: SessionMessage) -> None:
        found = item.message.model_dump(by_alias=True, mode="json", exclude_unset=True)
        message = Message(found)
        if message.method and message.id is not None:
            meta = message.params.get("_meta")
            self._asked[message.id] = meta.get("progressToken") if isinstance(meta, dict) else None
        self._talk.relay.from_client(message)

    async def _send(self, writing: Any) -> None:
        while True:
            await writing.send(await self._queue.get())

    async def _gone(self) -> None:
        """A server that ends ends the session: the client hears that it is none any more."""
        await self._talk.from_server.left.wait()
        self._talk.relay.say(await self._talk.ended())
        await asyncio.sleep(0.1)
        await self._transport.terminate()

    def write(self, message: Message) -> None:
        """Send it where the client listens."""
        metadata = None
        if not message.method:
            self._asked.pop(message.id, None)
        elif (related := self._related(message)) is not None:
            metadata = ServerMessageMetadata(related_request_id=related)
        with suppress(ValueError):
            made = jsonrpc_message_adapter.validate_python(message.data)
            self._queue.put_nowait(SessionMessage(made, metadata))

    def _related(self, message: Message) -> Any:
        """The request on whose answer it goes: whose progress it is, else the newest one."""
        if message.method.startswith("notifications/") and message.method not in _ALIVE:
            return None
        token = message.params.get("progressToken")
        if token is not None:
            return next((i for i, t in self._asked.items() if t == token), None)
        return next(reversed(self._asked), None)

    def pause(self) -> None:
        """Let nothing come."""
        self._open.clear()

    def resume(self) -> None:
        """Go on."""
        self._open.set()


class Listening:
    """An HTTP server before a server."""

    def __init__(self, asked: Asked, say: Say) -> None:
        self._asked = asked
        self._say = say
        self._address = Address.of(asked.listen)
        self._token = _token(asked.token_from)
        self._sessions: dict[str, tuple[StreamableHTTPServerTransport, asyncio.Task[None]]] = {}
        self._shared: Exchanges | None = None
        self._uvicorn: _Quiet | None = None
        host = self._address.host
        names = {host, "127.0.0.1", "localhost", "[::1]"}
        self._security = TransportSecuritySettings(
            allowed_hosts=[f"{name}:*" for name in names],
            allowed_origins=[f"http://{name}:*" for name in names],
        )
        self._checks = TransportSecurityMiddleware(self._security)

    async def serve(self) -> None:
        """Until `close`; raises `BadInput` where nothing can listen there."""
        server = Server[Any]("failonce")
        server.middleware = [self._exchange]
        manager = StreamableHTTPSessionManager(server, security_settings=self._security)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._answer(manager, scope, receive, send)

        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        self._uvicorn = _Quiet(config)
        async with self._bound() as socket, manager.run():
            port = socket.getsockname()[1]
            host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
            token = "" if self._asked.token_from else f": {self._token}"
            self._say(
                f"listening at http://{host}:{port}{PATH}; clients send the header "
                f"`Authorization: Bearer TOKEN`{token}"
            )
            await self._uvicorn.serve([socket])

    @asynccontextmanager
    async def _bound(self):  # type: ignore[no-untyped-def]
        import socket  # noqa: PLC0415 - only here

        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                made.bind((self._address.host, self._address.port))
                made.listen()  # from here on nobody is refused
            except OSError as error:
                raise BadInput(
                    f"Nothing can listen at {self._asked.listen}: {error.strerror}."
                ) from error
            yield made

    async def close(self) -> None:
        """Let go of every client, and of their servers."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        for transport, task in list(self._sessions.values()):
            await transport.terminate()
            await asyncio.wait([task], timeout=10)
        if self._shared is not None:
            await self._shared.close()

    # ----------------------------------------------------------- a request

    async def _answer(
        self, manager: StreamableHTTPSessionManager, scope: Scope, receive: Receive, send: Send
    ) -> None:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        given = headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            await _refused(send, 401, "The token is missing or wrong.")
        elif scope["path"].rstrip("/") != PATH:
            await _refused(send, 404, f"There is nothing here; the server is at {PATH}.")
        elif (wrong := await self._checks.validate_request(Request(scope, receive))) is not None:
            await wrong(scope, receive, send)
        elif headers.get("mcp-protocol-version", "") not in ("", *HANDSHAKE_PROTOCOL_VERSIONS):
            await manager.handle_request(scope, receive, send)
        else:
            await self._of_session(headers.get("mcp-session-id"), scope, receive, send)

    async def _of_session(
        self, name: str | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if name is None:
            await self._opened(scope, receive, send)
        elif name in self._sessions:
            await self._sessions[name][0].handle_request(scope, receive, send)
        else:
            await _refused(send, 404, "There is no such session.")

    async def _opened(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A client begins a session; one that is refused leaves nothing behind."""
        if len(self._sessions) >= SESSIONS:
            await _refused(send, 503, "There are too many sessions.")
            return
        name = uuid4().hex
        transport = StreamableHTTPServerTransport(
            name, security_settings=self._security, idle_timeout=IDLE_S
        )
        talk = Conversation(self._asked, self._say)
        began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.get_running_loop().create_task(self._held(name, transport, talk, began))
        self._sessions[name] = transport, task
        try:
            await began
        except FailonceError as error:
            await _refused(send, 502, str(error))
            return
        status: list[int] = []

        async def seen(event: Any) -> None:
            if event["type"] == "http.response.start":
                status.append(event["status"])
            await send(event)

        await transport.handle_request(scope, receive, seen)
        if not status or status[0] >= 400:
            await transport.terminate()

    async def _held(
        self,
        name: str,
        transport: StreamableHTTPServerTransport,
        talk: Conversation,
        began: "asyncio.Future[None]",
    ) -> None:
        try:
            await Session(transport, talk).run(began)
        except* FailonceError as group:
            if not began.done():
                began.set_exception(group.exceptions[0])
        finally:
            self._sessions.pop(name, None)
            if not transport.is_terminated:
                await transport.terminate()
            await talk.close()

    async def _exchange(self, ctx: Any, call_next: Any) -> Any:  # noqa: ARG002 - nobody is behind
        """A request of the newest revision: answered by the server, not by this one."""
        if ctx.request_id is None:
            return None
        if self._shared is None or self._shared.over:
            talk = Conversation(self._asked, self._say)
            self._shared = Exchanges(talk)
            await self._shared.open()
        return await self._shared.ask(ctx)


class _Quiet(uvicorn.Server):
    """It leaves signals to us."""

    def capture_signals(self):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext  # noqa: PLC0415 - only here

        return nullcontext()


async def _refused(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})


def _token(variable: str) -> str:
    """That of the environment variable, else a new one."""
    if not variable:
        return secrets.token_urlsafe(24)
    found = os.environ.get(variable, "")
    if len(found) < 16:
        raise BadSetting(f"--token-from {variable}: it is not set, or shorter than 16 characters.")
    return found

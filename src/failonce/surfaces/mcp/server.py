"""Our own server, put together: `failonce mcp`.

    serve(config)                    on standard input and output, until the client leaves
    Serving(config).server()         the SDK's server, for other ways in and for tests

What is approved or undone while it runs is told: to clients of the handshake revisions by
`list_changed`, to those of 2026-07-28 on the streams that they listen on.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any, Final
from uuid import uuid4

import anyio
from mcp import Client
from mcp.server import NotificationOptions, Server, ServerRequestContext
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    EmptyResult,
    ListResourcesResult,
    ListToolsResult,
    NotificationParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

import failonce
from failonce.compose import Configuration, SystemClock
from failonce.compose.calling import calling
from failonce.errors import NotFound
from failonce.surfaces.mcp.answers import refused, shown
from failonce.surfaces.mcp.own import NAMES, Own
from failonce.surfaces.mcp.proxy.callers import Program, session_in
from failonce.surfaces.mcp.skills import Skills
from failonce.surfaces.mcp.tools import DISPATCHER, LearnedAsTools, changes
from failonce.surfaces.watching.host import Host, host, install
from failonce.surfaces.watching.sessions import Session, session, within

NAME: Final = "failonce"
_INSTRUCTIONS: Final = (
    "failonce keeps what was learned from failed tool calls. Before you work with a tool, call "
    "`recall` with its name. When you found out why a call failed, call `learn_skill_rule`. What "
    "was learned as a tool is listed here, and can be run with `run_learned_tool`."
)
_MOST_SUBSCRIBED: Final = 1_000
_MOST_NAMED: Final = 1_000

_Context = ServerRequestContext[Any]


class Serving:
    """What one server serves: our own tools, learned tools, and skills."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self.own = Own(config)
        self.learned = LearnedAsTools(config.project, taken=NAMES)
        self.skills = Skills(config.project)
        self._bus = InMemorySubscriptionBus()
        self._sessions: list[ServerSession] = []
        self._subscribed: set[str] = set()
        self._named: dict[str, Session] = {}

    def server(self) -> Server[None]:
        """The SDK's server."""
        made = _Announcing(
            NAME,
            version=failonce.__version__,
            title="failonce",
            instructions=_INSTRUCTIONS,
            lifespan=self._watching,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._unsubscribe,
            on_subscriptions_listen=ListenHandler(self._bus),
        )
        made.add_notification_handler(
            "notifications/initialized", NotificationParams, self._initialized
        )
        return made

    # ---------------------------------------------------------------- tools

    async def _list_tools(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: PaginatedRequestParams | None,  # noqa: ARG002
    ) -> ListToolsResult:
        return ListToolsResult(tools=[*self.own.listed(), *self.learned.listed()])

    async def _call_tool(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: CallToolRequestParams,
    ) -> CallToolResult:
        with self._session(params.meta):
            return await self.call(params.name, params.arguments)

    def _session(self, meta: object) -> AbstractContextManager[object]:
        """That of the agent, where its program names it with the call: its hooks name it alike,
        so the same lessons are withheld from it here and there."""
        named = session_in(meta)
        if not named:
            return nullcontext()
        if len(self._named) >= _MOST_NAMED:
            self._named.clear()
        return within(self._named.setdefault(named, Session(named, self._config.project)))

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> CallToolResult:
        """Call any of the tools; whatever goes wrong is a result that says so."""
        try:
            if name in NAMES:
                return await self.own.call(name, arguments)
            if name in self.learned:
                return await self.learned.call(name, arguments)
            return refused(
                f"There is no tool `{shown(name, 80)}` here. Learned tools come and go with what "
                f"is approved: {DISPATCHER} without a name lists them."
            )
        except Exception as error:
            if (here := host()) is not None:
                here.went_wrong(error)
            return refused(
                f"This is a bug in failonce ({type(error).__name__}); nothing else is affected. "
                "failonce doctor says whether all is well here."
            )

    # ------------------------------------------------------------ resources

    async def _list_resources(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: PaginatedRequestParams | None,
    ) -> ListResourcesResult:
        after = (params.cursor if params else None) or ""
        found, following = self.skills.listed(host(), after)
        return ListResourcesResult(resources=found, next_cursor=following)

    async def _read_resource(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: ReadResourceRequestParams,
    ) -> ReadResourceResult:
        try:
            return ReadResourceResult(contents=[self.skills.read(host(), params.uri)])
        except NotFound as error:
            raise MCPError(INVALID_PARAMS, str(error), {"uri": params.uri[:500]}) from None

    async def _subscribe(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: SubscribeRequestParams,
    ) -> EmptyResult:
        if len(self._subscribed) >= _MOST_SUBSCRIBED:
            raise MCPError(INVALID_PARAMS, f"At most {_MOST_SUBSCRIBED} resources at a time.")
        self._subscribed.add(params.uri)
        return EmptyResult()

    async def _unsubscribe(
        self,
        ctx: _Context,  # noqa: ARG002 - a handler's
        params: UnsubscribeRequestParams,
    ) -> EmptyResult:
        self._subscribed.discard(params.uri)
        return EmptyResult()

    # ----------------------------------------------------- what is announced

    async def _initialized(
        self,
        ctx: _Context,
        params: NotificationParams,  # noqa: ARG002 - a handler's
    ) -> None:
        """A client of a handshake revision is there: it is told without having asked."""
        self._sessions.append(ctx.session)

    @asynccontextmanager
    async def _watching(self, server: Server[None]) -> AsyncIterator[None]:  # noqa: ARG002
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._announce)
            try:
                yield None
            finally:
                tasks.cancel_scope.cancel()

    async def _announce(self) -> None:
        tools, skills = self.learned.mark(), self.skills.marks(host())
        async for _ in changes():
            before, tools = tools, self.learned.mark()
            if before != tools:
                await self._bus.publish(ToolsListChanged())
                for each in self._sessions:
                    await each.send_tool_list_changed()
            had, skills = skills, self.skills.marks(host())
            if {u: len(m) for u, m in had.items()} != {u: len(m) for u, m in skills.items()}:
                await self._bus.publish(ResourcesListChanged())
                for each in self._sessions:
                    await each.send_resource_list_changed()
            for uri in sorted(u for u in had.keys() | skills if had.get(u) != skills.get(u)):
                await self._bus.publish(ResourceUpdated(uri=uri))
                if uri in self._subscribed:
                    for each in self._sessions:
                        await each.send_resource_updated(uri)


class _Announcing(Server[None]):
    """A server that says at first that it announces changes, whoever runs it."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """As the SDK's, with changes of tools and resources."""
        announced = NotificationOptions(resources_changed=True, tools_changed=True)
        return super().create_initialization_options(
            notification_options or announced, experimental_capabilities, extensions
        )


# ------------------------------------------------------------------- stdio


def serve(config: Configuration) -> None:
    """Serve on standard input and output until the client leaves or a signal comes."""
    begin(config)
    own = Program.told(os.environ).session or f"mcp-{uuid4().hex}"
    try:
        with session(own, project=config.project):
            asyncio.run(_stdio(config))
    finally:
        failonce.close()


def begin(config: Configuration) -> None:
    """Let this process watch by these settings, and not by what it finds itself."""
    if not config.off:
        clock = SystemClock()
        parts = calling(config, clock)
        install(Host(parts, project=config.project, policy=config.policy, clock=clock))


def listed(config: Configuration) -> list[str]:
    """The names of the tools that a server of these settings lists to a client.

    It is started for that, in this process, which must not watch tools itself.
    """

    async def ask() -> list[str]:
        async with Client(Serving(config).server()) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    begin(config)
    try:
        return asyncio.run(ask())
    finally:
        failonce.close()


async def _stdio(config: Configuration) -> None:
    server = Serving(config).server()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_signals)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _signals() -> None:
    """End at once: a thread that reads standard input cannot be interrupted, only left."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            with suppress(Exception):
                await anyio.to_thread.run_sync(failonce.close)
            sys.stderr.flush()
            os._exit(0)

"""What failonce does in a conversation: which messages it looks at, and what it adds.

    initialize, server/discover   the tools may change; rules in force stand in the instructions
    tools/list                    pinned and offered to the store; learned tools are added
    tools/call                    recorded, and as lessons want it
    subscriptions/listen          who hears that the tools changed, in the revisions that have it

Where failonce is off, for the process or the project, it looks at nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any, Final
from uuid import uuid4

from failonce.errors import ToolFailed
from failonce.model import Advice, Call, ToolSpec
from failonce.surfaces.mcp.proxy.callers import Named, Program
from failonce.surfaces.mcp.proxy.calls import LOST, Invocation, read, speaks_modern, texts
from failonce.surfaces.mcp.proxy.catalog import Catalog
from failonce.surfaces.mcp.proxy.learned import Learned
from failonce.surfaces.mcp.proxy.messages import (
    INTERNAL_ERROR,
    METHOD_NOT_FOUND,
    Key,
    Message,
    answer,
    notification,
    refusal,
)
from failonce.surfaces.mcp.proxy.oddities import oddities
from failonce.surfaces.mcp.proxy.relay import Relay
from failonce.surfaces.mcp.proxy.server import ENVELOPE, Answered, ServerTool
from failonce.surfaces.watching.host import WATCHED, Host, Known
from failonce.surfaces.watching.sessions import Session, within
from failonce.surfaces.watching.tool import Tool, register

RULES: Final = "What was learned of these tools:"
_CHANGED: Final = "notifications/tools/list_changed"
_SUBSCRIPTION: Final = "io.modelcontextprotocol/subscriptionId"
_HEARD: Final = 500
_SESSIONS: Final = 64
"""Sessions of one conversation that are known at once."""

Work = Coroutine[Any, Any, None]
Caller = Callable[..., Coroutine[Any, Any, Any]]
"""Calls a tool of the server."""


class Watch:
    """failonce in one conversation. Of one event loop."""

    def __init__(
        self,
        relay: Relay,
        here: Host,
        *,
        server: str,
        project: str,
        learned: bool = True,
        program: Program = Program(),  # noqa: B008 - it never changes
    ) -> None:
        self.relay = relay
        self.program = program
        self.project = project
        self.session = Session(program.session or uuid4().hex, project)
        self._sessions: dict[str, Session] = {}
        self._here = here
        self._server = server
        self._catalog = Catalog(here, server, project, relay.say)
        self._learned = Learned(project, self._catalog, relay.say) if learned else None
        self._tools: dict[str, ServerTool] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._attending: asyncio.Task[None] | None = None
        self._opened = False
        """Whether the client shook hands: then it hears of changes by itself."""
        self._listening: dict[Key, Any] = {}
        """Requests under which a client wants to hear that the tools changed."""
        self._heard: set[str] = set()
        self._ruled: frozenset[str] = frozenset()
        """Lessons whose sentences stand in the instructions."""

    # --------------------------------------------------------- what it sees

    def asked(self, message: Message) -> bool:
        """A request of the client; True where it is taken."""
        if message.method not in _LOOKS or self._known() is None:
            return False
        return _LOOKS[message.method](self, message)

    def told(self, message: Message) -> None:
        """A notification of the server."""

    def cancelled(self, key: Key, message: Message) -> bool:  # noqa: ARG002 - the relay's
        """The client gave a call up that follows its course."""
        self._listening.pop(key, None)
        task = self._running.get(key)
        return task is not None and task.cancel()

    def _known(self) -> Known | None:
        return self._here.known(self.project)

    def _opening(self, message: Message) -> bool:
        if message.method == "initialize":
            self._opened = True
        self.relay.forward(message, self._open)
        return True

    def _open(self, message: Message) -> Message:
        """The server's answer, with what the proxy adds to what it can."""
        result = message.result
        if result is None:
            return message
        rules = self._rules()
        for odd in oddities({"instructions": result.get("instructions")}):
            what = odd.replace("definition", "instructions").replace("description", "instructions")
            self.relay.say(f"the server says of itself: {what}. It was passed on as it is")
        added: dict[str, Any] = {}
        capabilities = result.get("capabilities")
        if self._learned is not None and isinstance(capabilities, dict):
            tools = capabilities.get("tools")
            tools = {**(tools if isinstance(tools, dict) else {}), "listChanged": True}
            added["capabilities"] = {**capabilities, "tools": tools}
            self._attend()
        if rules:
            said = result.get("instructions")
            before = [said] if isinstance(said, str) and said else []
            added["instructions"] = "\n\n".join((*before, rules))
        return message.with_result({**result, **added}) if added else message

    def _rules(self) -> str:
        """What rules in force say of the tools that this server had when it was seen last."""
        from failonce.surfaces.learning.rules import recalled  # noqa: PLC0415 - needs the store

        known = self._known()
        if known is None:
            return ""
        here, at = self._here, self._here.clock.now()
        prefix = self._catalog.recorded("")
        names = [n for n in known.tools if n.startswith(prefix) and known.facts(n, at) is not None]
        about = Call(tool="", session=self.session.id, project=self.project)
        most = here.policy.max_suggestions
        said, met = recalled(known.roster, names, about, known.tools, at=at, most=most)
        for asked in met:
            here.tell(asked)
        self._ruled = frozenset(r.lesson for r in said)
        lines = (f"- {self._catalog.bare(r.tool)}: {r.text}" for r in said)
        return "\n".join((RULES, *lines)) if said else ""

    # ------------------------------------------------------------ the list

    def _listing(self, message: Message) -> bool:
        first = message.params.get("cursor") is None
        self.relay.forward(message, lambda m: self._listed(m, message, first=first))
        return True

    def _listed(self, message: Message, request: Message, *, first: bool) -> Message:
        result = message.result
        if result is None:
            return self._alone(message, request)
        found = result.get("tools")
        if not isinstance(found, list):
            return message
        last = not isinstance(result.get("nextCursor"), str)
        self._catalog.page(found, first=first, last=last)
        self._expect()
        if self._learned is None or not last:
            return message
        return message.with_result({**result, "tools": [*found, *self._learned.listed()]})

    def _alone(self, message: Message, request: Message) -> Message:
        """What there is where the server has no tools at all."""
        code = (message.error or {}).get("code")
        if self._learned is None or code != METHOD_NOT_FOUND:
            return message
        found: dict[str, Any] = {"tools": self._learned.listed()}
        if speaks_modern(request):
            found |= {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        return answer(message.id, found)

    def _expect(self) -> None:
        """Let what concerns these tools be made ready, before somebody calls one."""
        specs = [self._catalog.spec(name) for name in self._catalog]
        names = [spec.name for spec in specs]
        for spec in specs:
            if spec.name not in WATCHED:
                register(self._elsewhere(spec))
        self._here.in_force.expect(self.project, names)
        self._here.attend()

    def _elsewhere(self, spec: ToolSpec) -> Tool:
        """The tool as a learned one calls it, from a thread of its own."""
        loop = asyncio.get_running_loop()

        def run(**arguments: Any) -> Any:
            make = self.caller(spec.name)
            if make is None:
                raise ToolFailed(f"The server has no tool {spec.name} any more.")
            found = asyncio.run_coroutine_threadsafe(make(**arguments), loop).result()
            return dict(found.result) if isinstance(found, Answered) else found

        return Tool(run, spec.name, project=self.project, read_only=spec.read_only)

    def _attend(self) -> None:
        if self._attending is None and self._learned is not None:
            self._attending = asyncio.get_running_loop().create_task(
                self._learned.attend(self._announce)
            )

    def _announce(self) -> None:
        """Another list of tools holds."""
        if self._opened:
            self.relay.to_client(notification(_CHANGED))
        for request in self._listening.values():
            self.relay.to_client(notification(_CHANGED, {"_meta": {_SUBSCRIPTION: request}}))

    def _listens(self, message: Message) -> bool:
        wanted = message.params.get("notifications")
        if isinstance(wanted, Mapping) and wanted.get("toolsListChanged") is True:
            self._listening[message.key] = message.id
        self.relay.forward(message, self._heard_out)
        return True

    def _heard_out(self, message: Message) -> Message:
        self._listening.pop(message.key, None)
        return message

    # ------------------------------------------------------------- the calls

    def _calling(self, message: Message) -> bool:
        name, given = message.params.get("name"), message.params.get("arguments")
        if not isinstance(name, str) or not (given is None or isinstance(given, dict)):
            return False
        if self._learned is not None and name in self._learned:
            self._keep(message, self._run(message, name, given or {}), copy_context())
            return True
        call = Invocation(self, message, self._tool(name))
        context = copy_context()
        work = context.run(call.begin)
        if work is not None:
            self._keep(message, work, context)
        return True

    def _keep(self, message: Message, work: Work, context: Context) -> None:
        """Do it beside everything else."""
        loop, key = asyncio.get_running_loop(), message.key
        task = loop.create_task(self._answered(message, work), context=context)
        self._running[key] = task

        def over(done: "asyncio.Task[None]") -> None:
            if self._running.get(key) is done:
                del self._running[key]

        task.add_done_callback(over)

    async def _answered(self, message: Message, work: Work) -> None:
        """Whoever asked gets an answer, also where failonce fails."""
        try:
            await work
        except Exception as error:  # an observer's own trouble
            self.relay.say.trouble(error)
            self.relay.to_client(refusal(message.id, INTERNAL_ERROR, LOST))

    async def _run(self, message: Message, name: str, given: Mapping[str, Any]) -> None:
        """A learned tool is called."""
        assert self._learned is not None  # noqa: S101 - it has the tool
        with within(self.session):
            result = await self._learned.call(name, given)
        if speaks_modern(message):
            result.setdefault("resultType", "complete")
        self.relay.to_client(answer(message.id, result))

    def _tool(self, name: str) -> ServerTool:
        """The tool in this conversation, as long as it says the same of itself."""
        spec = self._catalog.spec(name)
        tool = self._tools.get(name)
        if tool is None or tool.spec != spec:
            tool = ServerTool(self, spec, Invocation.make)
            if name in self._catalog or len(self._tools) < _HEARD:
                self._tools[name] = tool
        return tool

    def session_of(self, named: Named | None) -> Session:
        """That of a call, where it says one; else that of this conversation."""
        if named is None or named.session == self.session.id:
            return self.session
        found = self._sessions.get(named.session)
        if found is None:
            if len(self._sessions) >= _SESSIONS:
                self._here.over(self._sessions.pop(next(iter(self._sessions))))
            found = self._sessions[named.session] = Session(named.session, self.project)
        return found

    def has(self, name: str) -> bool:
        """Whether the server has a tool of that name, as far as anybody knows."""
        return name in self._catalog or not self._catalog.whole

    def unheard(self, told: Sequence[Advice], *, again: bool) -> list[str]:
        """The sentences that this session did not hear; all of them where the call failed."""
        told = [a for a in told if not self._ruled.issuperset(a.lessons or ("",))]
        new = [t for t in texts(told) if again or t not in self._heard]
        if len(self._heard) < _HEARD:
            self._heard.update(new)
        return new

    # ------------------------------------------------ what its tools ask of it

    def caller(self, tool: str) -> Caller | None:
        """How another tool of this server is called for a lesson."""
        own = self._catalog.own(tool)
        if own is None:
            return None

        async def call(**arguments: Any) -> Any:
            params = {**ENVELOPE.get(), "name": own, "arguments": arguments}
            found = read(await self.relay.ask("tools/call", params), known=True)
            text = None if found.flagged else found.text
            return found if text is None else text

        return call

    def spec(self, tool: str) -> ToolSpec | None:
        """What another tool of this server says of itself."""
        own = self._catalog.own(tool)
        return None if own is None else self._catalog.spec(own)

    # --------------------------------------------------------------- its end

    async def settle(self, seconds: float) -> None:
        """Let calls that follow their course come to their end, for so long."""
        if self._running:
            await asyncio.wait([*self._running.values()], timeout=seconds)

    async def close(self) -> None:
        """The conversation is over."""
        for task in (*self._running.values(), *filter(None, [self._attending])):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        for session in (self.session, *self._sessions.values()):
            self._here.over(session)


_LOOKS: Final[Mapping[str, Callable[[Watch, Message], bool]]] = {
    "initialize": Watch._opening,
    "server/discover": Watch._opening,
    "tools/list": Watch._listing,
    "tools/call": Watch._calling,
    "subscriptions/listen": Watch._listens,
}

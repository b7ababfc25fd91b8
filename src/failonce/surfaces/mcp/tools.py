"""Learned tools, and the one that runs them by name, as tools of an MCP server.

    tools = LearnedAsTools(project)             over the process's own host; cheap
    tools.listed()                              those in force and `run_learned_tool`, as `Tool`s
    tools.names, name in tools                  what `call` answers to
    await tools.call(name, arguments)           a `CallToolResult`; what goes wrong is one as well
    async for _ in tools.changes(): announce()  each time that `listed` has become another list
    tools.mark()                                the same asked by hand: other list, other value

What is in force is asked anew each time, so what a person approves or undoes holds at the next
call. `run_learned_tool` is always listed and never changes, for clients that do not look again
within a turn. A name that the caller's server has itself (`taken`) stays its own: such a learned
tool is reached by `run_learned_tool` alone.

Other tools that a learned one was granted are those that are watched in this process
(`watching.tool.register`), under the same project; whoever stands before another server
registers its tools there. They are called from a thread of their own.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.to_thread
from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from failonce.errors import Blocked, FailonceError, NotFound
from failonce.identity import canonical_json
from failonce.language.plain import plain
from failonce.language.visibility import hidden
from failonce.model import Json
from failonce.ports import Sandbox
from failonce.surfaces.learned import LearnedFunction, LearnedTools
from failonce.surfaces.mcp.answers import refused, reported, shown, told
from failonce.surfaces.watching.course import IN_CODE
from failonce.surfaces.watching.host import host
from failonce.surfaces.watching.sessions import current, override

DISPATCHER: Final = "run_learned_tool"
"""The name under which every learned tool can be run."""
LOOK_S: Final = 0.5
"""How often it is looked whether something else is in force."""
AT_ONCE: Final = 4
"""Learned tools that run at one time; each is a process in a sandbox."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every client and model takes as a name of a tool: less than MCP allows."""
_DESCRIPTION: Final = 1_000
_PAST: Final = f"With {DISPATCHER}: give the reason as `override`."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What the dispatcher was given."""

    name: str = ""
    args: Mapping[str, Json] | None = None
    override: str = ""


class LearnedAsTools:
    """The learned tools of one project. Of one event loop."""

    def __init__(
        self, project: str, *, taken: Collection[str] = (), sandbox: Sandbox | None = None
    ) -> None:
        self._tools = LearnedTools(project, sandbox)
        self.taken = taken
        """Names that belong to others; looked at anew each time."""
        self._limit = anyio.CapacityLimiter(AT_ONCE)

    @property
    def names(self) -> frozenset[str]:
        """Every name that `call` answers to now."""
        return frozenset((*self._named(), DISPATCHER))

    def __contains__(self, name: str) -> bool:
        return name == DISPATCHER or name in self._named()

    def listed(self) -> list[Tool]:
        """The learned tools in force, in order of their names, and the one that runs any."""
        found: list[Tool] = []
        for name, function in sorted(self._named().items()):
            with suppress(NotFound):  # undone meanwhile
                found.append(_tool(name, function))
        return [*found, RUN]

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> CallToolResult:
        """Run a learned tool, in the sandbox; what goes wrong is a result that says so."""
        try:
            given = plain(arguments or {})
            assert isinstance(given, dict)  # noqa: S101 - a copy of a mapping
            request = _request(given) if name == DISPATCHER else _Request(name=name, args=given)
        except ValueError as error:
            return refused(f"Nothing was run: {error}.")
        if not request.name:
            return self._catalogue()
        found = self._named().get(request.name) or self._tools.get(request.name)
        if found is None:
            return refused(self._unknown(request.name))
        return await anyio.to_thread.run_sync(
            lambda: _run(found, request), limiter=self._limit, abandon_on_cancel=True
        )

    async def changes(self) -> AsyncIterator[None]:
        """Yields whenever another list of tools holds; never ends."""
        before = self.mark()
        async for _ in changes():
            if (now := self.mark()) != before:
                before = now
                yield

    def mark(self) -> frozenset[tuple[str, str, int]]:
        """Another value whenever `listed` is another list."""
        found = set[tuple[str, str, int]]()
        for name, function in self._named().items():
            with suppress(NotFound):
                found.add((name, function.lesson, function.version))
        return frozenset(found)

    # ------------------------------------------------------------- inside

    def _named(self) -> dict[str, LearnedFunction]:
        """Those that can be listed under a name of their own."""
        found: dict[str, LearnedFunction] = {}
        for name in self._tools:
            own = spelled(name)
            if own not in found and own not in self.taken and own != DISPATCHER:
                found[own] = self._tools[name]
        return found

    def _catalogue(self) -> CallToolResult:
        found = [self._tools[name].schema for name in self._tools]
        if not found:
            return told("No learned tool is in force here.")
        return reported(f"Learned tools in force here: {len(found)}.", found)

    def _unknown(self, name: str) -> str:
        known = ", ".join(sorted(self._tools)[:20]) or "none"
        return (
            f"No learned tool `{shown(name, 80)}` is in force here; in force: {known}. "
            "A person approves what waits: failonce tools learned"
        )


async def changes() -> AsyncIterator[None]:
    """Yields whenever another file of what is in force was loaded; never ends."""
    here = host()
    before = None if here is None else here.in_force.now().id
    while True:
        await asyncio.sleep(LOOK_S)
        if (here := host()) is None:
            continue
        here.attend()
        now = here.in_force.now().id
        if now != before:
            before = now
            yield


def spelled(name: str) -> str:
    """A name of a tool as every client takes it: `page.title` → `page_title`."""
    if _NAME.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "tool"


def _tool(name: str, function: LearnedFunction) -> Tool:
    schema: Any = function.schema["input_schema"]
    about = "" if hidden(function.description) else function.description[:_DESCRIPTION]
    return Tool(
        name=name,
        description=f"{about} (Learned, {function.lesson}: approved code that runs in a sandbox.)",
        input_schema=schema,
        annotations=ToolAnnotations(read_only_hint=True if function.pure else None),
    )


RUN: Final = Tool(
    name=DISPATCHER,
    description=(
        "Run a tool that was learned here and approved by a person. Without `name` it answers "
        "which there are, with what each takes. What is approved while you work can be run at "
        "once, also where your list of tools is older."
    ),
    input_schema={
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 200, "description": "Which tool."},
            "args": {"type": "object", "description": "Its arguments, by name."},
            "override": {
                "type": "string",
                "maxLength": 300,
                "description": (
                    "Only after a lesson stopped the call: why it is right all the same. It is "
                    "kept, for a person to read."
                ),
            },
        },
        "additionalProperties": False,
    },
)
"""The dispatcher: the same, whatever is in force."""


def _request(given: Mapping[str, Json]) -> _Request:
    unknown = given.keys() - {"name", "args", "override"}
    if unknown:
        raise ValueError(f"{DISPATCHER} takes `name`, `args` and `override`, and nothing else")
    name, args, why = given.get("name", ""), given.get("args") or {}, given.get("override", "")
    if not isinstance(name, str) or not isinstance(why, str):
        raise ValueError("`name` and `override` are texts")
    if not isinstance(args, Mapping):
        raise ValueError("`args` is an object: the tool's arguments by name")
    return _Request(name=name, args=args, override=why[:300].strip())


def _run(function: LearnedFunction, request: _Request) -> CallToolResult:
    """In a thread of its own: a sandbox blocks."""
    passing = override(request.override) if request.override else nullcontext()
    try:
        with passing:
            value = function(**(request.args or {}))
    except Blocked as error:
        return refused(str(error).replace(IN_CODE, _PAST), *_advice())
    except FailonceError as error:
        return refused(shown(str(error), 2_000), *_advice())
    text = value if isinstance(value, str) else canonical_json(value)
    said = [TextContent(type="text", text=t) for t in (text, *_advice())]
    return CallToolResult(content=[*said])


def _advice() -> list[str]:
    """What lessons said of this call, as the agent is to hear it."""
    heard = current().advice()
    return [" ".join(("About this call, from what was learned before:", *heard))] if heard else []

"""What an agent of pydantic-ai is given, and what stands for it in one run."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias
from uuid import uuid4

from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.capabilities.abstract import (
    RawToolArgs,
    ValidatedToolArgs,
    WrapRunHandler,
    WrapToolValidateHandler,
)
from pydantic_ai.exceptions import ModelRetry, ToolFailed
from pydantic_ai.messages import ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import RunContext, ToolDefinition, ToolDenied
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool, WrapperToolset

from failonce.model import Call, ToolSpec
from failonce.outcome.assignment import epoch
from failonce.surfaces.agents.pydantic_ai.calls import Invocation, decoded
from failonce.surfaces.agents.pydantic_ai.specs import Specs
from failonce.surfaces.agents.pydantic_ai.tool import AgentTool
from failonce.surfaces.learning.rules import recalled
from failonce.surfaces.watching.host import Host, Known, host
from failonce.surfaces.watching.sessions import NOBODY, Session, current, entered
from failonce.surfaces.watching.tool import Heard, joined

Named: TypeAlias = str | Callable[[RunContext[Any]], str | None] | None
"""A text, or what gives one of a run."""

RULES = "What was learned of your tools:"
NOTE = "About your tool calls, from what was learned before:"


class RunSession(Session):
    """A session that a run of an agent opened, not somebody around it."""

    __slots__ = ()


@dataclass(kw_only=True)
class Failonce(AbstractCapability[Any]):
    """failonce for the tools of an agent; see `failonce.capability`."""

    project: Named = None
    session: Named = None
    task: Named = None
    tenant: Named = None
    read_only: Collection[str] = ()
    on_advice: Heard | None = None
    id: str | None = "failonce"

    @cached_property
    def specs(self) -> Specs:
        """What is known of the agent's tools; runs share it."""
        return Specs(self.read_only)

    async def for_run(self, ctx: RunContext[Any]) -> AbstractCapability[Any]:
        """What stands for it in one run; itself, which does nothing, where failonce rests."""
        try:
            here = host()
            if here is not None:
                return Run(self, self._session(ctx), here)
        except Exception as error:
            _went_wrong(error)
        return self

    def _session(self, ctx: RunContext[Any]) -> Session:
        """That of the settings, else the one that somebody opened around the run."""
        opened = current()
        around = NOBODY if isinstance(opened, RunSession) else opened
        own = _named(self.session, ctx) or around.id
        return RunSession(
            own or ctx.conversation_id or ctx.run_id or uuid4().hex,
            _first(_named(self.project, ctx), around.project),
            _first(_named(self.task, ctx), around.task),
            _named(self.tenant, ctx) or around.tenant,
        )


class Run(AbstractCapability[Any]):
    """One run of an agent: its session, its calls under way, and what it was told."""

    def __init__(self, made_of: Failonce, session: Session, here: Host) -> None:
        self.id = made_of.id
        self.description = None
        self.defer_loading = False
        self.session = session
        self.on_advice = made_of.on_advice
        self.told: frozenset[str] = frozenset()
        """Lessons whose sentences stand in the instructions."""
        self._specs = made_of.specs
        self._project = here.project if session.project is None else session.project
        self._tools: dict[str, AgentTool] = {}
        self._calls: dict[str, Invocation] = {}
        self._own: set[str] = set()
        """Calls that a lesson makes just now."""
        self._manager: ToolManager[Any] | None = None
        self._among: tuple[Any, Any, Mapping[str, ToolSpec]] = (None, None, {})
        self._ruled: tuple[tuple[Any, ...], str | None] = ((), None)
        """What holds, in which week, for which tools; and what rules say then."""

    # ------------------------------------------------------- the run's hooks

    async def wrap_run(
        self,
        ctx: RunContext[Any],  # noqa: ARG002 - a hook's
        *,
        handler: WrapRunHandler,
    ) -> AgentRunResult[Any]:
        """What a tool watches itself belongs to the session of the run."""
        with entered(self.session):
            try:
                return await handler()
            finally:
                for invocation in self._calls.values():
                    await invocation.end()

    def get_instructions(self) -> Callable[[RunContext[Any]], Awaitable[str | None]]:
        """Rules in force for the tools that the agent has."""
        return self._instructions

    async def _instructions(self, ctx: RunContext[Any]) -> str | None:
        try:
            return self._rules(ctx)
        except Exception as error:
            _went_wrong(error)
            return None

    def _rules(self, ctx: RunContext[Any]) -> str | None:
        here, manager = host(), ctx.tool_manager
        known = None if here is None else here.known(self._project)
        if here is None or known is None or manager is None or manager.tools is None:
            return None
        self._manager = manager
        for tool in manager.tools.values():
            self._specs.tell(here, self._project, tool.tool_def)
        at = here.clock.now()
        names = tuple(name for name in manager.tools if known.facts(name, at) is not None)
        held = known, epoch(at), names
        if self._ruled[0] != held:
            self._ruled = held, self._recalled(here, known, names, at)
        return self._ruled[1]

    def _recalled(self, here: Host, known: Known, names: Sequence[str], at: datetime) -> str | None:
        """What rules say of these tools, told of as exposures."""
        about = Call(
            tool="", session=self.session.id, project=self._project, task=self.session.task
        )
        most = here.policy.max_suggestions
        said, met = recalled(known.roster, names, about, known.tools, at=at, most=most)
        for asked in met:
            here.tell(asked)
        self.told = frozenset(r.lesson for r in said)
        return "\n".join([RULES, *(f"- {r.tool}: {r.text}" for r in said)]) if said else None

    async def before_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Let the model read what lessons said since the last request."""
        try:
            said = self.session.advice()
            if said:
                ctx.enqueue(UserPromptPart(content=" ".join((NOTE, *said))))
        except Exception as error:
            _went_wrong(error)
        return request_context

    async def after_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,  # noqa: ARG002 - a hook's
        response: ModelResponse,
    ) -> ModelResponse:
        """Record calls of tools that are not there; nothing else hears of them."""
        try:
            self._missing(ctx, response)
        except Exception as error:
            _went_wrong(error)
        return response

    def _missing(self, ctx: RunContext[Any], response: ModelResponse) -> None:
        there = None if ctx.tool_manager is None else ctx.tool_manager.tools
        for part in response.parts:
            if not isinstance(part, ToolCallPart) or there is None or part.tool_name in there:
                continue
            args = part.args if part.args is not None else {}
            given = decoded(args)
            tool = self._watched(ToolSpec(name=part.tool_name))
            report = tool.alone(given, str(args) if given is None else "")
            if report is not None:
                report.failed(ModelRetry(f"Unknown tool name: {part.tool_name!r}"))
                report.host.put(report)

    # ----------------------------------------------------- the hooks of calls

    async def wrap_tool_validate(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: RawToolArgs,
        handler: WrapToolValidateHandler,
    ) -> ValidatedToolArgs:
        """A call begins."""
        invocation = self._invocation(ctx, call, tool_def, args)
        return await (handler(args) if invocation is None else invocation.validate(handler))

    def _invocation(
        self,
        ctx: RunContext[Any],
        part: ToolCallPart,
        definition: ToolDefinition,
        args: RawToolArgs,
    ) -> Invocation | None:
        """None for a call that a lesson makes, or that is not made here and now."""
        waits = definition.kind != "function" and not ctx.tool_call_approved
        if waits or part.tool_call_id in self._own:
            return None
        try:
            self._manager = ctx.tool_manager or self._manager
            spec = self._specs.of(definition)
            tool = self._watched(spec)
            made = self._calls[part.tool_call_id] = Invocation(self, tool, ctx, part, args)
        except Exception as error:
            _went_wrong(error)
            return None
        return made

    def _watched(self, spec: ToolSpec) -> AgentTool:
        """The tool in this run, as long as it says the same of itself."""
        tool = self._tools.get(spec.name)
        if tool is None or tool.spec is not spec:
            tool = self._tools[spec.name] = AgentTool(self, spec, Invocation.make)
        return tool

    def get_wrapper_toolset(self, toolset: AbstractToolset[Any]) -> AbstractToolset[Any]:
        """Below all other hooks, where a tool still raises what it raises."""
        return Watched(toolset, self)

    def under_way(self, id: str | None) -> Invocation | None:
        """The call of that id, unless it is one that a lesson makes."""
        return None if id is None or id in self._own else self._calls.get(id)

    # ------------------------------------------------- what its tools ask of it

    def specs_among(self, tools: Mapping[str, ToolSpec]) -> Mapping[str, ToolSpec]:
        """What is known of tools, with what those of the agent say of themselves now."""
        manager = self._manager
        if manager is None or manager.tools is None:
            return tools
        if self._among[0] is not tools or self._among[1] is not manager:
            own = (self._specs.of(t.tool_def) for t in manager.tools.values())
            both = {**tools, **{s.name: joined(s, tools.get(s.name)) for s in own}}
            self._among = tools, manager, both
        return self._among[2]

    def caller(self, name: str) -> Callable[..., Awaitable[Any]] | None:
        """How a tool of the agent is called for a lesson; None where a person is asked first."""
        manager = self._manager
        definition = None if manager is None else manager.get_tool_def(name)
        if definition is None or definition.kind != "function":
            return None

        async def call(**arguments: Any) -> Any:
            made = f"failonce_{uuid4().hex}"
            part = ToolCallPart(tool_name=name, args=arguments, tool_call_id=made)
            value = await self.dispatch(part)
            return getattr(value, "return_value", value)

        return call

    async def dispatch(self, part: ToolCallPart) -> Any:
        """Make a call through validation and all hooks; what is raised is the tool's own."""
        manager = self._manager
        if manager is None:
            raise ToolFailed("There is no run any more.")
        self._own.add(part.tool_call_id)
        try:
            value = await manager.handle_call(part, wrap_validation_errors=False)
        finally:
            self._own.discard(part.tool_call_id)
        if isinstance(value, ToolDenied):
            raise ToolFailed(value.message)
        return value


@dataclass
class Watched(WrapperToolset[Any]):
    """The tools of an agent, watched."""

    run: Run = field(repr=False, compare=False)

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """Make a call, as lessons want it."""
        invocation = self.run.under_way(ctx.tool_call_id)
        if invocation is None:
            return await self.wrapped.call_tool(name, tool_args, ctx, tool)
        return await invocation.execute(lambda: self.wrapped.call_tool(name, tool_args, ctx, tool))


def _named(named: Named, ctx: RunContext[Any]) -> str | None:
    found = named(ctx) if callable(named) else named
    return None if found is None else str(found)


def _first(*found: str | None) -> str | None:
    return next((f for f in found if f is not None), None)


def _went_wrong(error: Exception) -> None:
    """failonce itself failed, and the agent goes on without it."""
    here = host()
    if here is not None:
        here.went_wrong(error)

"""The learned tools of a project as functions of this process."""

import asyncio
import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, cast

from failonce.compose import Parts, configure
from failonce.compose.sandbox import sandbox_for
from failonce.errors import NotFound, Refused, ToolFailed
from failonce.gate.sandboxed import beyond, less
from failonce.identity import canonical_json, intact
from failonce.kinds.decision import Armed
from failonce.kinds.registry import behaviour
from failonce.kinds.tool import LearnedTool
from failonce.language.fitting import Misfit, misfits
from failonce.language.plain import plain
from failonce.lifecycle import IN_FORCE
from failonce.model import (
    Answer,
    Call,
    Category,
    Ending,
    Failure,
    Job,
    Json,
    KindName,
    Lesson,
    Parameter,
    Ran,
    ToolSpec,
)
from failonce.policy import DEFAULT, Policy
from failonce.ports import Sandbox
from failonce.surfaces.watching.host import Host, host
from failonce.surfaces.watching.sessions import current
from failonce.surfaces.watching.tool import registered
from failonce.surfaces.watching.watch import calling, watch
from failonce.surfaces.worded import said

_DECLARED: Final = "its own code"
"""What its parameters were read from."""
_WHY: Final[Mapping[Ending, str]] = {
    Ending.RAISED: "raised",
    Ending.TIME: "was ended: it took longer than it may",
    Ending.MEMORY: "was ended: it took more memory than it may",
    Ending.DISK: "was ended: it wrote more than it may",
    Ending.OUTPUT: "answered more than it may",
    Ending.DIED: "ended without an answer",
    Ending.REFUSED: "was not run",
}


def learned_tools(project: str | None = None) -> "LearnedTools":
    """The learned tools in force in a project, by default that of the session or the settings.

    A mapping of names to functions that is looked up anew each time, so that it may be kept.
    Empty where failonce is off.
    """
    return LearnedTools(project)


class LearnedTools(Mapping[str, "LearnedFunction"]):
    """Names of learned tools, those too that a tool replaces, and functions."""

    def __init__(self, project: str | None, sandbox: Sandbox | None = None) -> None:
        self._project = project
        self._sandbox = sandbox
        self._made: dict[tuple[str, str], LearnedFunction] = {}

    def __getitem__(self, name: str) -> "LearnedFunction":
        here, project = self._here()
        armed = None if here is None else _find(in_force(here, project), name)
        if armed is None:
            raise KeyError(name)
        key = project, armed.behaviour.component
        if key not in self._made:
            self._made[key] = LearnedFunction(key[1], project, self._sandbox)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        here, project = self._here()
        return iter({} if here is None else in_force(here, project))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _here(self) -> tuple[Host | None, str]:
        here = host()
        if self._project is not None or here is None:
            return here, self._project or ""
        own = current().project
        return here, here.project if own is None else own


class LearnedFunction:
    """A learned tool as a function; each call runs what is in force then."""

    def __init__(self, name: str, project: str, sandbox: Sandbox | None = None) -> None:
        self.name = name
        self._project = project
        self._sandbox = sandbox

        def run(**given: Any) -> Any:
            return self._run(given)

        run.__name__, run.__doc__ = name, self.description
        self._watched = watch(tool=name, project=project, read_only=self._body().spec.read_only)(
            run
        )

    def __call__(self, /, **args: Json) -> Json:
        """Run it with these arguments, which are JSON, as is its answer.

        Raises `ToolFailed` where it raises or is ended at a limit, `Blocked` where a lesson stops
        the call, and `NotFound` where it is no longer in force.
        """
        answer: Json = self._watched(**args)
        return answer

    @property
    def version(self) -> int:
        """Of what is in force now."""
        return self._armed().version

    @property
    def lesson(self) -> str:
        """The id under which it is listed, approved and undone."""
        return self._armed().lesson

    @property
    def description(self) -> str:
        """What it does, in one line."""
        return self._body().description

    @property
    def pure(self) -> bool:
        """Whether it reaches nothing: what it answers follows from its arguments."""
        return self._body().pure

    @property
    def schema(self) -> dict[str, Json]:
        """As agents are told of tools: `name`, `description` and `input_schema` (JSON Schema)."""
        body = self._body()
        required: list[Json] = [p.name for p in body.parameters if p.required]
        return {
            "name": body.component,
            "description": body.description,
            "input_schema": {
                "type": "object",
                "properties": {p.name: _property(p) for p in body.parameters},
                "required": required,
                "additionalProperties": False,
            },
        }

    # ------------------------------------------------------------- inside

    def _armed(self) -> Armed:
        here = host()
        armed = None if here is None else in_force(here, self._project).get(self.name)
        if armed is None:
            raise NotFound(f"The tool `{self.name}` is not in force in {self._project}.")
        return armed

    def _body(self) -> LearnedTool:
        return cast("LearnedTool", self._armed().behaviour)

    def _run(self, args: dict[str, Json]) -> Json:
        body = self._body()
        if wrong := unfit(body, args):
            raise ToolFailed(f"The learned tool `{self.name}` was not run: {wrong}")
        sandbox = self._sandbox or the_sandbox()
        here = host()
        policy = DEFAULT if here is None else here.policy
        job = _job(body, args, policy)
        ran = sandbox.run(job, lambda call: self._answer(body, call))
        if ran.ending is Ending.RETURNED:
            return ran.value
        raise ToolFailed(_words(self.name, ran))

    def _answer(self, body: LearnedTool, call: Call) -> Answer:
        """Make a call that the tool wants made: of a watched tool that it was granted."""
        found = registered(self._project, call.tool) if call.tool in body.calls else None
        if found is None:
            granted = "this process has no such tool" if call.tool in body.calls else "not granted"
            return _not_made(f"{call.tool}: {granted}")
        try:
            value = calling(found)(**(call.args or {}))
            if inspect.isawaitable(value):
                value = asyncio.run(_awaited(value))
        except Exception as error:
            return _not_made(f"{type(error).__name__}: {error}")
        return Answer(text=_whole(value))


def _whole(value: Any) -> str:
    """As it is recorded, but not cut: code would take what is left for all that there is."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) or (isinstance(value, dict) and "isError" not in value):
        with suppress(ValueError, RecursionError):
            return canonical_json(plain(value))
    return said(value)[0]


async def _awaited(value: Any) -> Any:
    return await value


def _not_made(message: str) -> Answer:
    failure = Failure(message=message, signature="", category=Category.UNKNOWN)
    return Answer(text=message, failure=failure)


def _words(name: str, ran: Ran) -> str:
    why = f": {ran.error}" if ran.error else ""
    return f"The learned tool `{name}` {_WHY[ran.ending]}{why}"


def in_force(here: Host, project: str) -> Mapping[str, Armed]:
    """The learned tools of a project, by name."""
    snapshot = here.in_force.now()
    here.attend()
    return {} if here.in_force.off else snapshot.learned(project, here.clock.now())


def _find(known: Mapping[str, Armed], name: str) -> Armed | None:
    """The tool of that name, else the one that replaces it."""
    if name in known:
        return known[name]
    replacing = (a for a in known.values() if name in getattr(a.behaviour, "replaces", ()))
    return next(replacing, None)


def _property(parameter: Parameter) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if parameter.types:
        types = list(parameter.types)
        found["type"] = types[0] if len(types) == 1 else types
    if parameter.choices:
        found["enum"] = list(parameter.choices)
    return found


def granted(parts: Parts, project: str, name: str, args: Mapping[str, Json]) -> Json:
    """Run a learned tool that is in force by the store itself; no other tool can be called.

    Raises `NotFound` where none of that name is in force, `ToolFailed` where it has no answer.
    """
    lessons = parts.store.lessons(project=project, states=IN_FORCE)
    for x in lessons:
        if x.proposal.kind is KindName.TOOL and x.in_force and intact(x):
            body = cast("LearnedTool", behaviour(x.proposal))
            if name in (body.component, *body.replaces):
                job = _job(body, args, parts.config.policy)
                ran = the_sandbox().run(job, _nowhere if body.calls else None)
                if ran.ending is not Ending.RETURNED:
                    raise ToolFailed(_words(name, ran))
                return ran.value
    raise NotFound(f"No learned tool `{name}` is in force in {project}. failonce tools learned")


def rehearsed(parts: Parts, lesson: Lesson, args: Mapping[str, Json]) -> Ran:
    """Run a learned tool in whatever state it is, and say how that ended.

    One that is not in force has no more than what code may reach that nobody read yet. Nothing
    is recorded, and no other tool can be called.
    """
    body = cast("LearnedTool", behaviour(lesson.proposal))
    job = _job(body, args, parts.config.policy)
    if not (lesson.in_force and intact(lesson)):
        job = replace(job, grants=less(body.grants, parts.config.policy.unread))
    return the_sandbox().run(job, _nowhere if body.calls else None)


def unfit(body: LearnedTool, args: Mapping[str, Json]) -> str:
    """What its parameters say against these arguments, in words; empty where they fit."""
    spec = replace(body.spec, digest=_DECLARED)
    found = misfits(args, spec, refused=True)
    takes = ", ".join(f"`{p.name}`" for p in body.parameters) or "nothing"
    said = "; ".join(_misfit(how, name[:80], spec) for how, name in found[:5])
    return f"{said}. It takes {takes}." if said else ""


def _misfit(how: Misfit, name: str, spec: ToolSpec) -> str:
    known = spec.parameter(name)
    match how:
        case Misfit.MISSING:
            return f"`{name}` is missing"
        case Misfit.TYPE if known is not None:
            return f"`{name}` is to be {' or '.join(known.types)}"
        case Misfit.CHOICE if known is not None:
            return f"`{name}` is to be one of {canonical_json(list(known.choices))}"
        case _:
            return f"{name!r} is none of its arguments"


def _job(body: LearnedTool, args: Mapping[str, Json], policy: Policy) -> Job:
    """Raises `Refused` where it was granted more than may be granted now."""
    if wrong := beyond(body.grants, policy.safety):
        raise Refused(f"The learned tool `{body.component}` was not run: {wrong}.")
    return Job(
        source=body.source,
        entry=body.entry,
        args=args,
        grants=body.grants,
        limits=policy.limits,
    )


def _nowhere(call: Call) -> Answer:
    return _not_made(f"{call.tool} cannot be called from here: only an agent's process has it")


def the_sandbox() -> Sandbox:
    """That of this process."""
    return sandbox_for(configure())

"""What stands here for each of the eighteen components that a seed counts (requirement H31).

7 of the core, 4 of the registry, 4 of dynamic tools, 3 of the server. How each stands is found by
asking what does the work, now and on this machine: the sandbox by trying to get out of it, the
store by writing to it, the MCP server by starting it and listing its tools. Nothing is ready
because this file says so. It takes about two seconds; no language model is asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from failonce.adapters.in_force import InForce, file_beside
from failonce.adapters.sql_store import store_path
from failonce.compose import Parts
from failonce.compose.modelled import author
from failonce.compose.sandbox import sandbox_for
from failonce.errors import BadSetting, FailonceError
from failonce.identity import intact
from failonce.kinds.tool import LearnedTool, findings
from failonce.kinds.tool.template import template
from failonce.model import (
    Action,
    GapStatus,
    KindName,
    Lesson,
    Mode,
    Proposer,
    State,
    Strength,
    ToolSpec,
)
from failonce.outcome.health import health
from failonce.selecting import used
from failonce.surfaces.words import counted


class Stands(StrEnum):
    """How a component is here and now."""

    READY = "ready"
    PARTLY = "partly"
    """It works, but for what the detail says."""
    ABSENT = "absent"
    """It is not here, and the rest works without."""
    BROKEN = "broken"
    """It is here and does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One of the eighteen."""

    group: str
    name: str
    """As the seed calls it."""
    here: str
    """What does that in failonce."""
    stands: Stands
    detail: str
    cure: str = ""
    """What to do about it, where there is something to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Tools that were learned, counted from the store."""

    known: int
    """Tools of the project that an agent has."""
    tools: int
    """Names of learned tools, of all projects."""
    generated: int
    """Those of them that were found in recorded calls or written by a language model."""
    in_force: int
    waiting: int
    versions: int


_CORE: Final = "core"
_REGISTRY: Final = "registry"
_DYNAMIC: Final = "dynamic tools"
_SERVER: Final = "server"

_Found = tuple[Stands, str, str]
_MODEL: Final = "set model.name"
_BAD: Final = '''def sample(text: str) -> str:
    """Opens a socket that it does not declare."""
    import socket
    return eval(text)
'''
_UNTRIED: Final = "without a sandbox none is tried"
_MCP: Final = "pip install 'failonce[mcp]'"


def learned(parts: Parts, project: str) -> Learned:
    """What there is of tools."""
    versions = tools(parts)
    return Learned(
        known=len(parts.store.tools(project)),
        tools=len({_key(x) for x in versions}),
        generated=len(
            {_key(x) for x in versions if x.proposal.proposer in (Proposer.MINER, Proposer.MODEL)}
        ),
        in_force=len({_key(x) for x in versions if x.in_force}),
        waiting=len({_key(x) for x in versions if x.state is State.PROPOSED}),
        versions=len(versions),
    )


def tools(parts: Parts) -> Sequence[Lesson]:
    """Every version of every learned tool."""
    return [x for x in parts.store.lessons() if x.proposal.kind is KindName.TOOL]


def _key(lesson: Lesson) -> tuple[str, str]:
    return lesson.proposal.project, lesson.proposal.target


def components(parts: Parts, project: str) -> tuple[Component, ...]:
    """All eighteen, in the seed's order."""
    return tuple(_Look(parts, project).all())


class _Look:
    """One look at all of them; what several need to know is asked once."""

    def __init__(self, parts: Parts, project: str) -> None:
        self._parts = parts
        self._store = parts.store
        self._project = project

    def all(self) -> Iterator[Component]:
        """One after the other; what goes wrong while it is asked is its state."""
        for group, name, here, look in (
            (_CORE, "SelfLearningController", "failonce mine", self._loop),
            (_CORE, "CodeAnalyzer", "failonce tools, failonce gaps", self._analysis),
            (_CORE, "CodeGenerator", "chains of calls; a language model", self._generator),
            (_CORE, "CodeValidator", "the checks on a card", self._validator),
            (_CORE, "CodeUpdater", "failonce tools learned, rollback", self._versions),
            (_CORE, "SandboxExecutor", "the sandbox", self._sandbox),
            (_CORE, "Integration module", "failonce.watch, failonce mcp", self._integration),
            (_REGISTRY, "Capability registry", "failonce tools", self._inventory),
            (_REGISTRY, "Learning configuration", "failonce config show", self._settings),
            (_REGISTRY, "Registry manager", "failonce health", self._statistics),
            (_REGISTRY, "Self-learning integration", "failonce mcp", self._server),
            (_DYNAMIC, "Dynamic tool loader", "failonce.learned_tools", self._loader),
            (_DYNAMIC, "Tool generator", "failonce tools want", self._requests),
            (_DYNAMIC, "Tools directory", "failonce tools import", self._directory),
            (_DYNAMIC, "Dynamic tools directory", "failonce tools template", self._template),
            (_SERVER, "MCP server", "failonce mcp", self._server),
            (_SERVER, "GPT interface", "model.name", self._model),
            (_SERVER, "Memory manager", "the store", self._memory),
        ):
            try:
                stands, detail, cure = look()
            except FailonceError as error:
                stands, detail, cure = Stands.BROKEN, str(error), ""
            yield Component(
                group=group, name=name, here=here, stands=stands, detail=detail, cure=cure
            )

    # ------------------------------------------------------ asked once

    @cached_property
    def _tools(self) -> Sequence[Lesson]:
        return tools(self._parts)

    @cached_property
    def _hindered(self) -> bool:
        """Whether generated code cannot be tried here; the sandbox's own line says why."""
        making = self._parts.loop.making
        return making is None or bool(making.hindered)

    @cached_property
    def _listed(self) -> Sequence[str]:
        """The tools that our MCP server lists to a client; empty where its library is not here."""
        try:
            from failonce.surfaces.mcp.server import listed  # noqa: PLC0415 - an extra, and a second
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("failonce"):
                raise
            return ()
        return listed(self._parts.config)

    @cached_property
    def _known(self) -> Mapping[str, ToolSpec]:
        return self._store.tools(self._project)

    # ------------------------------------------------------------ core

    def _loop(self) -> _Found:
        mode = self._parts.review.mode(self._project)
        if mode is Mode.OFF or self._parts.config.off:
            cure = "unset FAILONCE" if self._parts.config.off else "failonce config mode manual"
            return Stands.ABSENT, "learning is off", cure
        runs = sum(e.event.action is Action.MINED for e in self._store.entries())
        return Stands.READY, f"mode {mode}, {counted(runs, 'run')} until now", ""

    def _analysis(self) -> _Found:
        gaps = sum(g.status is GapStatus.OPEN for g in self._store.gaps())
        return (
            Stands.READY,
            f"{counted(len(self._known), 'tool')} known, {counted(gaps, 'open gap')}",
            "",
        )

    def _generator(self) -> _Found:
        if self._hindered:
            return Stands.ABSENT, _UNTRIED, "failonce doctor"
        try:
            found = author(self._parts.config)
        except BadSetting as error:
            return Stands.PARTLY, f"from calls that recur; {error}", ""
        if found is None:
            return Stands.PARTLY, "from calls that recur; no language model is configured", _MODEL
        return Stands.READY, f"from calls that recur, and by {found.name}", ""

    def _validator(self) -> _Found:
        fine, bad = (LearnedTool.parse(text, "sample") for text in (template("sample"), _BAD))
        if findings(fine) or not findings(bad):
            return Stands.BROKEN, "it cannot tell good code from bad", "report it as a bug"
        if self._hindered:
            return Stands.PARTLY, f"code is read; {_UNTRIED}", "failonce doctor"
        return Stands.READY, "code is read, then tried in the sandbox", ""

    def _versions(self) -> _Found:
        changed = [x.id for x in self._tools if not intact(x)]
        if changed:
            return Stands.BROKEN, f"not as approved: {', '.join(changed)}", "failonce audit verify"
        names = len({_key(x) for x in self._tools})
        count = counted(len(self._tools), "version")
        return Stands.READY, f"{count} of {counted(names, 'tool')}, each to the byte", ""

    def _sandbox(self) -> _Found:
        held = sandbox_for(self._parts.config).barriers()
        absent = [b for b in held if b.how is Strength.ABSENT]
        partial = [b for b in held if b.how is Strength.PARTIAL]
        if absent or not held:
            why = "; ".join(dict.fromkeys(b.why for b in absent)) or "nothing was tried"
            cure = "; ".join(dict.fromkeys(b.cure for b in absent if b.cure))
            return Stands.ABSENT, why, cure or "failonce doctor"
        if partial:
            why = "; ".join(f"{b.what}: {b.why}" for b in partial)
            return Stands.PARTLY, why, "; ".join(dict.fromkeys(b.cure for b in partial if b.cure))
        return Stands.READY, f"all {len(held)} barriers held a moment ago", ""

    def _integration(self) -> _Found:
        if not self._listed:
            return Stands.PARTLY, "Python processes; MCP needs more packages", _MCP
        return Stands.READY, "Python processes, and clients of MCP", ""

    # -------------------------------------------------------- registry

    def _inventory(self) -> _Found:
        told = Counter("code" if x.code else "schemas" for x in self._known.values())
        found = [f"{count:,} from {what}" for what, count in sorted(told.items())]
        own = {_key(x) for x in self._tools if x.proposal.project == self._project}
        return Stands.READY, ", ".join([*found, f"{len(own):,} learned"]), ""

    def _settings(self) -> _Found:
        used = sorted(set(self._parts.config.origins.values()))
        return Stands.READY, f"from {', '.join(used)}" if used else "all at their defaults", ""

    def _statistics(self) -> _Found:
        found = [health(u) for u in used(self._store, self._project)]
        calls = sum(h.calls for h in found)
        return Stands.READY, f"{counted(len(found), 'tool')} with {counted(calls, 'use')}", ""

    def _server(self) -> _Found:
        if not self._listed:
            return Stands.ABSENT, "it needs more packages", _MCP
        count = counted(len(self._listed), "tool")
        return Stands.READY, f"it was started, and listed {count} to a client", ""

    # --------------------------------------------------- dynamic tools

    def _loader(self) -> _Found:
        wanted = {_key(x) for x in self._tools if x.in_force}
        here = InForce(file_beside(store_path(self._parts.config.url)), self._parts.config.policy)
        now, snapshot = self._parts.clock.now(), here.now()
        loaded = {(p, n) for p, _ in wanted for n in snapshot.learned(p, now)}
        if here.alerts:
            return Stands.BROKEN, "; ".join(here.alerts), "failonce doctor"
        if missing := sorted(name for _, name in wanted - loaded):
            why = f"in force, and not yet where processes look: {', '.join(missing)}"
            return Stands.PARTLY, why, "the next process that watches tools puts it there"
        return Stands.READY, f"{counted(len(wanted), 'tool')} to be had by running processes", ""

    def _requests(self) -> _Found:
        if self._hindered:
            return Stands.ABSENT, _UNTRIED, "failonce doctor"
        if author(self._parts.config) is None:
            why = "finds what is there already; new code needs a language model"
            return Stands.PARTLY, why, _MODEL
        return Stands.READY, "finds what is there already, else has it written", ""

    def _directory(self) -> _Found:
        cure = "" if self._known else "failonce tools import FOLDER"
        return Stands.READY, f"{counted(len(self._known), 'tool')} in this project", cure

    def _template(self) -> _Found:
        LearnedTool.parse(template("sample"), "sample")
        return Stands.READY, "the template can be read", ""

    # ---------------------------------------------------------- server

    def _model(self) -> _Found:
        found = author(self._parts.config)
        if found is None:
            return Stands.ABSENT, "optional: none is configured, and nothing is sent", _MODEL
        return Stands.READY, f"{found.name}, not asked now", ""

    def _memory(self) -> _Found:
        now = self._parts.clock.now()
        self._store.acquire("components", "components", until=now + timedelta(seconds=1), now=now)
        self._store.release("components", "components")
        calls = sum(self._store.projects().values())
        return Stands.READY, f"can be written, {counted(calls, 'call')}", ""

"""The tools as the server describes them: pinned at first sight, and told of where they change.

A definition is what a model reads and believes. Nothing of it is changed or held back here; what
is odd about it is said to the person, and put in the record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from failonce.adapters.importers.tool_specs import agents_name, spec_from
from failonce.identity import canonical_json, digest
from failonce.model import Action, Event, Offer, ToolSpec
from failonce.surfaces.mcp.proxy.oddities import oddities
from failonce.surfaces.mcp.proxy.saying import Say, shown
from failonce.surfaces.watching.host import Host

TOOLS: Final = 5_000
"""Tools of one server that are kept; what comes behind them passes, and is not pinned."""
_SIZE: Final = 16


class Catalog:
    """The tools of one server in one conversation."""

    def __init__(self, here: Host, server: str, project: str, say: Say) -> None:
        self._here = here
        self._server = server
        self._project = project
        self._say = say
        self._specs: dict[str, ToolSpec] = {}
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self._page: set[str] = set()
        self.whole = False
        """Whether the list was read to its end."""

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def __len__(self) -> int:
        return len(self._specs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def recorded(self, name: str) -> str:
        """The name under which calls of a tool are recorded: as agents call it."""
        return agents_name(self._server, name[:200])

    def own(self, recorded: str) -> str | None:
        """The server's own name of a recorded one; None where it is no tool of this server."""
        return next((n for n, s in self._specs.items() if s.name == recorded), None)

    def bare(self, recorded: str) -> str:
        """A recorded name as this server's client knows the tool."""
        return recorded.removeprefix(self.recorded(""))

    def spec(self, name: str) -> ToolSpec:
        """What a tool says of itself; its name alone where nothing was heard of it."""
        return self._specs.get(name) or ToolSpec(name=self.recorded(name))

    def definition(self, name: str) -> Mapping[str, Any] | None:
        """As the server gave it."""
        return self._definitions.get(name)

    def page(self, definitions: Sequence[Any], *, first: bool, last: bool) -> None:
        """Some of the tools, as the server lists them."""
        if first:
            self._page = set()
        known = self._here.in_force.now().tools(self._project)
        for each in definitions:
            name = each.get("name") if isinstance(each, dict) else None
            if isinstance(name, str) and (name in self._specs or len(self._specs) < TOOLS):
                if name in self._page:
                    self._say.once(f"twice {name}", f"{shown(name)} stands in the list twice")
                self._page.add(name)
                self._seen(name, each, known)
        self.whole = last
        if last:
            for name in self._specs.keys() - self._page:
                del self._specs[name], self._definitions[name]

    def _seen(self, name: str, found: Mapping[str, Any], known: Mapping[str, ToolSpec]) -> None:
        before = self._definitions.get(name)
        if before is not None and before == found:
            return
        spec = self._spec(name, found)
        mine = self._specs.get(name)
        pinned = known.get(spec.name) if mine is None else self._here.desk.tool(mine)
        self._specs[name], self._definitions[name] = spec, found
        scrubbed = self._here.desk.tool(spec)
        at = self._here.clock.now()
        if pinned is None or replace(pinned, code="") != scrubbed:
            offer = Offer(spec=scrubbed, project=self._project, at=at)
            self._here.writer.put(lambda: [offer])
        if pinned is not None and pinned.definition == spec.definition:
            return
        if pinned is not None and pinned.definition:
            what = changed(pinned, scrubbed)
            self._notice(scrubbed, f"{name}: its definition is another one now: {what}")
        for odd in oddities(found):
            self._notice(scrubbed, f"{name}: {odd}")

    def _spec(self, name: str, found: Mapping[str, Any]) -> ToolSpec:
        for each in (found, {**found, "description": ""}):  # its words may be what is wrong
            try:
                made = replace(spec_from(each), name=self.recorded(name))
                break
            except (ValueError, RecursionError):
                made = ToolSpec(name=self.recorded(name))
        return replace(made, definition=pin(found))

    def _notice(self, spec: ToolSpec, what: str) -> None:
        """Say it, and put it in the record."""
        self._say(f"{shown(what)}. It was passed on as it is")
        reason = self._here.desk.scrub(shown(what))
        event = Event(
            at=self._here.clock.now(),
            actor="proxy",
            action=Action.NOTICED,
            subject=f"tool:{spec.name}",
            digest=spec.definition,
            reason=reason,
        )
        self._here.writer.put(lambda: [event])


def pin(definition: Mapping[str, Any]) -> str:
    """The identity of a definition with all that a model reads of it."""
    return digest(("definition/1", canonical_json(dict(definition))), size=_SIZE)


def changed(before: ToolSpec, now: ToolSpec) -> str:
    """What of a tool is another than it was, in words."""
    claims = ("read_only", "destructive", "idempotent", "open_world")
    found = {
        "what it takes": before.digest != now.digest,
        "its description": before.description != now.description,
        "what it says it changes": any(getattr(before, c) != getattr(now, c) for c in claims),
    }
    return " and ".join(what for what, differs in found.items() if differs) or "some of its words"

"""`failonce tools`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.language.inferring import infer
from failonce.language.reading import Basis, Does, Reading, effects, reads
from failonce.language.tool_names import nearest_tool, spec_of
from failonce.model import Call, Json, ToolSpec
from failonce.surfaces.cli import (  # noqa: F401 - add their commands to the group
    developing,
    suggesting,
    toolfolder,
)
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl, at_most
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.cli.toolbox import group

app = typer.Typer(rich_markup_mode=None)
app.add_typer(group, name="tools", help="List tools: what is known of each.")

_SCREEN = 50
"""Tools listed where nobody said how many."""
_STUDIED = 200
"""Good calls of a tool that its parameters are inferred from."""

_BECAUSE = {
    Basis.DECLARED: "it declares so",
    Basis.OBSERVED: "it was watched",
    Basis.WORDS: "its words say so",
    Basis.CONTRADICTED: "it declares that it reads, its words do not",
    Basis.NOTHING: "",
}


class Known(StrEnum):
    """Where we know a tool's parameters from."""

    SCHEMA = "schema"
    CODE = "code"
    CALLS = "calls"
    NOTHING = "nothing"


@dataclass(slots=True, kw_only=True)
class _Called:
    """The recorded calls of one tool."""

    calls: int = 0
    failures: int = 0
    good: list[Call] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tool of one project, with its recorded calls."""

    project: str
    name: str
    spec: ToolSpec
    known: Known
    calls: int
    failures: int
    means: str | None
    """The tool that its name means, where no call under this name ever worked."""

    @property
    def reading(self) -> Reading:
        """What it does, without an environment that watched."""
        return reads(self.spec)

    @property
    def why(self) -> str:
        """How we know what it does, in a reader's words."""
        if self.means:
            return f"no tool; it means {self.means}"
        if self.reading == Reading(does=Does.UNKNOWN, basis=Basis.WORDS):
            return "its words say that it reads, nobody watched"
        return _BECAUSE[self.reading.basis]


@group.callback(invoke_without_command=True)
def tools(
    ctx: typer.Context,
    project: OneProject = None,
    limit: Annotated[int | None, at_most(_SCREEN)] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List tools: what is known of each.

    What it does (reads, writes, unknown) and how we know, what it may do beyond, its calls
    and the share that failed, and where we know its parameters from: from the schema that
    it describes itself by, from its code, or from recorded calls. Schemas come in by failonce
    import, code by failonce tools import.
    """
    if ctx.invoked_subcommand is not None:
        return
    with waiting("Counting"), session(store) as parts:
        own = named(project, parts.config)
        projects = sorted({*parts.store.projects(), parts.config.project} if own is None else [own])
        found = [row for name in projects for row in _rows(parts, name)]
    found.sort(key=lambda row: (-row.calls, row.project, row.spec.name))
    shown = found[: limit or (None if as_json else _SCREEN)]
    if as_json:
        show_json([_record(row) for row in shown])
    elif shown:
        _listing(shown, len(found))
    else:
        say("No tool is known here yet. Begin with: failonce import PATH")


def _rows(parts: Parts, project: str) -> Iterator[Row]:
    """The tools that were called, and those that only described themselves."""
    specs = parts.store.tools(project)
    called: defaultdict[str, _Called] = defaultdict(_Called)
    for e in parts.store.calls(project=project):
        one = called[e.call.tool]
        one.calls += 1
        one.failures += e.failed
        if e.good and len(one.good) < _STUDIED:
            one.good.append(e.call)
    working = {*specs, *(name for name, one in called.items() if one.good)}
    silent = set(specs)
    for name, one in called.items():
        spec = spec_of(name, specs)
        silent.discard(spec.name if spec is not None else "")
        yield _row(project, name, one, spec, working)
    for name in sorted(silent):
        yield _row(project, name, _Called(), specs[name], working)


def _row(project: str, name: str, called: _Called, spec: ToolSpec | None, working: Set[str]) -> Row:
    known = Known.CODE if spec is not None and spec.code else Known.SCHEMA
    if spec is None:
        known = Known.CALLS if called.good else Known.NOTHING
        spec = replace(infer(called.good), name=name)
    return Row(
        project=project,
        name=name,
        spec=spec,
        known=known,
        calls=called.calls,
        failures=called.failures,
        means=nearest_tool(name, working) if known is Known.NOTHING else None,
    )


def _listing(shown: Sequence[Row], total: int) -> None:
    projects = len({row.project for row in shown}) > 1
    table(
        (
            *("tool", "calls", "failed", "does", "beyond", "known from"),
            *(["project"] if projects else []),
            "why",
        ),
        [
            (
                row.name[:40],
                row.calls,
                f"{row.failures / row.calls:.0%}" if row.calls else "",
                row.reading.does,
                ", ".join(sorted(effects(row.spec))),
                row.known,
                *([row.project[-24:]] if projects else []),
                row.why,
            )
            for row in shown
        ],
    )
    rest = total - len(shown)
    more = f"; {rest:,} more with --limit" if rest else ""
    say(f"{plural(total, 'tool')}{more}.")


def _record(row: Row) -> dict[str, Json]:
    spec = row.spec
    return {
        "tool": row.name,
        "project": row.project,
        "calls": row.calls,
        "failures": row.failures,
        "does": row.reading.does,
        "basis": row.reading.basis,
        "effects": sorted(effects(spec)),
        "known": row.known,
        "means": row.means,
        "described_as": spec.name if row.known in (Known.SCHEMA, Known.CODE) else None,
        "code": spec.code or None,
        "digest": spec.digest or None,
        "closed": spec.closed,
        "read_only": spec.read_only,
        "destructive": spec.destructive,
        "idempotent": spec.idempotent,
        "open_world": spec.open_world,
        "description": spec.description,
        "parameters": [
            {
                "name": p.name,
                "types": list(p.types),
                "required": p.required,
                "usual": p.usual,
                "choices": list(p.choices),
            }
            for p in spec.parameters
        ],
    }

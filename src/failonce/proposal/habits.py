"""What callers usually do with the tools of a project, seen in the study calls alone."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from failonce.language.expression import Read, Source
from failonce.language.program import Step
from failonce.language.reading import Does, Watched, reads
from failonce.model import Args, Evidence, Json, Parameter, ToolSpec
from failonce.ports import Environment

USUAL = 3
"""Values of a parameter that are tried because callers usually gave them."""
COMMON = 0.1
"""Share of a tool's clusters that must have given a text for it to be common."""
CONSTANT = 30
"""Whole calls that are tried because callers usually made them."""
REACH = 15
"""Calls within which callers take a step back, where they do."""
WATCHED = 40
"""Calls of a tool that are executed again to see whether it changes anything."""

SHORT = 60
"""Characters of a value, as it is written, up to which it may be a usual one."""


@dataclass(slots=True)
class _Given:
    """A value of a parameter, and the clusters that gave it."""

    value: Json
    clusters: set[str] = field(default_factory=set)


class Habits:
    """Usual values, usual calls, what is taken back, and what a tool does."""

    def __init__(self, calls: Sequence[Evidence], environment: Environment | None) -> None:
        self._calls = calls
        self._environment = environment
        self._does: dict[str, Does] = {}

    @cached_property
    def _good(self) -> Mapping[str, Sequence[Evidence]]:
        """Good calls whose arguments are known, by tool."""
        found: dict[str, list[Evidence]] = defaultdict(list)
        for e in self._calls:
            if e.good and e.call.args is not None:
                found[e.call.tool].append(e)
        return found

    @cached_property
    def _sessions(self) -> Mapping[str, Sequence[Evidence]]:
        """The same by session."""
        found: dict[str, list[Evidence]] = defaultdict(list)
        for e in self._calls:
            if e.good and e.call.args is not None:
                found[e.call.session].append(e)
        return found

    @cached_property
    def _values(self) -> Mapping[tuple[str, str], Mapping[str, "_Given"]]:
        """Short values by tool and parameter."""
        found: dict[tuple[str, str], dict[str, _Given]] = defaultdict(dict)
        for tool, calls in self._good.items():
            for e in calls:
                for name, value in (e.call.args or {}).items():
                    if isinstance(value, dict) or (isinstance(value, str) and len(value) > SHORT):
                        continue
                    key = repr(value)
                    if len(key) <= SHORT:
                        given = found[tool, name].setdefault(key, _Given(value=value))
                        given.clusters.add(e.call.cluster)
        return found

    def usual(self, tool: str, name: str) -> list[Json]:
        """Values that callers of at least two clusters gave, the most usual first."""
        seen = self._values.get((tool, name), {})
        ranked = sorted(seen, key=lambda v: (-len(seen[v].clusters), v))
        return [seen[v].value for v in ranked if len(seen[v].clusters) >= 2][:USUAL]

    def common(self, tool: str, name: str, value: str) -> bool:
        """Whether a text is common for a parameter, alone or in a list of texts."""
        users: set[str] = set()
        gave: set[str] = set()
        for e in self._good.get(tool, ()):
            users.add(e.call.cluster)
            given = (e.call.args or {}).get(name)
            if given == value or (isinstance(given, list | tuple) and value in given):
                gave.add(e.call.cluster)
        return len(gave) >= max(3, COMMON * len(users))

    @cached_property
    def constant(self) -> Sequence[tuple[str, Args]]:
        """Whole calls that callers of at least two clusters made alike, the most usual first."""
        seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        example: dict[tuple[str, str], Args] = {}
        for tool, calls in self._good.items():
            for e in calls:
                key = (tool, repr(sorted((e.call.args or {}).items())))
                if len(key[1]) <= 80:
                    seen[key].add(e.call.cluster)
                    example[key] = e.call.args or {}
        ranked = sorted(seen, key=lambda k: (-len(seen[k]), k))
        return [(k[0], example[k]) for k in ranked if len(seen[k]) >= 2][:CONSTANT]

    def returns(self, tool: str, undo: Step) -> float:
        """In what share of its clusters callers themselves took a call of `tool` back.

        A way back to where a look said one was counts as any way back that callers of the
        tool usually took.
        """
        literals = {
            n: e.value
            for n, e in undo.arguments
            if isinstance(e, Read) and e.source is Source.VALUE
        }
        if not literals and undo.arguments:
            names = [n for n, _ in undo.arguments]
            usual = ({n: v} for n in names for v in self.usual(tool, n))
            return max((self._returned(tool, undo.tool, one) for one in usual), default=0.0)
        return self._returned(tool, undo.tool, literals)

    def _returned(self, tool: str, back_by: str, literals: Mapping[str, Json]) -> float:
        made: set[str] = set()
        back: set[str] = set()
        for session in self._sessions.values():
            for i, e in enumerate(session):
                if e.call.tool != tool or _given(e, back_by, literals):
                    continue
                made.add(e.call.cluster)
                if any(_given(b, back_by, literals) for b in session[i + 1 : i + 1 + REACH]):
                    back.add(e.call.cluster)
        return len(back) / len(made) if made else 0.0

    def parameters(self, spec: ToolSpec) -> Sequence[Parameter]:
        """What a tool takes: as it declares, else what callers always gave where it worked."""
        calls = self._good.get(spec.name, ())
        if spec.parameters or not calls:
            return spec.parameters
        given = Counter(name for e in calls for name in e.call.args or {})
        return [Parameter(name=n, required=True) for n in sorted(given) if given[n] == len(calls)]

    def does(self, spec: ToolSpec) -> Does:
        """Whether a tool reads: its claims, its words, and what the environment saw."""
        if spec.name not in self._does:
            self._does[spec.name] = reads(spec, self._watched(spec.name)).does
        return self._does[spec.name]

    def good(self, tool: str) -> Sequence[Evidence]:
        """The good calls of a tool."""
        return self._good.get(tool, ())

    def _watched(self, tool: str) -> Watched:
        if self._environment is None:
            return Watched()
        calls = changed = 0
        for e in self._good.get(tool, ())[:WATCHED]:
            world = self._environment.before(e)
            if world is not None:
                before = world.state()
                world.run(e.call)
                calls += 1
                changed += world.state() != before
        return Watched(calls=calls, changed=changed)


def _given(e: Evidence, tool: str, literals: Mapping[str, Json]) -> bool:
    args = e.call.args or {}
    return e.call.tool == tool and all(args.get(n) == v for n, v in literals.items())

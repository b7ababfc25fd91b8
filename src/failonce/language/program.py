"""A repair that makes other calls: look, and only if so, act, then the call, then back.

    looks      read-only calls whose answers the rest can speak of
    when       what must hold of them, or nothing is done
    steps      calls that act, each single or once for each item of a list
    the call   with arguments of its own, some of them replaced
    afterwards what a step undoes, in reverse order: always, or where the call still fails

Running it is a generator that yields the calls to make and is sent their answers, so that
replay, the miner and every surface run the very same code. Sources: DESIGN sections 6 and 8.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from failonce.errors import BadInput
from failonce.language.expression import (
    Comparison,
    Expression,
    Read,
    Scope,
    Source,
    data,
    dump,
    dump_comparison,
    evaluate,
    load,
    load_comparison,
)
from failonce.language.transform import NotApplicable
from failonce.model import Answer, Args, Call, Json

MAX_CALLS = 12
"""Calls that one run of a program may insert, looks and items of lists included."""

BLAMED = "<blamed>"
"""Stands for the name of the argument that the error names."""

Arguments = tuple[tuple[str, Expression], ...]
"""Names with where their values come from, in order."""

Calls = Generator[Call, Answer, "Planned | None"]
"""Yields calls to be made, is sent their answers, returns what to do with the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call that a program makes; `each` makes it once for every item of a list.

    `name` is how expressions speak of its answer. `undo` is the call that takes it back,
    None where none is known; with `back` it is made after the call in any case.
    """

    tool: str
    arguments: Arguments = ()
    name: str = ""
    each: Expression | None = None
    undo: "Step | None" = None
    back: bool = False

    def __str__(self) -> str:
        """`displayCarStatus(option="fuel") as level`."""
        given = ", ".join(f"{name}={value}" for name, value in self.arguments)
        named = f" as {self.name}" if self.name else ""
        each = f" for each of {self.each}" if self.each is not None else ""
        return f"{self.tool}({given}){named}{each}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The call as it should run now, and what to do after it."""

    args: Args | None
    tool: str
    afterwards: tuple[Call, ...] = ()
    """Made after the call, whatever came of it."""
    if_failed: tuple[Call, ...] = ()
    """Made where the call failed all the same: takes back what the steps did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Looks, conditions, steps, and the call's own arguments replaced where named."""

    looks: tuple[Step, ...] = ()
    when: tuple[Comparison, ...] = ()
    steps: tuple[Step, ...] = ()
    arguments: Arguments = ()
    leave_out: tuple[str, ...] = ()
    """Arguments of the call that are left out: what they said is in the steps."""

    @property
    def acts(self) -> bool:
        """True where it makes calls other than looks."""
        return bool(self.steps)

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that it calls, looks first."""
        return tuple(dict.fromkeys(s.tool for s in (*self.looks, *self.steps)))

    @property
    def needs_error(self) -> bool:
        """True where it reads the text of the error: it can only run after one."""
        return any(e.source is Source.ERROR_LIST for e in self.reads())

    def expressions(self) -> tuple[Expression, ...]:
        """Every expression in it, in order."""
        found: list[Expression] = []
        for step in (*self.looks, *self.steps):
            found += [e for _, e in step.arguments]
            found += [] if step.each is None else [step.each]
            found += [] if step.undo is None else [e for _, e in step.undo.arguments]
        for comparison in self.when:
            found += [comparison.left] + ([comparison.right] if comparison.right else [])
        return (*found, *(e for _, e in self.arguments))

    def reads(self) -> tuple[Read, ...]:
        """Every plain read in it, those inside a combination too."""
        return tuple(
            r
            for e in self.expressions()
            for r in ((e,) if isinstance(e, Read) else (e.left, e.right))
        )

    def __str__(self) -> str:
        """In a reader's words, in the order in which it runs."""
        parts = [f"look at {look}" for look in self.looks]
        if self.when:
            parts.append("only if " + " and ".join(map(str, self.when)))
        parts += [f"call {step}" for step in self.steps]
        changed = ", ".join(
            [f"{name} = {value}" for name, value in self.arguments]
            + [f"no `{name}`" for name in self.leave_out]
        )
        parts.append(f"then the call with {changed}" if changed else "then the same call")
        back = [str(s.undo.tool) for s in reversed(self.steps) if s.undo is not None and s.back]
        return "; ".join([*parts, *(f"then back with {tool}" for tool in back)])

    def run(self, call: Call, *, error: str = "", blamed: str = "") -> Calls:
        """Make the calls and say how the call should run; None where it does not apply.

        Looks come first and change nothing. A step that fails ends it, and what was done
        before it is taken back.
        """
        scope = Scope(args=call.args or {}, blamed=blamed, error=error)
        try:
            scope = yield from self._looked(call, scope)
            if not all(c.holds(scope) for c in self.when):
                return None
            given = {n: v for n, v in (call.args or {}).items() if n not in self.leave_out}
            args = given | {_named(n, scope): evaluate(e, scope) for n, e in self.arguments}
            made = [(s, i) for s in self.steps for i in _items(s, scope)]
            acts = [(s, i, call_of(call, s, replace(scope, item=i))) for s, i in made]
        except NotApplicable:
            return None
        if len(acts) + len(self.looks) > MAX_CALLS or not (acts or args != dict(call.args or {})):
            return None
        return (yield from self._acted(call, args, acts, scope))

    def holds(self, call: Call) -> Generator[Call, Answer, bool]:
        """Make the looks alone and tell whether the conditions hold."""
        try:
            scope = yield from self._looked(call, Scope(args=call.args or {}))
        except NotApplicable:
            return False
        return all(c.holds(scope) for c in self.when)

    def _looked(self, call: Call, scope: Scope) -> Generator[Call, Answer, Scope]:
        """The scope with what the looks brought; raises `NotApplicable` where one failed."""
        for look in self.looks:
            answer = yield call_of(call, look, scope)
            if not answer.worked:
                raise NotApplicable
            scope = replace(scope, results={**scope.results, look.name: data(answer.text)})
        return scope

    def _acted(
        self, call: Call, args: Args, acts: Sequence[tuple[Step, Json, Call]], scope: Scope
    ) -> Calls:
        done: list[tuple[Step, Call]] = []
        for step, item, inserted in acts:
            answer = yield inserted
            if not answer.worked:
                for _, undo in reversed(done):
                    yield undo
                return None
            if step.undo is not None:
                done.append((step, call_of(call, step.undo, replace(scope, item=item))))
        return Planned(
            args=args,
            tool=call.tool,
            afterwards=tuple(undo for step, undo in reversed(done) if step.back),
            if_failed=tuple(undo for step, undo in reversed(done) if not step.back),
        )


def _named(name: str, scope: Scope) -> str:
    if name != BLAMED:
        return name
    if not scope.blamed:
        raise NotApplicable
    return scope.blamed


def _items(step: Step, scope: Scope) -> Sequence[Json]:
    if step.each is None:
        return [None]
    items = evaluate(step.each, scope)
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise NotApplicable
    return items[: MAX_CALLS + 1]


def call_of(call: Call, step: Step, scope: Scope) -> Call:
    """The inserted call: of the same session and project, with nothing else of its parent."""
    args = {name: evaluate(e, scope) for name, e in step.arguments}
    return replace(call, tool=step.tool, args=args, trace=None, parent=None)


# ------------------------------------------------------------------ as data


def dump_program(program: Program) -> dict[str, Json]:
    """The program as plain data for a lesson's body; empty parts are left out."""
    parts: dict[str, Json] = {
        "looks": [_dump_step(s) for s in program.looks],
        "when": [dump_comparison(c) for c in program.when],
        "steps": [_dump_step(s) for s in program.steps],
        "arguments": {name: dump(e) for name, e in program.arguments},
        "leave_out": list(program.leave_out),
    }
    return {name: part for name, part in parts.items() if part}


def _dump_step(step: Step) -> dict[str, Json]:
    out: dict[str, Json] = {"call": step.tool}
    if step.arguments:
        out["arguments"] = {name: dump(e) for name, e in step.arguments}
    if step.name:
        out["as"] = step.name
    if step.each is not None:
        out["each"] = dump(step.each)
    if step.undo is not None:
        out["back" if step.back else "undo"] = _dump_step(step.undo)
    return out


def load_program(parts: Mapping[str, Json]) -> Program:
    """The program that `dump_program` wrote; raises `BadInput` on anything else."""
    looks = tuple(_load_step(s) for s in _list(parts, "looks"))
    if any(s.each or s.undo or not s.name for s in looks):
        raise BadInput("A look has a name (`as`) and neither `each` nor `undo`.")
    program = Program(
        looks=looks,
        when=tuple(load_comparison(c) for c in _list(parts, "when")),
        steps=tuple(_load_step(s) for s in _list(parts, "steps")),
        arguments=_load_arguments(parts.get("arguments", {})),
        leave_out=tuple(str(name) for name in _list(parts, "leave_out")),
    )
    known = {s.name for s in looks}
    unknown = [r.name for r in program.reads() if r.source is Source.RESULT and r.name not in known]
    if unknown:
        raise BadInput(f"No look is called `{unknown[0]}`.")
    if len(looks) + len(program.steps) > MAX_CALLS:
        raise BadInput(f"A program makes at most {MAX_CALLS} calls.")
    return program


def _list(parts: Mapping[str, Json], name: str) -> Sequence[Json]:
    value = parts.get(name, [])
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise BadInput(f"`{name}` must be a list.")
    return value


def _load_arguments(given: Json) -> Arguments:
    if not isinstance(given, Mapping):
        raise BadInput("`arguments` must be names with expressions.")
    return tuple((str(name), load(value)) for name, value in given.items())


def _load_step(given: Json, *, nested: bool = False) -> Step:
    if not isinstance(given, Mapping) or not isinstance(given.get("call"), str):
        raise BadInput("A step needs `call`, the name of a tool.")
    allowed = {"call", "arguments"} | (set() if nested else {"as", "each", "undo", "back"})
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise BadInput(f"A step has no `{unknown[0]}`; it takes: {', '.join(sorted(allowed))}.")
    if "undo" in given and "back" in given:
        raise BadInput("A step has `undo` or `back`, not both.")
    taken = given.get("undo", given.get("back"))
    name = given.get("as", "")
    if not isinstance(name, str):
        raise BadInput("`as` must be a name.")
    return Step(
        tool=str(given["call"]),
        arguments=_load_arguments(given.get("arguments", {})),
        name=name,
        each=None if "each" not in given else load(given["each"]),
        undo=None if taken is None else _load_step(taken, nested=True),
        back="back" in given,
    )

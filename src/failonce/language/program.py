"""A repair that makes other calls: look, and only if so, act, then the call, then back.

    looks      read-only calls whose answers the rest can speak of
    when       what must hold of them, or nothing is done
    steps      calls that act, each single or once for each item of a list
    the call   with arguments of its own, some of them replaced
    afterwards what a step undoes, in reverse order: always, or where the call still fails

Running it is a generator that yields the calls to make and is sent their answers, so that
replay, the miner and every surface run the very same code. Sources: DESIGN sections 6 and 8.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from failonce.errors import BadInput
from failonce.language.comparison import Comparison, dump_comparison, load_comparison
from failonce.language.expression import (
    NEEDS_ERROR,
    Expression,
    Read,
    Scope,
    Source,
    data,
    dump,
    evaluate,
    load,
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
    """Made after those where the call failed all the same: takes back what the steps did."""
    made: tuple[Call, ...] = ()
    """The steps that were made, in order."""
    entered: tuple[Call, ...] = ()
    """Those of them that `afterwards` takes back."""


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
        """The tools that it calls, looks first; those that take a step back too."""
        undone = (t for s in self.steps for t in (s.tool, *([s.undo.tool] if s.undo else [])))
        return tuple(dict.fromkeys((*(s.tool for s in self.looks), *undone)))

    @property
    def needs_error(self) -> bool:
        """True where it reads the text of the error: it can only run after one."""
        return any(e.source is Source.ERROR_LIST or NEEDS_ERROR & set(e.then) for e in self.reads())

    @property
    def needs_failure(self) -> bool:
        """True where it speaks of an error at all, or of the argument that one names."""
        about = (Source.ERROR_LIST, Source.BLAMED)
        changed = (name for name, _ in self.arguments)
        spoken = any(e.source in about for e in self.reads())
        return BLAMED in changed or spoken or self.needs_error

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
        call = f"the call with {changed}" if changed else "the same call"
        parts.append(f"then {call}" if parts else call)
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
            acts = [_act(call, s, i, scope) for s in self.steps for i in _items(s, scope)]
        except NotApplicable:
            return None
        if len(acts) + len(self.looks) > MAX_CALLS or not (acts or args != dict(call.args or {})):
            return None
        return (yield from _acted(call, args, acts))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """A step about to be made, and how it will be taken back: known before anything is done."""

    call: Call
    undo: Call | None
    back: bool


def _act(call: Call, step: Step, item: Json, scope: Scope) -> _Act:
    scope = replace(scope, item=item)
    undo = None if step.undo is None else call_of(call, step.undo, scope)
    return _Act(call=call_of(call, step, scope), undo=undo, back=_returns(step, call))


def _acted(call: Call, args: Args, acts: Sequence[_Act]) -> Calls:
    for i, act in enumerate(acts):
        answer = yield act.call
        if not answer.worked:
            yield from _undone(reversed(acts[:i]))
            return None
    return Planned(
        args=args,
        tool=call.tool,
        afterwards=tuple(a.undo for a in reversed(acts) if a.undo is not None and a.back),
        if_failed=_taken_back(acts),
        made=tuple(a.call for a in acts),
        entered=tuple(a.call for a in acts if a.undo is not None and a.back),
    )


def _undone(acts: Iterable[_Act]) -> Generator[Call, Answer, None]:
    for act in acts:
        if act.undo is not None:
            yield act.undo


def _taken_back(acts: Sequence[_Act]) -> tuple[Call, ...]:
    """What takes back the steps that are not taken back in any case, the last one first.

    One that was made behind a step that one returns from (go there, write) is taken back from
    there: elsewhere its undo could hit something else. So the way is gone again, and back.
    """
    last = max((i for i, a in enumerate(acts) if a.undo is not None and not a.back), default=-1)
    reach = [a for a in acts[: last + 1] if a.undo is not None]
    return (
        *(a.call for a in reach if a.back),
        *(a.undo for a in reversed(reach) if a.undo is not None),
    )


def _returns(step: Step, call: Call) -> bool:
    """Whether one goes back after the call: not where the call itself is such a move."""
    return step.back and step.tool != call.tool


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
    return replace(call, tool=step.tool, args=args, raw="", trace=None, parent=None)


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
    if not parts:
        return Program()
    leave_out = _list(parts, "leave_out")
    if not all(isinstance(name, str) for name in leave_out):
        raise BadInput("`leave_out` must be a list of names.")
    program = Program(
        looks=tuple(_load_step(s) for s in _list(parts, "looks")),
        when=tuple(load_comparison(c) for c in _list(parts, "when")),
        steps=tuple(_load_step(s) for s in _list(parts, "steps")),
        arguments=_load_arguments(parts.get("arguments", {})),
        leave_out=tuple(map(str, leave_out)),
    )
    _check_names(program)
    if len(program.looks) + len(program.steps) > MAX_CALLS:
        raise BadInput(f"A program makes at most {MAX_CALLS} calls.")
    return program


def _check_names(program: Program) -> None:
    """Refuse what would speak of an answer or an item that is not there when it runs."""
    if any(s.each is not None or s.undo is not None or not s.name for s in program.looks):
        raise BadInput("A look has a name (`as`) and neither `each` nor `undo` nor `back`.")
    if any(s.name for s in program.steps):
        raise BadInput("Only a look has a name (`as`): nothing can speak of a step's answer.")
    names = [s.name for s in program.looks]
    if len(set(names)) < len(names):
        raise BadInput("Two looks have the same name.")
    for i, look in enumerate(program.looks):
        _check_reads(Program(looks=(look,)), names[:i])
    _check_reads(program, names)
    single = tuple(s if s.each is None else Step(tool=s.tool, each=s.each) for s in program.steps)
    if any(r.source is Source.ITEM for r in replace(program, steps=single).reads()):
        raise BadInput("`item` stands only in a step with `each`, and in what takes it back.")


def _check_reads(program: Program, looks: Sequence[str]) -> None:
    for read in program.reads():
        if read.source is Source.RESULT and read.name not in looks:
            raise BadInput(f"No look before it is called `{read.name}`.")


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
    tool = given.get("call") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(tool, str) or not tool:
        raise BadInput("A step needs `call`, the name of a tool.")
    allowed = {"call", "arguments"} | (set() if nested else {"as", "each", "undo", "back"})
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise BadInput(f"A step has no `{unknown[0]}`; it takes: {', '.join(sorted(allowed))}.")
    if "undo" in given and "back" in given:
        raise BadInput("A step has `undo` or `back`, not both.")
    taken = [given[key] for key in ("undo", "back") if key in given]
    name = given.get("as", "")
    if not isinstance(name, str) or ("as" in given and not name):
        raise BadInput("`as` must be a name.")
    return Step(
        tool=tool,
        arguments=_load_arguments(given.get("arguments", {})),
        name=name,
        each=None if "each" not in given else load(given["each"]),
        undo=_load_step(taken[0], nested=True) if taken else None,
        back="back" in given,
    )

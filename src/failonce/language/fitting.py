"""Making the arguments of a call fit the tool's schema, where they can mean one thing only.

    misfits(args, spec)        what a schema says against these arguments
    fit_arguments(args, spec)  arguments that fit better, with the steps that led there

Every step changes the form and keeps what was said: text that was to be arguments is read,
a wrapper opened, a name spelled as the tool spells it, a value written in the declared type or
as the choice that it is. Only what is empty is left out: a tool answers a call without an
argument that it did not know, but not the question that was asked. What a schema does not
speak against is never changed, and where the parameters were inferred from calls (no digest)
only the spelling of names counts. Calls that destroy something or reach others get another
form and nothing else: no name is guessed for them, and an empty list, which may mean
none where its absence means all, stays.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failonce.language import lenient
from failonce.language.casting import as_choice, as_typed, is_choice, is_empty, is_typed
from failonce.language.reading import effects
from failonce.language.sentence import plain_name
from failonce.language.tool_names import letters, own_words, slip, words
from failonce.language.turning import turned
from failonce.model import Args, Json, Parameter, ToolSpec

MOST: Final = 64
"""Arguments of one call that are looked at; a call with more is left alone."""

WRAPPERS: Final = frozenset(
    {"arguments", "args", "kwargs", "input", "parameters", "params", "tool_input"}
)
"""What arguments are wrapped in by mistake."""
_NAMES: Final = frozenset({"name", "tool", "tool_name", "function"})
"""What stands beside such a wrapper: the tool's own name."""
_ABBREVIATED: Final = 3
"""Letters that the beginning of a word must have to stand for it."""


class Misfit(StrEnum):
    """What a schema says against arguments."""

    UNDECODED = "undecoded"
    MISSING = "missing"
    UNKNOWN = "unknown"
    TYPE = "type"
    CHOICE = "choice"


class Repair(StrEnum):
    """What one step does."""

    DECODE = "decode"
    UNWRAP = "unwrap"
    RENAME = "rename"
    CAST = "cast"
    CHOOSE = "choose"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitStep:
    """One step, on one argument; `to` is the new name, the type or the choice."""

    repair: Repair
    argument: str = ""
    to: str = ""

    def __str__(self) -> str:
        """In a reader's words."""
        match self.repair:
            case Repair.DECODE:
                return "read the arguments from the text that was sent"
            case Repair.UNWRAP:
                return f"take the arguments out of `{self.argument}`"
            case Repair.RENAME:
                return f"rename `{self.argument}` to `{self.to}`"
            case Repair.CAST:
                return f"write `{self.argument}` as {self.to}"
            case Repair.CHOOSE:
                return f"write `{self.argument}` as the choice {self.to}"
            case Repair.LEAVE_OUT:
                return f"leave out `{self.argument}`, which is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Arguments that fit better, and the steps that led there; at least one."""

    args: Args
    steps: tuple[FitStep, ...]

    def __str__(self) -> str:
        """The steps in words, joined by `then`."""
        return ", then ".join(map(str, self.steps))


def misfits(
    args: Args | None, spec: ToolSpec, *, refused: bool = False
) -> tuple[tuple[Misfit, str], ...]:
    """What the schema says against these arguments, in order; empty where they fit.

    An argument that the tool does not name is held against a call where the schema is
    closed, and else only where it is plainly another spelling of a free parameter or a
    wrapper around parameters. Null for what is not required is taken for nothing given, as
    most tools take it. With `refused`, where the tool turned these arguments down, every
    argument that it does not name and every null that it does not declare counts.
    """
    if args is None:
        return ((Misfit.UNDECODED, ""),)
    return tuple(_misfits(args, spec, refused))


def _misfits(args: Args, spec: ToolSpec, refused: bool) -> Iterator[tuple[Misfit, str]]:
    declared = bool(spec.digest)
    names = {p.name for p in spec.parameters}
    for p in spec.parameters:
        if p.name not in args:
            if p.required and declared:
                yield Misfit.MISSING, p.name
        elif args[p.name] is None and not p.required and not refused:
            continue
        elif declared and not is_typed(args[p.name], p.types):
            yield Misfit.TYPE, p.name
        elif declared and p.choices and not is_choice(args[p.name], p.choices):
            yield Misfit.CHOICE, p.name
    free = {letters(p.name) for p in spec.parameters if p.name not in args}
    for name, value in args.items():
        if name in names:
            continue
        spelled = letters(name) in free and bool(letters(name))
        if (declared and (spec.closed or refused)) or spelled or _wrapped(name, value, names):
            yield Misfit.UNKNOWN, name


def _wrapped(name: str, value: Json, names: set[str]) -> bool:
    """Whether an unknown argument is a wrapper around known ones."""
    if name not in WRAPPERS:
        return False
    inner = _object(value)
    return bool(inner) and inner is not None and inner.keys() <= names


def fit_arguments(
    args: Args | None, spec: ToolSpec, *, raw: str = "", refused: bool = False
) -> Fitted | None:
    """Arguments that fit the schema better than these, or None.

    `raw` is what was sent where `args` could not be decoded, at most 64 KB. What is read
    from it must fit without a rest. `refused` is as for `misfits`. A fitted call is not
    fitted again, and a call that fits is not changed. Deterministic; time is linear in the
    text and quadratic in the names.
    """
    steps: list[FitStep] = []
    if args is None:
        args = _read(raw) if not effects(spec) or _whole(raw) else None
        if args is None:
            return None
        steps.append(FitStep(repair=Repair.DECODE))
    if len(args) > MOST:
        return None
    now = dict(args)
    while True:
        found = _improved(now, spec, refused)
        if found is None:
            break
        now, new = found
        steps += new
    if not steps or (steps[0].repair is Repair.DECODE and not _understood(now, spec)):
        return None
    return Fitted(args=now, steps=tuple(steps))


def _read(raw: str) -> dict[str, Json] | None:
    try:
        value = lenient.decoded(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _whole(raw: str) -> bool:
    """Whether a text is JSON as it stands, with nothing for us to guess at its end."""
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _understood(args: Args, spec: ToolSpec) -> bool:
    """Whether arguments read from broken text are certainly the tool's: nothing odd is left."""
    names = {p.name for p in spec.parameters}
    return not misfits(args, spec) and args.keys() <= names


_Change = tuple[dict[str, Json], list[FitStep]]


def _improved(args: dict[str, Json], spec: ToolSpec, refused: bool) -> _Change | None:
    """The first change that leaves fewer misfits."""
    count = sum(1 for _ in _misfits(args, spec, refused))
    if not count:
        return None
    for change in _changes(args, spec, refused):
        if sum(1 for _ in _misfits(change[0], spec, refused)) < count:
            return change
    return None


def _changes(args: dict[str, Json], spec: ToolSpec, refused: bool) -> Iterator[_Change]:
    guess = not effects(spec)
    yield from _unwraps(args, spec)
    for name, to in _renames(args, spec, refused, guess=guess):
        p = spec.parameter(to)
        if p is None or not plain_name(to):
            continue
        value, steps = _valued(args[name], p, spec)
        renamed = {to if key == name else key: args[key] for key in args}
        renamed[to] = value
        yield renamed, [FitStep(repair=Repair.RENAME, argument=name, to=to), *steps]
    for p in spec.parameters:
        if p.name not in args or not spec.digest:
            continue
        value, steps = _valued(args[p.name], p, spec)
        if steps:
            yield args | {p.name: value}, steps
        elif value is None and not p.required:
            yield _without(args, p.name)
    for name, value in args.items():
        if spec.parameter(name) is None and (value is None or (guess and is_empty(value))):
            yield _without(args, name)


def _without(args: Mapping[str, Json], name: str) -> _Change:
    left = {key: value for key, value in args.items() if key != name}
    return left, [FitStep(repair=Repair.LEAVE_OUT, argument=name)]


# ------------------------------------------------------------------ wrappers


def _unwraps(args: dict[str, Json], spec: ToolSpec) -> Iterator[_Change]:
    """The arguments out of a wrapper beside which stands nothing but the tool's name."""
    for name, value in args.items():
        inner = _object(value) if name in WRAPPERS else None
        if inner is None or spec.parameter(name) is not None:
            continue
        beside = {key: value for key, value in args.items() if key != name}
        if all(is_empty(v) or _names_it(k, v, spec) for k, v in beside.items()):
            yield dict(inner), [FitStep(repair=Repair.UNWRAP, argument=name)]


def _names_it(key: str, value: Json, spec: ToolSpec) -> bool:
    return key in _NAMES and isinstance(value, str) and own_words(value) == own_words(spec.name)


def _object(value: Json) -> Mapping[str, Json] | None:
    if isinstance(value, Mapping):
        return value
    return _read(value) if isinstance(value, str) and value.lstrip()[:1] == "{" else None


# --------------------------------------------------------------------- names


def _renames(
    args: Args, spec: ToolSpec, refused: bool, *, guess: bool
) -> Iterator[tuple[str, str]]:
    """Unknown argument → the one free parameter that it names, the surest first."""
    unknown = [name for name in args if spec.parameter(name) is None]
    free = [p.name for p in spec.parameters if p.name not in args]
    yield from _pairs(unknown, free, lambda a, b: bool(letters(a)) and letters(a) == letters(b))
    if not spec.digest or not guess:
        return
    missing = [p.name for p in spec.parameters if p.required and p.name in free]
    wanted = free if spec.closed or refused else missing
    yield from _pairs(unknown, wanted, slip)
    pair = (*unknown, *missing)
    if len(unknown) == len(missing) == 1 and _shares_words(*pair) and not turned(*pair):
        yield unknown[0], missing[0]


def _pairs(
    unknown: Sequence[str], free: Sequence[str], alike: Callable[[str, str], bool]
) -> Iterator[tuple[str, str]]:
    """Names of which each is like the other and like no third."""
    for name in unknown:
        near = [p for p in free if alike(name, p)]
        if len(near) == 1 and sum(alike(other, near[0]) for other in unknown) == 1:
            yield name, near[0]


def _shares_words(one: str, other: str) -> bool:
    """Whether all words of one stand in the other, also abbreviated: `dir`, `directory_name`."""
    fewer, more = sorted((words(one), words(other)), key=len)
    return bool(fewer) and all(any(_stands_for(a, b) for b in more) for a in fewer)


def _stands_for(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return a == b or (len(short) >= _ABBREVIATED and short.isalpha() and long.startswith(short))


# -------------------------------------------------------------------- values


def _valued(value: Json, p: Parameter, spec: ToolSpec) -> tuple[Json, list[FitStep]]:
    """The value as the parameter takes it, with the steps; as it is where there is no way."""
    steps: list[FitStep] = []
    now = value
    if not spec.digest:
        return value, steps
    if not is_typed(now, p.types):
        cast = as_typed(now, p.types)
        if cast is None:
            chosen = as_choice(now, p.choices)
            if chosen is None:
                return value, []
            now = chosen
            steps = [_choosing(p.name, chosen)]
        else:
            now, kind = cast
            steps = [FitStep(repair=Repair.CAST, argument=p.name, to=kind)]
    if p.choices and not is_choice(now, p.choices):
        chosen = as_choice(now, p.choices)
        if chosen is None:
            return value, []
        now = chosen
        steps.append(_choosing(p.name, chosen))
    return now, steps


def _choosing(name: str, choice: Json) -> FitStep:
    return FitStep(repair=Repair.CHOOSE, argument=name, to=f"`{choice}`")

"""Where a value in an inserted call comes from: the call, its error, or what a look brought.

An expression reads and combines; it never invents a value other than a literal that stands
in the lesson for a reader to see. `{argument: path, then: [basename]}` is data in a lesson's
body and `the basename of path` on its card.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from failonce.errors import BadInput
from failonce.language.plain import plain
from failonce.language.suggestion import suggested
from failonce.language.transform import PLAIN, NotApplicable, Op
from failonce.model import Args, Json

MAX_DATA = 65_536
"""Characters of an answer that are read as data; a longer one is a text."""
MAX_ITEMS = 1_000
"""Items of a list that are looked through; of a longer one nothing is said."""
LARGEST = 2**53
"""Largest number that is reckoned with: beyond it programs disagree about whole numbers."""


class Source(StrEnum):
    """Where an expression begins. The order is the order of preference when several explain."""

    ARGUMENT = "argument"
    BLAMED = "blamed"
    RESULT = "result"
    ERROR_LIST = "error_list"
    VALUE = "value"
    ITEM = "item"


class Function(StrEnum):
    """What is made of a value; the names of `transform.Op` without a text are allowed too."""

    FOLDERS = "folders"
    """The names of the folders of a path, in order: `./a/b/c.txt` → `[a, b]`."""
    FOLDER = "folder"
    """A path without its last part: `a/b/c.txt` → `a/b`."""
    PARTS = "parts"
    """All names of a path, in order: `a/b` → `[a, b]`."""
    NAMED = "named"
    """Of a list of paths those that end in the name of the blamed argument, to the letter."""
    ONLY = "only"
    """The item of a list that has one item alone: a look that brought two tells nothing."""
    COUNT = "count"
    SUGGESTED = "suggested"
    """A text with its name as the error suggests it: `a/conf.yml` → `a/conf.yaml`."""


NEEDS_ERROR: Final = frozenset({str(Function.SUGGESTED)})
"""Functions that read the error itself."""


class Combine(StrEnum):
    """How two values become one."""

    MINUS = "minus"
    PLUS = "plus"
    PATH = "path"


_SIGNS: Final = {Combine.MINUS: "-", Combine.PLUS: "+", Combine.PATH: "/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A value read from its source, and what is made of it.

    `name` is an argument or a look; `path` leads into what it brought; `value` is the
    literal of `Source.VALUE`.
    """

    source: Source
    name: str = ""
    path: tuple[str, ...] = ()
    value: Json = None
    then: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In a reader's words."""
        match self.source:
            case Source.ARGUMENT:
                words = f"`{self.name}`"
            case Source.BLAMED:
                words = "the argument that the error names"
            case Source.ERROR_LIST:
                words = "the list that the error ends in"
            case Source.RESULT:
                words = ".".join((self.name, *self.path))
            case Source.ITEM:
                words = "each"
            case Source.VALUE:
                words = json.dumps(self.value)
        for function in self.then:
            if function == Function.SUGGESTED:
                words = f"{words} with the name that the error suggests"
            else:
                words = f"the {function.replace('_', ' ')} of {words}"
        return words

    def _key(self) -> tuple[object, ...]:
        # by its text, for to a lesson `1`, `1.0` and `true` are three values
        return self.source, self.name, self.path, repr(self.value), self.then

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Read) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Two values combined: `50 - level.fuelLevel`."""

    how: Combine
    left: Read
    right: Read

    def __str__(self) -> str:
        """In a reader's words."""
        return f"{self.left} {_SIGNS[self.how]} {self.right}"


Expression: TypeAlias = Read | Combined


def literal(value: Json) -> Read:
    """The expression of a value that is always the same."""
    return Read(source=Source.VALUE, value=value)


def argument(name: str, *then: str) -> Read:
    """The expression of one of the call's own arguments."""
    return Read(source=Source.ARGUMENT, name=name, then=then)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression can see: the call's arguments, its error, and what looks brought."""

    args: Args
    blamed: str = ""
    error: str = ""
    results: Mapping[str, Json] = field(default_factory=dict)
    item: Json = None


def evaluate(expression: Expression, scope: Scope) -> Json:
    """The value of an expression; raises `NotApplicable` where it has none here."""
    if isinstance(expression, Combined):
        left, right = evaluate(expression.left, scope), evaluate(expression.right, scope)
        return _combine(expression.how, left, right)
    value = _begin(expression, scope)
    for function in expression.then:
        if function == Function.NAMED:
            value = _named(value, scope)
        elif function == Function.SUGGESTED:
            value = suggested(_text(value), scope.error)
        else:
            value = FUNCTIONS[function](value)
    return value


def _named(value: Json, scope: Scope) -> Json:
    """Paths that end in the name that the call asked for; a search may bring longer ones."""
    asked = scope.args.get(scope.blamed)
    if not isinstance(asked, str) or isinstance(value, str) or not isinstance(value, Sequence):
        raise NotApplicable
    name = asked.rstrip("/").rsplit("/", 1)[-1]
    return [v for v in value[:MAX_ITEMS] if isinstance(v, str) and v.rsplit("/", 1)[-1] == name]


def _begin(e: Read, scope: Scope) -> Json:
    match e.source:
        case Source.VALUE:
            return _own(e.value)
        case Source.ARGUMENT | Source.BLAMED:
            name = e.name or scope.blamed
            if not name or name not in scope.args:
                raise NotApplicable
            return scope.args[name]
        case Source.ERROR_LIST:
            return error_list(scope.error)
        case Source.ITEM:
            return scope.item
        case Source.RESULT:
            if e.name not in scope.results:
                raise NotApplicable
            return inside(scope.results[e.name], e.path)


def _own(value: Json) -> Json:
    """A copy: whoever runs a call may change its arguments, and a lesson must not change."""
    if isinstance(value, Mapping):
        return {name: _own(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_own(item) for item in value]
    return value


def inside(value: Json, path: Sequence[str]) -> Json:
    """The value at a path of keys; raises `NotApplicable` where it is not there."""
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            raise NotApplicable
        value = value[key]
    return value


def data(text: str) -> Json:
    """What an answer says: JSON, or a list or mapping as Python prints it, else its text."""
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_DATA:
        return text
    for first, read in _READERS:
        if stripped[0] in first:
            try:
                return plain(read(stripped))
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return text


_LITERALS: Final = re.compile(
    r"""(?: [\s\[\]{}(),:]++ | (?:True|False|None)\b
        | -?[0-9]{1,400}+(?:\.[0-9]{0,400}+)?(?:e[+-]?[0-9]{1,3})?(?![\w.])
        | '(?:[^'\\]|\\[\\'"nrtxuU])*+' | "(?:[^"\\]|\\[\\'"nrtxuU])*+" )*+""",
    re.VERBOSE,
)
"""What Python prints of plain values, and nothing else that its parser would look into."""


def _printed(text: str) -> object:
    if _LITERALS.fullmatch(text) is None:
        raise ValueError("not the text of a value")
    return ast.literal_eval(text)


_READERS: Final[tuple[tuple[str, Callable[[str], object]], ...]] = (
    ('{["-0123456789tfn', json.loads),
    ("{[", _printed),
)
"""How data is read, by the character that it begins with."""


def told(message: str) -> str:
    """The sentence inside an error that is wrapped in JSON; the text itself otherwise."""
    value = data(message)
    for key in ("error", "message", "detail"):
        if isinstance(value, Mapping) and isinstance(said := value.get(key), str):
            return said
    return message


def error_list(message: str) -> Json:
    """The comma-separated names after an error's last colon."""
    _, colon, tail = told(message).rpartition(": ")
    names = [part.strip(" .'\"") for part in tail.split(",")]
    if not colon or not all(names) or any(" " in name for name in names):
        raise NotApplicable
    return names


def _text(value: Json) -> str:
    if not isinstance(value, str) or not value:
        raise NotApplicable
    return value


def _parts(value: Json) -> list[str]:
    """The names of a path that leads down; one that climbs or begins elsewhere is refused."""
    parts = [part for part in _text(value).split("/") if part not in ("", ".")]
    if ".." in parts or _text(value).startswith(("/", "~")):
        raise NotApplicable
    return parts


def _folders(value: Json) -> list[Json]:
    return list(_parts(value)[:-1])


def _folder(value: Json) -> str:
    folder, slash, _ = _text(value).rstrip("/").rpartition("/")
    if not slash or not _parts(folder):
        raise NotApplicable
    return folder


def _only(value: Json) -> Json:
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 1:
        raise NotApplicable
    return value[0]


def count(value: Json) -> int:
    """How many things a list or a mapping holds; raises `NotApplicable` for anything else."""
    if isinstance(value, str) or not isinstance(value, Sequence | Mapping):
        raise NotApplicable
    return len(value)


FUNCTIONS: Final[Mapping[str, Callable[[Json], Json]]] = {
    **{str(op): function for op, function in PLAIN.items()},
    str(Function.FOLDERS): _folders,
    str(Function.FOLDER): _folder,
    str(Function.PARTS): lambda v: list(_parts(v)),
    str(Function.ONLY): _only,
    str(Function.COUNT): count,
}
"""Every function that an expression may name."""

INFORMATIVE: Final = frozenset(
    {str(Op.BASENAME), str(Function.FOLDERS), str(Function.FOLDER), str(Function.PARTS)}
)
"""Functions worth trying when a value is explained by a path."""


def number(value: Json) -> float:
    """A number that can be reckoned with; raises `NotApplicable` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotApplicable
    if not -LARGEST <= value <= LARGEST:  # nor is it NaN
        raise NotApplicable
    return value


def _combine(how: Combine, left: Json, right: Json) -> Json:
    match how:
        case Combine.MINUS:
            return _tidy(number(left) - number(right), left, right)
        case Combine.PLUS:
            return _tidy(number(left) + number(right), left, right)
        case Combine.PATH:
            return f"{_text(left).rstrip('/')}/{_text(right).lstrip('/')}"


def _tidy(result: float, left: Json, right: Json) -> Json:
    """The result without the noise of binary fractions; whole where both were whole."""
    return result if isinstance(left, int) and isinstance(right, int) else round(result, 10)


# ------------------------------------------------------------------ as data


def dump(expression: Expression) -> dict[str, Json]:
    """The expression as plain data for a lesson's body."""
    if isinstance(expression, Combined):
        return {str(expression.how): [dump(expression.left), dump(expression.right)]}
    e = expression
    begin: dict[str, Json] = {
        Source.VALUE: {"value": e.value},
        Source.ARGUMENT: {"argument": e.name},
        Source.BLAMED: {"argument": {"blamed": True}},
        Source.ERROR_LIST: {"error": "list"},
        Source.ITEM: {"item": True},
        Source.RESULT: {"result": e.name, **({"path": list(e.path)} if e.path else {})},
    }[e.source]  # type: ignore[assignment]
    return begin | ({"then": list(e.then)} if e.then else {})


def load(given: Json) -> Expression:
    """The expression that `dump` wrote; raises `BadInput` on anything else."""
    if not isinstance(given, Mapping) or not given:
        raise BadInput("An expression is a mapping such as `{argument: path}` or `{value: 3}`.")
    if len(given) == 1 and (how := next(iter(given))) in tuple(Combine):
        return _load_combined(Combine(how), given[how])
    parts = dict(given)
    then = parts.pop("then", [])
    if isinstance(then, str) or not isinstance(then, Sequence):
        raise BadInput("`then` must be a list of functions.")
    known = (*FUNCTIONS, str(Function.NAMED), str(Function.SUGGESTED))
    unknown = [f for f in then if not isinstance(f, str) or f not in known]
    if unknown:
        raise BadInput(f"`{unknown[0]}` is not a function; one of: {', '.join(known)}.")
    return _load_read(parts, tuple(str(f) for f in then))


def _load_combined(how: Combine, pair: Json) -> Combined:
    if isinstance(pair, str) or not isinstance(pair, Sequence):
        raise BadInput(f"`{how}` takes a list of two expressions.")
    read = [load(one) for one in pair]
    if len(read) != 2 or not isinstance(read[0], Read) or not isinstance(read[1], Read):
        raise BadInput(f"`{how}` takes a list of two plain expressions.")
    return Combined(how=how, left=read[0], right=read[1])


def _load_read(parts: Mapping[str, Json], then: tuple[str, ...]) -> Read:
    match dict(parts):
        case {"value": value, **rest} if not rest:
            return Read(source=Source.VALUE, value=value, then=then)
        case {"argument": str(name), **rest} if not rest and name:
            return Read(source=Source.ARGUMENT, name=name, then=then)
        case {"argument": {"blamed": True, **more}, **rest} if not (rest or more):
            return Read(source=Source.BLAMED, then=then)
        case {"error": "list", **rest} if not rest:
            return Read(source=Source.ERROR_LIST, then=then)
        case {"item": True, **rest} if not rest:
            return Read(source=Source.ITEM, then=then)
        case {"result": str(name), **rest} if not set(rest) - {"path"}:
            path = rest.get("path", [])
            keys = () if isinstance(path, str) or not isinstance(path, Sequence) else tuple(path)
            named = tuple(key for key in keys if isinstance(key, str))
            if named != keys or ("path" in rest and not named):
                raise BadInput("`path` must be a list of keys.")
            return Read(source=Source.RESULT, name=name, path=named, then=then)
    raise BadInput(f"This is not an expression: {json.dumps(dict(parts), default=str)[:120]}")

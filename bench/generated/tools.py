"""Tools with parameters, values for them, and the ways in which calls of them go wrong."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from failonce.language.predicate import Condition, Shape, Test
from failonce.model import Args, Category, Json, Parameter, ToolSpec
from generated.shapes import Shapes

SERVERS = (
    "", "", "", "mcp__files__", "mcp__tracker__", "mcp__calendar__", "mcp__billing__",
)  # fmt: skip
VERBS = (
    "read", "write", "list", "find", "create", "update", "delete", "move", "run", "render",
    "export", "assign", "comment", "archive", "merge", "query", "upload", "schedule",
)  # fmt: skip
THINGS = (
    "file", "folder", "issue", "page", "table", "event", "invoice", "report", "branch", "job",
    "record", "note", "contact", "image", "dataset", "order",
)  # fmt: skip
NAMES = (
    "path", "query", "content", "target", "title", "owner", "format", "body", "since", "until",
    "limit", "offset", "depth", "count", "page", "timeout", "recursive", "force", "dry_run",
    "labels", "fields", "ids", "source", "comment", "branch", "url", "day", "key",
)  # fmt: skip
ALIASES = (
    "file", "file_path", "filename", "q", "text", "value", "data", "dest", "user", "kind", "type",
    "message", "start", "end", "max", "skip", "size", "number", "n", "seconds", "all", "overwrite",
    "tags", "columns", "items", "origin", "note", "ref", "link", "date", "id", "name",
)  # fmt: skip
PROSE = (
    "the report of last week says that orders from two regions were counted twice so please look "
    "at every row again and write down which of them differ before you close the issue then run "
    "the job once more with the smaller table and tell the owner what changed since the release"
)
WORDS = PROSE.split()
CORE = 60
"""Characters of an error's first line, about; what stands below it is as long whatever that says,
so that one thing that goes wrong is one class."""


class Value(StrEnum):
    """What a parameter takes."""

    PATH = "path"
    SENTENCE = "sentence"
    CODE = "code"
    URL = "url"
    DAY = "day"
    KEY = "key"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    LIST = "list"


TEXTS = (Value.PATH,) * 4 + (Value.SENTENCE,) * 3 + (Value.CODE, Value.CODE) + (
    Value.URL, Value.DAY, Value.KEY
)  # fmt: skip
TYPES = {Value.INTEGER: "integer", Value.BOOLEAN: "boolean", Value.LIST: "array"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A parameter of a generated tool."""

    name: str
    takes: Value
    required: bool


class Wrong(StrEnum):
    """How a call of a generated tool goes wrong."""

    ALIAS = "alias"
    """An argument has another name."""
    TYPE = "type"
    """An argument is given as text."""
    SHAPE = "shape"
    """A text is not written as the tool wants it."""
    MISSING = "missing"
    """A required argument is not given."""
    BUSY = "busy"
    """Nothing is wrong with it; it works a little later."""
    ABSENT = "absent"
    """What it names does not exist; nothing in its form tells."""


SHAPED: Mapping[Value, Sequence[Shape]] = {
    Value.PATH: (Shape.HOME_PATH, Shape.QUOTED, Shape.PADDED, Shape.URL),
    Value.SENTENCE: (Shape.QUOTED, Shape.PADDED, Shape.JSON_TEXT, Shape.UPPER),
    Value.CODE: (Shape.JSON_TEXT, Shape.QUOTED),
    Value.URL: (Shape.PADDED, Shape.QUOTED, Shape.ABSOLUTE_PATH),
    Value.DAY: (Shape.SLASH_DATE, Shape.ISO_TIME, Shape.PADDED),
    Value.KEY: (Shape.DIGITS, Shape.UPPER, Shape.QUOTED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One way in which calls of a tool go wrong: what is wrong with which argument."""

    wrong: Wrong
    slot: Slot
    alias: str = ""
    shape: Shape = Shape.EMPTY

    @property
    def tells(self) -> Condition | None:
        """What in the arguments tells that the call will fail, None where nothing does."""
        match self.wrong:
            case Wrong.ALIAS:
                return Condition(path=(self.alias,), test=Test.PRESENT)
            case Wrong.TYPE:
                return Condition(path=(self.slot.name,), test=Test.TYPE, operand="string")
            case Wrong.SHAPE:
                return Condition(path=(self.slot.name,), test=Test.SHAPE, operand=self.shape)
            case Wrong.MISSING:
                return Condition(path=(self.slot.name,), test=Test.ABSENT)
            case _:
                return None

    @property
    def category(self) -> Category:
        """What triage makes of it."""
        if self.wrong is Wrong.BUSY:
            return Category.TIMEOUT
        return Category.NOT_FOUND if self.wrong is Wrong.ABSENT else Category.INVALID_ARGS

    def spoil(self, args: dict[str, Json]) -> None:
        """Make the call go wrong."""
        name = self.slot.name
        match self.wrong:
            case Wrong.ALIAS:
                args[self.alias] = args.pop(name)
            case Wrong.TYPE:
                args[name] = str(args[name]).lower()
            case Wrong.SHAPE:
                args[name] = bent(str(args[name]), self.shape)
            case Wrong.MISSING:
                del args[name]
            case _:
                pass

    def message(self, args: Args) -> str:
        """What the tool says of it; short values are named."""
        name = self.slot.name
        given = str(args.get(name))
        value = f"'{given}'" if len(given) <= 120 else "this value"
        match self.wrong:
            case Wrong.ALIAS:
                return f"ValidationError: unexpected argument '{self.alias}', expected '{name}'"
            case Wrong.TYPE:
                return f"TypeError: {name} must be {self.slot.takes}, got {value}"
            case Wrong.SHAPE:
                return f"ValueError: cannot use {value} as {name} ({self.shape})"
            case Wrong.MISSING:
                return f"ValidationError: missing required argument '{name}'"
            case Wrong.BUSY:
                return f"TimeoutError: no answer after 30 s while reading {name}"
            case Wrong.ABSENT:
                return f"NotFoundError: {name} {value} does not exist"


def bent(text: str, shape: Shape) -> str:
    """The text in another shape than the tool wants."""
    match shape:
        case Shape.HOME_PATH:
            return "~" + text
        case Shape.QUOTED:
            return f'"{text}"'
        case Shape.PADDED:
            return text + "\n"
        case Shape.URL:
            return "https://" + text.lstrip("/")
        case Shape.JSON_TEXT:
            return '{"value": "' + text.replace('"', "'") + '"}'
        case Shape.UPPER:
            return text.upper()
        case Shape.ABSOLUTE_PATH:
            return "/" + text.replace("\n", " ")
        case Shape.SLASH_DATE:
            return text.replace("-", "/")
        case Shape.ISO_TIME:
            return text + "T09:00:00"
        case _:
            return "".join(c for c in text if c.isdigit()) or "7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A generated tool: its parameters, and how calls of it go wrong, the commonest first."""

    name: str
    slots: tuple[Slot, ...]
    defects: tuple[Defect, ...]

    @property
    def spec(self) -> ToolSpec:
        """The tool as it describes itself."""
        return ToolSpec(
            name=self.name,
            parameters=tuple(
                Parameter(name=s.name, types=(TYPES.get(s.takes, "string"),), required=s.required)
                for s in self.slots
            ),
            closed=False,
            read_only=self.name.rsplit("__", 1)[-1].startswith(("read", "list", "find", "query")),
            digest=f"schema of {self.name}",
        )


def zipf(count: int, exponent: float = 1.2) -> list[float]:
    """Shares of so many things, the n-th as common as 1 / n ** exponent; 200 by 1.1: 22 %."""
    weights = [1 / (n + 1) ** exponent for n in range(count)]
    return [w / sum(weights) for w in weights]


def tools(count: int, shapes: Shapes, seed: int) -> list[Tool]:
    """So many tools, the most used first; the more a tool is used, the more goes wrong with it."""
    r = random.Random(seed)
    named = [f"{v}_{t}" for v in VERBS for t in THINGS]
    return [
        _tool(r, r.choice(SERVERS) + name, max(3, 60 // (n + 1)), shapes)
        for n, name in enumerate(r.sample(named, count))
    ]


def _tool(r: random.Random, name: str, ways: int, shapes: Shapes) -> Tool:
    (size,) = r.choices(range(len(shapes.arguments)), shapes.arguments)
    names = r.sample(NAMES, max(size, 1) if ways < 20 else max(size, 4))
    slots = tuple(
        Slot(name=n, takes=_takes(r, shapes), required=i == 0 or r.random() < 0.6)
        for i, n in enumerate(names)
    )
    drawn = (defect(r, slots) for _ in range(ways))
    return Tool(name=name, slots=slots, defects=tuple(dict.fromkeys(drawn)))


def _takes(r: random.Random, shapes: Shapes) -> Value:
    (kind,) = r.choices(range(4), shapes.types)
    return (r.choice(TEXTS), Value.INTEGER, Value.BOOLEAN, Value.LIST)[kind]


def defect(r: random.Random, slots: Sequence[Slot]) -> Defect:
    """A way in which calls with these parameters may go wrong."""
    slot = r.choice(slots)
    (wrong,) = r.choices(list(Wrong), (30, 10, 20, 10, 15, 15))
    if wrong is Wrong.SHAPE and slot.takes not in SHAPED:
        wrong = Wrong.TYPE
    if wrong is Wrong.TYPE and slot.takes in SHAPED:
        wrong = Wrong.SHAPE
    if wrong is Wrong.MISSING and not slot.required:
        wrong = Wrong.ABSENT
    return Defect(
        wrong=wrong,
        slot=slot,
        alias=r.choice(ALIASES) if wrong is Wrong.ALIAS else "",
        shape=r.choice(SHAPED[slot.takes]) if wrong is Wrong.SHAPE else Shape.EMPTY,
    )


class Values:
    """Draws values for parameters; texts are cut out of a long one."""

    def __init__(self, draws: random.Random, shapes: Shapes) -> None:
        self._r = draws
        self._shapes = shapes
        r = random.Random(0)  # the same prose for calls and for lessons
        self._prose = " ".join(r.choice(WORDS) for _ in range(4_000))
        self._lines = "\n".join(
            "    " * r.randrange(4) + " ".join(r.choice(WORDS) for _ in range(r.randrange(1, 9)))
            for _ in range(3_000)
        )

    def text(self, size: int, *, lines: bool = False) -> str:
        """So many characters of prose, or of lines."""
        source = self._lines if lines else self._prose
        start = self._r.randrange(max(1, len(source) - size))
        return source[start : start + size]

    def answer(self) -> str:
        """What a call that worked came back with."""
        return self.text(self._shapes.answer.draw(self._r), lines=True)

    def message(self, tool: Tool, wrong: Defect, args: Args) -> str:
        """What a call that failed came back with: its error, and what always stands below it."""
        core = wrong.message(args)
        r = random.Random(f"{tool.name} {wrong}")
        rest = max(0, self._shapes.message.draw(r) - CORE)
        start = r.randrange(1_000)
        return f"{core}\n{self._lines[start : start + rest]}".rstrip()

    def value(self, slot: Slot) -> Json:
        """A value that the parameter takes."""
        r = self._r
        match slot.takes:
            case Value.INTEGER:
                return r.randrange(500)
            case Value.BOOLEAN:
                return r.random() < 0.5
            case Value.LIST:
                return [r.choice(WORDS) for _ in range(r.randrange(1, 4))]
            case Value.DAY:
                return f"2026-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}"
            case Value.KEY:
                return f"item-{r.randrange(5_000)}"
        size = max(4, self._shapes.text.draw(r))
        match slot.takes:
            case Value.PATH:
                return "/srv/" + self.text(min(size, 90)).strip().replace(" ", "/") + ".txt"
            case Value.URL:
                return "https://host.example/" + self.text(min(size, 90)).strip().replace(" ", "-")
            case Value.CODE:
                return self.text(size, lines=True)
            case _:
                return self.text(size).strip()

    def args(self, tool: Tool) -> dict[str, Json]:
        """Arguments that the tool takes."""
        r = self._r
        return {s.name: self.value(s) for s in tool.slots if s.required or r.random() < 0.4}

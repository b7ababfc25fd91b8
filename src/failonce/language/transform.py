"""How arguments are repaired: a short program of named steps.

A step reads and writes whole arguments and never invents a value: what it writes is a
function of what the caller gave. `language.induction` learns programs from examples.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from failonce.errors import BadInput
from failonce.language.plain import plain
from failonce.model import Args, Json


class Op(StrEnum):
    """What a step does. The order is the order of preference when several explain."""

    RENAME = "rename"
    DROP = "drop"
    TO_INTEGER = "to_integer"
    TO_NUMBER = "to_number"
    TO_BOOLEAN = "to_boolean"
    TO_STRING = "to_string"
    PARSE_JSON = "parse_json"
    TO_JSON = "to_json"
    WRAP_LIST = "wrap_list"
    UNWRAP_LIST = "unwrap_list"
    SPLIT_COMMAS = "split_commas"
    JOIN_COMMAS = "join_commas"
    STRIP = "strip"
    UNQUOTE = "unquote"
    LOWER = "lower"
    UPPER = "upper"
    BASENAME = "basename"
    DATE_PART = "date_part"
    ISO_DATE = "iso_date"
    STRIP_PREFIX = "strip_prefix"
    ADD_PREFIX = "add_prefix"
    STRIP_SUFFIX = "strip_suffix"
    ADD_SUFFIX = "add_suffix"


LOSSLESS = frozenset(
    {
        Op.RENAME,
        Op.TO_INTEGER,
        Op.TO_NUMBER,
        Op.TO_BOOLEAN,
        Op.TO_STRING,
        Op.PARSE_JSON,
        Op.TO_JSON,
        Op.WRAP_LIST,
        Op.UNWRAP_LIST,
        Op.SPLIT_COMMAS,
        Op.JOIN_COMMAS,
        Op.STRIP,
        Op.UNQUOTE,
    }
)
"""Operations after which the call still asks for the very same thing."""


LITERAL = (Op.STRIP_PREFIX, Op.ADD_PREFIX, Op.STRIP_SUFFIX, Op.ADD_SUFFIX)
"""Operations that write or take away a text of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on one argument; `text` is a new name, a prefix or a suffix."""

    op: Op
    argument: str
    text: str = ""

    def __str__(self) -> str:
        """In a reader's words: `rename path to file_path`."""
        match self.op:
            case Op.RENAME:
                return f"rename `{self.argument}` to `{self.text}`"
            case Op.DROP:
                return f"leave out `{self.argument}`"
            case _ if self.text:
                return f"{self.op.replace('_', ' ')} {self.text!r} of `{self.argument}`"
            case _:
                return f"{self.op.replace('_', ' ')}: `{self.argument}`"


class NotApplicable(Exception):
    """This value is not one that the operation can take."""


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise NotApplicable
    return value


def _changed(before: str, after: str) -> str:
    if before == after:
        raise NotApplicable
    return after


def _number(value: Json) -> float:
    try:
        number = float(_text(value))
    except ValueError:
        raise NotApplicable from None
    if not isfinite(number):
        raise NotApplicable
    return number


def _integer(value: Json) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = _text(value).strip()
    if not text.isascii() or not text.lstrip("+-").isdigit() or len(text) > 18:
        raise NotApplicable
    try:
        return int(text)
    except ValueError:  # two signs
        raise NotApplicable from None


def _boolean(value: Json) -> bool:
    words = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
    if isinstance(value, int) and not isinstance(value, bool) and value in (0, 1):
        return bool(value)
    try:
        return words[_text(value).strip().lower()]
    except KeyError:
        raise NotApplicable from None


def _string(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise NotApplicable


def _parse(value: Json) -> Json:
    text = _text(value).strip()
    if text[:1] not in ("{", "["):
        raise NotApplicable
    try:
        return plain(json.loads(text))
    except (ValueError, RecursionError):
        raise NotApplicable from None


def _serialise(value: Json) -> str:
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
        raise NotApplicable
    return json.dumps(value)


def _wrap(value: Json) -> Json:
    if isinstance(value, Sequence) and not isinstance(value, str):
        raise NotApplicable
    return [value]


def _items(value: Json) -> Sequence[Json]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise NotApplicable
    return value


def _unwrap(value: Json) -> Json:
    items = _items(value)
    if len(items) != 1:
        raise NotApplicable
    return items[0]


def _split(value: Json) -> Json:
    text = _text(value)
    if not text.strip() or "\n" in text:
        raise NotApplicable
    return [part.strip() for part in text.split(",")]


def _join(value: Json) -> str:
    return ",".join(_text(item) for item in _items(value))


def _unquote(value: Json) -> str:
    text = _text(value)
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "\"'`":
        raise NotApplicable
    return text[1:-1]


def _basename(value: Json) -> str:
    text = _text(value).rstrip("/")
    return _changed(_text(value), text.rsplit("/", 1)[-1])


def _date_part(value: Json) -> str:
    text = _text(value)
    if len(text) < 12 or text[4:5] != "-" or text[10:11] not in ("T", " "):
        raise NotApplicable
    return text[:10]


def _iso_date(value: Json) -> str:
    """`2026/3/5` → `2026-03-05`. Day-first and month-first dates are never guessed."""
    parts = _text(value).replace(".", "/").split("/")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts):
        raise NotApplicable
    if len(parts[0]) != 4 or max(len(parts[1]), len(parts[2])) > 2:
        raise NotApplicable
    return f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}"


PLAIN: dict[Op, Callable[[Json], Json]] = {
    Op.TO_INTEGER: _integer,
    Op.TO_NUMBER: _number,
    Op.TO_BOOLEAN: _boolean,
    Op.TO_STRING: _string,
    Op.PARSE_JSON: _parse,
    Op.TO_JSON: _serialise,
    Op.WRAP_LIST: _wrap,
    Op.UNWRAP_LIST: _unwrap,
    Op.SPLIT_COMMAS: _split,
    Op.JOIN_COMMAS: _join,
    Op.STRIP: lambda v: _changed(_text(v), _text(v).strip()),
    Op.UNQUOTE: _unquote,
    Op.LOWER: lambda v: _changed(_text(v), _text(v).lower()),
    Op.UPPER: lambda v: _changed(_text(v), _text(v).upper()),
    Op.BASENAME: _basename,
    Op.DATE_PART: _date_part,
    Op.ISO_DATE: _iso_date,
}
"""Operations on a value that need no text."""


def _with_text(op: Op, value: Json, text: str) -> Json:
    given = _text(value)
    match op:
        case Op.STRIP_PREFIX if given.startswith(text) and given != text:
            return given[len(text) :]
        case Op.STRIP_SUFFIX if given.endswith(text) and given != text:
            return given[: -len(text)]
        case Op.ADD_PREFIX if not given.startswith(text):
            return text + given
        case Op.ADD_SUFFIX if not given.endswith(text):
            return given + text
        case _:
            raise NotApplicable


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """Steps in order. Applying it is all or nothing."""

    steps: tuple[Step, ...]

    def apply(self, args: Args) -> dict[str, Json] | None:
        """The repaired arguments, or None where a step does not fit these."""
        out = dict(args)
        try:
            for step in self.steps:
                _apply(step, out)
        except NotApplicable:
            return None
        return out

    @property
    def touched(self) -> frozenset[str]:
        """Names of the arguments that it reads or writes."""
        renamed = {s.text for s in self.steps if s.op is Op.RENAME}
        return frozenset({s.argument for s in self.steps} | renamed)

    @property
    def keeps_information(self) -> bool:
        """True where every step changes the form of a value only, never what it says."""
        return all(s.op in LOSSLESS for s in self.steps)

    @property
    def literals(self) -> tuple[str, ...]:
        """Texts that it writes or takes away, other than names of arguments."""
        return tuple(repr(s.text) for s in self.steps if s.op in LITERAL)

    def __str__(self) -> str:
        """The steps in words, joined by `then`."""
        return ", then ".join(map(str, self.steps))


def _apply(step: Step, out: dict[str, Json]) -> None:
    if step.argument not in out:
        raise NotApplicable
    if step.op is Op.RENAME:
        if step.text in out:
            raise NotApplicable
        out[step.text] = out.pop(step.argument)
    elif step.op is Op.DROP:
        del out[step.argument]
    elif step.op in PLAIN:
        out[step.argument] = PLAIN[step.op](out[step.argument])
    else:
        out[step.argument] = _with_text(step.op, out[step.argument], step.text)


# ------------------------------------------------------------------ as data


def dump(transform: Transform) -> list[Json]:
    """The steps as plain data for a lesson's body."""
    keys = {Op.RENAME: "to"}
    return [
        {"op": str(s.op), "argument": s.argument}
        | ({keys.get(s.op, "text"): s.text} if s.text else {})
        for s in transform.steps
    ]


def load(data: Json) -> Transform:
    """The transform that `dump` wrote; raises `BadInput` on anything else."""
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        raise BadInput("`steps` must be a list of at least one step.")
    return Transform(steps=tuple(_step(item) for item in data))


def _step(item: Json) -> Step:
    if not isinstance(item, Mapping) or not {"op", "argument"} <= set(item):
        raise BadInput("A step has the keys `op` and `argument`.")
    try:
        op = Op(str(item["op"]))
    except ValueError:
        raise BadInput(f"`{item['op']}` is not an operation on arguments.") from None
    key = "to" if op is Op.RENAME else "text"
    text = str(item.get(key, ""))
    needs = op is Op.RENAME or op in LITERAL
    if needs != bool(text) or set(item) - {"op", "argument", key}:
        raise BadInput(f"Step `{op}` takes `argument`" + (f" and `{key}`." if needs else "."))
    return Step(op=op, argument=str(item["argument"]), text=text)

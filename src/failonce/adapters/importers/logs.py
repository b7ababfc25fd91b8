"""Logs: plain lines and JSON lines, also mixed; a traceback is one event with its line.

Kept together with the line that they belong to: indented lines, Python tracebacks with what
chains them, Java stacks with their causes, Go panics with their goroutines, Node errors with
the source line printed before them. Events of level error and worse, and those that begin
as errors begin, are flagged; the others are the contrast, and counted.

A file that ends inside a Python traceback, before the line that names the error, is still
being written: its last event becomes a `Reject`, so it is counted and not forgotten, and the
next import of the grown file reads it whole. Half of it would be a failure of another class.
A last line without its line end counts as complete, for many finished files end so. Standard
input does not grow, and what it ends with is read as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from failonce.adapters.importers.log_fields import LEVEL, MESSAGE, TIME, folded, is_bad
from failonce.adapters.importers.log_record import (
    Head,
    fields_recording,
    head_of,
    text_recording,
)
from failonce.adapters.importers.reading import (
    Object,
    decode,
    first_objects,
    lines_of,
    reject,
    too_long,
)
from failonce.adapters.sources import CutLine
from failonce.model import Recording, Reject
from failonce.ports import Source

EVENT: Final = 64 << 10
"""Characters of one event that are kept; the lines beyond belong to it all the same."""

UNFINISHED: Final = "ends inside a traceback; import it again once it has grown"
"""The reason of the reject for the last event of a file that is still being written."""

_HEAD: Final = 2_000
"""Characters of a line in which its stamp, level and component are looked for."""
_SOME_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_PYTHON: Final = "Traceback (most recent call last):"
_CHAINED: Final = (
    "During handling of the above exception",
    "The above exception was the direct cause",
    _PYTHON,
)
_FRAME: Final = re.compile(r'\s+File ".{1,500}", line \d+')
_JAVA: Final = re.compile(
    r"(?:Caused by: |Suppressed: |\.\.\. \d{1,6} (?:more|common frames)|at [\w.$<>/]{1,300}\()"
)
_THROWN: Final = re.compile(r"[\w.$]{0,200}(?:Exception|Error|Throwable)\b(?::|$)")
_GO: Final = re.compile(r"(?:panic: |fatal error: |goroutine \d{1,9} \[)")
_GO_ENDS: Final = re.compile(r"exit status \d{1,3}$")
_NODE: Final = re.compile(
    r"(?:file://|node:)?[\w./@ -]{1,400}\.(?:js|ts|mjs|cjs):\d{1,7}(?::\d{1,6})?$"
)
_NODE_ENDS: Final = re.compile(r"Node\.js v\d")


class _Trace(Enum):
    """What kind of stack an event is in the middle of."""

    NONE = auto()
    PYTHON = auto()
    PYTHON_ENDED = auto()
    GO = auto()
    NODE = auto()
    NODE_FRAMES = auto()


@dataclass(slots=True)
class _Event:
    """Lines that belong together, as they come."""

    number: int
    first: str
    head: Head
    trace: _Trace = _Trace.NONE
    more: list[str] = field(default_factory=list)
    size: int = 0
    blank: int = 0

    def __post_init__(self) -> None:
        self._turn(self.first)

    @property
    def unfinished(self) -> bool:
        """True inside a Python traceback, whose end is the line that names the error."""
        return self.trace is _Trace.PYTHON

    def recording(self, source: Source) -> Recording:
        """The event with all its lines."""
        text = "\n".join([self.head.message + self.first[_HEAD:], *self.more])
        traced = self.trace is not _Trace.NONE
        return text_recording(self.head, text, source.name, self.number, traced=traced)

    def takes(self, line: str) -> bool:
        """True where the line, which has no stamp, belongs to this event; then it is kept."""
        if not line.strip():
            if self.trace is _Trace.NONE:
                return False
            self.blank += 1
            return True
        if not self._joins(line):
            return False
        if self.size < EVENT:
            self.more += [""] * min(self.blank, 1) + [line]
            self.size += len(line)
        self.blank = 0
        self._turn(line)
        return True

    def _joins(self, line: str) -> bool:
        if line[0] in " \t" or line in ("}", ")", "]"):
            return True
        match self.trace:
            case _Trace.PYTHON | _Trace.GO | _Trace.NODE:
                return True
            case _Trace.PYTHON_ENDED:
                return line.startswith(_CHAINED)
            case _Trace.NODE_FRAMES:
                return _NODE_ENDS.match(line) is not None
            case _:
                thrown = is_bad(self.head.level) and not self.more
                return (
                    _JAVA.match(line) is not None
                    or (thrown is True and _THROWN.match(line) is not None)
                    or (self.head.stamped and line.startswith(_PYTHON))
                )

    def _turn(self, line: str) -> None:
        """Where the stack stands after this line."""
        text = line.lstrip()
        if _PYTHON in line or _FRAME.match(line) or line.startswith(_CHAINED):
            self.trace = _Trace.PYTHON
        elif self.trace is _Trace.PYTHON and line[0] not in " \t":
            self.trace = _Trace.PYTHON_ENDED
        elif _GO.match(text):
            self.trace = _Trace.GO
        elif self.trace is _Trace.GO and _GO_ENDS.match(text):
            self.trace = _Trace.NONE
        elif _NODE.match(text) and self.trace is _Trace.NONE and not self.more:
            self.trace = _Trace.NODE
        elif self.trace is _Trace.NODE and text.startswith("at "):
            self.trace = _Trace.NODE_FRAMES


class LogsImporter:
    """Port `Importer` for logs."""

    name = "logs"

    def sniff(self, head: bytes, name: str) -> float:
        """Lines with a time or level, JSON with a message beside one, or stacks."""
        lines = lines_of(head)[:50]
        if not lines:
            return 0.0
        found = [folded(fields) for fields in first_objects(head)]
        if found and sum(_is_entry(flat) for flat in found) * 2 > len(found):
            return 0.8
        signs = sum(_is_sign(line) for line in lines)
        suffix = name.lower().removesuffix(".gz").removesuffix(".xz").removesuffix(".zst")
        named = suffix.endswith((".log", ".out", ".err")) or ".log." in suffix
        return max(0.6 if named else 0.0, 0.75 * min(1.0, 2 * signs / len(lines)))

    def read(self, source: Source) -> Iterator[Recording | Reject]:
        """A recording for each event; a JSON line that breaks off is a reject."""
        event: _Event | None = None
        json_seen = False
        for number, raw in enumerate(source.lines(), 1):
            line = raw.decode("utf-8", "replace").rstrip()
            fields = None if isinstance(raw, CutLine) else _object(line)
            broken = json_seen and fields is None and line.startswith("{")
            alone = isinstance(raw, CutLine) or fields is not None or broken
            head = head_of(line[:_HEAD], source.modified)
            if not alone and event is not None and not head.stamped and event.takes(line):
                continue
            if event is not None:
                yield event.recording(source)
            event = None
            if fields is not None:
                json_seen = True
                found = fields_recording(fields, source.name, number)
                yield found or reject(source, number, "JSON without a message", line)
            elif isinstance(raw, CutLine):
                yield too_long(source, number, raw)
            elif broken:
                yield reject(source, number, "not JSON, as the lines before it are", line)
            elif line:
                event = _Event(number, line, head)
        if event is not None and event.unfinished and source.path is not None:
            yield reject(source, event.number, UNFINISHED, event.first)
        elif event is not None:
            yield event.recording(source)


def has_time(line: str, modified: datetime, *, fields: bool) -> bool:
    """Whether a line begins an event that says its time, whatever stands before it.

    With `fields` only JSON counts: then what follows is read as JSON in any case.
    """
    if (found := _object(line)) is not None:
        entry = fields_recording(found, "", 0)
        return entry is not None and entry.at is not None
    return not fields and head_of(line[:_HEAD], modified).at is not None


def _object(line: str) -> Object | None:
    if not line.startswith("{") or not line.endswith("}"):
        return None
    try:
        value = decode(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_entry(flat: Object) -> bool:
    return bool(flat.keys() & set(MESSAGE)) and bool(flat.keys() & {*LEVEL, *TIME})


def _is_sign(line: str) -> bool:
    head = head_of(line[:_HEAD], _SOME_DAY)
    return (
        head.stamped or head.level is not None or line.startswith(_PYTHON) or bool(_GO.match(line))
    )

"""Spans of a trace as recordings: calls of tools, and errors where they began.

* a tool that ran (`gen_ai.operation.name` = `execute_tool`, or `mcp.method.name` = `tools/call`): a
  call of that tool, also where it worked
* status error, or an `exception` event: an error of `service: span`
* everything else is skipped

An exception passes through every span around it. It counts once, where it began; where a tool
failed of it, as that tool's failure. Around it a span is passed over that says the same, or
nothing of its own. Names of attributes: OpenTelemetry's semantic conventions for GenAI, MCP,
HTTP and exceptions, and the older names that pydantic-ai and Sentry's SDKs write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from failonce.adapters.importers.reading import (
    UNDECODABLE,
    arguments,
    content_text,
    decode,
    flag,
    items,
    number,
    pick,
    whole_number,
    word,
)
from failonce.adapters.intake.items import NAME, TEXT, Gathered, error_line, named
from failonce.evidence.bounds import shortened
from failonce.evidence.snapshot import snapshot
from failonce.identity import digest
from failonce.model import Args, Call, Json, Origin, Recording

STACK: Final = 4_000
"""Characters of a stack trace that are kept beside an error, its two ends."""
HEARD: Final = 8
"""Failures below a span that it may have passed on."""

UNNAMED: Final = "span"
_WORD: Final = 12
"""Characters from which on a text found in another one is no accident."""

_ARGUMENTS: Final = (
    "gen_ai.tool.call.arguments", "gen_ai.tool.input", "tool_arguments",
)  # fmt: skip
_RESULT: Final = (
    "gen_ai.tool.call.result", "gen_ai.tool.output", "tool_response", "mcp.tool.result.content",
)  # fmt: skip
_MCP_ARGUMENT: Final = "mcp.request.argument."
_SESSION: Final = ("gen_ai.conversation.id", "session.id", "mcp.session.id")
_STATUS: Final = (
    "http.response.status_code", "http.status_code", "rpc.response.status_code",
    "rpc.jsonrpc.error_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """An exception as a span or a log record tells of it."""

    type: str = ""
    message: str = ""
    stack: str = ""
    at: datetime | None = None

    @property
    def text(self) -> str:
        """`Type: message`."""
        return error_line(self.type.rpartition(".")[2], self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span, whoever sent it. `said` is what its status says beside being an error."""

    id: str
    trace: str
    parent: str = ""
    name: str = ""
    service: str = ""
    attributes: Mapping[str, Json] = field(default_factory=dict)
    failed: bool = False
    said: str = ""
    thrown: Thrown | None = None
    start: datetime | None = None
    end: datetime | None = None
    tags: tuple[str, ...] = ()


def gather(spans: Sequence[Span], gathered: Gathered) -> None:
    """Add what the spans of one body tell; calls and errors stand in the order of time."""
    made = _Tree(spans, gathered.source).recordings()
    gathered.skipped += len(spans) - len(made)
    made.sort(key=lambda r: (r.at is not None, r.at.timestamp() if r.at else 0.0))
    for recording in made:
        gathered.add(recording)


def thrown_id(trace: str, thrown: str) -> str:
    """The identity of an exception within its trace: told again, it is the same event.

    Spans end from the inside, so of those that arrive in several bodies the innermost is kept.
    """
    return f"thrown:{digest((trace, thrown), size=16)}"


def status_of(attributes: Mapping[str, Json]) -> int | None:
    """The HTTP status or the code of JSON-RPC, where it tells of an error."""
    found = whole_number(attributes, *_STATUS)
    if found is None:
        return None
    return found if 400 <= found < 600 or found < 0 else None


def _pause(attributes: Mapping[str, Json]) -> float | None:
    """The seconds that an answer of HTTP asked to wait; a header may stand there several times."""
    said = attributes.get("http.response.header.retry-after")
    found = number({"": items(said)[0] if items(said) else said}, "")
    return found if found is not None and found >= 0 else None


def session_of(attributes: Mapping[str, Json], trace: str) -> str:
    """The conversation where the item names it itself, else the trace."""
    return word(attributes, *_SESSION) or trace


@dataclass(slots=True, kw_only=True)
class _Heard:
    """A failure that was found below, and what it says."""

    text: str
    recording: int
    tool: bool


class _Tree:
    """The spans of one body, walked from the innermost outwards, once and without recursion."""

    def __init__(self, spans: Sequence[Span], source: str) -> None:
        self._spans = spans
        self._source = source
        self._index = {(s.trace, s.id): n for n, s in enumerate(spans) if s.id}
        self._tools = [tool_of(s) for s in spans]
        self._made: list[Recording | None] = []
        self._heard: list[list[_Heard]] = [[] for _ in spans]

    def recordings(self) -> list[Recording]:
        for n in self._inside_out():
            self._visit(n)
        return [made for made in self._made if made is not None]

    def _parent(self, n: int) -> int | None:
        span = self._spans[n]
        found = self._index.get((span.trace, span.parent)) if span.parent else None
        return None if found == n else found

    def _inside_out(self) -> list[int]:
        """Every span after all spans below it; those in a circle come last, in any order."""
        parents = [self._parent(n) for n in range(len(self._spans))]
        open_below = [0] * len(parents)
        for parent in parents:
            if parent is not None:
                open_below[parent] += 1
        order = [n for n, below in enumerate(open_below) if not below]
        for n in order:
            parent = parents[n]
            if parent is not None:
                open_below[parent] -= 1
                if not open_below[parent]:
                    order.append(parent)
        done = set(order)
        return order + [n for n in range(len(parents)) if n not in done]

    def _visit(self, n: int) -> None:
        span, tool, heard = self._spans[n], self._tools[n], self._heard[n]
        failed = _failed(span)
        passed_on = [h for h in heard if failed and _same(span, h.text)]
        if tool:
            heard = [*self._called(n, tool, failed, passed_on)]
        elif failed and not passed_on:
            self._made.append(_error(span, self._source))
            heard = [_Heard(text=_text(span), recording=len(self._made) - 1, tool=False)]
        parent = self._parent(n)
        if parent is not None:
            room = HEARD - len(self._heard[parent])
            self._heard[parent] += heard[: max(0, room)]

    def _called(self, n: int, tool: str, failed: bool, passed_on: list[_Heard]) -> list[_Heard]:
        """A call; what it failed of is not told a second time, nor the same call below it."""
        span = self._spans[n]
        own = _own_words(span)
        text = own or next((h.text for h in passed_on), "") or _text(span)
        for below in passed_on:
            if not below.tool:
                self._made[below.recording] = None
        same = self._same_call_above(n, tool)
        if same:
            self._made.append(None)
        else:
            self._made.append(_call(span, tool, self._source, failed, text))
        heard = _Heard(text=_thrown(span) or text, recording=len(self._made) - 1, tool=True)
        return [heard] if failed else []

    def _same_call_above(self, n: int, tool: str) -> bool:
        """Whether a span around this one is the same call, as its host or client tells of it."""
        above = self._parent(n)
        for _ in range(HEARD):
            if above is None or _operation(self._spans[above]) == "invoke_agent":
                return False
            if self._tools[above]:
                return self._tools[above] == tool
            above = self._parent(above)
        return False


def tool_of(span: Span) -> str:
    """The tool that a span is a call of, empty where it is none."""
    attributes = span.attributes
    name = word(attributes, "gen_ai.tool.name", "mcp.tool.name")
    if _operation(span) == "execute_tool":
        return named(name or span.name.removeprefix("execute_tool "))
    method, _, target = span.name.partition(" ")
    if (word(attributes, "mcp.method.name") or method) == "tools/call":
        return named(name or target)
    return ""


def _operation(span: Span) -> str:
    said = word(span.attributes, "gen_ai.operation.name")
    return said or word(span.attributes, "sentry.op").removeprefix("gen_ai.")


def _call(span: Span, tool: str, source: str, failed: bool, text: str) -> Recording:
    args, raw = arguments_of(span.attributes)
    return Recording(
        call=Call(
            tool=tool,
            args=args,
            raw=raw,
            session=session_of(span.attributes, span.trace),
            trace=word(span.attributes, "gen_ai.tool.call.id") or span.id or None,
            parent=span.parent or None,
        ),
        text=text if failed else _result(span.attributes),
        flagged=failed,
        at=span.start or span.end,
        id=_id(span),
        error_type=_type(span) if failed else None,
        status=status_of(span.attributes) if failed else None,
        retry_after_s=_pause(span.attributes) if failed else None,
        duration_ms=_duration(span),
        tags=(*span.tags, UNDECODABLE) if raw else span.tags,
        source=source,
    )


def _error(span: Span, source: str) -> Recording:
    text = _text(span)
    return Recording(
        call=Call(
            tool=named(f"{span.service}: {span.name}" if span.service else span.name) or UNNAMED,
            args=about(span.thrown, span.attributes),
            session=session_of(span.attributes, span.trace),
            trace=span.trace or None,
            parent=span.parent or None,
        ),
        text=text,
        flagged=True,
        at=(span.thrown.at if span.thrown else None) or span.end or span.start,
        id=thrown_id(span.trace, text) if span.thrown and span.trace else _id(span),
        origin=Origin.LOG,
        error_type=_type(span),
        status=status_of(span.attributes),
        retry_after_s=_pause(span.attributes),
        duration_ms=_duration(span),
        tags=span.tags,
        source=source,
    )


def _id(span: Span) -> str | None:
    return f"{span.trace}:{span.id}" if span.id else None


def about(thrown: Thrown | None, attributes: Mapping[str, Json]) -> Args | None:
    """What is kept beside an error: where in the code it was, and the stack."""
    kept: dict[str, Json] = {
        name: value
        for name in ("code.function.name", "code.function", "code.namespace", "code.file.path")
        if (value := word(attributes, name))
    }
    if thrown and thrown.stack:
        kept["stack"] = shortened(thrown.stack, STACK)
    return kept or None


def _failed(span: Span) -> bool:
    told = flag(span.attributes, "mcp.tool.result.is_error", "gen_ai.tool.call.is_error")
    return span.failed or span.thrown is not None or bool(told)


def _own_words(span: Span) -> str:
    """What a failed span says of why; of a tool first what it answered, as its caller read it."""
    answered = _result(span.attributes) if tool_of(span) else ""
    return answered or _thrown(span) or span.said


def _thrown(span: Span) -> str:
    return span.thrown.text if span.thrown else ""


def _text(span: Span) -> str:
    own = _own_words(span)
    if own:
        return own
    status, kind = status_of(span.attributes), word(span.attributes, "error.type")
    if status is not None:
        return f"HTTP {status}" if status > 0 else f"JSON-RPC error {status}"
    return f"{kind}: failed without a word" if kind else "failed without a word"


def _same(span: Span, text: str) -> bool:
    """Whether what failed below is what this span tells, or it says nothing of its own."""
    own = [words for words in (_own_words(span), _thrown(span), span.said) if words]
    stack = span.thrown.stack if span.thrown else ""
    if not own or any(words in text for words in own):
        return True
    return len(text) >= _WORD and any(text in words for words in (*own, stack))


def _type(span: Span) -> str | None:
    kind = (span.thrown.type if span.thrown else "") or word(span.attributes, "error.type")
    kind = kind.rpartition(".")[2]
    return None if not kind or kind.lstrip("-").isdecimal() or kind == "_OTHER" else kind[:NAME]


def arguments_of(attributes: Mapping[str, Json]) -> tuple[Args | None, str]:
    """The arguments of a call, and what was sent instead where they cannot be decoded.

    Sentry's clients write those of MCP one by one.
    """
    given = pick(attributes, *_ARGUMENTS)
    if given is not None:
        args, raw = arguments(given)
        return (_plain(args), raw) if args is not None else (None, raw)
    single = {
        key.removeprefix(_MCP_ARGUMENT): _unquoted(value)
        for key, value in attributes.items()
        if key.startswith(_MCP_ARGUMENT)
    }
    return (_plain(single) if single else None), ""


def _plain(args: Args) -> Args:
    taken = snapshot(args)
    return taken if isinstance(taken, Mapping) else {}


def _unquoted(value: Json) -> Json:
    """A value that the SDK wrote as JSON into a text."""
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except ValueError:
        return value


def _result(attributes: Mapping[str, Json]) -> str:
    return shortened(content_text(pick(attributes, *_RESULT)), TEXT)


def _duration(span: Span) -> float | None:
    if span.start is None or span.end is None:
        return None
    took = (span.end - span.start).total_seconds() * 1000
    return took if took >= 0 else None

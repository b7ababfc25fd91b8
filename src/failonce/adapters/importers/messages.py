"""Conversations with a language model: OpenAI chat and Responses, Anthropic messages.

Any JSON document, or JSON lines, whose objects hold a list of messages: under `messages`,
`traj`, `conversation` and the like, `input` with `output`, `choices`, also a level or two
deeper; or the messages themselves. Beside them are read `task_id` (`task`, `question_id`),
`session_id` (`conversation_id`, `thread_id`), `trial` (`run`, `sample`), `project` and a time.

A result's error flag is `is_error` (Anthropic: absent means none), `status: error`, or
stands inside the text where an MCP result was written into it; OpenAI's chat has none, so
such calls are unverified. Tools that stand beside the messages under `tools` or `functions` are
read as `tool_specs` says. A call's id pairs it with its result and is kept as its trace; it
is not the id of the event, for recordings exist that use one id for several calls.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from failonce.adapters.importers.mcp_result import unwrapped
from failonce.adapters.importers.pairing import Answered, Asked, Pairs
from failonce.adapters.importers.reading import (
    UNDECODABLE,
    arguments,
    content_text,
    decode,
    first_objects,
    flag,
    items,
    mapping,
    moment,
    objects,
    pick,
    reject,
    word,
)
from failonce.adapters.importers.tool_specs import Tools
from failonce.errors import BadInput
from failonce.model import Call, Json, Offer, Recording, Reject
from failonce.ports import Source

_LISTS: Final = (
    "messages", "traj", "trajectory", "conversation", "conversations", "history", "dialog",
    "dialogue", "transcript", "turns", "chat", "input", "output", "choices", "items", "log",
)  # fmt: skip
_TOOLS: Final = ("tools", "functions")
_INNER: Final = ("request", "response", "body", "data", "result", "inputs", "outputs", "message")
_ITEM_CALLS: Final = frozenset({"function_call", "custom_tool_call", "mcp_call", "tool_call"})
_ITEM_OUTPUTS: Final = frozenset({"function_call_output", "custom_tool_call_output"})
_BLOCK_CALLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use", "tool_call"})
_DEPTH: Final = 3
_SIGNS: Final = re.compile(
    rb'"(?:tool_calls|tool_use|tool_result|function_call|function_call_output|tool_call_id)"'
)
_ROLE: Final = re.compile(rb'"role"\s{0,4}:\s{0,4}"(?:system|developer|user|assistant|tool)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Where a conversation's calls belong."""

    task: str | None
    session: str
    project: str
    at: datetime | None
    source: str
    line: int


class MessagesImporter:
    """Port `Importer` for conversations in the formats of model providers."""

    name = "messages"

    def sniff(self, head: bytes, name: str) -> float:  # noqa: ARG002 - the content says it all
        """JSON with messages in it; with calls it is surer."""
        if not head.lstrip().startswith((b"[", b"{")):
            return 0.0
        if not (_ROLE.search(head) or _SIGNS.search(head)):
            return 0.0
        if any(_messages(o, _DEPTH) or _is_message(o) for o in first_objects(head)):
            return 0.8
        return 0.75 if _SIGNS.search(head) else 0.6

    def read(self, source: Source) -> Iterator[Recording | Reject | Offer]:
        """A recording for each call with a result, conversation after conversation."""
        head = getattr(source, "head", None)
        if head is not None and _is_lines(head()):
            yield from _read_lines(source)
        else:
            yield from _read_document(source)


def _is_lines(head: bytes) -> bool:
    first, newline, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not (newline and rest.strip()):
        return False
    try:
        decode(first.decode("utf-8", "replace"))
    except ValueError:
        return False
    return True


def _read_lines(source: Source) -> Iterator[Recording | Reject | Offer]:
    """Lines that are messages belong to one conversation; others hold one each."""
    loose, tools = Pairs(source), Tools(source)
    for entry in objects(source):
        if isinstance(entry, Reject):
            yield entry
            continue
        line, fields = entry
        if _is_message(fields):
            yield from _turn(fields, _scene(fields, source.name, line, 0), loose)
        else:
            yield from _conversation(fields, source, tools, line, line)
    yield from loose.rest()


def _read_document(source: Source) -> Iterator[Recording | Reject | Offer]:
    text = source.whole().decode("utf-8", "replace")
    try:
        document = decode(text)
    except ValueError as error:
        raise BadInput(f"{source.name}: not one JSON document: {error}") from error
    if isinstance(document, Mapping) and not _messages(document, _DEPTH):
        document = next((v for v in document.values() if _holds_messages(v)), document)
    entries = document if isinstance(document, list) else [document]
    if any(_is_message(entry) for entry in entries):
        entries = [{"messages": entries}]
    tools = Tools(source)
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, Mapping):
            yield from _conversation(entry, source, tools, number, 0)
        elif isinstance(entry, list):
            yield from _conversation({"messages": entry}, source, tools, number, 0)
        else:
            yield reject(source, 0, f"entry {number} holds no messages", str(entry))


def _holds_messages(value: Json) -> bool:
    return any(_is_message(item) or bool(_messages(item, _DEPTH)) for item in items(value)[:5])


def _conversation(
    fields: Mapping[str, Json], source: Source, tools: Tools, number: int, line: int
) -> Iterator[Recording | Reject | Offer]:
    scene = _scene(fields, source.name, line, number)
    for outer in (fields, *(mapping(fields.get(name)) for name in _INNER)):
        for key in _TOOLS:
            if outer.get(key):
                yield from tools.offered(outer[key], scene.project, scene.at)
    pairs = Pairs(source)
    for message in _messages(fields, _DEPTH):
        if isinstance(message, Mapping):
            yield from _turn(message, scene, pairs)
    yield from pairs.rest()


def _scene(fields: Mapping[str, Json], source: str, line: int, number: int) -> _Scene:
    """A conversation without a session's name is named by its task and trial, or its number."""
    task = word(fields, "task_id", "task", "question_id", "instance_id")
    trial = word(fields, "trial", "run", "run_id", "sample", "attempt")
    session = word(fields, "session_id", "session", "conversation_id", "thread_id", "id")
    if not session and (task or number):
        session = f"{task}#{trial}" if task and trial else task or str(number)
    return _Scene(
        task=task or None,
        session=session,
        project=word(fields, "project"),
        at=moment(pick(fields, "timestamp", "created_at", "created", "time", "ts")),
        source=source,
        line=line,
    )


def _is_message(value: Json) -> bool:
    if not isinstance(value, Mapping):
        return False
    if isinstance(value.get("role"), str):
        return "content" in value or "tool_calls" in value or "parts" in value
    return word(value, "type") in _ITEM_CALLS | _ITEM_OUTPUTS and "call_id" in value


def _messages(value: Json, depth: int) -> Sequence[Json]:
    """The messages that an object holds, in the order of the conversation."""
    if not isinstance(value, Mapping) or depth == 0:
        return ()
    found: list[Json] = []
    for name in _LISTS:
        members = items(value.get(name))
        if any(_is_message(member) for member in members):
            found += members
        elif name == "choices":
            found += [m for c in members if _is_message(m := mapping(c).get("message"))]
    for name in _INNER:
        found += [value[name]] if _is_message(value.get(name)) else ()
        found += _messages(value.get(name), depth - 1)
    return found


def _turn(message: Mapping[str, Json], scene: _Scene, pairs: Pairs) -> Iterator[Recording | Reject]:
    at = moment(pick(message, "timestamp", "created_at", "ts")) or scene.at
    for step in _steps(message, scene.line):
        if isinstance(step, Answered):
            yield pairs.answer(step)
        else:
            name, key, given = step
            yield from pairs.ask(_asked(name, key, given, scene, at))


_Step = Answered | tuple[str, str, Json]


def _steps(message: Mapping[str, Json], line: int) -> Iterator[_Step]:
    """The calls, as (tool, id, arguments), and the results in one message or item."""
    kind = word(message, "type")
    if kind in _ITEM_CALLS:
        yield _called(message)
        if "output" in message or message.get("error"):
            yield _mcp_output(message, line)
    elif kind in _ITEM_OUTPUTS:
        yield _result(message, message.get("output"), None, line)
    for call in items(message.get("tool_calls")):
        yield _called(mapping(call))
    if isinstance(message.get("function_call"), Mapping):
        yield _called(mapping(message["function_call"]))
    if message.get("role") in ("tool", "function"):
        yield _result(message, message.get("content"), None, line)
        return
    for block in map(mapping, items(message.get("content"))):
        kind = word(block, "type")
        if kind in _BLOCK_CALLS:
            yield _called(block)
        elif kind.endswith("tool_result"):
            yield _result(block, block.get("content"), False, line)


def _called(call: Mapping[str, Json]) -> tuple[str, str, Json]:
    function = mapping(call.get("function"))
    name = word(function, "name") or word(call, "name")
    given = pick(function, "arguments") if function else pick(call, "arguments", "input", "args")
    return name, word(call, "call_id", "id") or name, given


def _result(result: Mapping[str, Json], content: Json, silent: bool | None, line: int) -> Answered:
    """A result; `silent` is what it means that there is no flag."""
    text, flagged = unwrapped(content_text(content))
    said = flag(result, "is_error", "isError")
    if said is None and result.get("status") in ("error", "success"):
        said = result["status"] == "error"
    if said is not None:
        flagged = said or bool(flagged)
    return Answered(
        key=word(result, "tool_call_id", "tool_use_id", "call_id", "name"),
        text=text,
        line=line,
        flagged=silent if flagged is None else flagged,
    )


def _mcp_output(call: Mapping[str, Json], line: int) -> Answered:
    """OpenAI's own MCP calls hold their result."""
    error = call.get("error")
    return Answered(
        key=_called(call)[1],
        text=content_text(error or call.get("output")),
        line=line,
        flagged=bool(error),
    )


def _asked(name: str, key: str, given: Json, scene: _Scene, at: datetime | None) -> Asked:
    args, raw = arguments(given)
    return Asked(
        key=key,
        recording=Recording(
            call=Call(
                tool=name,
                args=args,
                raw=raw,
                session=scene.session,
                project=scene.project,
                task=scene.task,
                trace=key if key != name else None,
            ),
            text="",
            at=at,
            tags=(UNDECODABLE,) if raw else (),
            source=scene.source,
            line=scene.line,
        ),
    )

"""Where every constant of a lesson's body comes from.

A constant that one session wrote is a coincidence until others wrote it too; one that nobody
wrote has been made up. The body is walked as data, so a form of lesson that is new here has
its constants shown as plain values rather than passed over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from failonce.errors import UserError
from failonce.language import document
from failonce.language.asking import names
from failonce.language.predicate import Test
from failonce.language.tool_names import spec_of
from failonce.language.transform import LITERAL
from failonce.model import Evidence, Json, KindName, Proposal, Proposer, ToolSpec
from failonce.proposal.reported import is_one
from failonce.surfaces.card.values import Literal

FEW = 3
"""Sessions or tasks below which a value may be a coincidence."""
MOST = 60
"""Constants shown of one body."""
LEAVES = 400
"""Values of one call that are looked at."""


class What(StrEnum):
    """What a constant is."""

    TOOL = "tool"
    ARGUMENT = "argument"
    VALUE = "value"
    KEY = "key of an answer"
    THING = "thing"
    """A text that is looked for in arguments."""
    PART = "part of a value"
    """A text that values begin or end with."""
    NUMBER = "number"
    PATTERN = "pattern"
    SENTENCE = "sentence"


_TOOLS = frozenset({"component", "call", "unchanged_by", "tools", "fallback_cap"})
_ARGUMENTS = frozenset({"argument", "same"})
_LEARNED = frozenset({
    "max_retries", "delay_ms", "repeated", "failing", "timeout_ms", "requests_per_second",
})  # fmt: skip
_OURS = frozenset({
    "multiplier", "jitter", "max_wait_ms", "budget", "ttl_ms", "max_entries", "failure_threshold",
    "cooldown_ms", "burst", "emit_to_chain", "track_percentiles", "assume_idempotent",
})  # fmt: skip
_PATTERNS = frozenset({"message_regex", "expects"})
_SENTENCES = frozenset({"message"})
_WORDS = frozenset({
    "type", "op", "is", "then", "error", "item", "as", "result", "when", "blamed", "scope",
})  # fmt: skip
"""Keys whose plain values are words of the language that bodies are written in."""
_RECORDED = (What.TOOL, What.ARGUMENT, What.VALUE, What.KEY, What.THING, What.PART)
"""What is looked for in recorded calls."""
_FEW = (What.VALUE, What.THING, What.PART)
"""What is a coincidence where few gave it."""
_HASHES = frozenset({"fingerprint"})
"""Names of classes of failures: digests, not constants of anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A constant in the body, and the tool that an argument belongs to."""

    what: What
    text: str
    key: str = ""
    tool: str = ""


def literals(
    proposal: Proposal, calls: Iterable[Evidence], tools: Mapping[str, ToolSpec]
) -> tuple[Literal, ...]:
    """Every constant of the body with the sessions and tasks that it is found in."""
    found = list(dict.fromkeys(islice(_constants(proposal), MOST)))
    seen = {f: _Seen() for f in found if f.what in _RECORDED}
    if seen:
        for e in calls:
            _look(e, seen)
    return tuple(_literal(f, seen.get(f, _Seen()), proposal, tools) for f in found)


def _constants(proposal: Proposal) -> Iterator[_Found]:
    if proposal.kind in (KindName.RULE, KindName.TOOL):
        yield _Found(what=What.SENTENCE, text=proposal.body)
        return
    try:
        body = document.load(proposal.body)
    except UserError:
        yield _Found(what=What.SENTENCE, text=proposal.body)
        return
    yield from _walk(body, proposal.target)


def _walk(node: Mapping[str, Json], tool: str) -> Iterator[_Found]:
    """The constants below a mapping; `tool` is whose arguments are spoken of."""
    called = node.get("call")
    tool = called if isinstance(called, str) else tool
    for key, value in node.items():
        if isinstance(value, Mapping):
            if key == "arguments":
                yield from (_Found(what=What.ARGUMENT, text=name, tool=tool) for name in value)
            yield from _walk(value, tool)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _listed(key, value, node, tool)
        else:
            yield from _leaf(key, value, node, tool)


def _listed(
    key: str, items: Sequence[Json], node: Mapping[str, Json], tool: str
) -> Iterator[_Found]:
    for item in items:
        if isinstance(item, Mapping):
            yield from _walk(item, tool)
        elif key == "path":
            yield _Found(what=What.KEY, text=str(item))
        elif isinstance(item, str) or not isinstance(item, Sequence):
            yield from _leaf(key, item, node, tool)
        else:
            yield _Found(what=What.VALUE, text=_text(item), key=key)


def _leaf(key: str, value: Json, node: Mapping[str, Json], tool: str) -> Iterator[_Found]:
    text = _text(value)
    test, _, operand = text.partition(":")
    if key == "is" and test in (Test.NAMES, Test.SAME_AS):
        what = What.THING if test == Test.NAMES else What.ARGUMENT
        yield _Found(what=what, text=operand, tool=tool)
    if value in ("", None) or key in _HASHES or key in _WORDS:
        return
    if key in _TOOLS:
        yield _Found(what=What.TOOL, text=text)
    elif key in _ARGUMENTS or (key == "to" and node.get("op") == "rename"):
        yield _Found(what=What.ARGUMENT, text=text, tool=tool)
    elif node.get("op") in LITERAL:
        yield _Found(what=What.PART, text=text)
    elif key in _PATTERNS:
        yield _Found(what=What.PATTERN, text=text)
    elif key in _SENTENCES:
        yield _Found(what=What.SENTENCE, text=text)
    elif key in _LEARNED | _OURS:
        yield _Found(what=What.NUMBER, text=text, key=key)
    else:
        yield _Found(what=What.VALUE, text=text, key=key)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else str(value)


# ------------------------------------------------------------ in recorded calls


@dataclass(slots=True)
class _Seen:
    calls: int = 0
    sessions: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)

    def note(self, e: Evidence) -> None:
        self.calls += 1
        self.sessions.add(e.call.session)
        if e.call.task is not None:
            self.tasks.add(e.call.task)

    @property
    def clusters(self) -> int:
        """Distinct tasks where they are known, else sessions."""
        return len(self.tasks or self.sessions)


def _look(e: Evidence, seen: Mapping[_Found, _Seen]) -> None:
    args = e.call.args or {}
    values: set[str] | None = None
    for found, where in seen.items():
        match found.what:
            case What.TOOL:
                hit = e.call.tool == found.text
            case What.ARGUMENT:
                hit = found.tool in (e.call.tool, "*") and found.text.split(".")[0] in args
            case What.KEY:
                hit = f'"{found.text}"' in e.message or f"'{found.text}'" in e.message
            case What.THING:
                hit = any(names(leaf, found.text) for leaf in islice(_leaves(args), LEAVES))
            case What.PART:
                ends = islice(_leaves(args), LEAVES)
                hit = any(x.startswith(found.text) or x.endswith(found.text) for x in ends)
            case _:
                if values is None:
                    values = set(islice(_leaves(args), LEAVES))
                hit = found.text in values or (len(found.text) > 3 and found.text in e.message)
        if hit:
            where.note(e)


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _leaves(item)
    else:
        yield _text(value)


def _literal(
    found: _Found, seen: _Seen, proposal: Proposal, tools: Mapping[str, ToolSpec]
) -> Literal:
    origin, doubtful = _origin(found, seen, proposal, tools)
    return Literal(
        what=found.what,
        text=f"{found.key}: {found.text}" if found.what is What.NUMBER else found.text,
        origin=origin,
        calls=seen.calls,
        sessions=len(seen.sessions),
        tasks=len(seen.tasks),
        doubtful=doubtful,
    )


_AUTHORS = {
    Proposer.PERSON: "written by a person",
    Proposer.AGENT: "written by an agent",
    Proposer.MODEL: "written by a language model",
    Proposer.IMPORT: "came with an imported lesson",
}


def _origin(
    found: _Found, seen: _Seen, proposal: Proposal, tools: Mapping[str, ToolSpec]
) -> tuple[str, bool]:
    """Where a constant comes from, and whether that should make a reader pause."""
    author = _AUTHORS.get(proposal.proposer)
    spec = spec_of(found.tool, tools)
    if found.what is What.ARGUMENT and spec is not None and spec.parameter(found.text):
        return "from the tool's schema", False
    if found.what is What.TOOL and spec_of(found.text, tools) is not None:
        return "from the list of tools", False
    if found.what is What.NUMBER and is_one(proposal):
        return "a usual value, but for a pause that was asked for", False
    if found.what in (What.SENTENCE, What.PATTERN, What.NUMBER):
        return author or _MADE[found.what if found.key not in _OURS else What.TOOL], False
    if found.text == "*":
        return "stands for every tool", False
    if not seen.calls:
        return author or "in no recorded call", author is None
    few = found.what in _FEW and seen.clusters < FEW and author is None
    return "recorded", few


_MADE = {
    What.SENTENCE: "worded by a template, with names from recorded calls",
    What.PATTERN: "made from the text of the failures that taught it",
    What.NUMBER: "measured on the failures that taught it",
    What.TOOL: "failonce's own default",
}

"""Transcripts of Claude Code: `~/.claude/projects/<folder>/<session>.jsonl` and below.

A `tool_use` block stands in an `assistant` entry, its `tool_result` in a later `user` entry.
The project is the entry's working directory. Beside the result stand how it was refused
(`toolDenialKind`, `permissionDecision`) and what the program itself knows
(`toolUseResult`); both become tags, for triage trusts structure before words:
`denied`, `denied-by:<source>`, `interrupted`, `sidechain`.

Where a hook rewrote the arguments, the `tool_use` block keeps those of the model and the result
is that of the others; the rewritten ones stand in an `attachment` entry between the two.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from failonce.adapters.importers.pairing import Answered, Asked, Pairs
from failonce.adapters.importers.reading import (
    UNDECODABLE,
    Object,
    arguments,
    content_text,
    decode,
    first_objects,
    items,
    mapping,
    moment,
    number,
    objects,
    word,
)
from failonce.model import Call, Json, Recording, Reject
from failonce.ports import Source

_TYPES: Final = frozenset(
    {"assistant", "user", "system", "summary", "attachment", "progress", "queue-operation",
     "file-history-snapshot", "last-prompt"}
)  # fmt: skip
_KEYS: Final = frozenset({"sessionId", "leafUuid", "messageId", "parentUuid"})


class ClaudeCodeImporter:
    """Port `Importer` for Claude Code transcripts."""

    name = "claude-code"

    def sniff(self, head: bytes, name: str) -> float:  # noqa: ARG002 - the content says it all
        """Entries of known types with the ids that they carry."""
        found = first_objects(head)
        ours = [o for o in found if word(o, "type") in _TYPES and o.keys() & _KEYS]
        return 0.95 if ours else 0.0

    def read(self, source: Source) -> Iterator[Recording | Reject]:
        """A recording for each call with a result, where the result stands."""
        pairs = Pairs(source)
        for entry in objects(source):
            if isinstance(entry, Reject):
                yield entry
                continue
            line, fields = entry
            _rewrite(pairs, mapping(fields.get("attachment")))
            for block in items(mapping(fields.get("message")).get("content")):
                if not isinstance(block, Mapping):
                    continue
                kind = block.get("type")
                if kind == "tool_use":
                    yield from pairs.ask(_asked(block, fields, source.name, line))
                elif kind == "tool_result":
                    yield pairs.answer(_answered(block, fields, line))
        yield from pairs.rest()


def _asked(block: Mapping[str, Json], entry: Object, source: str, line: int) -> Asked:
    args, raw = arguments(block.get("input"))
    key = word(block, "id")
    return Asked(
        key=key,
        recording=Recording(
            call=Call(
                tool=word(block, "name"),
                args=args,
                raw=raw,
                session=word(entry, "sessionId"),
                project=word(entry, "cwd"),
                trace=word(entry, "requestId", "requestRef") or None,
                parent=word(entry, "parentUuid") or None,
            ),
            text="",
            at=moment(entry.get("timestamp")),
            id=key or None,
            tags=(
                *(("sidechain",) if entry.get("isSidechain") is True else ()),
                *((UNDECODABLE,) if raw else ()),
            ),
            source=source,
            line=line,
        ),
    )


def _rewrite(pairs: Pairs, attached: Mapping[str, Json]) -> None:
    """What a hook that ran before a call made of its arguments."""
    key = word(attached, "toolUseID")
    waiting = pairs.waiting(key) if attached.get("hookEvent") == "PreToolUse" else None
    if waiting is None:
        return
    with suppress(ValueError):
        said = mapping(mapping(decode(word(attached, "stdout"))).get("hookSpecificOutput"))
        args = said.get("updatedInput")
        if isinstance(args, Mapping):
            pairs.amend(key, replace(waiting, call=replace(waiting.call, args=args, raw="")))


def _answered(block: Mapping[str, Json], entry: Object, line: int) -> Answered:
    result = entry.get("toolUseResult")
    known = mapping(result)
    text = content_text(block.get("content"))
    if not text:
        text = result if isinstance(result, str) else content_text(known.get("stderr"))
    elif isinstance(result, str) and text.startswith(own := result.removeprefix("Error: ")):
        text = own or text  # the program may have added advice of its own for the model
    return Answered(
        key=word(block, "tool_use_id"),
        text=text,
        line=line,
        flagged=block.get("is_error") is True,
        duration_ms=number(known, "durationMs", "totalDurationMs"),
        tags=tuple(_refusal(entry, known)),
    )


def _refusal(entry: Object, known: Mapping[str, Json]) -> Iterator[str]:
    decision = mapping(entry.get("permissionDecision"))
    if word(entry, "toolDenialKind") or decision.get("decision") == "reject":
        yield "denied"
        if decider := word(decision, "source"):
            yield f"denied-by:{decider}"
    if known.get("interrupted") is True:
        yield "interrupted"

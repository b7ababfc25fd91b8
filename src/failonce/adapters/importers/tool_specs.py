"""Tools as they describe themselves, in the formats of MCP, OpenAI and Anthropic.

A definition is an object with a `name` and a schema under `inputSchema` (MCP), `input_schema`
(Anthropic), `parameters` (OpenAI, also below `function`); `description` and MCP's
`annotations` (readOnlyHint, destructiveHint, idempotentHint, openWorldHint) are read beside
them. Definitions are found wherever they stand in a JSON document: the answer to
`tools/list`, an array, several servers below their names, the `tools` of a conversation.

Where the document names the server, a tool is called `mcp__server__tool`, as agents call it, for
two servers may each have one of that name; it is found again as `tool` and `server.tool` too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from failonce.adapters.importers.reading import (
    RAW,
    Object,
    decode,
    first_objects,
    flag,
    mapping,
    pick,
    reject,
    word,
)
from failonce.adapters.importers.schema import (
    description_of,
    digest_of,
    is_closed,
    parameters,
    refuse_name,
)
from failonce.errors import BadInput
from failonce.identity import canonical_json
from failonce.model import Json, Offer, Recording, Reject, ToolSpec
from failonce.ports import Source

TOOLS: Final = 20_000
"""Definitions that are read from one source."""

_SCHEMAS: Final = ("inputSchema", "input_schema", "parameters")
_SERVERS: Final = frozenset({"servers", "mcpServers", "tools", "mcp_servers"})
"""Keys below which the names of servers stand."""
_OBJECTS: Final = ("object", "dict")
_KINDS: Final = frozenset({"", "function", "custom"})
_DEPTH: Final = 10
_KEPT: Final = 64
"""Lists of tools that are remembered while one source is read."""
_SCHEMA: Final = re.compile(rb'"(?:inputSchema|input_schema|parameters)"\s{0,9}:\s{0,9}\{')
_TALK: Final = re.compile(
    rb'"role"\s{0,4}:\s{0,4}"(?:system|developer|user|assistant|tool)"'
    rb'|"(?:tool_calls|tool_use|tool_result|function_call_output)"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a document holds of one tool, not looked at yet."""

    server: str
    fields: Mapping[str, Json]


class ToolsImporter:
    """Port `Importer` for lists of tools."""

    name = "tools"

    def sniff(self, head: bytes, name: str) -> float:  # noqa: ARG002 - the content says it all
        """A name, a schema and its properties, and nothing of a conversation or a call."""
        if head.lstrip()[:1] not in (b"[", b"{") or _TALK.search(head):
            return 0.0
        if not (_SCHEMA.search(head) and b'"name"' in head and b'"type"' in head):
            return 0.0
        calls = any("tool" in o and o.keys() & {"args", "text"} for o in first_objects(head))
        return 0.0 if calls else 0.9

    def read(self, source: Source) -> Iterator[Recording | Reject | Offer]:
        """An offer for each tool, a reject for each that is not to be trusted."""
        for document in _documents(source):
            if isinstance(document, Reject):
                yield document
                continue
            yield from offers(document, source)


def _documents(source: Source) -> "Iterator[Json | Reject]":
    """One document, or one on each line."""
    text = source.whole().decode("utf-8", "replace")
    try:
        yield decode(text)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not first_objects(lines[0].encode()):
            raise BadInput(f"{source.name}: not one JSON document: {error}") from error
    else:
        return
    for number, line in enumerate(lines, 1):
        try:
            yield decode(line)
        except ValueError as error:
            yield reject(source, number, f"not JSON: {error}", line)


def offers(document: Json, source: Source) -> Iterator[Offer | Reject]:
    """The tools that a document defines, in its order; of two of one name the last counts."""
    found: dict[str, ToolSpec] = {}
    for number, definition in enumerate(definitions(document), 1):
        if number > TOOLS:
            yield reject(source, 0, f"more than {TOOLS:,} tools; the rest is left out", "")
            break
        try:
            spec = spec_from(definition.fields, server=definition.server)
        except ValueError as error:
            name = word(_function(definition.fields), "name")[:80]
            raw = str(definition.fields)[:RAW]
            yield reject(source, 0, f"tool {name!r}: {error}", raw)
            continue
        before = found.pop(spec.name, None)
        if before is not None and before.digest != spec.digest:
            reason = f"tool {spec.name!r} stands there twice; the last one counts"
            yield reject(source, 0, reason, "")
        found[spec.name] = spec
    for spec in found.values():
        yield Offer(spec=spec)


class Tools:
    """What the conversations of one source could use, told where it is new or has changed."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[str, list[Offer]] = {}
        self._last: dict[str, str] = {}
        """The tools that a project's conversation named last."""

    def offered(self, tools: Json, project: str, at: datetime | None) -> Iterator[Offer | Reject]:
        """The tools of one conversation; none where they are those of the one before."""
        named = canonical_json(tools)
        if self._last.get(project) == named:
            return
        if len(self._last) < _KEPT or project in self._last:
            self._last[project] = named
        if named not in self._read:
            found = list(offers(tools, self._source))
            yield from (item for item in found if isinstance(item, Reject))
            if len(self._read) >= _KEPT:
                self._read.clear()
            self._read[named] = [item for item in found if isinstance(item, Offer)]
        for offer in self._read[named]:
            yield replace(offer, project=project, at=at)


def definitions(document: Json) -> Iterator[Definition]:
    """The definitions in a document, in its order, each with its server where one is named."""
    level: list[tuple[Json, str, bool, int]] = [(document, "", False, 0)]
    while level:
        value, server, named, depth = level.pop()
        if isinstance(value, list):
            level += [(item, server, False, depth + 1) for item in reversed(value)]
        elif isinstance(value, dict) and is_definition(value):
            yield Definition(server=server, fields=value)
        elif isinstance(value, dict) and depth < _DEPTH:
            info = mapping(value.get("serverInfo"))
            server = word(value, "server_name") or word(info, "name") or server
            level += [
                (inner, key if named else server, key in _SERVERS, depth + 1)
                for key, inner in reversed(value.items())
                if isinstance(inner, dict | list)
            ]


def is_definition(value: Object) -> bool:
    """Whether an object defines a tool."""
    if word(value, "type") not in _KINDS:
        return False
    fields = _function(value)
    if not isinstance(fields.get("name"), str) or "arguments" in fields:
        return False
    schema = pick(fields, *_SCHEMAS)
    described = isinstance(fields.get("description"), str)
    if schema is None:
        return described and value.get("type") == "function"  # OpenAI's, without arguments
    # A call may have a name and `parameters` too; its values are no schema.
    own = fields.get("parameters") is not schema or described
    return isinstance(schema, Mapping) and (
        own or isinstance(schema.get("properties"), Mapping) or schema.get("type") in _OBJECTS
    )


def _function(value: Mapping[str, Json]) -> Mapping[str, Json]:
    return mapping(value.get("function")) or value


def spec_from(definition: Mapping[str, Json], *, server: str = "") -> ToolSpec:
    """The tool that a definition describes; raises ValueError saying what is wrong with it."""
    fields = _function(definition)
    name = word(fields, "name")
    refuse_name(name, "the tool")
    if server:
        refuse_name(server, "its server")
        name = agents_name(server, name)
    schema = mapping(pick(fields, *_SCHEMAS))
    hints = mapping(fields.get("annotations"))
    return ToolSpec(
        name=name,
        parameters=parameters(schema),
        closed=is_closed(schema),
        description=description_of(fields.get("description")),
        read_only=_hint(hints, "readOnlyHint"),
        destructive=_hint(hints, "destructiveHint"),
        idempotent=_hint(hints, "idempotentHint"),
        open_world=_hint(hints, "openWorldHint"),
        digest=digest_of(schema),
    )


def agents_name(server: str, tool: str) -> str:
    """A tool of an MCP server as agents call it: `mcp__server__tool`."""
    return f"mcp__{_plain(server)}__{tool}"


def _hint(hints: Mapping[str, Json], name: str) -> bool | None:
    return flag(hints, name) if isinstance(hints.get(name), bool) else None


def _plain(server: str) -> str:
    """A server's name as agents write it: letters and digits, `_` and `-`."""
    written = "".join(c if c.isalnum() or c == "-" else "_" for c in server)
    return "_".join(filter(None, written.split("_")))

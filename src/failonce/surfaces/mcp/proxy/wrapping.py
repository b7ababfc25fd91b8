"""The servers of a client's configuration, put behind the proxy and back: text in, text out.

Known are `mcpServers` (Claude Desktop, Claude Code also by project, Cursor and others) and
`servers` (VS Code). A server that stands behind the proxy already stays as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from failonce.surfaces.mcp.proxy.jsonc import Node, parse
from failonce.surfaces.mcp.proxy.naming import named

PROXY: Final = "proxy"
_LEGACY: Final = ("sse", "ws")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a configuration."""

    text: str
    changed: tuple[str, ...] = ()
    """Servers by name, in their order."""
    left: tuple[tuple[str, str], ...] = ()
    """Those that stay as they are, and why."""
    secrets: tuple[str, ...] = ()
    """Values of headers: nobody shows them."""


def wrapped(text: str, program: Sequence[str]) -> Done:
    """All servers behind the proxy; `program` is what starts failonce.

    Raises `BadInput` where the text is no configuration.
    """
    done = Done(text=text)
    edits: list[tuple[int, int, str]] = []
    for name, node in servers(parse(text)):
        made = _behind(name, node.value, program)
        if isinstance(made, str):
            done = replace(done, left=(*done.left, (name, made)))
            continue
        edits += _edits(text, node, made)
        headers = node.value.get("headers")
        secrets = headers.values() if isinstance(headers, dict) else ()
        done = replace(
            done,
            changed=(*done.changed, name),
            secrets=(*done.secrets, *(str(s) for s in secrets if len(str(s)) > 3)),
        )
    return replace(done, text=_edited(text, edits))


def unwrapped(text: str, before: str | None = None) -> Done:
    """The same without the proxy; `before` is the text as it was, for what cannot be told."""
    known = {} if before is None else {n: node.value for n, node in servers(parse(before))}
    done = Done(text=text)
    edits: list[tuple[int, int, str]] = []
    for name, node in servers(parse(text)):
        inner = _inside(node.value)
        if inner is None:
            continue
        made = {**node.value, **inner} if inner else known.get(name)
        if made is None:
            done = replace(done, left=(*done.left, (name, "what it was before is not known")))
            continue
        edits += _edits(text, node, made)
        done = replace(done, changed=(*done.changed, name))
    return replace(done, text=_edited(text, edits))


def servers(root: Node) -> Iterator[tuple[str, Node]]:
    """Each server with its name, in the order of the text."""
    for holder in _holders(root):
        for name, node in holder.members.items():
            if isinstance(node.value, dict):
                yield name, node


def _holders(root: Node) -> Iterator[Node]:
    yield from (root.members[k] for k in ("mcpServers", "servers") if k in root.members)
    inner = root.members.get("mcp")
    if inner is not None and "servers" in inner.members:
        yield inner.members["servers"]
    projects = root.members.get("projects")
    for each in () if projects is None else projects.members.values():
        if "mcpServers" in each.members:
            yield each.members["mcpServers"]


def _behind(name: str, server: Mapping[str, Any], program: Sequence[str]) -> dict[str, Any] | str:
    """The server behind the proxy; else why it stays as it is."""
    if _inside(server) is not None:
        return "it stands behind the proxy already"
    command, args = server.get("command"), server.get("args", [])
    if isinstance(command, str) and isinstance(args, list):
        if _ours(command, args):
            return "it is failonce itself"
        return {**server, **_through(name, program, ["--", command, *args])}
    url = server.get("url")
    if not isinstance(url, str):
        return "it has neither a command nor a URL"
    if server.get("type") in _LEGACY:
        return f"its transport ({server['type']}) is none that the proxy speaks"
    return _reached(name, server, url, program)


def _reached(
    name: str, server: Mapping[str, Any], url: str, program: Sequence[str]
) -> dict[str, Any]:
    """A server behind a URL: its headers are handed over where no list of processes shows them."""
    headers = server.get("headers")
    headers = headers if isinstance(headers, dict) else {}
    environment, options = {}, []
    for header, value in headers.items():
        variable = f"MCP_HEADER_{_PLAIN.sub('_', header).replace('-', '_').upper()}"
        environment[variable] = str(value)
        options += ["--header", f"{header}: ${{{variable}}}"]
    kept = {k: v for k, v in server.items() if k not in ("url", "headers", "type")}
    kind = {"type": "stdio"} if "type" in server else {}
    given = {"env": environment} if environment else {}
    return {**kind, **_through(name, program, ["--url", url, *options]), **given, **kept}


def _through(name: str, program: Sequence[str], rest: Sequence[str]) -> dict[str, Any]:
    called = _PLAIN.sub("-", name).strip("-_") or named((), "server")
    return {"command": program[0], "args": [*program[1:], PROXY, "--name", called, *rest]}


def _ours(command: str, args: Sequence[Any]) -> bool:
    return re.split(r"[/\\]", command)[-1] in ("failonce", "failonce.exe") or (
        list(args[:2]) == ["-m", "failonce"]
    )


def _inside(server: Mapping[str, Any]) -> dict[str, Any] | None:
    """Command and arguments behind the proxy; None where none is before it, empty for a URL."""
    command, args = server.get("command"), server.get("args")
    if not isinstance(command, str) or not isinstance(args, list) or not _ours(command, args):
        return None
    rest = args[2:] if args[:2] == ["-m", "failonce"] else args
    if rest[:1] != [PROXY]:
        return None
    if "--" not in rest:
        return {}
    inner = rest[rest.index("--") + 1 :]
    return {"command": inner[0], "args": inner[1:]} if inner else None


# ------------------------------------------------------------- in the text


def _edits(text: str, node: Node, made: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """What to replace, so that a server is another one: as little as can be."""
    changed = [k for k in made if k not in node.value or node.value[k] != made[k]]
    if set(changed) <= {"command", "args"} and made.keys() >= node.value.keys():
        command = node.members["command"]
        edits = [(command.start, command.end, json.dumps(made["command"], ensure_ascii=False))]
        args = node.members.get("args")
        if args is not None:
            return [*edits, (args.start, args.end, _list(text, args, made["args"]))]
        added = f', "args": {json.dumps(made["args"], ensure_ascii=False)}'
        return [*edits, (command.end, command.end, added)]
    return [(node.start, node.end, _object(text, node, made))]


def _list(text: str, node: Node, values: Sequence[Any]) -> str:
    """An array as the one before it is written: on one line, or an item a line."""
    old = text[node.start : node.end]
    lines = re.match(r"\[(\r?\n)([ \t]+)", old)
    if lines is None:
        return json.dumps(values, ensure_ascii=False)
    end, indent = lines[1], lines[2]
    items = f",{end}{indent}".join(json.dumps(v, ensure_ascii=False) for v in values)
    return f"[{end}{indent}{items}{end}{_indent(text, node.end)}]"


def _object(text: str, node: Node, made: Mapping[str, Any]) -> str:
    """An object as its surroundings are written."""
    old = text[node.start : node.end]
    lines = re.match(r"\{(\r?\n)([ \t]+)", old)
    if lines is None:
        return json.dumps(made, ensure_ascii=False)
    outer = _indent(text, node.end)
    step = lines[2].removeprefix(outer) or "  "
    fresh = json.dumps(made, ensure_ascii=False, indent=step)
    return fresh.replace("\n", lines[1] + outer)


def _indent(text: str, at: int) -> str:
    """What stands before the line on which something ends."""
    begin = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[begin:at])
    return "" if found is None else found[0]


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text

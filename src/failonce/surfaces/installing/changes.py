"""What an installation does to the text of one file, and what takes it back: values only."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from failonce.errors import BadInput, Refused
from failonce.model import Json
from failonce.surfaces.installing import json_text, toml_text
from failonce.surfaces.installing.commands import is_hook
from failonce.surfaces.installing.journal import Step
from failonce.surfaces.installing.json_text import Node, Splice, parsed, spliced

Groups = Mapping[str, Json]
"""By event, the group of hooks to be added."""
Table = tuple[str, Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A text as it is to be, and the steps that led there."""

    text: str
    steps: tuple[Step, ...]


class _Edit:
    """A text that is changed step by step, read anew after each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: list[Step] = []

    def do(self, splices: Sequence[Splice]) -> None:
        for s in sorted(splices, key=lambda s: s.start, reverse=True):
            self.steps.append(Step(at=s.start, own=s.text, before=self.text[s.start : s.end]))
            self.text = spliced(self.text, [s])

    @property
    def root(self) -> Node:
        return parsed(self.text)

    @property
    def done(self) -> Changed:
        return Changed(text=self.text, steps=tuple(self.steps))


def with_hooks(text: str, groups: Groups) -> Changed:
    """The text with a group of hooks behind those of each event, those of others untouched.

    Raises `BadInput` where the text is no object, or its `hooks` are not of their form.
    """
    edit = _begun(text)
    before = edit.root.value
    _check_hooks(edit.root)
    hooks = edit.root.member("hooks")
    if hooks is None:
        whole: Json = {event: [group] for event, group in groups.items()}
        edit.do(json_text.added(edit.text, edit.root, whole, name="hooks"))
    else:
        for event, group in groups.items():
            hooks = edit.root.member("hooks") or hooks
            own = hooks.member(event)
            if own is None:
                edit.do(json_text.added(edit.text, hooks, [group], name=event))
            else:
                edit.do(json_text.added(edit.text, own, group))
    _proven(edit, before, groups)
    return edit.done


def _begun(text: str) -> _Edit:
    """An edit of an object; of an empty file, one whose object is put in first."""
    edit = _Edit(text)
    if not text.strip("\N{ZERO WIDTH NO-BREAK SPACE} \t\r\n"):
        edit.do([Splice(start=len(text), end=len(text), text="{}\n")])
    if not isinstance(edit.root.value, dict):
        raise BadInput("it is no JSON object")
    return edit


def _check_hooks(root: Node) -> None:
    hooks = root.member("hooks")
    if hooks is None:
        return
    if not isinstance(hooks.value, dict):
        raise BadInput("its `hooks` are no object")
    for (event, _), node in zip(hooks.keys, hooks.nodes, strict=True):
        if not isinstance(node.value, list):
            raise BadInput(f"its hooks for `{event}` are no list")


def _proven(edit: _Edit, before: Json, groups: Groups) -> None:
    """What is there now is what was there, and the groups; else nothing is changed."""
    expected: dict[str, Json] = dict(before) if isinstance(before, dict) else {}
    hooks = expected.get("hooks")
    found: dict[str, Json] = dict(hooks) if isinstance(hooks, dict) else {}
    for event, group in groups.items():
        found[event] = [*_lists(found.get(event)), group]
    if edit.root.value != {**expected, "hooks": found}:
        raise Refused("its form is one that failonce cannot change safely")


def hooks_in(text: str) -> dict[str, list[Json]]:
    """By event, the entries of failonce in a text; empty where it is no such text."""
    try:
        root = parsed(text)
    except BadInput:
        return {}
    value = root.value if isinstance(root.value, dict) else {}
    hooks = value.get("hooks")
    found: dict[str, list[Json]] = {}
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        own = [e for g in _lists(groups) for e in _lists(_part(g, "hooks")) if is_hook(e)]
        if own:
            found[event] = own
    return found


def _lists(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _part(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def without_hooks(text: str) -> str:
    """The text without entries of failonce, and without what is empty then."""
    while (splices := _next_hook(parsed(text))) is not None:
        text = spliced(text, splices)
    return text


def _next_hook(root: Node) -> Sequence[Splice] | None:
    """What takes out the first entry of failonce, with all around it that holds nothing else."""
    hooks = root.member("hooks")
    for n, event in enumerate(hooks.nodes if hooks else ()):
        for g, group in enumerate(event.nodes):
            entries = group.member("hooks") if isinstance(group.value, dict) else None
            for e, entry in enumerate(entries.nodes if entries else ()):
                if is_hook(entry.value) and hooks is not None and entries is not None:
                    return _emptied(root, [(hooks, n), (event, g), (entries, e)])
    return None


def _emptied(root: Node, way: Sequence[tuple[Node, int]]) -> Sequence[Splice]:
    """Take out the last thing on the way, or the first that holds nothing besides."""
    within, place = way[-1]
    for outer, at in reversed(way[:-1]):
        if len(within.nodes) > 1:
            break
        within, place = outer, at
    if len(within.nodes) == 1 and within is way[0][0]:
        names = [key for key, _ in root.keys]
        within, place = root, names.index("hooks")
    return json_text.removed(within, [place])


# ------------------------------------------------------------- servers of MCP


def with_server(text: str, name: str, entry: Json) -> Changed:
    """The text with a server of MCP among `mcpServers`, in the place of one of that name."""
    edit = _begun(text)
    servers = edit.root.member("mcpServers")
    if servers is not None and not isinstance(servers.value, dict):
        raise BadInput("its `mcpServers` are no object")
    if servers is None:
        edit.do(json_text.added(edit.text, edit.root, {name: entry}, name="mcpServers"))
        return edit.done
    edit.do(json_text.added(edit.text, servers, entry, name=name))
    return edit.done


def server_in(text: str, name: str) -> Json:
    """The entry of a server, None where there is none."""
    try:
        root = parsed(text)
    except BadInput:
        return None
    servers = root.member("mcpServers") if isinstance(root.value, dict) else None
    return None if servers is None else _part(servers.value, name)


def without_server(text: str, name: str) -> str:
    """The text without a server, and without `mcpServers` where nothing else is in it."""
    root = parsed(text)
    servers = root.member("mcpServers")
    if servers is None or servers.member(name) is None:
        return text
    if len(servers.nodes) == 1:
        place = [key for key, _ in root.keys].index("mcpServers")
        return spliced(text, json_text.removed(root, [place]))
    place = [key for key, _ in servers.keys].index(name)
    return spliced(text, json_text.removed(servers, [place]))


# ------------------------------------------------------------------------ TOML


def with_block(text: str, name: str, tables: Sequence[Table]) -> Changed:
    """The text with a block of tables at its end; raises where they would change the rest."""
    before = toml_text.read(text)
    own = toml_text.block(text, name, tables)
    added, after = toml_text.read(own), toml_text.read(text + own)
    if _joined(before, added) != after:
        raise Refused("its form is one that failonce cannot change safely")
    return Changed(text=text + own, steps=(Step(at=len(text), own=own),))


def _joined(one: Mapping[str, Json], other: Mapping[str, Json]) -> Mapping[str, Json]:
    """Both together; lists of tables one behind the other."""
    found = dict(one)
    for key, value in other.items():
        mine = found.get(key)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            found[key] = _joined(mine, value)
        elif isinstance(mine, list) and isinstance(value, list):
            found[key] = [*mine, *value]
        elif key in found:
            raise Refused(f"it has another `{key}` already")
        else:
            found[key] = value
    return found


def block_at(text: str, name: str) -> tuple[int, int] | None:
    """Where a block stands; None where there is none."""
    return toml_text.found(text, name)


def without_block(text: str, name: str) -> str:
    """The text without a block."""
    place = toml_text.found(text, name)
    return text if place is None else text[: place[0]] + text[place[1] :]


# ------------------------------------------------------------------------ diff


def diff(path: Path, before: str, after: str) -> str:
    """What changes, as people read it; empty where nothing does."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), str(path), lineterm="", n=2
    )
    return "\n".join(lines)

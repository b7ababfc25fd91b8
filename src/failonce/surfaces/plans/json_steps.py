"""Plans as JSON: a list of steps, or an object that holds one under `steps`.

    {"steps": [{"tool": "fetch", "args": {"url": "…"}}]}

A step names its tool under `tool` or `call`; steps may hold `steps`. Hints stand in the step's
`metadata`, the plan's marks in the `metadata` of the object. The text is edited in place, so that
its numbers, spaces and order stay as somebody wrote them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from failonce.errors import BadInput
from failonce.model import Json
from failonce.surfaces.plans.sites import DEEPEST, LONGEST, Read, Site, Slot, bounded

MARKED: Final = "learning.augmented"
COUNT: Final = "learning.modifications_applied"
"""The two marks of a plan (C22a)."""

_TOKEN: Final = re.compile(r'[{}\[\],:]|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s{}\[\],:"]++', re.DOTALL)
_BEGINS: Final = re.compile(r'\s*+[\[{][\s\[{]*+"[^"\\]*+(?:\\.[^"\\]*+)*+":', re.DOTALL)
_NAMES: Final = ("tool", "call")


@dataclass(slots=True)
class _Node:
    """A value and where it stands; `last` is where its last item ends."""

    kind: str
    start: int
    end: int = 0
    last: int = 0
    items: list[tuple[str, "_Node"]] = field(default_factory=list)

    def get(self, name: str) -> "_Node | None":
        return next((node for key, node in self.items if key == name), None)


class JsonSteps:
    """Steps as JSON (port `Format`)."""

    name = "json"
    between = ", "

    def sniff(self, text: str) -> bool:
        """An object or a list that is JSON, or begins as if it wanted to be."""
        if len(text) > LONGEST or not text.lstrip().startswith(("{", "[")):
            return False
        if _BEGINS.match(text):
            return True
        try:
            json.loads(text, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return False
        return True

    def read(self, text: str) -> Read:
        """The steps of a plan, in order."""
        bounded(text)
        root = _tree(text)
        steps = root.get("steps") if root.kind == "{" else None
        sites = tuple(_sites(root, text))
        if root.kind != "{" or steps is None or steps.kind != "[" or _named(root) is not None:
            return Read(sites=sites)  # the metadata of a step are its own, and no place for marks
        slot, metadata = _slot(root), root.get("metadata")
        stale = {k: (n.start, n.end) for k, n in metadata.items} if metadata else {}
        return Read(
            sites=sites,
            marks=None if slot.problem else slot,
            counted=_counted(text, metadata),
            stale={k: v for k, v in stale.items() if k in (MARKED, COUNT)},
        )

    def entry(self, key: str, value: Json) -> str:
        """`"runtime.learning.retry": {"max_retries": 3}`."""
        return f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"


def _tree(text: str) -> _Node:
    """The values of a JSON text with their places."""
    try:
        json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_once)
    except RecursionError:
        raise BadInput(f"The plan is nested deeper than {DEEPEST}.") from None
    except ValueError as error:
        raise BadInput(f"The plan is no JSON: {error}.") from None
    top = _Node(kind="[", start=0)
    stack, key = [top], ""
    wants_key = False
    for token in _TOKEN.finditer(text):
        said, here = token[0], stack[-1]
        if said in "{[":
            node = _Node(kind=said, start=token.start(), last=token.end())
            here.items.append((key, node))
            stack.append(node)
            if len(stack) > DEEPEST:
                raise BadInput(f"The plan is nested deeper than {DEEPEST}.")
            wants_key, key = said == "{", ""
        elif said in "}]":
            stack.pop()
            here.end = stack[-1].last = token.end()
        elif said == ",":
            wants_key, key = here.kind == "{", ""
        elif said == ":":
            wants_key = False
        elif wants_key:
            key = json.loads(said)
        else:
            here.items.append((key, _Node(kind=said[0], start=token.start(), end=token.end())))
            here.last = token.end()
    return top.items[0][1]


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice in one object")


def _sites(root: _Node, text: str) -> Iterator[Site]:
    """The steps below a plan; nothing is looked for in arguments."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.kind == "[":
            waiting += [item for _, item in reversed(node.items)]
        elif node.kind == "{":
            name = _named(node)
            if name is not None:
                said: str = json.loads(text[name.start : name.end])
                yield Site(capability=said, slot=_slot(node))
            steps = node.get("steps")
            if steps is not None and steps.kind == "[":
                waiting.append(steps)


def _named(node: _Node) -> _Node | None:
    """What a step calls its tool, None where it is no step that calls one."""
    return next((n for key in _NAMES if (n := node.get(key)) and n.kind == '"'), None)


def _slot(node: _Node) -> Slot:
    """Where an object's metadata goes."""
    metadata = node.get("metadata")
    if metadata is None:
        before = ', "metadata": {' if node.items else '"metadata": {'
        return Slot(at=node.last, before=before, after="}")
    if metadata.kind != "{":
        return Slot(at=metadata.start, problem="its `metadata` is no object")
    return Slot(
        at=metadata.last,
        before=", " if metadata.items else "",
        keys=frozenset(key for key, _ in metadata.items),
    )


def _counted(text: str, metadata: _Node | None) -> int:
    node = metadata.get(COUNT) if metadata is not None else None
    said = text[node.start : node.end] if node is not None else ""
    return int(said) if re.fullmatch(r"\d{1,9}", said) else 0

"""Seeing beforehand which lessons may have anything to say of a call, without loading them.

    glance = Glance.at(path)          None where nothing is in force
    glance.before(project, tool, args)

For a process that lives for one call of an agent: to load the lessons, and what runs them,
takes ten times as long as nearly every call is worth. What is seen here is never too little
(`kinds.concerned` would ask no other lesson), and what those that are seen say is still
decided by themselves. Neither the model nor a library is loaded here.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from failonce.adapters.in_force.frames import (
    FRAME,
    KEY,
    LENGTH,
    MAGIC,
    SIZE,
    START,
    Damaged,
    read_key,
    seal,
)
from failonce.identity import server, slug
from failonce.language.asking import holds

_EVERY: Final = "*"
"""Every tool, as a target; every project, as a scope."""

Seen = Mapping[str, Any]
"""What a lesson lets be seen: `id`, and whatever of these holds: `before` and `after` (the
conditions under which it may speak then), `fixed` (it says the same of every such call),
`failed` (only once a call of the tool failed in the session), `unknown`."""


class Glance:
    """One file as it is; raises `Damaged`, `OSError` where it cannot be relied on."""

    def __init__(self, path: str) -> None:
        self._key = read_key(path + KEY)
        self._file = os.open(path, os.O_RDONLY)
        head = os.pread(self._file, START, 0)
        if head[: len(MAGIC)] != MAGIC or len(head) < START:
            raise Damaged(f"{path} is not as failonce wrote it.")
        (length,) = LENGTH.unpack_from(head, len(MAGIC))
        text = os.pread(self._file, length, START)
        if seal(self._key, MAGIC, text) != head[START - SIZE :]:
            raise Damaged(f"{path} is not as failonce wrote it.")
        self._header: Mapping[str, Any] = json.loads(text)
        self._start = START + length

    @classmethod
    def at(cls, path: str) -> "Glance | None":
        """That of a path, None where there is no such file: then nothing is in force."""
        try:
            return cls(path)
        except FileNotFoundError:
            return None

    @property
    def id(self) -> str:
        """Another one for every file."""
        return str(self._header["id"])

    def off(self, project: str, *, usually: bool) -> bool:
        """Whether the learning mode of a project is off; `usually` holds where nobody set it."""
        modes = self._header["modes"]
        found = modes.get(project) or modes.get(_EVERY)
        return found == "off" or (usually and not found)

    def any(self, project: str) -> bool:
        """Whether any lesson is in force in a project, or watches there."""
        lessons = self._header["lessons"]
        return bool(lessons.get(project) or lessons.get(_EVERY))

    def ruled(self, project: str) -> bool:
        """Whether rules are in force in a project."""
        rules = self._header.get("rules") or {}
        return bool(rules.get(project) or rules.get(_EVERY))

    def before(
        self, project: str, tool: str, args: Mapping[str, Any], *, failed: bool
    ) -> list[Seen]:
        """The lessons that may have something to say before a call.

        `failed` tells whether a call of the tool failed in this session before.
        """
        return [
            seen
            for seen in self._of(project, tool)
            if (failed or not seen.get("failed")) and _may(seen, "before", args)
        ]

    def after(self, project: str, tool: str, args: Mapping[str, Any]) -> bool:
        """Whether a lesson may have something to say after a call that failed."""
        return any(_may(seen, "after", args) for seen in self._of(project, tool))

    def _of(self, project: str, tool: str) -> Iterator[Seen]:
        lessons, also = self._header["lessons"], self._header.get("targets") or {}
        names = dict.fromkeys((_EVERY, tool, slug(tool), server(tool)))
        targets = dict.fromkeys(t for name in names for t in (name, *also.get(name, ())))
        for scope in dict.fromkeys((project, _EVERY)):
            blocks = lessons.get(scope) or {}
            for target in targets:
                if target in blocks:
                    yield from self._seen(blocks[target])

    def _seen(self, place: "list[int]") -> "list[Seen]":
        """What is to be seen at a place; something unknown where nobody wrote it down."""
        if len(place) < 3:  # by a version that knew no glances
            return [{"id": "", "unknown": True}]
        frame = os.pread(self._file, FRAME, self._start + place[2])
        (length,) = LENGTH.unpack_from(frame)
        record = os.pread(self._file, length, self._start + place[2] + FRAME)
        own = bytes.fromhex(self._header["id"])
        if seal(self._key, own, place[2].to_bytes(8, "big"), record) != frame[-SIZE:]:
            raise Damaged("A record in the file of what is in force does not hold.")
        found: list[Seen] = json.loads(record)
        return found


def _may(seen: Seen, moment: str, args: Mapping[str, Any]) -> bool:
    """Whether a lesson may speak at a moment of a call with these arguments."""
    if seen.get("unknown"):
        return True
    conditions = seen.get(moment)
    return conditions is not None and all(holds(p, t, o, args) for p, t, o in conditions)

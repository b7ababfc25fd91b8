"""The lessons of a project, tool by tool, as they are first asked about."""

from collections.abc import Callable, Sequence
from typing import Final

from failonce.exposing.places import Placed
from failonce.exposing.roster import NewId, Roster
from failonce.kinds.decision import Armed
from failonce.skill.index import Index

REMEMBERED: Final = 4096
"""Tools whose lessons are remembered."""


class ByTool:
    """An index that is made tool by tool, anew where their lessons change."""

    def __init__(
        self,
        placed: Callable[[str], Sequence[Placed]],
        among: Callable[[Placed], bool],
        changed: Callable[[Sequence[Placed]], None],
    ) -> None:
        self._placed = placed
        self._among = among
        self._changed = changed
        self._known: dict[str, tuple[Sequence[Placed], Index]] = {}

    @property
    def tools(self) -> Sequence[str]:
        """Those that were asked about."""
        return list(self._known)

    def concerning(self, tool: str) -> Sequence[Armed]:
        """As `Index.concerning`."""
        there = self._placed(tool)
        known = self._known.get(tool)
        if known is None or known[0] is not there:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._changed(there)
            known = self._known[tool] = there, Index(p.armed for p in there if self._among(p))
        return known[1].concerning(tool)


class RosterByTool(Roster):
    """A roster that asks for the lessons of a tool when it is first called.

    `placed` gives the very same sequence until they change.
    """

    def __init__(self, placed: Callable[[str], Sequence[Placed]], new_id: NewId) -> None:
        super().__init__((), new_id)
        self._acting = self._first = ByTool(placed, lambda p: not p.watches, self._learn)
        self._watching = ByTool(placed, lambda p: p.watches, self._learn)

    @property
    def tools(self) -> Sequence[str]:
        """Those that were asked about."""
        return self._first.tools

    def _learn(self, lessons: Sequence[Placed]) -> None:
        self._places.update((p.armed.lesson, p) for p in lessons)

"""Which lessons concern a call: one look-up by tool."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from failonce.identity import server, slug
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import Armed
from failonce.kinds.fixer import Fit, FittingFixer
from failonce.kinds.registry import KINDS, behaviour
from failonce.model import KindName, Lesson

_FORMS = {fit: i for i, fit in enumerate(Fit)}

REMEMBERED = 4096
"""Names of tools whose lessons are remembered; a recording may hold any number of names."""


def arm(lesson: Lesson, names: Mapping[str, str] = MappingProxyType({})) -> Armed:
    """Parse a lesson's body; raises `BadInput` where it is not of its kind.

    `names` are the aliases of failures that a change of masks renamed.
    """
    return Armed(
        lesson=lesson.id,
        version=lesson.version,
        kind=lesson.proposal.kind,
        behaviour=behaviour(lesson.proposal).under(names),
        witnesses=len(lesson.proposal.support_clusters),
    )


class Index:
    """Armed lessons by the tool that they are about. Immutable once built.

    Names and schemas are mended first; then, of two lessons of one kind, the one with more
    witnesses speaks first, and among equals the older, so the same lessons always decide in
    the same order. A rule for `server` also concerns the tools that an
    MCP client names `mcp__server__tool`.
    """

    def __init__(self, armed: Iterable[Armed]) -> None:
        by_tool: dict[str, list[Armed]] = defaultdict(list)
        for lesson in armed:
            by_tool[lesson.behaviour.component].append(lesson)
        self._by_tool = {
            tool: tuple(sorted(lessons, key=_precedence)) for tool, lessons in by_tool.items()
        }
        self._known: dict[str, Sequence[Armed]] = {}
        self._together: dict[tuple[tuple[str, ...], tuple[str, ...]], Sequence[Armed]] = {}

    def concerning(self, tool: str) -> Sequence[Armed]:
        """The lessons to ask before or after a call of `tool`, in their order."""
        known = self._known.get(tool)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[tool] = self._concerning(tool)
        return known

    def _concerning(self, tool: str) -> Sequence[Armed]:
        names = {slug(tool), server(tool)} - {tool, "", ANY_TOOL}
        own = tuple(name for name in (tool,) if name in self._by_tool and name != ANY_TOOL)
        family = tuple(name for name in sorted(names) if name in self._by_tool)
        there = own, family
        if there not in self._together:  # any number of names may share their lessons
            rules = (a for n in family for a in self._by_tool[n] if a.kind is KindName.RULE)
            everybody = self._by_tool.get(ANY_TOOL, ())
            armed = (*everybody, *(a for n in own for a in self._by_tool[n]), *rules)
            if everybody:
                armed = tuple(sorted(armed, key=_precedence))
            self._together[there] = Concerned(armed) if armed else ()
        return self._together[there]

    def __len__(self) -> int:
        return sum(map(len, self._by_tool.values()))


def _precedence(armed: Armed) -> tuple[int, int, int]:
    fitting = armed.behaviour
    form = _FORMS[fitting.fit] if isinstance(fitting, FittingFixer) else len(_FORMS)
    return KINDS.find(armed.kind).place, form, -armed.witnesses

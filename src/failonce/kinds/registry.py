"""The kinds of lessons, by name, open to strangers: those that are built in, and others.

What hints and tools are made of is loaded where a body of theirs is first read: it is as much as
all else that decides about a call, and a process that lives for one call hardly ever needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from failonce.errors import BadInput
from failonce.kinds import fixer
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.rule import Rule
from failonce.model import KindName, Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of lesson: how its bodies are read, and how its lessons stand among others.

    `parse` reads a body about a target; raises `BadInput` saying what is wrong with it. Lessons
    of a lower `place` speak before others of their tool. What has the place of fixers repairs
    calls, and is asked before all that judge the call that will really run. `bounded`: a body
    holds typed values and plain names only, so `auto` may apply a lesson without a person.
    `yaml`: its bodies are read by `language.document` alone, so that the same document is the
    same lesson. `alone`: of one target only one is in force, the one that was approved last.
    """

    name: KindName
    parse: Callable[[str, str], Behaviour]
    place: int
    bounded: bool = False
    yaml: bool = True
    alone: bool = False


def _hint(body: str, target: str) -> Behaviour:
    from failonce.kinds.hint import Hint  # noqa: PLC0415 - see above

    return Hint.parse(body, target)


def _tool(body: str, target: str) -> Behaviour:
    from failonce.kinds.tool import LearnedTool  # noqa: PLC0415 - see above

    return LearnedTool.parse(body, target)


FIRST: Final = 0
"""The place of those that repair calls."""

BUILT_IN: Final = (
    Kind(name=KindName.FIXER, parse=fixer.parse, place=FIRST, bounded=True),
    Kind(name=KindName.GUARDRAIL, parse=Guardrail.parse, place=1),
    Kind(name=KindName.HINT, parse=_hint, place=2, bounded=True),
    Kind(name=KindName.RULE, parse=Rule.parse, place=3, yaml=False),
    Kind(name=KindName.TOOL, parse=_tool, place=4, yaml=False, alone=True),
)


class Kinds:
    """Kinds by name; `elsewhere` is called once, where a name is not known."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds: dict[KindName, Kind] = {}
        self.elsewhere: Callable[[], None] | None = None
        for kind in kinds:
            self.register(kind)

    def register(self, kind: Kind) -> None:
        """Add a kind; raises `BadInput` for a name that is taken."""
        if kind.name in self._kinds:
            raise BadInput(f"There is a kind `{kind.name}` already.")
        self._kinds[kind.name] = kind
        _parsed.cache_clear()

    def unregister(self, name: KindName) -> None:
        """Take a kind out; raises `BadInput` where there is none of that name."""
        del self._kinds[self.find(name).name]
        _parsed.cache_clear()

    def find(self, name: KindName) -> Kind:
        """The kind of a name; raises `BadInput` where nobody here knows it."""
        if name not in self._kinds and self.elsewhere is not None:
            look, self.elsewhere = self.elsewhere, None
            look()
        try:
            return self._kinds[name]
        except KeyError:
            raise BadInput(f"This version has no lessons of kind `{name}`.") from None


@lru_cache(maxsize=512)
def _parsed(kind: KindName, body: str, target: str) -> Behaviour:
    """Bodies are immutable and the gate asks for one a dozen times."""
    return KINDS.find(kind).parse(body, target)


KINDS: Final = Kinds(*BUILT_IN)
"""The kinds whose lessons this process reads."""


def behaviour(proposal: Proposal) -> Behaviour:
    """The parsed body of a proposal; raises `BadInput` where it is not of its kind."""
    return _parsed(proposal.kind, proposal.body, proposal.target)

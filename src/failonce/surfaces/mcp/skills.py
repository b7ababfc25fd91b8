"""Rules in force as documents to read: a resource for each skill, for those who never call.

What is read is recorded as what `recall` says is, and a session that goes without a rule does not
find it here either (D.3.23).
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

from mcp.types import Resource, TextResourceContents

from failonce.errors import NotFound
from failonce.model import Call
from failonce.surfaces.learning.rules import recalled
from failonce.surfaces.mcp.answers import shown
from failonce.surfaces.watching.host import Host
from failonce.surfaces.watching.sessions import current
from failonce.surfaces.words import counted

SCHEME: Final = "failonce://skills/"
PAGE: Final = 100
"""Resources that are listed at a time."""
MOST: Final = 50
"""Rules of one document."""
MARKDOWN: Final = "text/markdown"

Marks = Mapping[str, tuple[str, ...]]
"""Address of a document → the rules in it, each with its version."""


class Skills:
    """The documents of one project."""

    def __init__(self, project: str) -> None:
        self._project = project

    def marks(self, here: Host | None) -> Marks:
        """What stands in which document now, without reading any."""
        if here is None or here.known(self._project) is None:
            return {}
        rules = here.in_force.now().rules(self._project, here.clock.now())
        return {
            SCHEME + quote(name, safe=""): tuple(f"{a.lesson}/{a.version}" for a in armed)
            for name, armed in rules.items()
        }

    def listed(self, here: Host | None, after: str) -> tuple[list[Resource], str | None]:
        """A page of them, in order of their addresses, and where the next one begins."""
        marks = self.marks(here)
        left = sorted(uri for uri in marks if uri > after)
        page = [_resource(uri, len(marks[uri])) for uri in left[:PAGE]]
        return page, page[-1].uri if len(left) > PAGE else None

    def read(self, here: Host | None, uri: str) -> TextResourceContents:
        """One document; raises `NotFound` where no rule is in force for its skill."""
        if (
            uri not in self.marks(here)
            or here is None
            or (known := here.known(self._project)) is None
        ):
            raise NotFound(
                f"There is no document `{shown(uri, 120)}`: no rule is in force for such a skill."
            )
        name, session = _name(uri), current()
        about = Call(tool="", session=session.id, project=self._project, task=session.task)
        at = here.clock.now()
        said, met = recalled(known.roster, (name,), about, known.tools, at=at, most=MOST)
        for asked in met:
            here.tell(asked)
        session.met = session.met or bool(met)
        lines = [f"- {r.text} ({r.lesson})" for r in said]
        text = "\n".join(
            (
                f"# {shown(name, 80)}",
                "",
                "What was learned of it, and put in force here:",
                "",
                *lines,
            )
        )
        return TextResourceContents(uri=uri, mime_type=MARKDOWN, text=f"{text}\n")


def _name(uri: str) -> str:
    return unquote(uri.removeprefix(SCHEME))


def _resource(uri: str, rules: int) -> Resource:
    name = shown(_name(uri), 80)
    return Resource(
        uri=uri,
        name=name,
        description=f"What was learned of {name}: {counted(rules, 'rule')} in force.",
        mime_type=MARKDOWN,
    )

"""A store with versions of one tool, what is done to them, and what must then agree."""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from failonce.adapters.in_force import InForce, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.identity import body_digest
from failonce.kinds.tool import LearnedTool
from failonce.model import KindName, Lesson
from failonce.surfaces.auditing import verified
from failonce.surfaces.cli import main
from failonce.testing.samples import lesson, proposed
from tests.kinds.tool.made import TITLE
from tests.surfaces.cli.made import PROJECT, Shell

ALL_OF_THEM: Final = bool(os.environ.get("FAILONCE_TORTURE"))
"""Every step is one to be struck at in the torture run, some of them in others."""
RULE = "Do not pass 'detailed' to get_entity."

SOURCES: Final = {
    "GR-00000001": TITLE,
    "GR-00000002": TITLE.replace("text.title()", "text.upper()"),
    "GR-00000003": TITLE.replace("text.title()", "text.lower()"),
}
"""Versions of one tool, by lesson."""
ANSWERS: Final = {"GR-00000001": "A Tale", "GR-00000002": "A TALE", "GR-00000003": "a tale"}
"""What each of them makes of `a TALE`."""
FIRST, SECOND, THIRD = SOURCES


def version(n: int) -> Lesson:
    """The n-th version of the tool, waiting."""
    x = lesson(n)
    proposal = replace(
        x.proposal,
        kind=KindName.TOOL,
        target="title",
        project=PROJECT,
        key=f"k{n}",
        body=list(SOURCES.values())[n - 1],
    )
    digest = body_digest(proposal)
    judged = replace(x.judgement, digest=digest)
    return replace(x, proposal=proposal, digest=digest, judgement=judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something done with a tool: what comes before it, the command, what is in force then."""

    name: str
    before: Sequence[Sequence[str]]
    command: Sequence[str]
    old: str | None
    new: str | None
    bare: bool = False
    """Nothing was ever put in force from this store, so that neither file nor key is there."""


INSTALL = Deed(name="install", before=(), command=("approve", FIRST), old=None, new=FIRST)
UPGRADE = Deed(
    name="upgrade",
    before=(("approve", FIRST),),
    command=("approve", SECOND),
    old=FIRST,
    new=SECOND,
)
ROLLBACK = Deed(
    name="rollback",
    before=(("approve", FIRST), ("approve", SECOND)),
    command=("tools", "rollback", "title", "--project", PROJECT),
    old=SECOND,
    new=FIRST,
)
REMOVE = Deed(
    name="remove", before=(("approve", FIRST),), command=("undo", FIRST), old=FIRST, new=None
)
VERY_FIRST = replace(INSTALL, name="very first", bare=True)
DEEDS: Final = (VERY_FIRST, INSTALL, UPGRADE, ROLLBACK, REMOVE)


class Bench:
    """A project with a store that can be had again as it was when `keep` was called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = Shell(folder, monkeypatch)
        self.out = folder / "said"
        self._kept = folder / "kept"
        self.card = self.shell.project / "skills" / "homeassistant.md"
        self.card.parent.mkdir()
        rule = self.shell.ok("learn", "homeassistant", RULE, "--json").json["id"]
        self.shell.ok("approve", rule)
        self.written = self.card.read_bytes()
        with closing(open_store(self.url)) as store:
            for n in range(1, len(SOURCES) + 1):
                store.commit(proposed(version(n)))

    @property
    def url(self) -> str:
        """Where the store is."""
        return store_url(self.shell.store)

    def keep(self, deed: Deed) -> None:
        """Do what comes before a deed, and remember how it all stands then."""
        for command in deed.before:
            self.shell.ok(*command)
        self.shell.ok("learn", "other", "Look first.")  # so that what waits is published as well
        assert (self.stored(), self.loaded()) == (deed.old, deed.old)
        self._known = self._files()
        if deed.bare:
            for path in self.shell.data.glob("*.in-force*"):
                path.unlink()
        shutil.copytree(self.shell.data, self._kept)

    def again(self) -> None:
        """Have it all as it was."""
        shutil.rmtree(self.shell.data)
        shutil.copytree(self._kept, self.shell.data)

    def run(self, command: Sequence[str]) -> int:
        """Run a command as a program does, in this process."""
        return main(list(command))

    # ---------------------------------------------------- what must agree

    def stored(self) -> str | None:
        """The version that is in force by the store; its bytes are those that were written."""
        with closing(open_store(self.url)) as store:
            tools = [x for x in store.lessons() if x.in_force and x.proposal.kind is KindName.TOOL]
            report = verified(store)
        assert report.intact, report.problem
        assert len(tools) <= 1, f"several are in force: {[x.id for x in tools]}"
        for x in tools:
            assert x.proposal.body == SOURCES[x.id]
            assert x.approved_digest == x.digest == body_digest(x.proposal)
        return tools[0].id if tools else None

    def loaded(self) -> str | None:
        """The version that a process which starts now would run."""
        reader = InForce(file_beside(self.shell.store))
        found = reader.now().learned(PROJECT, datetime.now(UTC))
        assert (reader.refused, list(reader.alerts)) == (0, [])
        assert set(found) <= {"title"}
        for armed in found.values():
            assert isinstance(armed.behaviour, LearnedTool)
            assert armed.behaviour.source == SOURCES[armed.lesson]
            return armed.lesson
        return None

    def agrees(self, *wanted: str | None) -> str | None:
        """After an ordinary command: store, file and card agree, and nothing was left behind."""
        (record,) = self.shell.ok("tools", "learned", "--json").json
        listed = record["id"] if record["in_force"] else None
        assert listed in wanted
        assert (self.stored(), self.loaded()) == (listed, listed)
        self.shell.ok("status")
        assert self.shell.ok("audit", "verify", "--json").json["intact"]
        assert self.card.read_bytes() == self.written
        skills = sorted(p.name for p in self.card.parent.rglob("*"))
        assert skills == [self.card.name], skills
        assert self._files() <= self._known, f"left behind: {self._files() - self._known}"
        return listed

    def _files(self) -> set[str]:
        found = {p.name for p in self.shell.data.iterdir() if p.is_file()}
        return {name for name in found if not name.endswith(("-wal", "-shm"))}

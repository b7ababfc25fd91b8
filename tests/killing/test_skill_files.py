"""kill -9 between any two steps of a decision that writes skill files, again and again."""

import random
import signal
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree

import pytest

from failonce.adapters.workspace import EDITS, FileWorkspace, Standing
from failonce.compose import Configuration, Parts, configure, opened
from failonce.identity import body_digest
from failonce.model import Change, Proposer, State
from failonce.surfaces.filed import adopt, filed
from failonce.testing.samples import proposed
from tests.adapters.workspace.made import everything, guardrail
from tests.crash import seeded
from tests.killing.stepping import steps, struck
from tests.surfaces.cli.made import Shell

SKILLS = ("card", "get_item", "general")
THEIRS: Mapping[str, bytes] = {
    "AGENTS.md": b"\xef\xbb\xbf# Agents\r\nno line end",
    "skills/card.md": "# Card\n\nüber alles\n".encode(),
    "skills/notes.md": b"binary \0\xff\xfe",
    ".claude/skills/other/SKILL.md": b"---\nname: other\ndescription: mine\n---\n",
}
"""What people have in the files and beside them."""


class Yard:
    """A project whose lessons stand in every kind of file."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = Shell(folder, monkeypatch)
        self.root = self.shell.project
        self.out = folder / "said"
        self.fresh = folder / "fresh"
        for name, value in (
            ("BLOCKS", "AGENTS.md, CLAUDE.md, GEMINI.md"),
            ("AGENT_SKILLS", ".claude/skills"),
            ("YAML", "true"),
        ):
            self.shell.set(f"FAILONCE_FILES__{name}", value)
        self._theirs(self.root)
        with opened(self.config) as parts:
            project = parts.config.project
            self.lessons = [
                parts.review.learn(
                    skill, f"Rule {n}.", reason="", proposer=Proposer.PERSON, project=project
                ).id
                for n, skill in enumerate(SKILLS * 2)
            ]
            for n in (1, 2):
                x = guardrail(n)
                said = replace(x.proposal, project=project, key=f"k{n}")
                waits = State.PROPOSED
                x = replace(x, proposal=said, digest=body_digest(said), state=waits)
                x = replace(x, approved_digest=None)
                x = replace(x, judgement=replace(x.judgement, digest=x.digest))
                change: Change = proposed(x)
                parts.store.commit(change)
                self.lessons.append(x.id)

    @property
    def config(self) -> Configuration:
        return configure(directory=self.root)

    def _theirs(self, root: Path) -> None:
        for name, content in THEIRS.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        (root / "CLAUDE.md").symlink_to("AGENTS.md")

    def decide(self, lesson: str) -> int:
        """Put it in force or out of it, as a program does."""
        with opened(self.config) as parts:
            _turn(parts, lesson)
        return 0

    def adopt(self) -> int:
        with opened(self.config) as parts:
            adopt(parts)
        return 0

    def edit(self, rng: random.Random) -> bytes:
        """Somebody writes into one of our parts; what they wrote."""
        with opened(self.config) as parts:
            seen = [x for x in filed(parts).files if x.lessons and x.path.endswith(".md")]
        if not seen:
            return b""
        path = Path(rng.choice(seen).path)
        said = b"- Mine %d." % rng.randrange(10**9)
        lines = path.read_bytes().split(b"\n")
        at = next(n for n, line in enumerate(lines) if line.startswith((b"- ", b"* ")))
        path.write_bytes(b"\n".join([*lines[:at], said, *lines[at:]]))
        return said

    def heals(self) -> None:
        """After the next decision files are as the store says, and nothing was left behind."""
        with opened(self.config) as parts:
            parts.catch_up()
            standing = {x.standing for x in parts.files.look(parts.review.projected())}
            assert standing <= {Standing.AGREES, Standing.EDITED}, standing
            parts.review.reconcile()
            assert parts.review.reconcile() == []
            wanted = self._made_anew(parts)
        found = {k: v for k, v in everything(self.root).items() if EDITS not in k}
        assert found == wanted
        assert (self.root / "CLAUDE.md").is_symlink()
        left = [p for p in self.root.rglob("*") if p.name.endswith(".failonce-tmp")]
        assert left == []

    def _made_anew(self, parts: Parts) -> dict[str, bytes]:
        """The files of somebody who has the same lessons, and has never been killed."""
        if self.fresh.exists():
            rmtree(self.fresh)
        (self.fresh / ".git").mkdir(parents=True)
        self._theirs(self.fresh)
        files = FileWorkspace(
            self.fresh / "skills",
            project=parts.config.project,
            places=replace(parts.files._places, root=self.fresh),
            facts=parts.files._facts,
        )
        files.reconcile(parts.review.projected())
        return everything(self.fresh)

    def lost(self, wrote: list[bytes]) -> list[bytes]:
        """What is neither in its file or aside as somebody wrote it, nor waits as a lesson."""
        with opened(self.config) as parts:
            bodies = {x.proposal.body for x in parts.store.lessons()}
        whole = b"".join(everything(self.root).values())
        return [x for x in wrote if x.removeprefix(b"- ").decode() not in bodies and x not in whole]


def _turn(parts: Parts, name: str) -> None:
    lesson = parts.store.lesson(name)
    assert lesson is not None
    if lesson.in_force:
        parts.review.undo(name)
    elif lesson.reviewed_at:
        parts.review.restore(name)
    else:
        parts.review.approve(name)


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    return Yard(tmp_path, monkeypatch)


@pytest.mark.parametrize("cycles", [20, pytest.param(200, marks=pytest.mark.torture)])
def test_killed_at_any_step_files_are_as_the_store_says_afterwards(yard: Yard, cycles: int) -> None:
    """Nothing outside our own blocks and files changes, and nothing that somebody wrote is lost."""
    rng, wrote, struck_at = seeded(), list[bytes](), list[int]()
    long = len(steps(lambda: yard.decide(yard.lessons[0]), yard.out))
    while len(struck_at) < cycles:
        name = rng.choice(yard.lessons)
        if rng.random() < 0.4 and (said := yard.edit(rng)):
            wrote.append(said)
        adopts = bool(wrote) and rng.random() < 0.3
        work = yard.adopt if adopts else partial(yard.decide, name)
        ended = struck(work, rng.randrange(long * 3 // 2), signal.SIGKILL, yard.out)
        assert ended.code in (0, -signal.SIGKILL), ended
        if ended.struck:
            struck_at.append(len(ended.steps) - 1)
        elif not adopts:
            long = len(ended.steps)
        yard.heals()
        assert yard.lost(wrote) == []
    print(f"{len(struck_at)} kills at {sorted(set(struck_at))}, {len(wrote)} edits")

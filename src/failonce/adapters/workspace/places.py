"""Where lessons are to stand, and which file holds what of ours: the plan, before any is written.

A place that is relative must lie in the project once all links are followed, so that no link in
a repository leads a writer out of it. An absolute one is the operator's own word.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from failonce.adapters.workspace import disk
from failonce.errors import BadInput, FailonceError
from failonce.identity import slug
from failonce.model import Lesson, Signature
from failonce.projections import agent_skill, lesson_file, managed_block
from failonce.projections.budget import BUDGET, Fitted, Worth, fitted, tokens
from failonce.projections.human_edits import Form
from failonce.projections.own_file import Gone
from failonce.projections.piece import Piece
from failonce.projections.rule_lines import GENERAL, Item

_IMPORT: Final = re.compile(r"(?:^|\s)@([^\s`]+)")
"""How one file that an agent reads asks for another one."""


AGENTS: Final = "AGENTS.md"
CLAUDE: Final = "CLAUDE.md"
"""Claude Code reads `AGENTS.md` only where this one is not."""
_SHADOWED: Final = (
    "{path} was not made: beside it Claude Code would not read {agents} any more. Name AGENTS.md "
    "in files.blocks, which it reads too, or make a CLAUDE.md that holds `@AGENTS.md`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places that an operator chose beside the folder of skill files."""

    root: Path = Path()
    """The project's root."""
    blocks: tuple[Path, ...] = ()
    """Files that agents read when they start, such as `AGENTS.md`."""
    agent_skills: tuple[Path, ...] = ()
    """Folders of Agent Skills, such as `.claude/skills`."""
    yaml: bool = False
    """Whether guardrails and fixers stand in the folder of skill files too."""
    budget: int = BUDGET
    """Most tokens of the rules of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that was checked, in the words that were approved."""

    lesson: str
    skill: str
    sentence: str
    everyone: bool = False
    """Whether it holds in every project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One file, and what it is to hold of ours."""

    path: Path
    form: Form
    piece: Piece
    scratch: Path
    """The folder beside it for what is not in its place yet."""
    keep: str
    """By what name copies of it are kept."""
    skill: str = ""
    lessons: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    """Rules for which there is no room, the least worth first."""
    at_start: int = 0
    """Tokens that an agent reads of it when it starts, estimated."""
    on_demand: int = 0
    """Tokens that it reads when it takes it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Lays lessons out over the files of one project."""

    skills: Path
    """The folder of skill files."""
    places: Places
    worth: Callable[[str], Worth]

    def held(
        self,
        rules: Sequence[Rule],
        others: Sequence[tuple[Lesson, Signature | None]],
        errors: list[FailonceError],
    ) -> Iterator[Held]:
        """Every file that holds, or may hold, something of ours.

        `others` are guardrails and fixers. What cannot be planned is an error, and the rest goes
        on.
        """
        yield from self._cards(rules)
        yield from self._yaml(others)
        for folder in self._resolved(self.places.agent_skills, errors):
            yield from self._agent_skills(folder, self._there(folder, rules))
        yield from self._blocks(self._resolved(self.places.blocks, errors), rules, errors)

    def block(self, path: Path, rules: Sequence[Rule]) -> Held:
        """The block with these rules in a file that agents read when they start."""
        fit = self._fit(rules, led=True)
        return Held(
            path=path,
            form=Form.BLOCK,
            piece=managed_block.Block(items=fit.items),
            scratch=path.parent,
            keep=f"blocks/{path.stem}",
            skill=GENERAL,
            at_start=_cost(fit),
            lessons=_ids(fit.items),
            out=_ids(fit.out),
        )

    def agent_skills(self, folder: Path) -> Iterator[Held]:
        """The skills of ours in a folder, all of them to go."""
        yield from self._agent_skills(folder, ())

    # --------------------------------------------------------- one place

    def _cards(self, rules: Sequence[Rule]) -> Iterator[Held]:
        by_skill = _grouped(rules, lambda x: x.skill)
        for path in self.skills.glob("*.md"):
            # others' links and folders are none of our business
            if not path.is_symlink() and path.is_file() and slug(path.stem) == path.stem:
                by_skill.setdefault(path.stem, [])
        for skill, of_it in sorted(by_skill.items()):
            fit = self._fit(of_it, led=False)
            yield Held(
                path=self.skills / f"{skill}.md",
                form=Form.CARD,
                piece=managed_block.Block(items=fit.items),
                scratch=self.skills,
                keep=skill,
                skill=skill,
                on_demand=_cost(fit),
                lessons=_ids(fit.items),
                out=_ids(fit.out),
            )

    def _agent_skills(self, folder: Path, rules: Sequence[Rule]) -> Iterator[Held]:
        by_name = _grouped(rules, lambda x: agent_skill.folder_name(x.skill))
        for path in folder.glob(f"{agent_skill.PREFIX}*/{agent_skill.FILE}"):
            by_name.setdefault(path.parent.name, [])
        for name, of_it in sorted(by_name.items()):
            skills = sorted({x.skill for x in of_it})
            fit = self._fit(of_it, led=len(skills) > 1)
            piece = agent_skill.skill_file(name, skills, fit.items) if fit.items else Gone()
            yield Held(
                path=folder / name / agent_skill.FILE,
                form=Form.SKILL,
                piece=piece,
                scratch=folder,
                keep=f"agent-skills/{name}",
                skill=skills[0] if skills else name.removeprefix(agent_skill.PREFIX),
                at_start=tokens(agent_skill.introduced(name, skills)) if fit.items else 0,
                on_demand=tokens(agent_skill.body(skills, fit.items)) if fit.items else 0,
                lessons=_ids(fit.items),
                out=_ids(fit.out),
            )

    def _yaml(self, others: Sequence[tuple[Lesson, Signature | None]]) -> Iterator[Held]:
        pieces: dict[str, tuple[Piece, tuple[str, ...]]] = {
            path.name: (Gone(), ())
            for path in self.skills.glob("[GF][RX]-*.yaml")
            if not path.is_symlink() and path.is_file()
        }
        for lesson, signature in others if self.places.yaml else ():
            own = lesson_file.kept(lesson, signature)
            pieces[lesson_file.file_name(lesson)] = (own, (lesson.id,))
        for name, (piece, lessons) in sorted(pieces.items()):
            yield Held(
                path=self.skills / name,
                form=Form.YAML,
                piece=piece,
                scratch=self.skills,
                keep=f"lessons/{name.partition('_')[0]}",
                lessons=lessons,
            )

    def _blocks(
        self, files: Sequence[Path], rules: Sequence[Rule], errors: list[FailonceError]
    ) -> Iterator[Held]:
        through: set[Path] = set()
        """Files that ask for another one of them, in which the rules stand already."""
        for path in files:
            card = path.suffix == ".md" and slug(path.stem) == path.stem
            if card and path.parent == self.skills.resolve():
                errors.append(BadInput(f"{path} is a skill file, and gets its rules as one."))
                continue
            agents = path.with_name(AGENTS)
            if path.name == CLAUDE and _nobodys(path) and (agents in files or agents.exists()):
                if agents not in files:
                    errors.append(BadInput(_SHADOWED.format(path=path, agents=agents)))
                through.add(path)
            others = {p for p in files if p not in (path, *through)}
            if others & set(_imported(path)):
                through.add(path)
            yield self.block(path, () if path in through else self._there(path, rules))

    def _resolved(self, places: Sequence[Path], errors: list[FailonceError]) -> list[Path]:
        """Where the places are, each once."""
        found: dict[Path, None] = {}
        for place in places:
            try:
                found[self.resolve(place)] = None
            except FailonceError as error:
                errors.append(error)
        return list(found)

    def resolve(self, place: Path) -> Path:
        """Where a place is once links are followed; raises `BadInput` where they lead out."""
        base = Path(os.path.realpath(self.places.root))
        real = Path(os.path.realpath(base / place))
        if not place.is_absolute() and not real.is_relative_to(base):
            raise BadInput(
                f"{base / place} leads out of the project, to {real}, so nothing is written "
                "there. Name another place, or that one by its whole path."
            )
        return real

    def _there(self, place: Path, rules: Sequence[Rule]) -> Sequence[Rule]:
        """The rules that belong to a place: outside of the project only those of every project,
        as all of them write there."""
        inside = place.is_relative_to(os.path.realpath(self.places.root))
        return [x for x in rules if inside or x.everyone]

    def _fit(self, rules: Sequence[Rule], *, led: bool) -> Fitted:
        items = [
            Item(
                lesson=x.lesson,
                sentence=x.sentence,
                skill=x.skill if led and x.skill != GENERAL else "",
            )
            for x in rules
        ]
        return fitted(items, self.places.budget, self.worth)


def _cost(fit: Fitted) -> int:
    return tokens(managed_block.rendered(fit.items)) if fit.items else 0


def _ids(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(x.lesson for x in items)


def _grouped(rules: Sequence[Rule], key: Callable[[Rule], str]) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        found[key(rule)].append(rule)
    return dict(found)


def _nobodys(path: Path) -> bool:
    """Whether a file is not there, or holds nothing but our block."""
    try:
        found = managed_block.find(disk.read(path).content)
    except (FailonceError, OSError):  # who writes to it will say so
        return False
    return not (found.before + found.after).strip()


def _imported(path: Path) -> Iterator[Path]:
    """The files that this one asks for, our block aside."""
    try:
        found = managed_block.find(disk.read(path).content)
    except (FailonceError, OSError):  # who writes to it will say so
        return
    for name in _IMPORT.findall((found.before + found.after).decode(errors="replace")):
        yield Path(os.path.realpath(path.parent / name))

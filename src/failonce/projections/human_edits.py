"""What people changed in a block or a file of ours, told from its lines.

    Edit(place="skills/card.md", text=…)      our part of a file as somebody left it
    found = read(edit, lessons)               → changed, added, removed, and what is no rule

Whoever wrote into the file may have been a person or an agent: nothing here is taken for granted,
all of it is offered to whoever reviews.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from failonce.model import KindName, Lesson
from failonce.projections import lesson_file
from failonce.projections.agent_skill import TITLE
from failonce.projections.managed_block import HEADING
from failonce.projections.own_file import without_mark
from failonce.projections.rule_lines import GENERAL, Item, Said, said


class Form(StrEnum):
    """How lessons stand in a file."""

    CARD = "skill file"
    """A block in `skills/<skill>.md`, which holds the rules of that skill."""
    SKILL = "agent skill"
    """A `SKILL.md` of ours."""
    BLOCK = "block"
    """A block in a file that an agent reads when it starts, with the rules of all skills."""
    YAML = "lesson file"
    """A guardrail or fixer as YAML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Our part of one file as somebody left it."""

    place: str
    """The file, as people know it."""
    form: Form
    text: str
    at: datetime
    """When the file was last changed."""
    skill: str = ""
    """Of which skill rules are in it that name none."""
    lessons: tuple[str, ...] = ()
    """The lessons that are to be in it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A rule that somebody wrote."""

    skill: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Changes:
    """What an edit comes to."""

    changed: dict[str, str] = field(default_factory=dict)
    """Lesson → its new text."""
    added: list[Sentence] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Lessons in force whose lines are gone."""
    unread: list[str] = field(default_factory=list)
    """Lines that are no rule."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed or self.unread)


def read(edit: Edit, lessons: Mapping[str, Lesson]) -> Changes:
    """What was changed against `lessons`, by id: those that the store knows."""
    if edit.form is Form.YAML:
        return _yaml(edit, lessons)
    found = Changes()
    led = edit.form is not Form.CARD
    ours = _ours(lessons)
    met: set[str] = set()
    for line in _lines(edit):
        told = said(line, led=led)
        if line in ours:
            met |= {told.lesson} if told else set()
        elif told is None:
            found.unread.append(line)
        else:
            _take(found, told, edit, lessons, met)
    found.removed += [x for x in edit.lessons if x not in met and _stood(lessons.get(x), edit.at)]
    return found


def _take(
    found: Changes, told: Said, edit: Edit, lessons: Mapping[str, Lesson], met: set[str]
) -> None:
    """One item of the list that does not stand there as it was written."""
    name = told.lesson or _same(told, edit, lessons)
    known = lessons.get(name)
    if known is None or name in met:
        skill = told.skill or edit.skill or GENERAL
        new = Sentence(skill=skill, sentence=told.sentence)
        if new not in found.added:
            found.added.append(new)
        return
    met.add(name)
    in_front = told.skill and told.skill != known.proposal.target
    sentence = f"`{told.skill}`: {told.sentence}" if in_front else told.sentence
    if sentence != known.proposal.body:
        found.changed[name] = sentence


def _same(told: Said, edit: Edit, lessons: Mapping[str, Lesson]) -> str:
    """The lesson whose very words these are, where its id is gone from the line."""
    same = (x for x in edit.lessons if x in lessons)
    return next((x for x in same if lessons[x].proposal.body == told.sentence), "")


def _ours(lessons: Mapping[str, Lesson]) -> frozenset[str]:
    """Lines as failonce writes them, of whatever rules the store knows."""
    return frozenset(
        Item(lesson=x.id, sentence=x.proposal.body, skill=skill).line.strip()
        for x in lessons.values()
        if x.proposal.kind is KindName.RULE
        for skill in ("", x.proposal.target)
    )


def _lines(edit: Edit) -> list[str]:
    """The lines between the markers, or below the frontmatter; without empty ones."""
    text = without_mark(edit.text) if edit.form is Form.SKILL else edit.text
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    if edit.form is Form.SKILL and lines[0] == "---" and "---" in lines[1:]:
        lines = lines[lines.index("---", 1) + 1 :]
    return [x for x in lines if x and not x.startswith(("<!-- failonce:", TITLE, HEADING))]


def _stood(lesson: Lesson | None, at: datetime) -> bool:
    """Whether a lesson was in force, and so in the file, when somebody last changed it."""
    return (
        lesson is not None
        and lesson.in_force
        and lesson.reviewed_at is not None
        and lesson.reviewed_at < at
    )


def _yaml(edit: Edit, lessons: Mapping[str, Lesson]) -> Changes:
    file = lesson_file.parse(without_mark(edit.text))
    known = lessons.get(file.id)
    if known is None:
        return Changes(unread=[f"{file.id} is no lesson of this store"])
    return Changes(changed={} if file.body == known.proposal.body else {file.id: file.body})

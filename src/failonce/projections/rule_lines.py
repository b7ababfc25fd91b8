"""Rules as lines of a list, and back.

    - Call `list` before `get`. <!-- RU-1A2B3C4D -->

A file that holds rules of several skills names the skill in front: ``- `card`: Call …``.

Agents take `@path` in such a file for a file to read in, and a rule is no such order: the sign is
written as `&#64;` there, unless it stands in code, where no agent heeds it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

GENERAL: Final = "general"
"""The skill of what somebody wrote where no other one is named."""

_LINE: Final = re.compile(
    r"[-*+][ \t]+(.*?)[ \t]*(?:<!--[ \t]*([A-Z]{2}-[0-9A-F]{8,64})[ \t]*-->)?[ \t]*"
)
_ASKS: Final = re.compile(r"(?<![\w.+-])@(?=\S)")
"""What an agent may take for a file to read in; an address of e-mail is none."""
_CODE: Final = re.compile(r"(`[^`]+`)")
_AT: Final = "&#64;"
_LEAD: Final = re.compile(r"`([a-z0-9_-]{1,64})`:[ \t]+(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One rule in a file: a checked sentence and the id of its lesson."""

    lesson: str
    sentence: str
    skill: str = ""
    """Named in front of it, where the file holds rules of several skills."""

    @property
    def line(self) -> str:
        """The line with its end."""
        lead = f"`{self.skill}`: " if self.skill else ""
        return f"- {lead}{_inert(self.sentence)} <!-- {self.lesson} -->\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line of a list says."""

    sentence: str
    lesson: str
    """Empty where the line names none."""
    skill: str
    """Empty where none is named in front of it."""


def said(line: str, *, led: bool) -> Said | None:
    """What a line says, None where it is no item of a list; `led` reads a skill in front."""
    found = _LINE.fullmatch(line.strip())
    if found is None or not found[1]:
        return None
    lead = _LEAD.fullmatch(found[1]) if led else None
    skill, sentence = (lead[1], lead[2]) if lead else ("", found[1])
    return Said(sentence=sentence.replace(_AT, "@"), lesson=found[2] or "", skill=skill)


def _inert(sentence: str) -> str:
    """The sentence without anything that makes an agent read a file in."""
    whole = sentence.count("`") % 2 == 0 and "``" not in sentence
    parts = _CODE.split(sentence) if whole else [sentence]
    return "".join(x if n % 2 else _ASKS.sub(_AT, x) for n, x in enumerate(parts))


def listed(items: Sequence[Item]) -> str:
    """The list."""
    return "".join(item.line for item in items)

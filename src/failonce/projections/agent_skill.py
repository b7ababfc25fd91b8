"""Rules as a folder of the Agent Skills standard: `failonce-<skill>/SKILL.md`.

An agent reads name and description when it starts, the rest when it takes the skill up. Names are
of a-z, 0-9 and single dashes, at most 64 characters, and the same as the folder's.
"""

from collections.abc import Sequence
from typing import Final

from failonce.identity import digest
from failonce.language import document
from failonce.projections.own_file import OwnFile
from failonce.projections.rule_lines import Item, listed

PREFIX: Final = "failonce-"
"""What the names of our folders begin with."""
FILE: Final = "SKILL.md"
TITLE: Final = "# Learned rules for "
_LONGEST: Final = 64
_NAMED: Final = 8
"""Skills that a description names."""


def folder_name(skill: str) -> str:
    """The name of a skill's folder. Skills whose names differ in dashes alone share one."""
    words = "-".join(filter(None, skill.replace("_", "-").split("-")))
    return f"{PREFIX}{words}"[:_LONGEST].rstrip("-")


def skill_file(name: str, skills: Sequence[str], items: Sequence[Item]) -> OwnFile:
    """The `SKILL.md` of a folder."""
    return OwnFile(
        source=digest(("agent-skill/1", name, *skills, listed(items)), size=8),
        text=lambda: _head(name, skills) + body(skills, items),
    )


def introduced(name: str, skills: Sequence[str]) -> str:
    """What an agent is shown of it when it starts: the name and what it is for."""
    return f"{name}: {_description(skills)}"


def _head(name: str, skills: Sequence[str]) -> str:
    told = document.dump({"name": name, "description": _description(skills)})
    return f"---\n{told}---\n"


def _description(skills: Sequence[str]) -> str:
    use = "it" if len(skills) == 1 else "one of them"
    return (
        f"Rules for {_told(skills)}, learned from calls that failed here. "
        f"Read them before you use {use}."
    )


def body(skills: Sequence[str], items: Sequence[Item]) -> str:
    """What an agent reads when it takes the skill up."""
    return f"\n{TITLE}{_told(skills)}\n\n{listed(items)}"


def _told(skills: Sequence[str]) -> str:
    names = ", ".join(f"`{x}`" for x in skills[:_NAMED])
    return names + (f" and {len(skills) - _NAMED} more" if len(skills) > _NAMED else "")

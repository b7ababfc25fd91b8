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
        text=lambda: head(name, skills) + body(skills, items),
    )


def head(name: str, skills: Sequence[str]) -> str:
    """The frontmatter, which is always in an agent's context."""
    use = "it" if len(skills) == 1 else "one of them"
    description = (
        f"Rules for {_told(skills)}, learned from calls that failed here. "
        f"Read them before you use {use}."
    )
    return f"---\n{document.dump({'name': name, 'description': description})}---\n"


def body(skills: Sequence[str], items: Sequence[Item]) -> str:
    """What an agent reads when it takes the skill up."""
    return f"\n{TITLE}{_told(skills)}\n\n{listed(items)}"


def _told(skills: Sequence[str]) -> str:
    names = ", ".join(f"`{x}`" for x in skills[:_NAMED])
    return names + (f" and {len(skills) - _NAMED} more" if len(skills) > _NAMED else "")

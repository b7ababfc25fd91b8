"""Sentences that an agent reads, and names that stand in them: data, never structure.

A sentence is one visible line of at most 300 characters: no headings, no markup that could end
the block it stands in, no invisible characters.
"""

import re
from typing import Final

from failonce.errors import BadInput, RefusedLesson
from failonce.language.visibility import hidden

MAX_LENGTH: Final = 300
"""Longest sentence in characters."""
MOST_WORDS: Final = 10
"""Words of a name; one with more is a sentence."""

MARKUP: Final = re.compile(
    r"<!--|-->|```|~~~|</|<\||\|>|!\[|\]\("
    r"|<\s?(?:system|user|assistant|human|tool|script|img|iframe)\b",
    re.IGNORECASE,
)
"""Comments, fences, tags that close, turns of a conversation, links and images."""
BEGINS: Final = ("#", "---", "===", "```", "~~~", "<!--", "|")
"""What begins a heading, a fence, a comment or a table."""

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.:/-]{0,95}")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def sentence(text: str, what: str) -> str:
    """The sentence, or `RefusedLesson` naming what in it could do harm; `what` says whose it is.

    Hidden characters are shown escaped in the message, so that a reviewer sees them.
    """
    said = text.strip()
    if not said:
        raise BadInput(f"The {what} is empty; say in one line what to do.")
    if len(said) > MAX_LENGTH:
        raise RefusedLesson(
            f"The {what} is {len(said)} characters long; at most {MAX_LENGTH} fit. Shorten it."
        )
    unseen = hidden(said)
    if unseen or "\n" in said:
        shown = ", ".join(unseen[:5]) or "a line end"
        raise RefusedLesson(
            f"The {what} holds characters that nobody can see ({shown}). "
            "Write it as one line of visible text."
        )
    if said.startswith(BEGINS):
        raise RefusedLesson(
            f"The {what} begins like a heading, a fence or a comment; write it as a plain sentence."
        )
    found = MARKUP.search(said)
    if found:
        raise RefusedLesson(
            f"The {what} holds {found[0]!r}, which could be read as markup or as somebody else's "
            "turn; write it as a plain sentence."
        )
    return said


def plain_name(name: str) -> bool:
    """Whether a name of a tool or an argument is one, and no sentence that speaks to a reader."""
    return _NAME.fullmatch(name) is not None and len(_WORD.findall(name)) <= MOST_WORDS

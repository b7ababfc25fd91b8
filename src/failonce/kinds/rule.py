"""Rule: a sentence that the agent reads (N6, N7).

A rule is one line of at most 300 characters. It is data, never structure: no headings, no
markup that could end the block it stands in, no invisible characters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from failonce.errors import BadInput, RefusedLesson
from failonce.kinds.behaviour import Effect, Show, Situation
from failonce.language.visibility import hidden
from failonce.model import Failure, Proof

MAX_LENGTH = 300

_MARKUP = re.compile(
    r"<!--|-->|```|~~~|</|<\||!\[|\]\(|<\s?(?:system|user|assistant|human|tool|script|img|iframe)\b",
    re.IGNORECASE,
)
"""Comments, fences, tags that close, turns of a conversation, links and images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`sentence` is shown before calls of the tool or server named `component`."""

    component: str
    sentence: str

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read the one line; raises `RefusedLesson` for text that could be structure."""
        return cls(component=target, sentence=checked_sentence(body))

    def render(self) -> str:
        """The line itself."""
        return self.sentence

    def before(self, situation: Situation) -> Effect | None:  # noqa: ARG002 - whatever the arguments
        """Show the sentence."""
        return Show(text=self.sentence)

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002 - nothing to do
        """A rule has nothing to say after a failure."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:  # noqa: ARG002 - a rule names no failure
        """The same rule."""
        return self

    def summary(self) -> str:
        """The sentence."""
        return self.sentence

    @staticmethod
    def headline(proof: Proof) -> str:
        """Shown before; the effect of words is unknown until measured."""
        t = proof.tally
        if not t.failures and not t.good:
            return "Written by hand; its effect is unknown until measured."
        return (
            f"Would have been shown before {t.shown} failures and {t.shown_good:,} good calls; "
            "effect unknown until measured."
        )


def checked_sentence(text: str) -> str:
    """The sentence, or `RefusedLesson` naming what in it could do harm.

    Hidden characters are shown escaped in the message, so that a reviewer sees them.
    """
    sentence = text.strip()
    if not sentence:
        raise BadInput("The rule is empty; say in one line what to do.")
    if len(sentence) > MAX_LENGTH:
        raise RefusedLesson(
            f"The rule is {len(sentence)} characters long; at most {MAX_LENGTH} fit. Shorten it."
        )
    unseen = hidden(sentence)
    if unseen or "\n" in sentence:
        shown = ", ".join(unseen[:5]) or "a line end"
        raise RefusedLesson(
            f"The rule holds characters that nobody can see ({shown}). "
            "Write it as one line of visible text."
        )
    if sentence.startswith(("#", "---", "===", "```", "~~~", "<!--", "|")):
        raise RefusedLesson(
            "The rule begins like a heading, a fence or a comment; write it as a plain sentence."
        )
    found = _MARKUP.search(sentence)
    if found:
        raise RefusedLesson(
            f"The rule holds {found[0]!r}, which could be read as markup or as somebody else's "
            "turn; write it as a plain sentence."
        )
    return sentence

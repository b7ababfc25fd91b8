"""Rule: a sentence that the agent reads (N6, N7).

A rule is one line of at most 300 characters. It is data, never structure: no headings, no
markup that could end the block it stands in, no invisible characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from failonce.kinds.behaviour import ALWAYS, Effect, Show, Situation, Speaks
from failonce.language.sentence import sentence
from failonce.model import Failure, Proof


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

    @property
    def speaks(self) -> Speaks:
        """Before every call."""
        return Speaks(before=ALWAYS, fixed=True)

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
            f"Would have been shown before {t.shown:,} failures and {t.shown_good:,} good calls; "
            "its effect is unknown until measured."
        )


def checked_sentence(text: str) -> str:
    """The sentence, or `RefusedLesson` naming what in it could do harm."""
    return sentence(text, "rule")

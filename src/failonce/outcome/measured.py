"""What the units that met a lesson say together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from failonce.model import Lesson, Unit
from failonce.outcome.units import Votes
from failonce.statistics import (
    Interval,
    Row,
    e_harm,
    e_help,
    e_value,
    lasting,
    prevented,
    shadow_harm,
    shadow_proof,
)

PROOF: Final = 20.0
"""Evidence of help at which a lesson is proven."""
PROMISE: Final = 3.0
"""Evidence of help from which on it looks good."""
HARM: Final = 10.0
"""Evidence of harm at which a lesson is taken back."""
DOUBT: Final = 2.0
"""Evidence of harm at which a proven lesson is looked at more closely."""
NEGLIGIBLE: Final = 0.10
"""Share of failures prevented below which a lesson has no effect worth the name."""


class Word(StrEnum):
    """What the numbers say, in a word."""

    HARMFUL = "harmful"
    NO_EFFECT = "no effect"
    PROVEN = "proven"
    PROMISING = "promising"
    TOO_EARLY = "too early"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The outcome of one version of a lesson since it was last put in force."""

    lesson: Lesson
    since: datetime
    until: datetime
    """Now, or when it went out of force."""
    unit: Unit = Unit.SESSION
    rows: tuple[Row, ...] = ()
    renewed: tuple[Row, ...] = ()
    """Those since it was last put on probation, which it must be proven by."""
    watched: Votes = Votes()
    """Where it was withheld or not yet in force: what it would have been right about."""
    recovered: Votes = Votes()
    """Failures that it answered after they happened, by unit."""
    stopped: int = 0
    """Units in which it stopped a call."""
    raised: int = 0
    """Units in which its own step failed."""
    helped: int = 0
    """Calls that it prevented, repaired or recovered, as far as anybody heard."""
    harmed: int = 0
    """Calls that it was wrong about: overridden, or broken by its own step."""
    passed: int = 0
    """Units in which somebody made a call that it stops all the same, and the call worked."""
    pending: int = 0
    """Units that met it and are not over."""

    @property
    def help(self) -> float:
        """Evidence that it helps (an e-value; 1 says nothing)."""
        if self.recovered.total and not self.renewed:
            return e_value(self.recovered.right, self.recovered.wrong)
        return e_help(self.renewed)

    @property
    def harm(self) -> float:
        """Evidence that more units fail with it than without."""
        return e_harm(self.rows)

    @property
    def wrong(self) -> float:
        """Evidence that it stops or changes calls that work."""
        return shadow_harm(self.watched.right, self.watched.wrong)

    @property
    def right(self) -> float:
        """Evidence that the calls that it stops or changes would fail."""
        return shadow_proof(self.watched.right, self.watched.wrong)

    @property
    def prevents(self) -> Interval:
        """95 % limits of the share of failures that it prevents, true at all looks at once."""
        if self.recovered.total and not self.rows:
            return lasting(self.recovered.right, self.recovered.wrong)
        return prevented(self.rows)

    @property
    def sure(self) -> float:
        """The share of failures that we vouch for: 0 until there is evidence."""
        return self.prevents.low

    @property
    def harmful(self) -> bool:
        """True where the evidence of harm is enough to take it back."""
        return self.harm >= HARM or self.wrong >= HARM

    @property
    def word(self) -> Word:
        """The outcome in a word, from the numbers alone."""
        if self.harmful:
            return Word.HARMFUL
        if self.prevents.high < NEGLIGIBLE:
            return Word.NO_EFFECT
        if self.help >= PROOF:
            return Word.PROVEN
        return Word.PROMISING if self.help >= PROMISE else Word.TOO_EARLY

"""Hint: how to run a call that fails for passing reasons (C7-C12, C21).

This file holds the retry hint; its values are bounded here, where they are applied
(policy limits of requirement D.3.8: at most 5 retries, multiplier 10, 300 seconds).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    ALWAYS,
    Effect,
    Retry,
    Situation,
    Speaks,
    concerns,
    number,
    only,
    section,
    text,
    whole,
)
from failonce.language import document, pattern
from failonce.model import Failure, Proof

MAX_RETRIES = 5
MAX_MULTIPLIER = 10.0
MAX_DELAY_MS = 300_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Retry `component` after this error: `delay_ms * multiplier ** (attempt - 1)`.

    A Retry-After of the server, up to the limit, stands above the computed delay. No free
    text is in it, so nothing that an error said can reach an agent through it.
    """

    component: str
    fingerprint: str
    message_regex: str
    max_retries: int
    delay_ms: float
    multiplier: float

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action`; every value is refused outside the policy limits."""
        parts = document.load(body)
        only(parts, "hint", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "fingerprint", "message_regex")
        only(action, "action", "type", "max_retries", "delay_ms", "multiplier")
        if text(action, "type") != "retry":
            raise BadInput("A hint's `type` is `retry`.")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        return cls(
            component=text(match, "component", target),
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            max_retries=whole(action, "max_retries", low=1, high=MAX_RETRIES),
            delay_ms=number(action, "delay_ms", low=0, high=MAX_DELAY_MS),
            multiplier=number(action, "multiplier", low=1, high=MAX_MULTIPLIER),
        )

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {
                "match": {
                    "component": self.component,
                    "fingerprint": self.fingerprint,
                    "message_regex": self.message_regex,
                },
                "action": {
                    "type": "retry",
                    "max_retries": self.max_retries,
                    "delay_ms": self.delay_ms,
                    "multiplier": self.multiplier,
                },
            }
        )

    @property
    def speaks(self) -> Speaks:
        """After its failure, whatever the arguments."""
        return Speaks(after=ALWAYS, fingerprint=self.fingerprint, message_regex=self.message_regex)

    def before(self, situation: Situation) -> Effect | None:  # noqa: ARG002 - nothing to do
        """A retry hint has nothing to say before a call."""
        return None

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002 - any arguments
        """Retry with a growing delay while attempts are left."""
        if failure.attempt > self.max_retries:
            return None
        if not concerns(self.fingerprint, self.message_regex, failure):
            return None
        computed = self.delay_ms * self.multiplier ** (failure.attempt - 1)
        asked = (failure.retry_after_s or 0.0) * 1000
        delay = min(max(computed, asked), MAX_DELAY_MS)
        return Retry(
            after_s=delay / 1000,
            times=self.max_retries,
            within_s=max(self._within_s(), delay / 1000),
            message=f"This passes by itself; run the same call again after {delay / 1000:g} s.",
        )

    def _within_s(self) -> float:
        """Seconds that all retries wait together."""
        steps = range(self.max_retries)
        waits = (min(self.delay_ms * self.multiplier**n, MAX_DELAY_MS) for n in steps)
        return sum(waits) / 1000

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        return replace(self, fingerprint=names.get(self.fingerprint, self.fingerprint))

    def summary(self) -> str:
        """`retry up to 3 times, first after 0.5 s`."""
        return f"retry up to {self.max_retries} times, first after {self.delay_ms / 1000:g} s"

    @staticmethod
    def headline(proof: Proof) -> str:
        """Recovered, as the same call did later."""
        t = proof.tally
        return (
            f"Recovered {t.recovered} of {t.failures} failures in {proof.among(proof.clusters)}: "
            "the same call, unchanged, worked soon after."
        )

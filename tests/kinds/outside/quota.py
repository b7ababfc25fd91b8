"""A kind of lesson from outside: a session calls a tool so often and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from failonce.kinds.behaviour import (
    ALWAYS,
    Block,
    Effect,
    Situation,
    Speaks,
    only,
    section,
    text,
    whole,
)
from failonce.kinds.registry import KINDS, Kind
from failonce.language import document
from failonce.model import Failure, KindName, Proof

QUOTA = KindName("quota")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most `calls` calls of `component` in a session."""

    component: str
    calls: int

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action`."""
        parts = document.load(body)
        only(parts, "quota", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component")
        only(action, "action", "calls")
        return cls(
            component=text(match, "component", target),
            calls=whole(action, "calls", low=1, high=50),
        )

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {"match": {"component": self.component}, "action": {"calls": self.calls}}
        )

    @property
    def speaks(self) -> Speaks:
        """Before every call; what the session did before, only it itself knows."""
        return Speaks(before=ALWAYS)

    def before(self, situation: Situation) -> Effect | None:
        """Stop the call that is one too many."""
        made = sum(past.call.tool == situation.call.tool for past in situation.past)
        if made < self.calls:
            return None
        return Block(message=f"This session called `{self.component}` {made} times already.")

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002
        """Nothing."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:  # noqa: ARG002 - it names no failure
        """The same."""
        return self

    def summary(self) -> str:
        """`at most 3 calls in a session`."""
        return f"at most {self.calls} calls in a session"

    def headline(self, proof: Proof) -> str:
        """Prevented, and wrongly blocked."""
        t = proof.tally
        return f"Would have stopped {t.prevented} failures and {t.wrongly_blocked} good calls."


KINDS.register(Kind(name=QUOTA, parse=Quota.parse, place=1))

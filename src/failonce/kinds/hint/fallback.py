"""Fallback: let another tool answer where one fails (C9, C12)."""

from dataclasses import dataclass, replace
from typing import ClassVar

from failonce.errors import BadInput
from failonce.kinds.hint.handler import Band, Handler, Scope, choice, name
from failonce.kinds.hint.running import (
    Asked,
    Event,
    Inner,
    Machine,
    Means,
    Run,
    Steps,
)
from failonce.language.category import ATTRIBUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback(Handler):
    """Where the call fails, `fallback_cap` is called with the same arguments.

    With `scope: call` it stands outside retry and breaker, and answers where they gave up. With
    `scope: attempt` it stands innermost, as in seed 003: a retry around it sees a call that
    worked, and never retries (requirement D.3.9). Where the call may have taken effect before it
    failed and may not run twice, no other tool does the same once more.
    """

    key: ClassVar = "fallback"
    priority: ClassVar = 1.5
    attempt_priority: ClassVar = 30
    band: ClassVar = Band.RECOVERY
    description: ClassVar = "Lets another tool answer where one fails."
    because: ClassVar = "callers got an answer from that tool"

    fallback_cap: str = name("")
    scope: Scope = choice(Scope.CALL)

    def __post_init__(self) -> None:
        super(Fallback, self).__post_init__()
        if not self.fallback_cap:
            raise BadInput("`fallback_cap` names the tool that is called instead.")

    def summary(self) -> str:
        """`call another_tool instead where it fails`."""
        when = "at the first failure" if self.scope is Scope.ATTEMPT else "where it fails"
        return f"call {self.fallback_cap} instead {when}"

    def start(self, means: Means) -> Machine:
        """It remembers nothing."""

        def fall_back(asked: Asked, at: float, inner: Inner) -> Steps:
            result = yield from inner(asked, at)
            call, cap = asked.call, self.fallback_cap
            if cap == call.tool or not (means.meant(result) and _idle(asked)):
                return result
            left = None if asked.until is None else asked.until - result.at
            if left is not None and left <= 0:
                return result
            yield means.note(Event.FELL_BACK, asked, result.at)
            other = yield Run(call=replace(call, tool=cap), timeout_s=left)
            if other.failure is not None:
                return replace(result, at=other.at)
            return replace(other, by=self.key)

        return fall_back


def _idle(asked: Asked) -> bool:
    """Whether the call did nothing before it failed, or may be done twice."""
    return asked.repeatable or not any(
        r.failure is None or ATTRIBUTES[r.failure.category].side_effect_possible for r in asked.ran
    )

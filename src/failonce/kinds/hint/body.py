"""The body of a hint: which failures of which tool it is about, and the handler it names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from failonce.kinds.behaviour import (
    ALWAYS,
    Effect,
    Situation,
    Speaks,
    concerns,
    only,
    section,
    text,
)
from failonce.kinds.hint.handler import Handler
from failonce.kinds.hint.registry import HANDLERS, Registry
from failonce.kinds.hint.retry import Retry
from failonce.kinds.hint.running import Machine, Means
from failonce.language import document, pattern
from failonce.model import Failure, Proof


@dataclass(frozen=True, slots=True, init=False)
class Hint:
    """Calls of `component` run by `handler`; its failures are those of a class, or of a pattern.

    Without either its handler acts on every failure of the tool, and advises nobody.
    `Hint(max_retries=…, …)` is short for one with the parameters of a retry. A hint holds typed
    values and plain names only, so nothing that an error said can reach an agent through it.
    """

    component: str
    fingerprint: str
    message_regex: str
    handler: Handler

    def __init__(
        self,
        *,
        component: str,
        fingerprint: str,
        message_regex: str,
        handler: Handler | None = None,
        **retry: Any,
    ) -> None:
        values = component, fingerprint, message_regex, handler or Retry(**retry)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def parse(cls, body: str, target: str, handlers: Registry = HANDLERS) -> Self:
        """Read `match` and `action`; every value is refused outside the policy limits."""
        parts = document.load(body)
        only(parts, "hint", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "fingerprint", "message_regex")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        given = {name: value for name, value in action.items() if name != "type"}
        return cls(
            component=text(match, "component", target),
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            handler=handlers.validate(text(action, "type"), given),
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
                "action": {"type": self.handler.key, **self.handler.dump()},
            }
        )

    def start(self, lesson: str, random: Callable[[], float]) -> Machine:
        """Its handler at work on one tool, with nothing remembered; `random` draws from [0, 1)."""
        named = bool(self.fingerprint or self.message_regex)

        def meant(failure: Failure) -> bool:
            return not named or concerns(self.fingerprint, self.message_regex, failure)

        return self.handler.start(Means(lesson=lesson, concerns=meant, named=named, random=random))

    @property
    def speaks(self) -> Speaks:
        """After its failure, whatever the arguments, where it can be told to a caller at all."""
        if not self.handler.advises:
            return Speaks()
        return Speaks(after=ALWAYS, fingerprint=self.fingerprint, message_regex=self.message_regex)

    def before(self, situation: Situation) -> Effect | None:  # noqa: ARG002 - nothing to do
        """A hint acts around a call, and has nothing to say before it."""
        return None

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002 - any arguments
        """What its handler tells a caller that runs the call itself: to run it again."""
        if not self.handler.advises or not concerns(self.fingerprint, self.message_regex, failure):
            return None
        return self.handler.advise(failure)

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        name = names.get(self.fingerprint)
        return self if name is None else replace(self, fingerprint=name)

    def summary(self) -> str:
        """What its handler does, in plain words."""
        return self.handler.summary()

    def headline(self, proof: Proof) -> str:
        """What its handler would have made of recorded calls; for most nobody knows before."""
        t = proof.tally
        among = proof.among(proof.clusters)
        said = [f"recovered {t.recovered}"] if t.recovered or self.handler.advises else []
        said += [f"cut short {t.prevented}"] if t.prevented else []
        wrong = t.wrongly_blocked + t.wrongly_changed
        if not (said or wrong):
            return (
                f"Acts around the calls of a tool that failed so {t.failures:,} times; "
                "its effect is unknown until measured."
            )
        did = " and ".join(said) or "helped none"
        good = f"; refused {wrong} of {t.good:,} good calls" if self.handler.refuses else ""
        why = f": {self.handler.because}" if said else ""
        return f"Would have {did} of {t.failures} failures in {among}{why}{good}."

"""What a planner asks, over a store with a history and a clock that stands still."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import Parts, assemble, configure
from failonce.identity import body_digest
from failonce.kinds.hint import Hint
from failonce.loop import Loop
from failonce.model import (
    Call,
    Change,
    KindName,
    Lesson,
    Proposer,
    Recording,
    State,
    ToolSpec,
    Trust,
)
from failonce.ports import Store
from failonce.review import Review
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.learning import Learning
from failonce.surfaces.learning.analysis import Analyst
from failonce.testing import FixedClock, MemoryStore
from tests.looped import Desk
from tests.made import START, lesson, proposal

PROJECT = "p"

ERRORS = {
    "network": "ConnectionRefusedError: connection refused",
    "timeout": "TimeoutError: the request timed out",
    "missing_tool": "Error: unknown tool",
    "invalid_args": "Error: unexpected argument 'detailed'",
    "rate_limit": "HTTP 429 Too Many Requests",
    "llm": "openai: the model is overloaded",
}
"""An error for each cause of the table C7 to C12, as services write them."""


class Planner:
    """A `Learning` over a store; nothing is withheld unless `environ` says so."""

    def __init__(self, folder: Path, store: Store | None = None, **environ: str) -> None:
        given = {"FAILONCE_PROJECT": PROJECT, "FAILONCE_OUTCOME__HOLDOUT": "false", **environ}
        self.store = store or MemoryStore()
        self.clock = FixedClock(START)
        made = assemble(configure(environ=given, directory=folder), self.store, actor="ann")
        policy = made.config.policy
        review = Review(
            store=self.store, clock=self.clock, workspace=Desk(), policy=policy, actor="ann"
        )
        loop = Loop(
            review=review,
            clock=self.clock,
            wording=made.wording,
            cleaner=made.redactor,
            policy=policy,
        )
        self.parts: Parts = replace(made, clock=self.clock, review=review)
        vars(self.parts)["loop"] = loop  # of the same clock, and without a sandbox
        self.learned = Learning(self.parts)

    def with_analyst(self, analyst: Analyst) -> Learning:
        return Learning(self.parts, analyst=analyst)

    def take(self, *recordings: Recording) -> None:
        for _ in self.parts.loop.observe(recordings, modified=START, project=PROJECT):
            pass

    def fails(
        self,
        tool: str,
        error: str,
        *,
        sessions: int = 2,
        each: int = 1,
        age: timedelta = timedelta(),
        read_only: bool | None = True,
        project: str = PROJECT,
        duration_ms: float | None = None,
        trust: Trust = Trust.OPERATOR,
    ) -> None:
        """So many sessions in which the tool fails so, some time ago."""
        at = self.clock.now() - age - timedelta(hours=1)
        self.take(
            *(
                Recording(
                    call=Call(
                        tool=tool, args={"n": s}, session=f"{tool}{s} {age.days}", project=project
                    ),
                    text=error,
                    flagged=True,
                    at=at + timedelta(seconds=10 * s + n),
                    read_only=read_only,
                    duration_ms=duration_ms,
                    trust=trust,
                    source="made",
                )
                for s in range(sessions)
                for n in range(each)
            )
        )

    def offers(self, *specs: ToolSpec) -> None:
        self.parts.loop.offer(specs, project=PROJECT, at=self.clock.now())

    def rule(self, tool: str, sentence: str) -> str:
        """A rule in force for a tool."""
        made = self.parts.review.learn(
            tool, sentence, reason="", proposer=Proposer.PERSON, project=PROJECT
        )
        self.parts.review.approve(made.id)
        return made.id

    def hint(self, tool: str, *, state: State = State.STABLE) -> Lesson:
        """A retry hint for a tool, in force where its state says so."""
        body = Hint(
            component=tool,
            fingerprint="",
            message_regex="locked",
            max_retries=4,
            delay_ms=250.0,
            multiplier=2.0,
        ).render()
        made = lesson(proposal(KindName.HINT, target=tool, body=body), state=state)
        assert made.digest == body_digest(made.proposal)
        self.store.commit(Change(lessons=(made,)))
        return made


def on_disk(folder: Path) -> Store:
    return open_store(store_url(folder / "store.db"), scheme=SCHEME_VERSION)


def names(patterns: Sequence[object]) -> list[str]:
    return [p.id for p in patterns]  # type: ignore[attr-defined]

"""A process that watches tools, over a real store, with lessons that somebody approved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import SystemClock, configure
from failonce.compose.calling import calling
from failonce.identity import body_digest
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Handler, Hint
from failonce.kinds.rule import Rule
from failonce.language.program import Program
from failonce.language.transform import Op, Step
from failonce.model import Action, Arm, Evidence, Exposure, KindName, Lesson
from failonce.policy import Policy
from failonce.surfaces.watching import host as hosts
from failonce.surfaces.watching.host import Host
from failonce.surfaces.watching.sessions import NOBODY
from failonce.testing.samples import lesson, moved, proposed
from tests.made import blocking, has, leading, turning

PROJECT = "shop"
NOTHING_WITHHELD = Policy(holdout_canary=0.0, holdout_approved=0.0)


def guardrail(tool: str, name: str, strength: Strength = Strength.BLOCK) -> Guardrail:
    """Stops calls that give an argument."""
    message = f"Leave `{name}` out."
    return blocking(tool, name, fingerprint="f1", strength=strength, message=message)


def renaming(
    tool: str, old: str, new: str, *, moment: Moment = Moment.BEFORE, regex: str = ""
) -> ArgumentsFixer:
    """Gives an argument another name."""
    return turning(
        tool,
        Step(op=Op.RENAME, argument=old, text=new),
        moment=moment,
        when=has(old),
        fingerprint="" if regex else "f1",
        message_regex=regex,
    )


def inserting(tool: str, program: Program, *, moment: Moment, regex: str) -> CallsFixer:
    """Makes the calls of a program."""
    return leading(tool, program, moment=moment, fingerprint="", message_regex=regex)


def hint(tool: str, handler: Handler, regex: str = "") -> Hint:
    """Runs a tool's calls by a handler."""
    return Hint(component=tool, fingerprint="", message_regex=regex, handler=handler)


_KINDS: dict[type, KindName] = {
    Guardrail: KindName.GUARDRAIL,
    ArgumentsFixer: KindName.FIXER,
    CallsFixer: KindName.FIXER,
    FittingFixer: KindName.FIXER,
    Hint: KindName.HINT,
    Rule: KindName.RULE,
}


def taught(n: int, body: Behaviour, **fields: Any) -> Lesson:
    """The n-th lesson, waiting."""
    x = lesson(n)
    proposal = replace(
        x.proposal,
        kind=_KINDS[type(body)],
        target=body.component,
        project=PROJECT,
        body=body.render(),
        key=f"k{n}",
        **fields,
    )
    digest = body_digest(proposal)
    judged = replace(x.judgement, digest=digest)
    return replace(x, proposal=proposal, digest=digest, judgement=judged)


@dataclass(kw_only=True)
class Room:
    """The host of this process, its store, and a clock that only sleeping moves."""

    store: SqlStore
    host: Host
    publisher: Publisher
    folder: Path
    slept: list[float] = field(default_factory=list)

    def teach(self, *bodies: Behaviour) -> None:
        """Lessons that a person approved, in force at once."""
        before = len(self.store.lessons())
        for n, body in enumerate(bodies, before + 1):
            x = taught(n, body)
            self.store.commit(proposed(x))
            self.store.commit(moved(x, Action.APPROVE))
        self.publish()

    def publish(self) -> None:
        self.publisher.publish()
        self.host.in_force.look(datetime.now(UTC))

    def calls(self, tool: str = "") -> list[Evidence]:
        """What was recorded, in order."""
        assert self.host.writer.flush(30)
        found = sorted(self.store.calls(), key=lambda e: e.at)
        return [e for e in found if tool in ("", e.call.tool)]

    def exposures(self, arm: Arm = Arm.APPLIED) -> list[Exposure]:
        assert self.host.writer.flush(30)
        return [x for x in self.store.exposures() if x.arm is arm]

    def effects(self) -> list[str]:
        return [str(x.effect) for x in self.exposures()]


@contextmanager
def room(folder: Path, policy: Policy = NOTHING_WITHHELD) -> Iterator[Room]:
    """A host of this process's own, over a store in a folder."""
    url = store_url(folder / "store.db")
    config = configure(store=url, environ={}, directory=folder)
    slept: list[float] = []
    time = [1000.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    async def async_sleep(seconds: float) -> None:
        sleep(seconds)

    parts = calling(config, SystemClock())
    parts.in_force._policy = policy
    made = Host(
        parts,
        project=PROJECT,
        policy=policy,
        clock=SystemClock(),
        now=lambda: time[0],
        sleep=sleep,
        async_sleep=async_sleep,
        draw=lambda: 0.0,
    )
    store = open_store(url)
    publisher = Publisher(store, file_beside(store.path), policy=policy, clock=SystemClock())
    hosts.install(made)
    NOBODY.advice()  # what a test without a session did not ask for
    try:
        yield Room(store=store, host=made, publisher=publisher, folder=folder, slept=slept)
    finally:
        hosts.install(None)
        parts.writer.close()
        store.close()

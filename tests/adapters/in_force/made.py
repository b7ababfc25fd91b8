"""A store with lessons that can be asked, and the file beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from failonce.adapters.in_force import InForce, Publisher, Snapshot, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.exposing import Candidate, Placed, lets_go, placed
from failonce.identity import body_digest, intact
from failonce.measuring import Measuring
from failonce.model import EVERYONE, Lesson, Mode, Ruling, State, ToolSpec
from failonce.policy import DEFAULT, Policy
from failonce.skill.index import arm
from failonce.testing.samples import lesson, proposed
from tests.made import blocking

TOOLS = ("read", "write", "mcp__git__log")


class Now:
    """The present, as the adapters see it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def guardrail(
    n: int, tool: str = "read", *, project: str = "shop", component: str = "", signature: str = ""
) -> Lesson:
    """A waiting guardrail, the n-th, that stops calls of a tool which give a path."""
    message = f"Not this one ({n})."
    failed = signature or f"f{n}"
    body = blocking(component or tool, "path", fingerprint=failed, message=message).render()
    x = lesson(n)
    proposal = replace(
        x.proposal,
        target=tool,
        project=project,
        body=body,
        key=f"k{n}",
        signatures=(failed,),
    )
    return replace(x, proposal=proposal, digest=body_digest(proposal))


@dataclass(kw_only=True)
class World:
    """One store, its file, and whoever reads it."""

    store: SqlStore
    publisher: Publisher
    policy: Policy

    @property
    def file(self) -> Path:
        return self.publisher.path

    def add(self, *lessons: Lesson) -> None:
        for x in lessons:
            self.store.commit(proposed(x))

    def read(self) -> Snapshot:
        return InForce(self.file, self.policy).now()


@contextmanager
def world(folder: Path, policy: Policy = DEFAULT) -> Iterator[World]:
    """A store in a folder, and nothing published yet."""
    store = open_store(store_url(folder / "store.db"))
    publisher = Publisher(store, file_beside(store.path), policy=policy, clock=Now())
    yield World(store=store, publisher=publisher, policy=policy)
    store.close()


def said(found: Snapshot, project: str = "shop", tools: Sequence[str] = TOOLS) -> list[Placed]:
    """The lessons of some tools as a file has them, each once, in their order."""
    now = datetime.now(UTC)
    every = {p.armed.lesson: p for tool in tools for p in found.placed(project, tool, now)}
    return [every[name] for name in sorted(every)]


def asked(store: SqlStore, policy: Policy, project: str = "shop") -> list[Placed]:
    """The same from the store itself, without any file."""
    if (policy.forced_mode or store.mode(project) or policy.default_mode) is Mode.OFF:
        return []
    names, tools = store.aliases(), store.tools(project)
    measuring = Measuring(store=store, clock=Now())
    candidates = []
    for x in store.lessons(states=(State.PROPOSED, State.CANARY, State.STABLE)):
        waits = x.state is State.PROPOSED and x.judgement.ruling is not Ruling.REJECT
        if x.proposal.project in (project, EVERYONE) and (waits or x.in_force) and intact(x):
            armed = arm(x, names)
            known = tools.get(x.proposal.target) or ToolSpec(name=x.proposal.target)
            candidates.append(
                Candidate(
                    lesson=x,
                    armed=armed,
                    span=measuring.span(x),
                    lets_go=lets_go(armed, known),
                )
            )
    return sorted(placed(candidates, policy, names), key=lambda p: p.armed.lesson)

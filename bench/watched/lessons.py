"""A store with 10,000 approved lessons, and a host over it.

They are about 100 tools by Zipf, more than a fifth of them about the busiest, each of a class of
failures of its own. Of every tool ten apply to the calls that are measured: five warn of
arguments that these calls have, five are rules. The others are about other arguments: guardrails,
and repairs before the call or after a failure. None of them is a hint: what those cost is
measured with a tool that has all seven.
"""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock, configure
from failonce.compose.calling import calling
from failonce.identity import body_digest
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import (
    Cache,
    CircuitBreaker,
    Fallback,
    Handler,
    Hint,
    Metrics,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.kinds.rule import Rule
from failonce.language import document
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.language.transform import Op, Step, Transform
from failonce.model import Action, Change, KindName, Lesson
from failonce.ports import Store
from failonce.surfaces.watching import host as hosts
from failonce.surfaces.watching.host import Host
from failonce.testing.samples import lesson, moved, proposed
from generated.tools import ALIASES, WORDS, zipf

PROJECT = "bench"
LESSONS = 10_000
TOOLS = tuple(f"tool{n}" for n in range(100))
SHARES = tuple(zipf(len(TOOLS), 1.1))
"""Of lessons and of calls alike."""
BUSIEST = TOOLS[0]
APPLY = 10
PLAIN, GUARDED, CHAINED, OTHER = "plain", "guarded", "chained", "other"
"""Tools with no lesson, one guardrail that does not fire, all hints; and who answers instead."""

ARGUMENTS = ("path", "query", "content")
SIZE = 200
"""Bytes of each argument."""
CHAIN: tuple[Handler, ...] = (
    Metrics(),
    Fallback(fallback_cap=OTHER),
    Cache(),
    CircuitBreaker(),
    RateLimit(requests_per_second=10_000, burst=10_000),
    Retry(),
    Timeout(timeout_ms=30_000),
)


def arguments(n: int) -> tuple[str, str, str]:
    """Those of the n-th call; no two calls are alike, so no cache answers."""
    words = " ".join(WORDS)
    path = f"/srv/data/{n:012}".ljust(SIZE, "x")
    return path, words[:SIZE], words[n % 50 :][:SIZE].ljust(SIZE, ".")


# ------------------------------------------------------------------ lessons


def bodies() -> list[Behaviour]:
    """The 10,000, and those of the tools that stand for themselves."""
    r = random.Random(7)
    counts = [max(APPLY, round(LESSONS * share)) for share in SHARES]
    counts[0] += LESSONS - sum(counts)
    found: list[Behaviour] = []
    for tool, count in zip(TOOLS, counts, strict=True):
        found += (_warning(tool, n, _holds(r)) for n in range(APPLY // 2))
        found += (Rule(component=tool, sentence=f"Rule {n} of {tool}.") for n in range(APPLY // 2))
        found += (_other(tool, n, r) for n in range(count - APPLY))
    found.append(_stopping(GUARDED, 0, _misses(r)))
    found += (Hint(component=CHAINED, fingerprint="", message_regex="", handler=h) for h in CHAIN)
    return found


def _holds(r: random.Random) -> Predicate:
    """Of every call that is measured."""
    known = [Condition(path=(name,), test=Test.TYPE, operand="string") for name in ARGUMENTS]
    known += [
        Condition(path=("path",), test=Test.SHAPE, operand=Shape.ABSOLUTE_PATH),
        Condition(path=("query",), test=Test.SHAPE, operand=Shape.HAS_SPACE),
    ]
    return Predicate(conditions=tuple(r.sample(known, 2)))


def _misses(r: random.Random) -> Predicate:
    """Of none of them: of what it is about one thing holds, and one does not."""
    name = r.choice(ARGUMENTS)
    shapes = Shape.QUOTED, Shape.URL, Shape.DIGITS, Shape.ISO_DATE, Shape.JSON_TEXT, Shape.UPPER
    missing = r.choice(
        (
            Condition(path=(r.choice(ALIASES),), test=Test.PRESENT),
            Condition(path=(name,), test=Test.TYPE, operand="integer"),
            Condition(path=(name,), test=Test.SHAPE, operand=r.choice(shapes)),
        )
    )
    there = Condition(path=(r.choice(ARGUMENTS),), test=Test.PRESENT)
    return Predicate(conditions=(there, missing))


def _warning(tool: str, n: int, when: Predicate) -> Guardrail:
    return Guardrail(
        component=tool,
        when=when,
        fingerprint=f"{n:032x}",
        message_regex="",
        strength=Strength.WARN,
        message=f"Warning {n} of {tool}.",
    )


def _stopping(tool: str, n: int, when: Predicate) -> Guardrail:
    expects = "no such thing" if n % 2 else ""
    warning = _warning(tool, n, when)
    return replace(warning, strength=Strength.BLOCK, expects=expects)


def _other(tool: str, n: int, r: random.Random) -> Behaviour:
    """One that is about other calls: six in ten stop them, the rest repair them."""
    kind, when = r.random(), _misses(r)
    if kind < 0.6:
        return _stopping(tool, n, when)
    return ArgumentsFixer(
        component=tool,
        moment=Moment.BEFORE if kind < 0.8 else Moment.AFTER_FAILURE,
        when=when,
        fingerprint="" if kind < 0.8 else f"{n:032x}",
        message_regex="",
        repair=Transform(steps=(Step(op=Op.RENAME, argument=r.choice(ALIASES), text="path"),)),
    )


_KINDS = {
    Guardrail: KindName.GUARDRAIL,
    ArgumentsFixer: KindName.FIXER,
    Rule: KindName.RULE,
    Hint: KindName.HINT,
}


def _taught(n: int, body: Behaviour) -> Lesson:
    """The n-th lesson; its class of failures is its own, so it is drawn for itself."""
    x = lesson(n)
    proposal = replace(
        x.proposal,
        kind=_KINDS[type(body)],
        target=body.component,
        project=PROJECT,
        body=body.render(),
        key=f"k{n}",
        signatures=(f"{n:032x}",),
    )
    digest = body_digest(proposal)
    return replace(
        x, proposal=proposal, digest=digest, judgement=replace(x.judgement, digest=digest)
    )


def fill(
    folder: Path,
    *,
    as_json: bool = False,
    of: Sequence[Behaviour] | None = None,
    holdout: bool = True,
) -> Publisher:
    """Put the lessons into a store, each approved by a person; nothing is published yet.

    `of` are others than the 10,000. Without `holdout` no session goes without one. Bodies are
    YAML. JSON is YAML too, and written and read a hundred times as fast.
    """
    store = open_store(_url(folder))
    with patch.object(document, "dump", json.dumps if as_json else document.dump):
        made = [_taught(n, body) for n, body in enumerate(bodies() if of is None else of, 1)]
    for first in range(0, len(made), 500):
        _approve(store, made[first : first + 500])
    chosen = {"FAILONCE_OUTCOME__HOLDOUT": str(holdout).lower()}
    policy = configure(store=_url(folder), environ=chosen, directory=folder).policy
    return Publisher(store, file_beside(store.path), policy=policy, clock=SystemClock())


def approve(folder: Path) -> None:
    """One more, about a tool that nobody calls."""
    with closing(open_store(_url(folder))) as store:
        _approve(store, [_taught(LESSONS * 2, _warning("unused", 0, _holds(random.Random(1))))])


def _approve(store: Store, lessons: Sequence[Lesson]) -> None:
    both = [(proposed(x), moved(x, Action.APPROVE)) for x in lessons]
    store.commit(
        Change(
            lessons=tuple(x for _, approved in both for x in approved.lessons),
            events=tuple(e for changes in both for c in changes for e in c.events),
        )
    )


# --------------------------------------------------------------------- hosts


@contextmanager
def hosting(folder: Path, *, holdout: bool = True) -> Iterator[Host]:
    """A host of this process over the store, with or without sessions that go without a lesson."""
    chosen = {"FAILONCE_OUTCOME__HOLDOUT": str(holdout).lower()}
    config = configure(store=_url(folder), environ=chosen, directory=folder)
    clock = SystemClock()
    parts = calling(config, clock)
    host = Host(parts, project=PROJECT, policy=config.policy, clock=clock)
    hosts.install(host)
    try:
        yield host
    finally:
        hosts.install(None)
        parts.writer.close(60)


def _url(folder: Path) -> str:
    return store_url(folder / "store.db")

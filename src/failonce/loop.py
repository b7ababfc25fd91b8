"""START HERE: the way of the data, in verbs.

    observe   recordings → redacted, triaged, named → evidence in the store
    mine      evidence → classes → proposals, each judged on history → lessons, gaps

and, in `review`, what people do with them: approve, reject, undo, reopen, learn. Every verb
gathers, decides with the pure functions of the stages, and writes one `Change`. What a
lesson in force says of a call is `skill.decide`; replay and every surface ask it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from failonce.accounting import Mined, ignored
from failonce.editing import Editing
from failonce.making import Making
from failonce.mining import Mining
from failonce.model import (
    Evidence,
    Recording,
    ToolSpec,
    Verdict,
)
from failonce.policy import DEFAULT, Policy
from failonce.ports import Added, Clock, Environment, Sandbox, Wording
from failonce.receiving import Receiving
from failonce.review import Review
from failonce.taking import Cleaner, Taking, teaches

BATCH = 1000
"""Recordings stored in one transaction, and acknowledged together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What became of recordings; `failures` is triage's word, `flagged` the source's."""

    calls: int = 0
    flagged: int = 0
    hidden: int = 0
    """Failures that nothing flagged."""
    new: int = 0
    duplicates: int = 0
    gone: int = 0
    """Not taken in again: forgotten, or older than is kept."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    @property
    def failures(self) -> int:
        """Recordings that triage calls real failures."""
        return self.verdicts[Verdict.FAILURE]

    @property
    def ignored(self) -> Mapping[Verdict, int]:
        """Flagged, and no failures of a tool: counted by what they are."""
        return ignored(self.verdicts)

    def __add__(self, other: "Observed") -> "Observed":
        return Observed(
            calls=self.calls + other.calls,
            flagged=self.flagged + other.flagged,
            hidden=self.hidden + other.hidden,
            new=self.new + other.new,
            duplicates=self.duplicates + other.duplicates,
            gone=self.gone + other.gone,
            verdicts=self.verdicts + other.verdicts,
        )


class Loop:
    """From recordings to lessons, over one store. Not shared between threads.

    `review` holds the verbs for people, and writes for both.
    """

    def __init__(
        self,
        *,
        review: Review,
        clock: Clock,
        wording: Wording,
        cleaner: Cleaner,
        policy: Policy = DEFAULT,
        environment: Environment | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.review = review
        self.store = review.store
        self.taking = Taking(clock=clock, cleaner=cleaner, policy=policy)
        self.making = None if sandbox is None else Making(review=review, sandbox=sandbox)
        self.editing = Editing(review=review, making=self.making, environment=environment)
        self.receiving = Receiving(review=review, making=self.making, environment=environment)
        self._mining = Mining(
            review=review,
            clock=clock,
            wording=wording,
            policy=policy,
            environment=environment,
            making=self.making,
        )

    # ------------------------------------------------------------ observe

    def observe(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Observed]:
        """Take in the recordings of one source, batch by batch.

        Each value yielded is durable: killed after it, a second run finds it there.
        `modified` is the time, `project` the name for recordings without their own.
        """
        remaining = self.evidence(recordings, modified=modified, project=project)
        while batch := list(islice(remaining, BATCH)):
            yield self.keep(batch)

    def evidence(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Evidence]:
        """The recordings of one source redacted, judged and named, before they are stored."""
        return self.taking.evidence(recordings, modified=modified, project=project)

    def keep(self, batch: Sequence[Evidence]) -> Observed:
        """Store a batch; durable on return.

        Good lines of logs are counted and not kept: they teach nothing.
        """
        added = self.store.add([e for e in batch if teaches(e)])
        return Observed(
            calls=len(batch),
            flagged=sum(e.flagged for e in batch),
            hidden=sum(e.finding.hidden for e in batch),
            new=added.new,
            duplicates=added.duplicates,
            gone=added.gone,
            verdicts=Counter(e.finding.verdict for e in batch),
        )

    def offer(self, specs: Sequence[ToolSpec], *, project: str, at: datetime) -> Added:
        """Keep what tools say of themselves; durable on return.

        Lessons in force for a tool whose schema is another now are on trial again: they were
        proven on calls of the tool as it was. So they are where a server tells another definition
        of it than before, be it in words alone: whoever changed these may have changed what it
        does. That it tells now what was read from its code before, or the other way round, is no
        change of the tool.
        """
        before = self.store.tools(project)
        kept = [_pinned(spec, before.get(spec.name)) for spec in specs]
        added = self.store.add_tools(project, kept, at)
        now = self.store.tools(project)
        for name in dict.fromkeys(s.name for s in specs):
            if name in before and bool(before[name].code) == bool(now[name].code):
                self._changed(before[name], now[name], project)
        return added

    def _changed(self, old: ToolSpec, new: ToolSpec, project: str) -> None:
        for what, was, is_ in (
            ("schema", old.digest, new.digest),
            ("definition", old.definition, new.definition),
        ):
            if was and was != is_:
                self.review.schema_changed(new.name, was, is_, project=project, what=what)
                return

    # --------------------------------------------------------------- mine

    def mine(self, project: str, *, as_of: datetime | None = None) -> Mined:
        """Look for lessons in one project's history and judge each on the rest of it."""
        return self._mining.run(project, as_of=as_of)


def _pinned(spec: ToolSpec, before: ToolSpec | None) -> ToolSpec:
    """A tool with the definition that its server gave, where this source does not know it."""
    if spec.definition or before is None:
        return spec
    return replace(spec, definition=before.definition)

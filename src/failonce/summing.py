"""Failures of logs counted in parts: what one machine does with a part, and how parts add up.

    Naming    recordings, or texts whose digits are zeros → the class of failures, or none
    Counting  recordings → a `Partial`: classes by day, and a few samples of each
    merge     partials → their sum; associative and commutative, so neither the cut nor the
              order nor who counted can be seen in it
    Summary   a partial → what a store keeps of it

Pure: the same functions run inline, in a pool of processes and on other machines (DESIGN
section 9). Only partials leave those, with samples that are redacted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from heapq import nsmallest
from typing import Final

from failonce.evidence.capture import capture
from failonce.evidence.redact import Clean, Redactor
from failonce.evidence.secret_patterns import digits_tell
from failonce.evidence.triage import triage
from failonce.identity import digest
from failonce.language.signals import blind
from failonce.model import (
    EVERYONE,
    Call,
    Category,
    Origin,
    Recording,
    Verdict,
)
from failonce.ports import DayCount, Summed
from failonce.signature.fingerprint import fingerprint_of_fold
from failonce.signature.memo import Memo
from failonce.signature.naming import name_failure

SAMPLES: Final = 10
"""Failures of a class that are kept as evidence, of all that were counted at once."""

LONGEST: Final = 1024
"""Characters of a text whose class is remembered for all that differ from it in digits alone."""

DAY: Final = 86_400_000_000
"""Microseconds."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FOLD: Final = str.maketrans("123456789", "0" * 9)

OwnCauses = Sequence[tuple[str, Category]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A class of failures: what the fingerprint is made of, and it."""

    project: str
    tool: str
    error_type: str
    template: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Failures of one class on one day; times are microseconds since 1970."""

    hits: int
    first: int
    last: int

    def __add__(self, other: "Count") -> "Count":
        return Count(
            hits=self.hits + other.hits,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A failure that may be kept: those of the lowest ranks are. The rank is a hash of it."""

    rank: int
    at: int
    recording: Clean

    @property
    def order(self) -> tuple[int, int, str, str, str]:
        """Total, so that the choice does not depend on who came first."""
        r = self.recording
        return self.rank, self.at, r.text, r.call.session, r.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One class: by days since 1970, and its samples in order."""

    named: Named
    days: Mapping[int, Count]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What some events amount to. Failures are events of the classes; keys are project and
    signature."""

    events: int = 0
    flagged: int = 0
    rejected: int = 0
    classes: Mapping[tuple[str, str], Counted] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """How many failures all classes have."""
        return sum(d.hits for c in self.classes.values() for d in c.days.values())

    @property
    def digest(self) -> str:
        """Equal where every class has the same hits, first and last time on every day."""
        rows = sorted(
            (*key, day, count.hits, count.first, count.last)
            for key, counted in self.classes.items()
            for day, count in counted.days.items()
        )
        return digest([repr(row) for row in rows], size=16)


def merge(partials: Iterable[Partial]) -> Partial:
    """The sum of partials, in whatever order and groups they come."""
    events = flagged = rejected = 0
    parts: dict[tuple[str, str], list[Counted]] = {}
    for partial in partials:
        events += partial.events
        flagged += partial.flagged
        rejected += partial.rejected
        for key, counted in partial.classes.items():
            parts.setdefault(key, []).append(counted)
    return Partial(
        events=events,
        flagged=flagged,
        rejected=rejected,
        classes={key: own[0] if len(own) == 1 else _together(own) for key, own in parts.items()},
    )


def _together(own: Sequence[Counted]) -> Counted:
    days: dict[int, Count] = {}
    for counted in own:
        for day, count in counted.days.items():
            days[day] = days[day] + count if day in days else count
    samples = nsmallest(SAMPLES, (s for c in own for s in c.samples), key=lambda s: s.order)
    return Counted(named=own[0].named, days=days, samples=tuple(samples))


# ------------------------------------------------------------------- naming


class Naming:
    """Names failures of logs exactly as `taking.Taking` does, most of them without looking.

    What is remembered is the class of all texts that are equal but for their digits, and only
    where these decide nothing: no secret, no status or code, no digit of the template.
    """

    def __init__(self, cleaner: Redactor, *, project: str) -> None:
        self._cleaner = cleaner
        self._project = project
        self._by_fold = Memo(self._folded, lambda key: len(key[3]))

    def clean(self, recording: Recording) -> Clean:
        """The recording redacted, under the project that it belongs to."""
        return self._cleaner.clean(_owned(recording, self._project))

    def of(self, recording: Recording) -> Named | None:
        """The class of a failure; None for a good line."""
        if not (recording.flagged or recording.error_type):
            return None
        text = recording.text
        if text.isascii() and len(text) <= LONGEST and (named := self._of(recording, text)):
            return named
        clean = self.clean(recording)
        finding = triage(clean)
        if finding.verdict is not Verdict.FAILURE:
            return None
        print_ = name_failure(
            tool=clean.call.tool, error_type=finding.error_type, text=clean.text, args=None
        )
        return Named(
            project=clean.call.project,
            tool=clean.call.tool,
            error_type=finding.error_type,
            template=print_.template,
            signature=print_.id,
        )

    def of_fold(self, recording: Recording) -> Named | None:
        """The class of every failure whose text becomes that of this one once all of its digits
        are zeros, of the same component, type and project; None where they are of several."""
        text = recording.text
        if not text.isascii() or len(text) > LONGEST:
            return None
        return self._of(recording, text)

    def _of(self, recording: Recording, text: str) -> Named | None:
        call = recording.call
        return self._by_fold[
            call.project, call.tool, recording.error_type or "", text.translate(_FOLD)
        ]

    def _folded(self, key: tuple[str, str, str, str]) -> Named | None:
        project, tool, stated, folded = key
        if digits_tell(folded.encode()):
            return None
        call = Call(tool=tool, project=project)
        clean = self.clean(
            Recording(call=call, text=folded, flagged=True, error_type=stated, origin=Origin.LOG)
        )
        error_type = clean.error_type or ""
        if not error_type:
            said = blind(clean.text)
            if said is None:
                return None
            error_type = said.error_type or said.code
        found = fingerprint_of_fold(
            component=clean.call.tool, error_type=error_type, folded=clean.text.encode()
        )
        if found is None:
            return None
        return Named(
            project=clean.call.project,
            tool=clean.call.tool,
            error_type=error_type,
            template=found.template,
            signature=found.id,
        )


def _owned(recording: Recording, project: str) -> Recording:
    """The recording under a project; `*` is no name of one."""
    call = recording.call
    if call.project and call.project != EVERYONE:
        return recording
    owned = Call(
        tool=call.tool,
        session=call.session,
        project=project,
        task=call.task,
        trace=call.trace,
    )
    return Recording(
        call=owned,
        text=recording.text,
        flagged=recording.flagged,
        at=recording.at,
        origin=recording.origin,
        error_type=recording.error_type,
        tags=recording.tags,
        source=recording.source,
        line=recording.line,
    )


# ----------------------------------------------------------------- counting


@dataclass(slots=True)
class _Class:
    named: Named
    days: dict[int, list[int]] = field(default_factory=dict)
    samples: list[tuple[int, int, Recording]] = field(default_factory=list)


class Counting:
    """Counts events one after the other, or many alike at once; `partial` is what they sum to."""

    def __init__(self, naming: Naming, *, modified: int, latest: int, line: int = 0) -> None:
        """`modified` is the time of events before the first that has one, `latest` what a time
        beyond it becomes, in microseconds since 1970; `line` are the lines before the first."""
        self._naming = naming
        self._line = line
        self._at = modified
        self._latest = latest
        self._classes: dict[tuple[str, str], _Class] = {}
        self.events = 0
        self.flagged = 0
        self.rejected = 0

    def add(self, recording: Recording) -> None:
        """One event; those without a time of their own take that of the one before."""
        if recording.at is not None:
            self._at = micros(recording.at)
        self.events += 1
        self.flagged += bool(recording.flagged)
        named = self._naming.of(recording)
        if named is None:
            return
        at = min(self._at, self._latest)
        self.count(named, at // DAY, hits=1, first=at, last=at)
        self.sample(named, _rank(recording, at), at, recording)

    def count(self, named: Named, day: int, *, hits: int, first: int, last: int) -> None:
        """So many failures of a class on one day."""
        own = self._class(named).days.get(day)
        if own is None:
            self._class(named).days[day] = [hits, first, last]
        else:
            own[0] += hits
            own[1] = min(own[1], first)
            own[2] = max(own[2], last)

    def sample(self, named: Named, rank: int, at: int, recording: Recording) -> None:
        """One of the failures that were counted, which may be among the samples."""
        own = self._class(named).samples
        own.append((rank, at, recording))
        if len(own) > 8 * SAMPLES:
            self._class(named).samples = nsmallest(SAMPLES, own, key=_order)

    def partial(self) -> Partial:
        """All that was counted."""
        return Partial(
            events=self.events,
            flagged=self.flagged,
            rejected=self.rejected,
            classes={key: self._counted(own) for key, own in self._classes.items()},
        )

    def _class(self, named: Named) -> _Class:
        key = (named.project, named.signature)
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = _Class(named)
        return found

    def _counted(self, own: _Class) -> Counted:
        chosen = nsmallest(SAMPLES, own.samples, key=_order)
        return Counted(
            named=own.named,
            days={d: Count(hits=n, first=a, last=z) for d, (n, a, z) in own.days.items()},
            samples=tuple(
                sorted(
                    (
                        Sample(rank=rank, at=at, recording=self._clean(recording))
                        for rank, at, recording in chosen
                    ),
                    key=lambda s: s.order,
                )
            ),
        )

    def _clean(self, recording: Recording) -> Clean:
        if recording.line and self._line:
            recording = replace(recording, line=recording.line + self._line)
        return self._naming.clean(recording)


def _order(sample: tuple[int, int, Recording]) -> tuple[int, int, str, str, str]:
    rank, at, r = sample
    return rank, at, r.text, r.call.session, r.source


def _rank(recording: Recording, at: int) -> int:
    """A hash of an event, so that the lowest of many are a fair sample."""
    call = recording.call
    parts = (str(at), recording.text, call.tool, call.session, call.trace or "")
    hashed = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big")


# ------------------------------------------------------------------ summary


def summed(partial: Partial, *, own: OwnCauses = ()) -> Iterator[Summed]:
    """What a store keeps of a partial, in order; `own` are the operator's patterns for causes."""
    for key, counted in sorted(partial.classes.items()):
        project, signature = key
        named = counted.named
        samples = []
        for sample in counted.samples:
            clean = sample.recording
            finding = triage(clean, own=own)
            samples.append(
                capture(
                    clean,
                    id=_id(sample, named),
                    at=moment(sample.at),
                    finding=finding,
                    project=project,
                    signature=signature,
                    template=named.template,
                )
            )
        yield Summed(
            project=project,
            signature=signature,
            days=tuple(
                DayCount(hits=c.hits, first=moment(c.first), last=moment(c.last))
                for _, c in sorted(counted.days.items())
            ),
            samples=tuple(samples),
        )


def _id(sample: Sample, named: Named) -> str:
    r = sample.recording
    parts = ("sampled/1", named.project, named.signature, str(sample.at), r.text, r.call.session)
    return digest(parts, size=16)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(us: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)

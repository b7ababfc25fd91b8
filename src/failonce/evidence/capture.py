"""From a recording to evidence: its identity, its time, its outcome."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from failonce.evidence.redact import Clean
from failonce.identity import canonical_json, digest, event_id
from failonce.model import Call, Evidence, Finding, Outcome, Recording, Trust, Verdict

_SIZE: Final = 16

EXPORTED: Final = "event:"
"""What the id of an exported call begins with, before the id that it has in the store."""

_EXPORTED: Final = re.compile(rf"{EXPORTED}([0-9a-f]{{{2 * _SIZE}}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who hands in recordings, where that is known better than they say it themselves.

    `source` and `trust` hold for all of them, `project` for those that name none, and for all
    where the sender is `confined` to it.
    """

    source: str = ""
    trust: Trust | None = None
    project: str = ""
    confined: bool = False

    def project_of(self, call: Call) -> str:
        """The project that a call of this sender belongs to, empty where nobody says it."""
        return self.project if self.confined or not call.project else call.project


ITSELF: Final = Sender()
"""A file speaks for itself."""


class Ids(Protocol):
    """Gives each recording of one source its id, 32 hex digits, taken before redaction."""

    def next(self, recording: Recording, sender: Sender) -> str:
        """The id of the next recording, which `sender` handed in."""


class Identities:
    """Ids for the recordings of one source, which must be given in its order.

    A recording with an id of its own keeps it, within its project and session: seen again,
    also with other content, it is the same event; so is one that an export gave the id that
    it had in a store. Without one its id is a link of a hash
    chain over the content so far. So the same file again adds nothing, a grown file its
    growth, a rotated or compressed copy nothing, and equal lines inside one file all count.
    Only what was recorded goes into an id: no file name, no file time, no default. `start` is
    what else the chain depends on (see docs/decisions/0020).
    """

    def __init__(self, *start: str) -> None:
        self._link = digest(start, size=_SIZE) if start else ""

    def next(self, recording: Recording, sender: Sender = ITSELF) -> str:
        """The id of the next recording, taken before redaction; 32 hex digits."""
        call = recording.call
        if recording.id is not None:
            return _own(recording.id, call, sender)
        self._link = digest(
            (
                self._link,
                recording.origin,
                call.tool,
                "" if call.args is None else canonical_json(call.args),
                call.session,
                call.project,
                call.task or "",
                call.trace or "",
                recording.text,
                str(recording.flagged),
                _within_year(recording.at),
            ),
            size=_SIZE,
        )
        return self._link


class Fresh:
    """Ids that no other recording has, for those that somebody sends without one.

    They count up from `start`, 16 hex digits that must be used for nothing else: rows that
    come together then lie together in the index of a database.
    """

    def __init__(self, start: str) -> None:
        self._start = start
        self._count = 0

    def next(self, recording: Recording, sender: Sender = ITSELF) -> str:
        """An id that was never given before, or the one that the recording has of its own."""
        if recording.id is not None:
            return _own(recording.id, recording.call, sender)
        self._count += 1
        return f"{self._start}{self._count:016x}"


def _own(id: str, call: Call, sender: Sender) -> str:
    """The id of a recording that has one, as it is in a store.

    Whoever is not trusted can name neither an event of a store nor one that others send.
    """
    trusted = sender.trust is not Trust.UNTRUSTED
    if trusted and not sender.confined and (exported := _EXPORTED.fullmatch(id)):
        return exported[1]
    source = None if trusted else sender.source
    return event_id(sender.project_of(call), call.session, id, source=source)


class Timeline:
    """Times for the recordings of one source, which must be given in its order.

    A recording without a time takes that of the one before it, the first the file's.
    """

    def __init__(self, modified: datetime) -> None:
        self._last = modified

    def next(self, recording: Recording) -> datetime:
        """The time of the next recording."""
        if recording.at is not None:
            self._last = recording.at
        return self._last


def capture(
    recording: Clean,
    *,
    id: str,
    at: datetime,
    finding: Finding,
    project: str = "",
    signature: str | None = None,
    template: str = "",
    sender: Sender = ITSELF,
) -> Evidence:
    """Evidence of a redacted recording; `project` is for one that names none.

    `id` and `at` come from `Ids` and `Timeline`; `signature` and `template` from the stage
    after this one. What `sender` is beats what the recording says of itself.
    """
    call = recording.call
    project = sender.project_of(call) or project
    if call.project != project:
        call = _moved(call, project)
    source = f"{recording.source}:{recording.line}" if recording.line else recording.source
    return Evidence(
        id=id,
        at=at,
        call=call,
        outcome=outcome(recording.flagged, finding.verdict),
        flagged=bool(recording.flagged),
        finding=finding,
        message=recording.text,
        signature=signature,
        template=template,
        origin=recording.origin,
        duration_ms=recording.duration_ms,
        attempt=recording.attempt,
        read_only=recording.read_only,
        trust=sender.trust or recording.trust,
        tags=recording.tags,
        source=sender.source or source,
    )


def _moved(call: Call, project: str) -> Call:
    """The call in this project; written out, as `dataclasses.replace` is slow."""
    return Call(
        tool=call.tool,
        args=call.args,
        raw=call.raw,
        session=call.session,
        project=project,
        task=call.task,
        trace=call.trace,
        parent=call.parent,
        witness=call.witness,
    )


def outcome(flagged: bool | None, verdict: Verdict) -> Outcome:
    """What became of a call; without any flag and without a failure nobody verified it."""
    match verdict:
        case Verdict.FAILURE:
            return Outcome.FAILURE
        case Verdict.REJECTION | Verdict.CASCADE:
            return Outcome.BLOCKED
        case Verdict.GOOD | Verdict.INFORMATIVE:
            return Outcome.UNVERIFIED if flagged is None else Outcome.SUCCESS


def _within_year(at: datetime | None) -> str:
    """The time without its year, which for many logs is a guess from the file's time."""
    return "" if at is None else f"{at.month}-{at.day}T{at.timetz()}"

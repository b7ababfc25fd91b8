"""From a recording to evidence: its identity, its time, its outcome."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from failonce.evidence.redact import Clean
from failonce.identity import canonical_json, digest
from failonce.model import Evidence, Finding, Outcome, Recording, Verdict

_SIZE: Final = 16

EXPORTED: Final = "event:"
"""What the id of an exported call begins with, before the id that it has in the store."""

_EXPORTED: Final = re.compile(rf"{EXPORTED}([0-9a-f]{{{2 * _SIZE}}})")


class Identities:
    """Ids for the recordings of one source, which must be given in its order.

    A recording with an id of its own keeps it, within its project and session: seen again,
    also with other content, it is the same event; so is one that an export gave the id that
    it had in a store. Without one its id is a link of a hash
    chain over the content so far. So the same file again adds nothing, a grown file its
    growth, a rotated or compressed copy nothing, and equal lines inside one file all count.
    Only what was recorded goes into an id: no file name, no file time, no default.
    """

    def __init__(self) -> None:
        self._link = ""

    def next(self, recording: Recording) -> str:
        """The id of the next recording, taken before redaction; 32 hex digits."""
        call = recording.call
        if recording.id is not None:
            if exported := _EXPORTED.fullmatch(recording.id):
                return exported[1]
            return digest(("event/1", call.project, call.session, recording.id), size=_SIZE)
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
) -> Evidence:
    """Evidence of a redacted recording; `project` is for one that names none.

    `id` and `at` come from `Identities` and `Timeline`; `signature` and `template` from the
    stage after this one.
    """
    call = recording.call
    if not call.project and project:
        call = replace(call, project=project)
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
        trust=recording.trust,
        tags=recording.tags,
        source=f"{recording.source}:{recording.line}" if recording.line else recording.source,
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

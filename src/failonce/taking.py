"""Recordings → evidence: redacted, judged and named, without a store.

The loop takes in what a source holds with it, a host at work what it sees itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from failonce.evidence.capture import ITSELF, Identities, Ids, Sender, Timeline, capture
from failonce.evidence.redact import Clean
from failonce.evidence.triage import triage
from failonce.model import EVERYONE, Evidence, Finding, Origin, Recording, Verdict
from failonce.policy import DEFAULT, Policy
from failonce.ports import Clock
from failonce.signature.naming import name_failure

AHEAD: Final = timedelta(days=1)
"""How far a source's clock may run ahead of ours; windows count back from the newest event."""


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Cleaner(Protocol):
    """Redaction, as `evidence.redact.Redactor` does it."""

    def clean(self, recording: Recording) -> Clean:
        """The recording without secrets, bounded in size."""


class Taking:
    """How recordings become evidence. May be shared between threads where the cleaner may."""

    def __init__(self, *, clock: Clock, cleaner: Cleaner, policy: Policy = DEFAULT) -> None:
        self._clock = clock
        self._cleaner = cleaner
        self._policy = policy

    def evidence(
        self,
        recordings: Iterable[Recording],
        *,
        modified: datetime,
        project: str,
        sender: Sender = ITSELF,
        ids: Ids | None = None,
    ) -> Iterator[Evidence]:
        """The recordings of one source redacted, judged and named, before they are stored.

        `ids` tells which of them are the same event, as `Identities` does where none is given.
        """
        ids, times = ids or Identities(), Timeline(modified)
        last: dict[str, Finding] = {}
        latest = _NEVER
        for recording in recordings:
            raw = _local(recording)
            at = times.next(raw)
            if at > latest:  # else the clock need not be looked at again
                latest = self._clock.now() + AHEAD
            clean = self._cleaner.clean(raw)
            session = clean.call.session
            finding = triage(clean, previous=last.get(session), own=self._policy.categories)
            last[session] = finding
            signature, template = None, ""
            if finding.verdict is Verdict.FAILURE:
                named = name_failure(
                    tool=clean.call.tool,
                    error_type=finding.error_type,
                    text=clean.text,
                    args=clean.call.args,
                )
                signature, template = named.id, named.template
            yield capture(
                clean,
                id=ids.next(raw, sender),
                at=min(at, latest),
                finding=finding,
                project=project,
                signature=signature,
                template=template,
                sender=sender,
            )


def teaches(e: Evidence) -> bool:
    """False for a good line of a log, which is counted and not kept."""
    return e.origin is Origin.CALL or e.failed or e.flagged


def _local(recording: Recording) -> Recording:
    """The recording without the claim to be everybody's: `*` is no name of a project."""
    if recording.call.project != EVERYONE:
        return recording
    return replace(recording, call=replace(recording.call, project=""))

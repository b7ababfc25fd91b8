"""Recordings → evidence: redacted, judged and named, without a store.

The loop takes in what a source holds with it, a host at work what it sees itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from failonce.evidence.capture import Identities, Timeline, capture
from failonce.evidence.redact import Clean
from failonce.evidence.triage import triage
from failonce.model import EVERYONE, Evidence, Finding, Recording, Verdict
from failonce.policy import DEFAULT, Policy
from failonce.ports import Clock
from failonce.signature.naming import name_failure

AHEAD: Final = timedelta(days=1)
"""How far a source's clock may run ahead of ours; windows count back from the newest event."""


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
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Evidence]:
        """The recordings of one source redacted, judged and named, before they are stored."""
        ids, times = Identities(), Timeline(modified)
        last: dict[str, Finding] = {}
        for recording in recordings:
            yield self._evidence(_local(recording), ids, times, last, project)

    def _evidence(
        self,
        raw: Recording,
        ids: Identities,
        times: Timeline,
        last: dict[str, Finding],
        project: str,
    ) -> Evidence:
        clean = self._cleaner.clean(raw)
        finding = triage(clean, previous=last.get(clean.call.session), own=self._policy.categories)
        last[clean.call.session] = finding
        signature, template = None, ""
        if finding.verdict is Verdict.FAILURE:
            named = name_failure(
                tool=clean.call.tool,
                error_type=finding.error_type,
                text=clean.text,
                args=clean.call.args,
            )
            signature, template = named.id, named.template
        return capture(
            clean,
            id=ids.next(raw),
            at=min(times.next(raw), self._clock.now() + AHEAD),
            finding=finding,
            project=project,
            signature=signature,
            template=template,
        )


def _local(recording: Recording) -> Recording:
    """The recording without the claim to be everybody's: `*` is no name of a project."""
    if recording.call.project != EVERYONE:
        return recording
    return replace(recording, call=replace(recording.call, project=""))

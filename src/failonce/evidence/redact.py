"""Redaction and size limits of recordings, before anything is stored."""

from dataclasses import replace
from typing import NewType

from failonce.evidence.secrets import ARGS, Secrets
from failonce.model import Call, Json, Recording, Reject, ToolSpec

Clean = NewType("Clean", Recording)
"""A recording that was redacted and cut to size."""


class Redactor(Secrets):
    """Replaces the secrets in recordings, and in what tools say of themselves."""

    def clean(self, recording: Recording) -> Clean:
        """The whole recording, ready to be judged, named and stored."""
        call = recording.call
        # Written out: `dataclasses.replace` costs several times as much, for every recording.
        return Clean(
            Recording(
                call=Call(
                    tool=self.name(call.tool),
                    args=None if call.args is None else self.args(call.args),
                    raw=call.raw and self.message(call.raw, ARGS),
                    session=call.session and self.name(call.session),
                    project=call.project and self.name(call.project),
                    task=call.task and self.name(call.task),
                    trace=call.trace and self.name(call.trace),
                    parent=call.parent and self.name(call.parent),
                    witness=call.witness,
                ),
                text=self.message(recording.text),
                flagged=recording.flagged,
                at=recording.at,
                id=recording.id,
                origin=recording.origin,
                error_type=recording.error_type and self.name(recording.error_type),
                exit_code=recording.exit_code,
                status=recording.status,
                retry_after_s=recording.retry_after_s,
                duration_ms=recording.duration_ms,
                attempt=recording.attempt,
                read_only=recording.read_only,
                trust=recording.trust,
                tags=tuple(map(self.name, recording.tags)) if recording.tags else (),
                source=recording.source,
                line=recording.line,
            )
        )

    def tool(self, spec: ToolSpec) -> ToolSpec:
        """A tool's description of itself, whose texts and choices may hold a secret."""
        parameters = tuple(
            replace(p, name=self.key(p.name), choices=tuple(map(self._choice, p.choices)))
            for p in spec.parameters
        )
        return replace(
            spec,
            name=self.name(spec.name),
            description=self.message(spec.description),
            parameters=parameters,
            code=self.name(spec.code),
        )

    def _choice(self, choice: Json) -> Json:
        return self.text(choice) if isinstance(choice, str) else choice

    def reject(self, reject: Reject) -> Reject:
        """A rejected input: what could not be read may hold a secret all the same."""
        return replace(reject, raw=self.message(reject.raw), reason=self.message(reject.reason))

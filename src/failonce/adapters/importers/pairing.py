"""Calls wait here for their results, which stand on a later line under the same id.

A call whose result never comes is no evidence of anything: it may still be running. It
becomes a `Reject` that names its line, so it is counted and not forgotten, and a later
import of the grown file adds the call with its result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from failonce.adapters.importers.reading import reject
from failonce.model import Recording, Reject
from failonce.ports import Source

OPEN: Final = 10_000
"""Calls that may wait at once; beyond it the oldest is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call without its result yet: `recording` lacks text and flag."""

    key: str
    recording: Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A result. What it does not say of itself stays as the call said it."""

    key: str
    text: str
    line: int
    flagged: bool | None = None
    exit_code: int | None = None
    duration_ms: float | None = None
    tags: tuple[str, ...] = ()


class Pairs:
    """The open calls of one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: dict[str, Recording] = {}

    def ask(self, asked: Asked) -> Iterator[Reject]:
        """Let a call wait. The same id again replaces the first, as in copied lines."""
        self._open.pop(asked.key, None)
        self._open[asked.key] = asked.recording
        if len(self._open) > OPEN:
            yield self._given_up(self._open.pop(next(iter(self._open))))

    def waiting(self, key: str) -> Recording | None:
        """The call that waits under this id."""
        return self._open.get(key)

    def amend(self, key: str, recording: Recording) -> None:
        """Say more of a call that waits."""
        self._open[key] = recording

    def answer(self, answered: Answered) -> Recording | Reject:
        """The call with its result."""
        asked = self._open.pop(answered.key, None)
        if asked is None:
            return reject(
                self._source, answered.line, f"result of unknown call {answered.key}", answered.text
            )
        flagged = asked.flagged if answered.flagged is None else answered.flagged
        exit_code = asked.exit_code if answered.exit_code is None else answered.exit_code
        duration = asked.duration_ms if answered.duration_ms is None else answered.duration_ms
        return replace(
            asked,
            text=answered.text,
            flagged=flagged,
            exit_code=exit_code,
            duration_ms=duration,
            tags=asked.tags + answered.tags,
        )

    def rest(self) -> Iterator[Reject]:
        """At the end of the source: the calls that no result came for."""
        for recording in self._open.values():
            yield self._given_up(recording)
        self._open.clear()

    def _given_up(self, recording: Recording) -> Reject:
        return reject(
            self._source, recording.line, "call without a result", f"{recording.call.tool}"
        )

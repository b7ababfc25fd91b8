"""A call that is over, as it goes to the writer, and as later calls of its session see it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Protocol

from failonce.evidence.redact import Redactor
from failonce.exposing import Asked, Spoken
from failonce.model import Args, Call, Evidence, Exposure, Failure, Past, Recording
from failonce.policy import Policy
from failonce.ports import Clock
from failonce.surfaces.http_facts import NOTHING, http_facts
from failonce.surfaces.watching.sessions import Session
from failonce.surfaces.worded import said, wordings
from failonce.taking import Taking
from failonce.trial import answer_of, failure_of


class Desk:
    """Where recordings become evidence. Shared between threads."""

    def __init__(self, clock: Clock, policy: Policy) -> None:
        redactor = Redactor()
        self.scrub = redactor.text
        self.tool = redactor.tool
        self.evidence = Taking(clock=clock, cleaner=redactor, policy=policy).evidence

    def take(self, recording: Recording, at: datetime, project: str) -> Evidence:
        """The evidence of one recording."""
        (made,) = self.evidence([recording], modified=at, project=project)
        return made


class Keeping(Protocol):
    """A host, as a report needs it."""

    desk: Desk

    def put(self, report: "Report") -> None:
        """Keep it."""

    def went_wrong(self, error: BaseException) -> None:
        """Count an error of failonce's own."""


class Report:
    """One call, begun, and later over. As a work of the writer it makes its own evidence.

    It is made for every watched call, so it takes what there is as it is.
    """

    __slots__ = (
        "_taken", "args", "at", "attempt", "flagged", "host", "http", "id", "ms", "project",
        "read_only", "session", "text", "tool",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - by place, for each watched call pays
        self,
        host: Keeping,
        id: str,
        tool: str,
        args: Args | None,
        session: Session,
        project: str,
        at: datetime,
        read_only: bool | None,
        attempt: int = 1,
    ) -> None:
        self.host = host
        self.id = id
        self.tool = tool
        self.args = args
        self.session = session
        self.project = project
        self.at = at
        self.read_only = read_only
        self.attempt = attempt
        self.text = ""
        self.flagged = False
        self.http = NOTHING
        self.ms: float | None = None
        self._taken: Evidence | None = None

    def worked(self, value: object) -> None:
        """It returned this; read now, for it may change."""
        if type(value) is str and len(value) < _SHORT:
            self.text = value
        else:
            self.text, self.flagged, self.http = said(value)

    def failed(self, error: BaseException) -> None:
        """It raised this."""
        self.text, self.flagged, self.http = self.wordings(error)[0], True, http_facts(error)

    def wordings(self, error: BaseException) -> Sequence[str]:
        """The texts under which an error may have been recorded; the first is how it is now."""
        return wordings(error)

    def end(self, started: float, value: object, error: BaseException | None = None) -> None:
        """It is over; never raises. `started` is what the machine's finest clock said."""
        try:
            self.ms = (perf_counter() - started) * 1000.0
            if error is not None:
                self.failed(error)
            elif type(value) is str and len(value) < _SHORT:
                self.text = value
            else:
                self.worked(value)
            self.host.put(self)
        except Exception as own:
            self.host.went_wrong(own)

    @property
    def call(self) -> Call:
        """The call."""
        return Call(
            tool=self.tool,
            args=self.args,
            session=self.session.id,
            project=self.project,
            task=self.session.task,
        )

    @property
    def evidence(self) -> Evidence:
        """What is recorded of it; of two threads that ask, both make the same."""
        text = self.text  # before it is known whether another thread is done, which clears it
        if self._taken is None:
            recording = Recording(
                call=self.call,
                text=text,
                flagged=self.flagged,
                status=self.http.status,
                retry_after_s=self.http.retry_after_s,
                at=self.at,
                id=self.id,
                duration_ms=self.ms,
                attempt=self.attempt,
                read_only=self.read_only,
                source="sdk",
            )
            self._taken = self.host.desk.take(recording, self.at, self.project)
            self.text = ""  # it may be long, and is in the evidence as far as it is kept
        return self._taken

    def __call__(self) -> Sequence[Evidence]:
        """The work."""
        return (self.evidence,)

    @property
    def failure(self) -> Failure | None:
        """As it stands in recordings, None where it is none."""
        taken = self.evidence
        return replace(failure_of(taken), attempt=self.attempt) if taken.failed else None

    @property
    def past(self) -> Past:
        """As lessons look back on it: what stands in recordings, without secrets."""
        taken = self.evidence
        return Past(call=taken.call, answer=answer_of(taken))


class Back(Sequence[Past]):
    """The last calls of a session; each is read only where a lesson looks."""

    __slots__ = ("_reports",)

    def __init__(self, reports: Iterable[Report]) -> None:
        self._reports = tuple(reports)

    def __len__(self) -> int:
        return len(self._reports)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        """The one at a place, or those of a slice."""
        found = self._reports[at]
        return tuple(r.past for r in found) if isinstance(found, tuple) else found.past


class Telling:
    """What is recorded of the lessons that a call met, as works of the writer."""

    __slots__ = ("_asked", "_told", "new")

    def __init__(
        self, asked: Asked, told: Callable[[Sequence[Spoken]], tuple[Spoken, ...]]
    ) -> None:
        self._asked = asked
        self._told = told
        self.new: tuple[Spoken, ...] = ()
        """Those that were not told before; known once the work is done."""

    def __call__(self) -> Sequence[Exposure]:
        """The work that tells of them, before the call."""
        self.new = self._told(self._asked.spoken)
        return [s.exposure for s in self.new]

    def came_of(self, report: Report) -> Callable[[], Sequence[Exposure]]:
        """The work that says what came of them, by the call as it ran."""

        def work() -> Sequence[Exposure]:
            if not self.new:
                return ()
            taken = report.evidence
            return [s.known(failed=taken.failed, evidence=taken.id) for s in self.new]

        return work


def tried(exposures: Sequence[Exposure], report: Report) -> Callable[[], Sequence[Exposure]]:
    """The work that adds to exposures which call they are about."""
    return lambda: [replace(x, evidence=report.evidence.id) for x in exposures]


_SHORT = 1 << 16

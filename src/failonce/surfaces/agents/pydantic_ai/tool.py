"""A tool of an agent as failonce watches it: what it says of itself, and how it is recorded."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from pydantic_ai.exceptions import ModelRetry, ToolFailed
from pydantic_ai.messages import ToolReturn

from failonce.model import Advice, Call, ToolSpec
from failonce.surfaces.watching.binding import Given, taken
from failonce.surfaces.watching.host import Host, host
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import AS_ARGUMENT, Session
from failonce.surfaces.watching.tool import Tool
from failonce.surfaces.worded import wordings

if TYPE_CHECKING:
    from failonce.surfaces.agents.pydantic_ai.capability import Run

RAW: Final = 2_000
"""Characters that are kept of arguments which cannot be decoded."""
_ERRORS: Final = 20
"""Mistakes of one validation that are recorded."""


class AgentReport(Report):
    """A call as the model made it, and as it came out for the model."""

    __slots__ = ("raw",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.raw = ""

    @property
    def call(self) -> Call:
        """The call, with what was sent where it could not be decoded."""
        return replace(super().call, raw=self.raw) if self.raw else super().call

    def worked(self, value: object) -> None:
        """It returned this."""
        super().worked(value.return_value if isinstance(value, ToolReturn) else value)

    def wordings(self, error: BaseException) -> tuple[str, ...]:
        """What a tool tells the model has no name; mistakes in arguments stand in one line."""
        if isinstance(error, ModelRetry | ToolFailed):
            return (str(error.message),)
        if isinstance(error, ValidationError):
            found = error.errors(include_url=False, include_context=False, include_input=False)
            said = (": ".join((*_place(e["loc"]), e["msg"])) for e in found[:_ERRORS])
            return (f"ValidationError: {'; '.join(said)}",)
        return wordings(error)


def _place(path: Sequence[int | str]) -> Sequence[str]:
    """Where in the arguments a mistake is, empty where that is all of them."""
    return (".".join(map(str, path)),) if path else ()


class OtherTool(Tool):
    """A tool of the agent that is called for a call of another one."""

    reports = AgentReport


class AgentTool(Tool):
    """A tool of an agent in one run; `make` is a method of the call that is under way."""

    reports = AgentReport
    way_past = AS_ARGUMENT

    def __init__(self, run: "Run", spec: ToolSpec, make: Callable[..., Awaitable[Any]]) -> None:
        super().__init__(make, spec.name, read_only=spec.read_only, on_advice=run.on_advice)
        self.spec = spec
        self.session = run.session
        self._run = run

    def among(self, tools: Mapping[str, ToolSpec]) -> Mapping[str, ToolSpec]:
        """What is known of tools, with what those of the agent say of themselves now."""
        return self._run.specs_among(tools)

    def say(self, here: Host, session: Session, advice: Advice) -> None:
        """Let the agent hear it, unless it stands in its instructions."""
        if not self._run.told.issuperset(advice.lessons or ("",)):
            super().say(here, session, advice)

    def other(self, call: Call) -> Tool | None:
        """The tool of the agent that a lesson wants called; none that waits for a person."""
        made = self._run.caller(call.tool)
        if made is None:
            return None
        spec = self.among({}).get(call.tool)
        return OtherTool(made, call.tool, read_only=None if spec is None else spec.read_only)

    def alone(self, given: Given | None, raw: str = "") -> Report | None:
        """The report of a call that no lesson is asked about."""
        here = host()
        if here is None:
            return None
        try:
            return self._alone(here, given, raw)
        except Exception as error:
            here.went_wrong(error)
            return None

    def _alone(self, here: Host, given: Given | None, raw: str) -> Report | None:
        session = self._run.session
        project = here.project if session.project is None else session.project
        if here.known(project) is None:
            return None
        args = None if given is None else taken(given)
        at = datetime.now(UTC) if here.system else here.clock.now()
        report = AgentReport(
            here, here.next_id(), self.name, args, session, project, at, self.read_only
        )
        report.raw = raw[:RAW]
        return report

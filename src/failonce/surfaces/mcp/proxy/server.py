"""A tool of the server, as it is watched and recorded."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Protocol, cast

from failonce.model import Advice, Call, ToolSpec
from failonce.surfaces.http_facts import HttpFacts
from failonce.surfaces.mcp.proxy.messages import METHOD_NOT_FOUND, Message
from failonce.surfaces.watching.course import Begun
from failonce.surfaces.watching.host import Host
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import AS_ARGUMENT, Session
from failonce.surfaces.watching.tool import Tool, joined

TOLD: ContextVar[list[Advice] | None] = ContextVar("failonce_proxy_told", default=None)
"""What lessons say to the call that is under way."""
ENVELOPE: ContextVar[Mapping[str, Any]] = ContextVar("failonce_proxy_envelope", default={})  # noqa: B039 - never changed
"""What other requests that are made for it have to say of the client."""


class Answered:
    """What a call came back with: a result, good or flagged as an error."""

    __slots__ = ("known", "message")

    def __init__(self, message: Message, *, known: bool) -> None:
        self.message = message
        self.known = known
        """Whether the server has such a tool."""

    @property
    def result(self) -> Mapping[str, Any]:
        """What MCP calls a tool's result."""
        return self.message.result or {}

    @property
    def flagged(self) -> bool:
        """Whether it says itself that it failed."""
        return self.result.get("isError") is True

    @property
    def text(self) -> str | None:
        """The text of it, where it is nothing but text."""
        content = self.result.get("content")
        if not isinstance(content, list) or self.result.get("structuredContent") is not None:
            return None
        texts = [c.get("text") for c in content if isinstance(c, dict) and c.get("type") == "text"]
        whole = len(texts) == len(content) and all(isinstance(t, str) for t in texts)
        return "\n".join(cast("list[str]", texts)) if whole else None


class Refused(Exception):
    """The server answered with an error of the protocol, or is gone."""

    def __init__(self, message: Message, *, known: bool) -> None:
        self.message = message
        self.known = known
        error = message.error or {}
        self.code = error.get("code")
        super().__init__(str(error.get("message", "")) or "The server refused the call.")


class Passing(BaseException):
    """Carries what is neither good nor bad through the course, which takes back what was done."""

    def __init__(self, message: Message) -> None:
        self.message = message


class ServerReport(Report):
    """A call as the server answered it."""

    __slots__ = ()

    def worked(self, value: object) -> None:
        """It returned this."""
        if not isinstance(value, Answered):
            super().worked(value)
        elif value.known:
            content = value.result.get("content") or value.result.get("structuredContent") or []
            shape = content if isinstance(content, list) else [{"type": "json", "data": content}]
            super().worked({"isError": value.flagged, "content": shape})
        else:
            self._unknown()

    def failed(self, error: BaseException) -> None:
        """It raised this."""
        if not isinstance(error, Refused):
            super().failed(error)
        elif error.known:
            self.text, self.flagged = str(error), True
            code = error.code
            self.http = HttpFacts(code if isinstance(code, int) and code < 0 else None)
        else:
            self._unknown()

    def _unknown(self) -> None:
        """Servers say in three ways that there is no such tool; it is one failure."""
        self.text, self.flagged = f"Unknown tool: {self.tool}", True
        self.http = HttpFacts(METHOD_NOT_FOUND)

    def wordings(self, error: BaseException) -> tuple[str, ...]:
        """What a server says has no name of an exception."""
        if isinstance(error, Refused):
            return (str(error),)
        return tuple(super().wordings(error))


class Serving(Protocol):
    """What a tool needs of the conversation that it belongs to."""

    @property
    def project(self) -> str:
        """Whose calls these are."""

    def caller(self, tool: str) -> Callable[..., Awaitable[Any]] | None:
        """How another tool of this server is called; None where it has none of that name."""

    def spec(self, tool: str) -> ToolSpec | None:
        """What such a tool says of itself."""


class OtherTool(Tool):
    """A tool of the server that is called for a call of another one."""

    reports = ServerReport


class ServerTool(Tool):
    """A tool of the server in one conversation; `make` is a method of the call under way."""

    reports = ServerReport
    way_past = AS_ARGUMENT

    def __init__(
        self, serving: Serving, spec: ToolSpec, make: Callable[..., Awaitable[Any]]
    ) -> None:
        super().__init__(make, spec.name, read_only=spec.read_only)
        self.spec = spec
        self.project = serving.project
        self._serving = serving
        self._joined: tuple[Any, Mapping[str, ToolSpec]] = (None, {})

    def among(self, tools: Mapping[str, ToolSpec]) -> Mapping[str, ToolSpec]:
        """What is known of tools, with what this one says of itself now."""
        if self._joined[0] is not tools:
            own = joined(self.spec, tools.get(self.name))
            self._joined = tools, {**tools, self.name: own}
        return self._joined[1]

    def reported(self, b: Begun, call: Call) -> Report:
        """The report of one attempt; the first has the id that the call was given."""
        report = super().reported(b, call)
        if report.attempt == 1:
            report.id = b.report.id
        return report

    def say(self, here: Host, session: Session, advice: Advice) -> None:  # noqa: ARG002 - a hook's
        """Let the agent hear it, with the answer to this call."""
        told = TOLD.get()
        if told is not None and advice.message:
            told.append(advice)

    def other(self, call: Call) -> Tool | None:
        """The tool of this server that a lesson wants called."""
        make = self._serving.caller(call.tool)
        if make is None:
            return None
        spec = self._serving.spec(call.tool)
        return OtherTool(make, call.tool, read_only=None if spec is None else spec.read_only)

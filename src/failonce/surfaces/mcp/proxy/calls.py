"""One call of a tool of the server, as lessons want it.

Where no lesson concerns it the bytes of the client go on as they are, and the answer comes back
so; then it is recorded. Else the call is a task that follows its course.
"""

from collections.abc import Coroutine, Mapping, Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from failonce.errors import Blocked
from failonce.kinds.hint.running import Result
from failonce.model import Advice
from failonce.surfaces.mcp.proxy.messages import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    Message,
    answer,
    refusal,
)
from failonce.surfaces.mcp.proxy.server import (
    ENVELOPE,
    TOLD,
    Answered,
    Passing,
    Refused,
    ServerTool,
)
from failonce.surfaces.watching.course import Begun
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import REASON, override, within
from failonce.surfaces.watching.watch import came_of

if TYPE_CHECKING:
    from failonce.surfaces.mcp.proxy.watch import Watch

PROTOCOL: Final = "io.modelcontextprotocol/"
"""What the keys of `_meta` begin with by which a request says which revision it speaks."""
_VERSION: Final = f"{PROTOCOL}protocolVersion"
LOST: Final = "failonce failed while it made this call, and does not know what came of it."
_NOTE: Final = "failonce, from what was learned before:"


class Invocation:
    """A call of a tool by the client."""

    def __init__(self, watch: "Watch", message: Message, tool: ServerTool) -> None:
        self._watch = watch
        self._relay = watch.relay
        self._message = message
        self._tool = tool
        self._told: list[Advice] = []
        self._tries = 0
        params = message.params
        self._name = str(params.get("name"))
        given = dict(params.get("arguments") or {})
        self._reason = ""
        if REASON in given and tool.spec.parameter(REASON) is None:
            self._reason = str(given.pop(REASON))
            message = message.with_params({**params, "arguments": given})
        self._sent = message
        self._given = given

    @property
    def modern(self) -> bool:
        """Whether it is of a revision whose requests stand alone."""
        return speaks_modern(self._message)

    # ------------------------------------------------------------ its way

    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Send it on; or what follows its course, in this context."""
        begun = self._begun()
        if isinstance(begun, Begun):
            return self._follow(begun)
        if begun is None:
            self._relay.forward(self._message)
        else:
            report, started = begun, perf_counter()
            self._relay.forward(self._sent, lambda m: self._recorded(report, started, m))
        return None

    def _begun(self) -> Report | Begun | None:
        TOLD.set(self._told)
        ENVELOPE.set(envelope(self._message))
        named = self._watch.program.named(self._message)
        session = self._watch.session_of(named)
        with within(session), override(self._reason) if self._reason else nullcontext():
            begun = self._tool.begin((self,), self._given)
        if named is not None and begun is not None:
            report = begun.report if isinstance(begun, Begun) else begun
            report.id = named.id(report.project)
        return begun

    def _recorded(self, report: Report, started: float, message: Message) -> Message:
        """Record the answer of a call that no lesson concerns; the client gets it as it is."""
        try:
            report.end(started, self._read(message))
        except Refused as error:
            report.end(started, None, error)
        except Passing:
            pass
        return self._noted(message)

    async def _follow(self, b: Begun) -> None:
        try:
            with override(self._reason) if self._reason else nullcontext():
                result = await came_of(b)
        except Passing as passing:
            self._relay.to_client(passing.message.under(self._message.id))
            return
        if result is None and not self._tries:  # failonce failed before the call was made
            self._relay.forward(self._sent)
            return
        made = None if result is None else self._answer(result)
        if made is None:
            made = refusal(self._message.id, INTERNAL_ERROR, LOST)
        self._relay.to_client(self._noted(made))

    def _answer(self, result: Result) -> Message | None:
        """What the client gets for what a course came to."""
        own, raised = self._message.id, result.raised
        if isinstance(raised, Refused):
            return raised.message.under(own)
        if isinstance(raised, Blocked | TimeoutError):
            return self._result(str(raised), failed=True)
        if raised is not None:
            return refusal(own, CONNECTION_CLOSED, str(raised))
        if isinstance(result.value, Answered):
            return result.value.message.under(own)
        return self._result(str(result.value)) if isinstance(result.value, str) else None

    def _result(self, text: str, *, failed: bool = False) -> Message:
        """A tool's result of our own."""
        found: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
        if failed:
            found["isError"] = True
        if self.modern:
            found["resultType"] = "complete"
        return answer(self._message.id, found)

    def _noted(self, message: Message) -> Message:
        """The answer, and behind it what lessons said to this call that was not said before."""
        result = message.result
        if not self._told or result is None:
            return message
        new = self._watch.unheard(self._told, again=result.get("isError") is True)
        content = result.get("content")
        if not new or not isinstance(content, list):
            return message
        note = {"type": "text", "text": " ".join((_NOTE, *new))}
        return message.with_result({**result, "content": [*content, note]})

    # ------------------------------------------------------- what it is made of

    async def make(self, /, **arguments: Any) -> Answered:
        """One attempt; the first of the client's own arguments goes as it came."""
        self._tries += 1
        params = {**self._message.params, "arguments": arguments}
        own = self._message.id if self._tries == 1 else None
        return self._read(await self._relay.ask("tools/call", params, id=own))

    def _read(self, message: Message) -> Answered:
        """What an answer says; raises `Refused`, or `Passing` where it says nothing yet."""
        return read(message, known=self._watch.has(self._name))


def speaks_modern(message: Message) -> bool:
    """Whether a request says itself which revision it speaks."""
    meta = message.params.get("_meta")
    return isinstance(meta, Mapping) and _VERSION in meta


def envelope(message: Message) -> dict[str, Any]:
    """What another request of the same client has to say beside what it asks; empty for most."""
    meta = message.params.get("_meta")
    if not isinstance(meta, Mapping):
        return {}
    kept = {k: v for k, v in meta.items() if isinstance(k, str) and k.startswith(PROTOCOL)}
    return {"_meta": kept} if _VERSION in kept else {}


def read(message: Message, *, known: bool) -> Answered:
    """What the answer to a call says; raises `Refused`, or `Passing` where it is not over.

    Not over is a call that asks for something first, and one that goes on as a task.
    """
    result = message.result
    if result is None:
        gone = (message.error or {}).get("code") == CONNECTION_CLOSED
        raise Refused(message, known=known or gone)
    if result.get("resultType", "complete") != "complete" or "task" in result:
        raise Passing(message)
    found = Answered(message, known=True)
    return Answered(message, known=False) if found.flagged and not known else found


def texts(advice: Sequence[Advice]) -> list[str]:
    """The sentences, each once."""
    return list(dict.fromkeys(a.message for a in advice if a.message))

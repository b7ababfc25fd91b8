"""One watched call that lessons concern, from before to after.

    decide.before → inserted calls → the call in its hints → decide.after → again → the way back

A generator, as all of it: it yields what is to be done and is sent what came of it, so that one
piece of code serves tools that block and tools that await. What interrupts it is thrown in:
then what was done for the call is taken back. The order is that of `trial.execute`.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from failonce.errors import Blocked
from failonce.kinds.behaviour import Situation
from failonce.kinds.concerned import concerned
from failonce.kinds.decision import CANNOT, Armed, Concerning, Deciding, Decision
from failonce.kinds.hint import Hint
from failonce.kinds.hint.running import Note, Result, Steps
from failonce.language.matching import Bits
from failonce.language.reading import Does, reads
from failonce.model import Advice, AdviceAction, Answer, Args, Call, Failure, KindName, ToolSpec
from failonce.skill import decide
from failonce.surfaces.failing import fails, failure_in
from failonce.surfaces.watching.binding import Given, restored
from failonce.surfaces.watching.decisions import UNHEARD, Skipped
from failonce.surfaces.watching.host import Facts, Host, Known
from failonce.surfaces.watching.reports import Report, Telling, tried
from failonce.surfaces.watching.sessions import reason
from failonce.trial import DEPTH

IN_CODE: Final = 'In code: `with failonce.override("why"):`.'

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Make the watched call, as it is now, for the `attempt`-th time."""

    call: Call
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Make a call that a lesson wants made, of another tool."""

    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Make the watched call as its hints want it."""

    steps: Steps
    call: Call


Wanted = Own | Other | Around
Course = Generator[Wanted, Result, Result]


class Begun:
    """A watched call under way: whose it is, what was given, what came of it so far."""

    __slots__ = (
        "args", "around", "closed", "facts", "given", "host", "journal", "judges", "known",
        "kwargs", "last", "made", "notes", "number", "report", "situation", "speaking",
        "streams", "tool",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - made for each call that lessons may concern
        self,
        host: Host,
        known: Known,
        facts: Facts,
        tool: Any,
        report: Report,
        situation: Situation,
        speaking: Bits,
        given: Given,
        args: tuple[Any, ...],
        kwargs: Given,
    ) -> None:
        self.host = host
        self.known = known
        self.tool = tool
        self.report = report
        self.given = given
        self.args = args
        self.kwargs = kwargs
        self.facts = facts
        self.situation = situation
        self.speaking = speaking
        """Those that may have something new to say before the call."""
        self.journal = UNHEARD
        """Where what is decided is written down, if anybody listens."""
        self.last: Result | None = None
        self.notes: list[Note] = []
        self.around: Sequence[Armed] | None = None
        """The lessons whose hints are around the call; None where it does not come to that."""
        self.streams = False
        """Whether it hands out items while it runs: then it cannot run again."""
        self.number = 1
        self.judges = facts.heeds(report.args)
        """Whether anything depends on what came of it: else only the writer asks."""
        self.made = False
        """Whether it ran, or was given up: a hint may answer in its stead."""
        self.closed = False

    @property
    def call(self) -> Call:
        """The call as it was made."""
        return self.situation.call

    @property
    def quiet(self) -> bool:
        """True where nothing is to be done before the call or around it."""
        rests = not self.speaking and (self.streams or not self.facts.hinted)
        return rests and not self.journal.heard

    def spec(self, tool: str) -> ToolSpec:
        """What is known of a tool."""
        return self.situation.tools.get(tool) or ToolSpec(name=tool)

    def after(self, call: Call) -> Situation:
        """The call as it stands once it failed; with its key it may be made twice."""
        tools = self.situation.tools
        if self.keyed:
            tools = {**tools, call.tool: replace(self.spec(call.tool), idempotent=True)}
        return replace(self.situation, call=call, tools=tools)

    @property
    def keyed(self) -> bool:
        """Whether it carries an idempotency key."""
        return bool(self.tool.key) and self.given.get(self.tool.key) is not None

    def say(self, advice: Advice) -> None:
        """Let the agent hear it."""
        self.tool.say(self.host, self.report.session, advice)

    def handed(self, args: Args | None) -> Given | None:
        """The caller's objects for arguments as lessons want them; None where none can be said."""
        if args is None or self.call.args is None or args is self.call.args:
            return self.given
        return restored(args, self.call.args, self.given)

    def note(self, note: Note) -> None:
        """A hint did something."""
        self.notes.append(note)
        self.journal.notes(note)
        self.host.noted(note)

    def over(
        self, call: Call, report: Report, *, value: object = None, raised: BaseException | None
    ) -> Result:
        """What came of an attempt, recorded unless nobody waits for it any more."""
        host = self.host
        if not self.closed:  # whatever fails in here, the tool is not called again for it
            self.last = Result(at=host.now(), value=value, raised=raised)
        if raised is None:
            report.worked(value)
        else:
            report.failed(raised)
        failure = self.failure(call, report, raised)
        result = Result(at=host.now(), value=value, failure=failure, raised=raised)
        if not self.closed:
            self.last, self.report, self.made = result, report, True
            host.put(report)
        return result

    def failure(self, call: Call, report: Report, raised: BaseException | None) -> Failure | None:
        """The failure in it as it stands in recordings: lessons know no other."""
        if raised is None:
            asked = self.judges or report.flagged or report.http.status
            http = report.http
            if not (asked and fails(call, report.text, flagged=report.flagged, http=http)):
                return None
            return report.failure
        armed = self.known.roster.acting(call.tool)
        there = replace(self.situation, call=call)
        first = None
        for failure in self._wordings(call, report, raised):
            if concerned(armed).after(there, failure) or _hinted(armed, failure):
                return failure
            first = first or failure
        return first

    def _wordings(self, call: Call, report: Report, raised: BaseException) -> Iterator[Failure]:
        """As it is recorded here, and as others may have recorded it."""
        if (own := report.failure) is not None:
            yield own
        taken_in = self.host.desk.evidence
        for text in report.wordings(raised)[1:]:
            found = failure_in(taken_in, call, text, report.attempt, at=report.at, http=report.http)
            if found is not None:
                yield found


def _hinted(armed: Sequence[Armed], failure: Failure) -> bool:
    hints = (a.behaviour for a in armed if isinstance(a.behaviour, Hint))
    return any(h.fingerprint and h.fingerprint == failure.signature for h in hints)


def course(b: Begun, first: Result | None = None) -> Course:
    """The way of a call; `first` is what came of it where it ran already."""
    return b.journal.written(b, _course(b, first))


def _course(b: Begun, first: Result | None) -> Course:
    if first is not None:
        return (yield from _cured(b, b.call, first, (), ()))
    if not b.speaking:
        return (yield from _cured(b, b.call, (yield from _run(b, b.call)), (), ()))
    asking = b.known.roster.ahead(b.call, b.report.at, _before(b))
    asked = yield from _making(asking)
    advice, decision = asked.decision.advice, asked.decision
    b.journal.decided(asked)
    telling: Telling | None
    if advice.action is AdviceAction.BLOCK:
        why = reason()
        if not why:
            b.host.tell(asked)
            return Result(at=b.host.now(), raised=_blocked(b.tool, advice), by="guardrail")
        telling = b.host.overridden(asked, why, b.report.at)
        b.journal.left_out(decision, Skipped.OVERRIDDEN)
        advice, decision = Advice(), Decision(advice=Advice())
    else:
        telling = b.host.tell(asked)
        b.facts.tell(decision, b.report, b.speaking)
    back = (*decision.afterwards, *decision.if_failed)
    call = _advised(b.call, decision)
    # Whether anybody heeds what comes of a call was told by its arguments, which are others now.
    b.judges = b.judges or bool(back) or call is not b.call
    if call is not b.call and not _possible(b, call):
        b.journal.left_out(decision, Skipped.CANNOT)
        yield from _made(back)
        decision, call, back, telling = Decision(advice=Advice()), b.call, (), None
    else:
        b.say(advice)
    try:
        result = yield from _run(b, call)
    except GeneratorExit:
        raise
    except BaseException:
        yield from _made(back)
        raise
    _tell_end(b, telling)
    yield from _made(decision.afterwards)
    return (yield from _cured(b, call, result, decision.if_failed, advice.lessons))


def _before(b: Begun):  # type: ignore[no-untyped-def]
    situation, most = b.situation, b.host.policy.max_suggestions
    return lambda concerning: decide.before(situation, concerning, most=most)


def _cured(
    b: Begun, call: Call, result: Result, undo: Sequence[Call], spent: Sequence[str]
) -> Course:
    """Repairs after a failure, each lesson once; what did not help is taken back."""
    used = set(spent)
    repairs = 0
    while result.failure is not None and repairs < DEPTH and not (b.streams or result.by):
        repairs += 1
        failure = result.failure
        situation = b.after(call)

        def after(asked: Concerning, s: Situation = situation, f: Failure = failure) -> Deciding:
            return decide.after(s, f, asked)

        hints = (a.lesson for a in b.known.roster.acting(call.tool) if a.kind is KindName.HINT)
        asking = b.known.roster.behind(call, b.report.at, after, spent={*used, *hints})
        asked = yield from _making(asking)
        decision = asked.decision
        if decision.advice.action is not AdviceAction.RETRY:
            break
        repaired = _advised(call, decision)
        back = (*decision.afterwards, *decision.if_failed)
        if not _possible(b, repaired):
            b.journal.left_out(decision, Skipped.CANNOT)
            yield from _made(back)
            break
        used |= set(decision.advice.lessons)
        telling = b.host.tell(asked)
        try:
            new = yield from _run(b, repaired)
        except GeneratorExit:
            raise
        except BaseException:
            yield from _made((*back, *undo))
            raise
        _tell_end(b, telling)
        yield from _made(decision.afterwards)
        if new.failure is not None and new.failure.signature == failure.signature:
            b.journal.left_out(decision, Skipped.IN_VAIN)
            yield from _made(decision.if_failed)
            continue
        b.journal.cured(decision)
        b.say(decision.advice)
        call, result, undo = repaired, new, (*decision.if_failed, *undo)
    if result.failure is not None or result.raised is not None:
        yield from _made(undo)
    return result


def _run(b: Begun, call: Call) -> Course:
    """The call through the hints of its tool."""
    host, roster = b.host, b.known.roster
    hinted = not b.streams and _has_hints(b, call)
    tenant = b.report.session.tenant
    if not hinted:
        if host.hinted and reads(b.spec(call.tool)).does is not Does.READS:
            host.runtime.wrote(tenant=tenant, project=call.project)
        return (yield Own(call=call))
    host.hinted = True
    b.notes.clear()
    situation = b.situation if call is b.call else replace(b.situation, call=call)
    now = host.now()
    armed, asked = roster.around(call, b.report.at)
    b.around = armed
    if asked is not None:
        host.tell(asked)
    steps = host.runtime.steps(situation, armed, now, tenant=tenant, keyed=b.keyed)
    result = yield Around(steps=steps, call=call)
    _tell_hints(b, call, result)
    return result


def _has_hints(b: Begun, call: Call) -> bool:
    if call.tool == b.tool.name:
        return b.facts.hinted
    return any(isinstance(a.behaviour, Hint) for a in b.known.roster.acting(call.tool))


def _tell_end(b: Begun, telling: Telling | None) -> None:
    """What came of the lessons that were met, where the call was made at all."""
    if telling is not None and b.made:
        b.host.writer.put(telling.came_of(b.report))


def _tell_hints(b: Begun, call: Call, result: Result) -> None:
    """What hints made of a call; one that was given up is recorded as what the caller saw."""
    at = b.report.at
    if result.by == "timeout" and result.failure is not None:
        report = b.tool.reported(b, call)
        report.text, report.flagged = f"TimeoutError: {result.failure.message}", True
        b.report, b.made = report, True
        b.host.put(report)
    worked = result.failure is None and result.raised is None
    notes = {(n.lesson, n.event): n for n in b.notes}.values()
    found = (b.known.roster.came_of(note, call, at, worked=worked) for note in notes)
    exposures = [x for x in found if x is not None]
    if exposures:
        b.host.writer.put(tried(exposures, b.report))


def _possible(b: Begun, call: Call) -> bool:
    """Whether this process can make the call: with objects of the caller, of a tool it knows."""
    if call.tool != b.tool.name:
        return not b.streams and b.tool.other(call) is not None
    given = b.handed(call.args)
    return given is not None and b.tool.shape.placed(given, ()) is not None


def _advised(call: Call, decision: Decision) -> Call:
    advice = decision.advice
    if advice.action not in (AdviceAction.RUN, AdviceAction.RETRY):
        return call
    return replace(call, tool=advice.tool or call.tool, args=advice.args)


def _making(deciding: Generator[Call, Answer, T]) -> Generator[Wanted, Result, T]:
    """A decision whose calls are made; what interrupts one is thrown into it."""
    try:
        wanted = next(deciding)
        while True:
            try:
                result = yield Other(call=wanted)
            except GeneratorExit:
                deciding.close()
                raise
            except BaseException as interruption:
                wanted = deciding.throw(interruption)
            else:
                wanted = deciding.send(result.value if isinstance(result.value, Answer) else CANNOT)
    except StopIteration as done:
        found: T = done.value
        return found


def _made(calls: Sequence[Call]) -> Generator[Wanted, Result, None]:
    """Calls up to one that fails, as in `trial`: those behind it count on where it leads."""
    for call in calls:
        answer = (yield Other(call=call)).value
        if not (isinstance(answer, Answer) and answer.worked):
            return


def _blocked(tool: Any, advice: Advice) -> Blocked:
    error = Blocked(f"{advice.message} {tool.way_past}")
    error.tool, error.lessons = tool.name, advice.lessons
    return error

"""What each tool of our own server does; all of it may be done by an agent, and nothing more.

An agent proposes, reports and asks. It does not approve, undo, restore or switch anything: no
tool here can. What it says of a wrong block counts once, so that a lesson is never taken out of
force by agents alone.

The store is opened for each call and closed again, so none of them depends on how it was before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import anyio.to_thread
from mcp.types import CallToolResult, Tool, ToolAnnotations

from failonce.adapters.sql_store import store_path
from failonce.compose import Configuration, Parts, opened
from failonce.deciding import Verb
from failonce.developing import Came, Developed
from failonce.errors import BadInput, FailonceError, Refused
from failonce.lifecycle import WORDS, waits_now
from failonce.model import (
    Action,
    Call,
    KindName,
    Lesson,
    Mode,
    Proposer,
    Recording,
    State,
)
from failonce.ports import SignatureQuery
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.learning import Intent, Learning, Recalled
from failonce.surfaces.learning.rules import recalled
from failonce.surfaces.mcp.answers import DATA, quoted, refused, reported, shown, told
from failonce.surfaces.mcp.asking import (
    Asked,
    Failures,
    LearnRule,
    Nothing,
    Recall,
    ReportFailure,
    ReportWrong,
    ToolFailure,
    Unknown,
    Which,
    read,
    schema,
)
from failonce.surfaces.plans import PlanModification, tools_of
from failonce.surfaces.watching.host import host
from failonce.surfaces.watching.sessions import current
from failonce.surfaces.words import counted

AGENT: Final = "agent"
"""Who the audit says it was."""
VIA: Final = "mcp"
PATIENCE_S: Final = 5.0
"""How long a call waits for another process that writes the store."""
_MARKS: Final = ".,;:!?()[]{}<>\"'`*"
_OFF: Final = "A person switches it on: failonce config mode manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One of our own tools."""

    name: str
    about: str
    asks: type[Asked]
    does: Callable[["Own", Any], CallToolResult]
    writes: bool = False
    also: tuple[str, ...] = ()
    """Other names that it answers to: a seed's, with dots, which many clients refuse to list."""

    @property
    def tool(self) -> Tool:
        """As clients are told of it."""
        return Tool(
            name=self.name,
            description=self.about,
            input_schema=schema(self.asks),
            annotations=ToolAnnotations(
                read_only_hint=not self.writes,
                destructive_hint=False if self.writes else None,
                open_world_hint=False,
            ),
        )


class Own:
    """Our own tools, over the store that the settings name."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self.project = config.project

    def listed(self) -> list[Tool]:
        """All of them; always the same."""
        return [offered.tool for offered in OFFERED]

    @property
    def names(self) -> frozenset[str]:
        """Every name that `call` answers to."""
        return frozenset(_BY_NAME)

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> CallToolResult:
        """Do what one of them does; what goes wrong is a result that says what to do."""
        return await anyio.to_thread.run_sync(lambda: self._call(_BY_NAME[name], arguments))

    def _call(self, offered: Offered, arguments: Mapping[str, Any] | None) -> CallToolResult:
        if self._config.off:
            return refused("FAILONCE=off rests failonce in this process; nothing was done.")
        try:
            return offered.does(self, read(offered.asks, arguments))
        except FailonceError as error:
            return refused(shown(str(error), 2_000))

    # ------------------------------------------------------------- proposes

    def learn(self, asked: LearnRule) -> CallToolResult:
        """Requirements N6, N7, N13, N14."""
        with self._opened() as parts:
            self._on(parts)
            began = parts.clock.now()
            lesson = parts.review.learn(
                asked.skill_name,
                asked.rule_content,
                reason=asked.reason,
                proposer=Proposer.AGENT,
                project=self.project,
            )
            found = parts.store.lessons(project=self.project)
            now = parts.clock.now()
        rules = sum(x.proposal.kind is KindName.RULE and waits_now(x, now) for x in found)
        became = _known(lesson) if lesson.created_at < began else self._new(lesson)
        return told(became, f"{pending_phrase(rules)}." if rules else "")

    def _new(self, lesson: Lesson) -> str:
        if lesson.in_force:
            until = lesson.valid_until
            file = self._config.skills / f"{lesson.proposal.target}.md"
            return (
                f"{lesson.id} is in force on trial{f' until {until:%Y-%m-%d}' if until else ''}: "
                f"it was written to {file}. A person can take it back: failonce undo {lesson.id}"
            )
        doubts = [c.detail for c in lesson.judgement.checks if not c.passed]
        why = ""
        if lesson.mode is Mode.AUTO and doubts:
            why = f" It is not applied at once, because {shown('; '.join(doubts))}."
        return (
            f"{lesson.id} waits for a person; nothing is in force or written to a file yet.{why} "
            f"They approve it on the dashboard, or with: failonce approve {lesson.id}"
        )

    def wrong(self, asked: ReportWrong) -> CallToolResult:
        """An agent's word counts once for each approval; a person's as often as they say it."""
        with self._opened(there=True) as parts:
            self._on(parts)
            lesson = parts.review.find(asked.lesson)
            if lesson.proposal.project not in (self.project, "*"):
                raise Refused(f"{lesson.id} is a lesson of another project.")
            if _told_before(parts, lesson):
                return told(
                    f"An agent reported {lesson.id} already, and that counts once. A person "
                    f"reports it with: failonce wrong {lesson.id}"
                )
            after = parts.review.decide(Verb.REPORT_WRONG, lesson.id, reason=asked.reason)
        stands = f"It is {WORDS[after.state]} now{', and in force' if after.in_force else ''}."
        return told(
            f"{after.id} was reported as wrong ({counted(after.wrong_reports, 'report')}; "
            f"{parts.review.policy.wrong_reports} put it back in the queue). {stands}",
            "A person takes it out of force at once: failonce undo " + after.id,
        )

    def failed(self, asked: ReportFailure) -> CallToolResult:
        """Taken in as everything is: redacted, triaged, named, stored."""
        with self._opened() as parts:
            self._on(parts)
            call = Call(
                tool=asked.tool, args=asked.args, session=current().id, project=self.project
            )
            recording = Recording(
                call=call, text=asked.error, flagged=True, id=uuid4().hex, source=VIA
            )
            now = parts.clock.now()
            (taken,) = parts.loop.evidence([recording], modified=now, project=self.project)
            parts.loop.keep([taken])
            if not taken.failed:
                return told(
                    f"Recorded, and taken for {taken.finding.verdict}: that is no failure of the "
                    "tool, so nothing is learned from it."
                )
            query = SignatureQuery(project=self.project, ids=(taken.signature or "",))
            known = next(iter(parts.store.signatures(query)), None)
        times = counted(known.hits, "time") if known else "once"
        return told(
            f"Recorded as failure {taken.id} of class {taken.signature} (cause: "
            f"{taken.finding.category}), seen {times}. What is known of it: "
            "learning_analyze_failure, learning_suggest_improvement"
        )

    # ----------------------------------------------------------------- asks

    def recall(self, asked: Recall) -> CallToolResult:
        """Requirements C5 and D.3.23: rules first, then what patterns suggest, `most` in all."""
        named = [*asked.tools, *(tools_of(asked.plan) if asked.plan else ())]
        here = host()
        known = None if here is None else here.known(self.project)
        if here is None or known is None:
            return refused(f"Learning is off for {self.project}, so nothing is recalled. {_OFF}")
        at, session = here.clock.now(), current()
        skills = here.in_force.now().rules(self.project, at).keys()
        words = {w.strip(_MARKS) for w in asked.intent.split()}
        tools = [*named, *sorted(words & (skills | known.tools.keys()))]
        about = Call(tool="", session=session.id, project=self.project, task=session.task)
        most = here.policy.max_suggestions
        said, met = recalled(known.roster, tools, about, known.tools, at=at, most=most)
        for each in met:
            here.tell(each)
        session.met = session.met or bool(said)
        intent = Intent(goal=asked.intent, capabilities=tuple(tools))
        suggested, trouble = self._suggested(intent, most - len(said))
        return _recalled(said, suggested, trouble)

    def _suggested(self, intent: Intent, most: int) -> tuple[Sequence[PlanModification], str]:
        """What patterns suggest; where the store cannot be read, why."""
        if most <= 0 or not store_path(self._config.url).exists():
            return (), ""
        try:
            with self._opened() as parts:
                found = Learning(parts).recall_patterns_for_intent(intent)
        except FailonceError as error:
            return (), f"What keeps failing could not be looked up: {shown(str(error))}"
        return found[:most], ""

    def patterns(self, asked: Nothing) -> CallToolResult:  # noqa: ARG002 - of a table
        """Capability `learning.extract_patterns`."""
        with self._learning() as learned:
            found = learned.extract_patterns()
        return reported(f"{counted(len(found), 'pattern')} of failures, the surest first.", found)

    def failures(self, asked: Failures) -> CallToolResult:
        """Capability `learning.get_failures`."""
        with self._learning() as learned:
            found = learned.get_failures(
                tool=asked.tool, category=asked.category, limit=asked.limit
            )
        return reported(f"{counted(len(found), 'failure')}, newest first.", found)

    def stats(self, asked: Nothing) -> CallToolResult:  # noqa: ARG002 - of a table
        """Capability `learning.get_failure_stats`."""
        with self._learning() as learned:
            found = learned.get_failure_stats()
        calls = counted(found.calls, "recorded call")
        return reported(f"{counted(found.failures, 'failure')} in {calls}.", found)

    def analyze(self, asked: Which) -> CallToolResult:
        """Capability `learning.analyze_failure`; it says whether rules or a model answered."""
        with self._learning() as learned:
            found = learned.analyze_failure(asked.failure)
        return reported(f"Why it failed, as far as is known; answered by {found.mode}.", found)

    def improve(self, asked: Which) -> CallToolResult:
        """Capability `learning.suggest_improvement`."""
        with self._learning() as learned:
            found = learned.suggest_improvement(asked.failure)
        return reported(
            f"What to do about it, the best proven first; answered by {found.mode}. Commands are "
            "for a person.",
            found,
        )

    def want(self, asked: Unknown) -> CallToolResult:
        """Requirements H19 and H28: what is there already, else what a model writes, else a gap."""
        with self._learning(there=False) as learned:
            return _developed(learned.handle_unknown_command(asked.text))

    def mend(self, asked: ToolFailure) -> CallToolResult:
        """Requirements H20 and H29."""
        with self._learning() as learned:
            found = learned.learn_from_failure(asked.tool_name, asked.error, asked.user_intent)
        return _developed(found)

    # -------------------------------------------------------------- inside

    @contextmanager
    def _opened(self, *, there: bool = False) -> Iterator[Parts]:
        """The parts over the store; with `there` it is not made where there is none."""
        path = store_path(self._config.url)
        if there and not path.exists():
            raise BadInput(
                "Nothing is recorded here yet. failonce import reads what an agent recorded; "
                "report_failure takes one failure."
            )
        with opened(self._config, actor=AGENT, via=VIA, patience_s=PATIENCE_S) as parts:
            yield parts

    @contextmanager
    def _learning(self, *, there: bool = True) -> Iterator[Learning]:
        with self._opened(there=there) as parts:
            yield Learning(parts)

    def _on(self, parts: Parts) -> None:
        if parts.review.mode(self.project) is Mode.OFF:
            raise Refused(
                f"Learning is off for {self.project}, so nothing was written down. {_OFF}"
            )


def _known(lesson: Lesson) -> str:
    """What became of a rule that was proposed before."""
    match lesson.state:
        case State.PROPOSED:
            return (
                f"This rule is known as {lesson.id} and waits for a person: failonce approve "
                f"{lesson.id}"
            )
        case State.REJECTED | State.REVERTED:
            return (
                f"This rule is known as {lesson.id}: a person has {WORDS[lesson.state]} it. "
                "Nothing was changed; do not propose it again in other words."
            )
        case _:
            stands = "in force" if lesson.in_force else WORDS[lesson.state]
            return f"This rule is known as {lesson.id} and {stands}. Nothing was changed."


def _told_before(parts: Parts, lesson: Lesson) -> bool:
    """Whether an agent reported it since a person last looked at it."""
    told_by_agent = False
    for entry in parts.store.entries(subject=lesson.id):
        event = entry.event
        if event.action in (Action.APPROVE, Action.AUTO_APPLY):
            told_by_agent = False
        elif event.action is Action.REPORT_WRONG and event.actor == AGENT:
            told_by_agent = True
    return told_by_agent


def _recalled(
    said: Sequence[Recalled], suggested: Sequence[PlanModification], trouble: str
) -> CallToolResult:
    rules = [f"- {shown(r.tool, 80)}: {r.text} ({r.lesson})" for r in said]
    hints = [
        f"- {shown(m.capability_id, 80)}: {m.hint}{_values(m)}, because {shown(m.reason)}"
        for m in suggested
    ]
    if not rules and not hints:
        return told("Nothing was learned that concerns this.", trouble)
    return told(
        "\n".join(("What was learned and is in force:", *rules)) if rules else "",
        "\n".join(("What failures suggest, proven by nothing yet:", *hints)) if hints else "",
        trouble,
    )


def _values(m: PlanModification) -> str:
    return f" {quoted(m.values)}" if m.values else ""


def _developed(found: Developed) -> CallToolResult:
    """What became of a need; its reason may hold words of a model or an error."""
    match found.came:
        case Came.GAP:
            first = "There is no tool for it, and it is kept as a gap for a person to look at."
        case Came.TOOL:
            first = f"There is a tool for it: {shown(found.tool, 80)}."
        case Came.LESSON if found.lesson is not None and not found.lesson.in_force:
            first = (
                f"{found.lesson.id} waits for a person, and does nothing until they approve it: "
                f"failonce approve {found.lesson.id}"
            )
        case _:
            first = f"{found.lesson.id if found.lesson else 'A lesson'} answers it, in force."
    return told(first, f"{DATA}\n{quoted({'reason': found.reason, 'tool': found.tool})}")


OFFERED: Final = (
    Offered(
        name="learn_skill_rule",
        about=(
            "Propose a rule for a tool or skill after you found out why something failed, so that "
            "nobody fails so again. A person approves it, unless they chose automatic learning."
        ),
        asks=LearnRule,
        does=Own.learn,
        writes=True,
    ),
    Offered(
        name="recall",
        about=(
            "What was learned of the tools that you are about to use, or of those in a plan. Call "
            "it before work with a tool that fails at times."
        ),
        asks=Recall,
        does=Own.recall,
        also=("recall_patterns_for_intent",),
    ),
    Offered(
        name="report_failure",
        about=(
            "Report a call of a tool that failed where failonce does not watch; it is recorded "
            "without secrets, and lessons are looked for in it."
        ),
        asks=ReportFailure,
        does=Own.failed,
        writes=True,
    ),
    Offered(
        name="report_wrong_block",
        about="Report that a lesson stopped or changed a call that was right.",
        asks=ReportWrong,
        does=Own.wrong,
        writes=True,
    ),
    Offered(
        name="learning_extract_patterns",
        about="Clusters of recent failures by tool and cause, with the hints that answer them.",
        asks=Nothing,
        does=Own.patterns,
        also=("learning.extract_patterns",),
    ),
    Offered(
        name="learning_get_failures",
        about="The newest recorded failures, with their ids and classes.",
        asks=Failures,
        does=Own.failures,
        also=("learning.get_failures",),
    ),
    Offered(
        name="learning_get_failure_stats",
        about="What failed, counted by tool, cause and day.",
        asks=Nothing,
        does=Own.stats,
        also=("learning.get_failure_stats",),
    ),
    Offered(
        name="learning_analyze_failure",
        about="Why a recorded failure happened, as far as is known.",
        asks=Which,
        does=Own.analyze,
        also=("learning.analyze_failure",),
    ),
    Offered(
        name="learning_suggest_improvement",
        about="What to do about a recorded failure.",
        asks=Which,
        does=Own.improve,
        also=("learning.suggest_improvement",),
    ),
    Offered(
        name="handle_unknown_command",
        about=(
            "Ask for a tool that is missing. It names one that is there already; else a language "
            "model writes one where one is configured, which a person must approve."
        ),
        asks=Unknown,
        does=Own.want,
        writes=True,
    ),
    Offered(
        name="learn_from_failure",
        about=(
            "Ask for a better version of a learned tool that failed, or for what mends the "
            "failure; a person must approve it."
        ),
        asks=ToolFailure,
        does=Own.mend,
        writes=True,
        also=("handle_tool_failure",),
    ),
)
"""Our own tools, in the order in which they are listed."""

_BY_NAME: Final = {name: each for each in OFFERED for name in (each.name, *each.also)}

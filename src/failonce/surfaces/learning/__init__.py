"""What was learned, for planners: patterns, rules and hints for a plan, the history of failures.

learned = failonce.learning()
learned.recall("fetch")                     rules in force for a tool
learned.recall_for_plan(plan)               the same for the tools of a plan
learned.augment_plan(plan).plan             the plan with its hints
learned.get_failures(tool="fetch")          and what else C18 asks for
learned.handle_unknown_command(text)        a tool that is missing
learned.suggest_tools()                     tools that are missing, or weak
"""

from collections.abc import Sequence
from datetime import datetime

from failonce.compose import Parts
from failonce.developing import Came, Developed, Developing
from failonce.developing.suggesting import Advised, Suggestion, Suggestions, suggest
from failonce.errors import UserError
from failonce.model import Lesson, Mode
from failonce.surfaces.learning import failures
from failonce.surfaces.learning.analysis import (
    Analyses,
    Analysis,
    Analyst,
    AnsweredBy,
    Improvement,
    Improvements,
    Question,
)
from failonce.surfaces.learning.failures import FailureRecord, FailureStats
from failonce.surfaces.learning.memory import Intent, Memory, Stored, Suggested
from failonce.surfaces.learning.patterns import LearnedPattern, pattern_to_modification
from failonce.surfaces.learning.rules import InForce, Recalled
from failonce.surfaces.plans import AugmentationResult, PlanModification, augment_plan, tools_of

__all__ = [
    "Advised",
    "Analysis",
    "Analyst",
    "AnsweredBy",
    "Came",
    "Developed",
    "FailureRecord",
    "FailureStats",
    "Improvement",
    "Improvements",
    "Intent",
    "LearnedPattern",
    "Learning",
    "Question",
    "Recalled",
    "Stored",
    "Suggested",
    "Suggestion",
    "Suggestions",
    "pattern_to_modification",
]


class Learning:
    """Everything that a planner asks of one project. Writes only what was asked for or heard."""

    def __init__(
        self, parts: Parts, *, project: str | None = None, analyst: Analyst | None = None
    ) -> None:
        self.memory = Memory(parts, project=project)
        self._in_force = InForce(parts, self.memory.project)
        self._analyses = Analyses(self.memory, analyst)

    # ---------------------------------------------------------------- rules

    def recall(
        self, tool: str, *, session: str = "", task: str | None = None
    ) -> Sequence[Recalled]:
        """What rules in force say of a tool, at most `hints.max_suggestions` (D.3.23).

        With a session, a rule that it goes without is left out, and what was said is recorded.
        """
        return self._in_force.recall((tool,), session=session, task=task)

    def recall_for_plan(
        self, plan: str, *, session: str = "", task: str | None = None, format: str | None = None
    ) -> Sequence[Recalled]:
        """The same for the tools of a plan, at most so many in all.

        Raises `BadInput` for a plan that cannot be read.
        """
        tools = tools_of(plan, format=format)
        return self._in_force.recall(tools, session=session, task=task)

    # ---------------------------------------------------------------- plans

    def augment_plan(
        self,
        plan: str,
        *,
        suggested: bool = False,
        session: str = "",
        task: str | None = None,
        format: str | None = None,
    ) -> AugmentationResult:
        """The plan with the hints in force for its tools.

        What patterns suggest and the gate has not judged comes in where `suggested` says so;
        else it is listed as skipped. With a session, a hint that it goes
        without is left out, as at call time. A plan that cannot be read comes back
        as it was.
        """
        memory = self.memory
        first = augment_plan(plan, (), format=format)
        if first.unreadable or memory.mode is Mode.OFF:
            return first
        tools = tools_of(plan, format=format)
        found = memory.suggest(tools)
        changes: list[PlanModification | Lesson] = []
        changes += self._in_force.hints(tools, session=session, task=task)
        changes += found.modifications if suggested else ()
        done = augment_plan(plan, changes, rested=memory.rested, format=format)
        return memory.with_left(done, found, wanted=suggested)

    # --------------------------------------------------------------- memory

    def recall_patterns(
        self, capability_id: str, *, as_of: datetime | None = None
    ) -> tuple[LearnedPattern, ...]:
        """See `Memory.recall_patterns`."""
        return self.memory.recall_patterns(capability_id, as_of=as_of)

    def recall_patterns_for_intent(
        self, intent: Intent | str, *, as_of: datetime | None = None
    ) -> tuple[PlanModification, ...]:
        """See `Memory.recall_patterns_for_intent`."""
        return self.memory.recall_patterns_for_intent(intent, as_of=as_of)

    def store_pattern(self, capability_id: str, pattern: LearnedPattern) -> Stored:
        """See `Memory.store_pattern`."""
        return self.memory.store_pattern(capability_id, pattern)

    # ------------------------------------------------------------- failures

    def extract_patterns(self, *, as_of: datetime | None = None) -> tuple[LearnedPattern, ...]:
        """See `Memory.extract_patterns`."""
        return self.memory.extract_patterns(as_of=as_of)

    def get_failures(
        self, *, tool: str | None = None, category: str | None = None, limit: int = 20
    ) -> tuple[FailureRecord, ...]:
        """The newest failures, of one tool or cause where one is named; newest first."""
        memory = self.memory
        return failures.failures(
            memory.store, memory.project, tool=tool, category=category, limit=limit
        )

    def get_failure_stats(self) -> FailureStats:
        """What failed, summed up."""
        return failures.stats(self.memory.store, self.memory.project)

    def analyze_failure(self, ref: str) -> Analysis:
        """Why a failure happened; `ref` is its id or that of its class.

        Raises `NotFound` where nothing recorded in the project has it.
        """
        return self._analyses.analyze(ref)

    def suggest_improvement(self, ref: str) -> Improvements:
        """What to do about a failure; `ref` as for `analyze_failure`."""
        return self._analyses.suggest(ref)

    # ---------------------------------------------------------------- tools

    def handle_unknown_command(self, text: str) -> Developed:
        """A tool for a request that no tool is known for (H28).

        It says which tool does that already; else the language model of the settings writes one,
        which waits for a person; else a gap remains. Takes as long as the model and the sandbox.
        Raises `BadInput` for an empty request, `UserError` where failonce is off here, and
        `BadSetting` where the model cannot be used as it is set.
        """
        return self._developing().want(text, project=self.memory.project)

    def manual_learn_capability(self, text: str, force: bool = False) -> Developed:
        """The same; `force` also where there is one, or attempts failed (H30).

        It skips neither the checks nor the budget.
        """
        return self._developing().want(text, project=self.memory.project, force=force)

    def handle_tool_failure(self, tool: str, error: str, intent: str = "") -> Developed:
        """A better version of a learned tool that failed, or what mends the failure (H29)."""
        return self._developing().improve(tool, error, intent, project=self.memory.project)

    def learn_from_failure(self, tool_name: str, error: str, user_intent: str = "") -> Developed:
        """The same, as one of the seeds calls it (H20)."""
        return self.handle_tool_failure(tool_name, error, user_intent)

    def suggest_tools(self, *, limit: int | None = 10) -> Suggestions:
        """What is missing among the project's tools, and what to do about weak ones (H21, H23).

        From recorded calls and requests, without a model; nothing is written. The first of
        `Suggestions.told` was in the way of most sessions.
        """
        memory = self.memory
        return suggest(
            memory.store,
            [memory.project],
            here=memory.parts.config.project,
            least=memory.parts.config.policy.min_clusters,
            limit=limit,
        )

    def _developing(self) -> Developing:
        if self.memory.mode is Mode.OFF:
            raise UserError("failonce is off here; `failonce config mode manual` switches it on.")
        return self.memory.parts.developing()

"""A world in memory, scripted in a few functions: the fakes of `World` and `Environment`.

def rename(facts, args):
    if args["old"] not in facts:
        raise ToolFailed(f"{args['old']}: no such file")
    facts[args["new"]] = facts.pop(args["old"])
    return "done"

world = ScriptedWorld({"rename": rename}, {"a.txt": "text"})
environment = ScriptedEnvironment(world)
evidence = environment.record("session 1", [Call(tool="rename", args={...}), ...])
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from failonce.evidence.triage import triage
from failonce.identity import canonical_json
from failonce.model import (
    Answer,
    Call,
    Evidence,
    Failure,
    Finding,
    Json,
    Outcome,
    Recording,
    ToolSpec,
    Verdict,
)
from failonce.signature.naming import name_failure

Facts = dict[str, Any]
"""The state of a scripted world: JSON by name, which tools read and change."""
Tool = Callable[[Facts, dict[str, Any]], str]
"""A scripted tool: facts and arguments in, its answer out, or `ToolFailed`."""

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class ToolFailed(Exception):
    """Raised by a scripted tool: the call failed with this text, and changed nothing."""


class ScriptedWorld:
    """A `ports.World` made of functions over facts. Failures are named as recorded ones are."""

    def __init__(self, tools: Mapping[str, Tool], facts: Mapping[str, Json] | None = None) -> None:
        self._tools = tools
        self.facts: Facts = deepcopy(dict(facts or {}))

    def run(self, call: Call) -> Answer:
        """Run a tool; what it does before it fails is as if it had not been done."""
        facts = deepcopy(self.facts)
        try:
            text = self._answer(call, facts)
        except ToolFailed as failed:
            return Answer(text=str(failed), failure=_failure(call, str(failed)))
        self.facts = facts
        return Answer(text=text)

    def _answer(self, call: Call, facts: Facts) -> str:
        if call.tool not in self._tools:
            raise ToolFailed(f"unknown tool {call.tool}")
        try:
            return self._tools[call.tool](facts, deepcopy(dict(call.args or {})))
        except KeyError as missing:
            raise ToolFailed(f"missing argument {missing}") from None
        except (TypeError, ValueError) as wrong:
            raise ToolFailed(f"bad argument: {wrong}") from None

    def state(self) -> str:
        """All facts: equal worlds, equal texts."""
        return canonical_json(self.facts)

    def copy(self) -> "ScriptedWorld":
        """Another world with the same facts."""
        return ScriptedWorld(self._tools, self.facts)


class ScriptedEnvironment:
    """A `ports.Environment` that records sessions in copies of one world, and goes back to them."""

    def __init__(
        self,
        start: ScriptedWorld,
        tools: Mapping[str, ToolSpec] = MappingProxyType({}),
    ) -> None:
        self._start = start
        self._tools = tools
        self._before: dict[str, ScriptedWorld] = {}

    def record(
        self,
        session: str,
        calls: Iterable[Call],
        *,
        project: str = "p",
        given: Mapping[str, Json] = MappingProxyType({}),
    ) -> list[Evidence]:
        """What recordings of these calls, made one after the other, would say; a second apart.

        `given` are facts that are other in this session than in the world that all begin with.
        """
        world = self._start.copy()
        world.facts |= deepcopy(dict(given))
        return [
            self._recorded(replace(call, session=session, project=project), n, world)
            for n, call in enumerate(calls)
        ]

    def _recorded(self, call: Call, n: int, world: ScriptedWorld) -> Evidence:
        key = f"{call.session}-{n}"
        self._before[key] = world.copy()
        answer = world.run(call)
        failure = answer.failure
        failed = failure is not None
        return Evidence(
            id=key,
            at=START + timedelta(seconds=n),
            call=call,
            outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
            flagged=failed,
            finding=(
                Finding(verdict=Verdict.GOOD)
                if failure is None
                else Finding(
                    verdict=Verdict.FAILURE,
                    category=failure.category,
                    error_type=failure.error_type,
                )
            ),
            message=answer.text,
            signature=None if failure is None else failure.signature,
            template="" if failure is None else failure.template,
        )

    def before(self, evidence: Evidence) -> ScriptedWorld | None:
        """The world as it was when a recorded call was made; None for a call not recorded here."""
        world = self._before.get(evidence.id)
        return None if world is None else world.copy()

    def tools(self, evidence: Evidence) -> Mapping[str, ToolSpec]:  # noqa: ARG002 - the same for all
        """The tools of every session."""
        return self._tools


def _failure(call: Call, text: str) -> Failure:
    finding = triage(Recording(call=call, text=text, flagged=True))
    named = name_failure(tool=call.tool, error_type=finding.error_type, text=text, args=call.args)
    return Failure(
        message=text,
        signature=named.id,
        category=finding.category,
        error_type=finding.error_type,
        template=named.template,
    )

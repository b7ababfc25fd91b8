"""Lessons about generated tools: all kinds, on tools by the same Zipf as the calls."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from failonce.gate.judge import EMPTY
from failonce.identity import body_digest, lesson_id, slug
from failonce.kinds.behaviour import ANY_TOOL, Behaviour
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language import pattern
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.program import Program
from failonce.language.program import Step as Made
from failonce.language.transform import Op, Step, Transform
from failonce.model import (
    Judgement,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Ruling,
    State,
)
from failonce.signature.naming import name_failure
from generated.shapes import Shapes
from generated.tools import ALIASES, TYPES, Defect, Tool, Values, Wrong, defect, zipf

NOW = datetime(2026, 4, 1, tzinfo=UTC)

KINDS = {
    "guardrail": 0.40,
    "guardrail that looks": 0.04,
    "fixer before": 0.15,
    "fixer after": 0.15,
    "fixer that calls": 0.04,
    "hint": 0.12,
    "rule": 0.10,
}
"""Shares of lessons; the three that need no example come on top, in force for every tool."""
TELLING = ("guardrail", "guardrail that looks", "fixer before")
"""Those that are about what the arguments tell."""


class Lessons:
    """Draws lessons about tools: half of them about what really goes wrong with them."""

    def __init__(self, tools: Sequence[Tool], shapes: Shapes, seed: int) -> None:
        self._r = random.Random(seed)
        self._tools = tools
        self._weights = zipf(len(tools))
        self._values = Values(self._r, shapes)
        self._make: dict[str, Callable[[Tool, Defect], Behaviour]] = {
            "guardrail": self._guardrail,
            "guardrail that looks": self._looking,
            "fixer before": self._before,
            "fixer after": self._after,
            "fixer that calls": self._calling,
            "hint": self._hint,
            "rule": self._rule,
        }

    def draw(self, count: int) -> list[Lesson]:
        """So many different lessons, those for every tool among them."""
        found = {x.id: x for x in _static(self._tools)}
        while len(found) < count:
            (kind,) = self._r.choices(list(KINDS), list(KINDS.values()))
            (tool,) = self._r.choices(self._tools, self._weights)
            known = self._r.random() < 0.5 and tool.defects
            wrong = self._r.choice(tool.defects) if known else defect(self._r, tool.slots)
            if wrong.tells is None and kind in TELLING:
                continue  # nothing in the arguments tells: nobody learns this
            made = lesson(self._make[kind](tool, wrong), str(len(found)))
            found[made.id] = made
        return list(found.values())

    def _when(self, tool: Tool, wrong: Defect) -> Predicate:
        """One to three conditions: what tells of the defect, and what such calls have besides."""
        first = wrong.tells or Condition(path=(wrong.slot.name,), test=Test.PRESENT)
        others = [s for s in tool.slots if s.required and s is not wrong.slot]
        others = self._r.sample(others, min(len(others), self._r.randrange(3)))
        more = (
            Condition(path=(s.name,), test=Test.PRESENT)
            if self._r.random() < 0.5
            else Condition(path=(s.name,), test=Test.TYPE, operand=TYPES.get(s.takes, "string"))
            for s in others
        )
        return Predicate(conditions=(first, *more))

    def _named(self, tool: Tool, wrong: Defect) -> tuple[str, str, str]:
        """The fingerprint, pattern and template of the failure that the defect leads to."""
        args = {s.name: self._values.value(s) for s in dict.fromkeys((*tool.slots, wrong.slot))}
        wrong.spoil(args)
        text = self._values.message(tool, wrong, args)
        named = name_failure(tool=tool.name, error_type="", text=text, args=args)
        return named.id, pattern.from_template(wrong.message({})[:60]), named.template

    def _cause(self, tool: Tool, wrong: Defect) -> tuple[str, str]:
        """A failure as a lesson names it: nine times in ten by fingerprint, else by pattern."""
        fingerprint, regex, _ = self._named(tool, wrong)
        return (fingerprint, "") if self._r.random() < 0.9 else ("", regex)

    def _guardrail(self, tool: Tool, wrong: Defect) -> Behaviour:
        fingerprint, _, template = self._named(tool, wrong)
        block = self._r.random() < 0.9
        return Guardrail(
            component=tool.name,
            when=self._when(tool, wrong),
            fingerprint=fingerprint,
            message_regex="",
            strength=Strength.BLOCK if block else Strength.WARN,
            message=f"`{wrong.slot.name}` of {tool.name} is not as it should be.",
            expects=template if self._r.random() < 0.5 else "",
        )

    def _looking(self, tool: Tool, wrong: Defect) -> Behaviour:
        reads = [t for t in self._tools if t.spec.read_only]
        look = Made(tool=self._r.choice(reads).name, name="seen")
        seen = Read(source=Source.RESULT, name="seen")
        return Guardrail(
            component=tool.name,
            when=self._when(tool, wrong),
            fingerprint="",
            message_regex="",
            strength=Strength.BLOCK,
            message=f"{tool.name} has nothing to work on.",
            look=Program(looks=(look,), when=(Comparison(left=seen, relation=Relation.EMPTY),)),
        )

    def _repair(self, wrong: Defect) -> Transform:
        name = wrong.slot.name
        match wrong.wrong:
            case Wrong.ALIAS:
                step = Step(op=Op.RENAME, argument=wrong.alias, text=name)
            case Wrong.TYPE:
                step = Step(op=Op.TO_INTEGER, argument=name)
            case Wrong.SHAPE:
                step = Step(op=self._r.choice((Op.STRIP, Op.UNQUOTE, Op.LOWER)), argument=name)
            case _:
                step = Step(op=Op.DROP, argument=self._r.choice(ALIASES))
        return Transform(steps=(step,))

    def _before(self, tool: Tool, wrong: Defect) -> Behaviour:
        return ArgumentsFixer(
            component=tool.name,
            moment=Moment.BEFORE,
            when=self._when(tool, wrong),
            fingerprint="",
            message_regex="",
            repair=self._repair(wrong),
        )

    def _after(self, tool: Tool, wrong: Defect) -> Behaviour:
        fingerprint, regex = self._cause(tool, wrong)
        return ArgumentsFixer(
            component=tool.name,
            moment=Moment.AFTER_FAILURE,
            when=self._when(tool, wrong) if self._r.random() < 0.5 else Predicate(),
            fingerprint=fingerprint,
            message_regex=regex,
            repair=self._repair(wrong),
        )

    def _calling(self, tool: Tool, wrong: Defect) -> Behaviour:
        fingerprint, regex = self._cause(tool, wrong)
        return CallsFixer(
            component=tool.name,
            moment=Moment.AFTER_FAILURE,
            when=Predicate(),
            fingerprint=fingerprint,
            message_regex=regex,
            program=Program(steps=(Made(tool=self._r.choice(self._tools).name),)),
        )

    def _hint(self, tool: Tool, wrong: Defect) -> Behaviour:
        fingerprint, regex = self._cause(tool, wrong)
        return Hint(
            component=tool.name,
            fingerprint=fingerprint,
            message_regex=regex,
            max_retries=self._r.randrange(1, 4),
            delay_ms=500,
            multiplier=2,
        )

    def _rule(self, tool: Tool, wrong: Defect) -> Behaviour:
        words = f"Before {tool.name}, see that {wrong.slot.name} is {wrong.slot.takes}."
        return Rule(component=tool.name, sentence=words)


def lesson(body: Behaviour, key: str) -> Lesson:
    """A lesson with this body, approved and proven."""
    kinds = {Guardrail: KindName.GUARDRAIL, Hint: KindName.HINT, Rule: KindName.RULE}
    kind = kinds.get(type(body), KindName.FIXER)
    proposal = Proposal(
        kind=kind,
        target=slug(body.component) if kind is KindName.RULE else body.component,
        key=key,
        project="generated",
        name=body.summary(),
        body=body.render(),
        reason="generated",
        proposer=Proposer.MINER,
    )
    digest = body_digest(proposal)
    return Lesson(
        id=lesson_id(proposal),
        version=1,
        proposal=proposal,
        judgement=Judgement(ruling=Ruling.ACTIVATE, digest=digest, checks=(), proof=EMPTY),
        state=State.STABLE,
        mode=Mode.MANUAL,
        digest=digest,
        created_at=NOW,
        approved_digest=digest,
    )


def _static(tools: Sequence[Tool]) -> Iterator[Lesson]:
    """The lessons for every tool: names, schemas, and the same call again in vain."""
    for fit in Fit:
        yield lesson(FittingFixer(component=ANY_TOOL, fit=fit), str(fit))
    again = Guardrail(
        component=ANY_TOOL,
        when=Predicate(),
        fingerprint="",
        message_regex="",
        strength=Strength.BLOCK,
        message="It failed before and nothing was changed since.",
        repeated=2,
        unchanged_by=tuple(sorted(t.name for t in tools if t.spec.read_only)),
    )
    yield lesson(again, "again")

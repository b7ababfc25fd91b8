"""Lessons, calls and decisions about them, in as few words as a test needs."""

from collections.abc import Sequence
from dataclasses import replace

from failonce.kinds.behaviour import ANY_TOOL, Situation
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import Armed, Concerning, Deciding, Decision, drive, settle
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.predicate import Predicate
from failonce.language.program import Program, Step
from failonce.language.transform import Op
from failonce.language.transform import Step as Change
from failonce.model import Answer, Call, Category, Failure, KindName
from failonce.skill import decide
from tests.made import blocking, has, leading, turning

NO = Answer(text="no", failure=Failure(message="no", signature="n", category=Category.UNKNOWN))


NO_LOOK = Program()


FAILED = Failure(message="locked", signature="f", category=Category.RESOURCE)


def rename(old: str, new: str, lesson_id: str = "fix") -> Armed:
    change = Change(op=Op.RENAME, argument=old, text=new)
    body = turning("t", change, when=has(old), fingerprint="")
    return Armed(lesson=lesson_id, version=1, kind=KindName.FIXER, behaviour=body)


def guard(
    name: str,
    strength: Strength = Strength.BLOCK,
    *,
    expects: str = "",
    look: Program = NO_LOOK,
    repeated: int = 0,
) -> Armed:
    """Stops calls that give `name`; with `expects` it knows the failure `f` that they run into."""
    body = blocking(
        "t",
        name,
        fingerprint="f" if expects else "",
        strength=strength,
        message=f"no {name}",
        expects=expects,
        look=look,
        repeated=repeated,
    )
    return Armed(lesson=f"guard-{name}", version=1, kind=KindName.GUARDRAIL, behaviour=body)


def after_failure(old: str, new: str, lesson_id: str = "fix") -> Armed:
    """Renames an argument once the call failed with `f`."""
    renaming = rename(old, new, lesson_id)
    assert isinstance(renaming.behaviour, ArgumentsFixer)
    body = replace(renaming.behaviour, moment=Moment.AFTER_FAILURE, fingerprint="f")
    return replace(renaming, behaviour=body)


def insert(
    program: Program,
    moment: Moment = Moment.AFTER_FAILURE,
    *,
    lesson_id: str = "insert",
) -> Armed:
    body = leading("t", program, moment=moment)
    return Armed(lesson=lesson_id, version=1, kind=KindName.FIXER, behaviour=body)


def step(tool: str, word: str = "", *, undo: str = "", back: str = "") -> Step:
    arguments = (("w", literal(word)),) if word else ()
    taken = Step(tool=undo or back, arguments=arguments) if undo or back else None
    return Step(tool=tool, arguments=arguments, undo=taken, back=bool(back))


def looking(relation: Relation = Relation.EMPTY, *steps: Step) -> Program:
    """Looks at `ls`, and goes on where what it brings is empty, or is not."""
    look = Step(tool="ls", name="here")
    here = Read(source=Source.RESULT, name="here")
    return Program(looks=(look,), when=(Comparison(left=here, relation=relation),), steps=steps)


def driven(deciding: Deciding, **texts: str) -> tuple[Decision, list[str]]:
    """The decision, and the calls that it made; tools without a text here fail."""
    made: list[str] = []

    def run(wanted: Call) -> Answer:
        made.append(" ".join((wanted.tool, *map(str, (wanted.args or {}).values()))))
        return Answer(text=texts[wanted.tool]) if wanted.tool in texts else NO

    return drive(deciding, run), made


def hint() -> Armed:
    body = Hint(
        component="t",
        fingerprint="f",
        message_regex="",
        max_retries=2,
        delay_ms=100,
        multiplier=2,
    )
    return Armed(lesson="hint", version=1, kind=KindName.HINT, behaviour=body)


def rule(words: str) -> Armed:
    body = Rule(component="t", sentence=words)
    return Armed(lesson=words, version=1, kind=KindName.RULE, behaviour=body)


def call(**args: object) -> Situation:
    return Situation(call=Call(tool="t", args=args))  # type: ignore[arg-type]


def own(armed: Sequence[Armed]) -> Concerning:
    """Each of these lessons for the tool that it is about."""

    def concerning(tool: str) -> Sequence[Armed]:
        if tool == "t" and isinstance(armed, Concerned):
            return armed
        return [a for a in armed if a.behaviour.component in (tool, ANY_TOOL)]

    return concerning


def asked(situation: Situation, armed: Sequence[Armed], most: int = decide.MAX_SHOWN) -> Deciding:
    return decide.before(situation, own(armed), most=most)


def cured(situation: Situation, failure: Failure, armed: Sequence[Armed]) -> Deciding:
    return decide.after(situation, failure, own(armed))


def before(situation: Situation, *armed: Armed) -> Decision:
    return settle(asked(situation, armed))


def after(situation: Situation, failure: Failure, *armed: Armed) -> Decision:
    return settle(cured(situation, failure, armed))


def against(tool: str, look: Program = NO_LOOK) -> Armed:
    """Stops every call of a tool."""
    stops = guard("a", look=look)
    assert isinstance(stops.behaviour, Guardrail)
    body = replace(stops.behaviour, component=tool, when=Predicate())
    return replace(stops, lesson=f"against-{tool}", behaviour=body)

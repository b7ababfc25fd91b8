"""The lab: what comes of a candidate where the caller failed, told from where it got itself."""

import pytest

from failonce.kinds.fixer import CallsFixer, Moment
from failonce.language.expression import Read as Reading
from failonce.language.expression import Scope, Source, argument, literal
from failonce.language.program import Program, Step
from failonce.language.transform import Op
from failonce.language.transform import Step as Change
from failonce.model import Call, Json
from failonce.proposal.lab import HELPED, SURE, Ending, Lab
from failonce.skill import decide
from failonce.testing import ScriptedWorld
from tests.made import evidence, leading, session, turning
from tests.proposal.worlds import ARCHIVE, KILN, Recorded, Story, call, given, shelf

FIRE = call("fire", heat=900)
HELD = given(held=True, open=["left"])


def to(tool: str, undo: Step | None = None, *, back: bool = False, **args: Json) -> Step:
    """A step with literals."""
    return Step(
        tool=tool,
        arguments=tuple((n, literal(v)) for n, v in args.items()),
        undo=undo,
        back=back,
    )


def mending(tool: str, program: Program) -> CallsFixer:
    """A repair of any failure of a tool."""
    return leading(tool, program, fingerprint="", message_regex=".")


def ending(world: ScriptedWorld, story: Story, program: Program, *, failure: int = 0) -> Ending:
    """What comes of a program on one failure of a session, by default the first."""
    recorded = Recorded(world, [story])
    case = recorded.cases()[failure]
    return recorded.lab.run(mending(case.evidence.call.tool, program), case)


def shut(door: str = "left") -> Program:
    return Program(steps=(to("shut", door=door),))


def test_the_same_world_as_the_caller_reached_is_confirmed() -> None:
    story = (HELD, [FIRE, call("shut", door="left"), FIRE])
    assert ending(KILN, story, shut()) is Ending.CONFIRMED


def test_another_world_or_another_answer_than_the_callers_is_contradicted() -> None:
    story = (HELD, [FIRE, call("shut", door="left"), call("fire", heat=700)])
    assert ending(KILN, story, shut()) is Ending.CONTRADICTED


def test_the_same_call_in_another_world_differs() -> None:
    story = (HELD, [FIRE, call("shut", door="left"), call("pour", amount=5), FIRE])
    assert ending(KILN, story, shut()) is Ending.DIFFERS


def test_where_the_caller_never_got_nothing_is_confirmed() -> None:
    assert ending(KILN, (HELD, [FIRE]), shut()) is Ending.UNCONFIRMED


def test_a_step_of_the_callers_that_leads_to_another_failure_is_progress() -> None:
    calls = [FIRE, call("shut", door="left"), FIRE, call("hold", down=True), FIRE]
    assert ending(KILN, (given(open=["left"]), calls), shut()) is Ending.PROGRESS
    elsewhere = [FIRE, call("hold", down=True), FIRE]
    assert ending(KILN, (given(open=["left"]), elsewhere), shut()) is Ending.ASTRAY


def test_a_call_that_fails_all_the_same_is_failed_or_spoilt_by_what_is_left_behind() -> None:
    story = (HELD, [FIRE, call("shut", door="left"), FIRE])
    let_go = to("hold", down=True)
    assert (
        ending(KILN, story, Program(steps=(to("hold", undo=let_go, down=False),))) is Ending.FAILED
    )
    assert ending(KILN, story, Program(steps=(to("pour", amount=5),))) is Ending.SPOILT


def test_a_repair_that_does_not_apply_leaves_the_call_alone() -> None:
    program = Program(arguments=(("heat", argument("missing")),))
    assert ending(KILN, (HELD, [FIRE]), program) is Ending.NOTHING


def test_sure_endings_are_helping_ones() -> None:
    assert SURE < HELPED
    assert {Ending.CONTRADICTED, Ending.SPOILT, Ending.ASTRAY, Ending.FAILED}.isdisjoint(HELPED)


def test_a_candidate_is_tried_once_on_a_case() -> None:
    recorded = Recorded(KILN, [(HELD, [FIRE, call("shut", door="left"), FIRE])])
    case = recorded.cases()[0]
    body = mending("fire", shut())
    first = recorded.lab.run(body, case)
    recorded.environment.before = None  # type: ignore[assignment,method-assign]
    assert recorded.lab.run(body, case) is first


def test_looks_change_nothing_and_those_that_fail_bring_nothing() -> None:
    recorded = Recorded(ARCHIVE, [(shelf(1), [call("view", file="note-1")])])
    (case,) = recorded.cases()
    found = Step(
        tool="find_files", arguments=(("name", Reading(source=Source.BLAMED)),), name="found"
    )
    where = Step(tool="get_place", name="where")
    wrong = Step(tool="view", arguments=(("file", literal("nothing")),), name="wrong")
    scope = Scope(args=case.evidence.call.args or {}, blamed="file")
    brought = recorded.lab.looked(case.evidence, scope, {s.name: s for s in (found, where, wrong)})
    assert brought == {
        "found": {"matches": ["box-1/note-1"]},
        "where": {"place": "", "names": ["top-1"]},
    }


# ------------------------------------------------------------------ without a world


def compared(calls: list[Call], program: Program) -> Ending:
    """What comes of it where nothing can be executed again: by the caller's own calls."""
    made = [
        evidence(c.tool, c.args, "" if c.tool != "fire" or n else "doors are open: left")
        for n, c in enumerate(calls)
    ]
    recorded = Recorded(KILN, [])
    recorded.calls = session("s", made)
    recorded.lab = Lab(None, decide)
    (case,) = recorded.cases("fire")
    return recorded.lab.run(mending("fire", program), case)


def test_without_a_world_only_the_callers_own_calls_count() -> None:
    story = [FIRE, call("shut", door="left"), FIRE]
    assert compared(story, shut()) is Ending.CONFIRMED
    assert compared(story, shut("right")) is Ending.NOTHING
    assert compared([FIRE], shut()) is Ending.NOTHING


@pytest.mark.parametrize(
    ("heat", "expected"), [(700, Ending.CONTRADICTED), (900, Ending.CONFIRMED)]
)
def test_without_a_world_the_repaired_call_must_be_the_one_that_worked(
    heat: int, expected: Ending
) -> None:
    change = Change(op=Op.TO_INTEGER, argument="heat")
    after = Moment.AFTER_FAILURE
    body = turning("fire", change, moment=after, fingerprint="", message_regex=".")
    made = [
        evidence("fire", {"heat": "900", "kiln": "big"}, "must be a number"),
        evidence("fire", {"heat": heat, "kiln": "big"}),
    ]
    recorded = Recorded(KILN, [])
    recorded.calls = session("s", made)
    recorded.lab = Lab(None, decide)
    (case,) = recorded.cases("fire")
    assert recorded.lab.run(body, case) is expected

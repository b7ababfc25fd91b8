"""What is left behind in the world, and looks that take what they show."""

from dataclasses import replace

from failonce.gate.case import Case
from failonce.gate.traces import traces, unsteady
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import CallsFixer
from failonce.language.expression import Read, Source, literal
from failonce.language.program import Program, Step
from failonce.model import Evidence, KindName, ToolSpec
from failonce.proposal.drafting import draft
from tests.made import evidence, leading
from tests.proposal.worlds import ARCHIVE, Recorded, Story, call, many, shelf

PEEK = {"peek": ToolSpec(name="peek", read_only=True)}


def _looked(session: str, *answers: str, between: str = "") -> list[Evidence]:
    made: list[Evidence] = []
    for n, answer in enumerate(answers):
        e = evidence("peek", {"box": "a"}, session=session, n=2 * n)
        made.append(replace(e, message=answer))
        if between:
            made.append(evidence(between, {"box": "a"}, session=session, n=2 * n + 1))
    return made


def test_a_look_whose_answer_changes_by_itself_is_unsteady() -> None:
    """In two sessions at least, with nothing done in between."""
    twice = [*_looked("s", "1", "2"), *_looked("t", "3", "4")]
    assert unsteady(twice, PEEK) == {"peek"}
    assert unsteady(_looked("s", "1", "2", "3"), PEEK) == frozenset()
    assert unsteady([*_looked("s", "1", "1"), *_looked("t", "2", "2")], PEEK) == frozenset()


def test_after_a_call_that_acts_another_answer_is_no_wonder() -> None:
    acted = [*_looked("s", "1", "2", between="put"), *_looked("t", "3", "4", between="put")]
    assert unsteady(acted, PEEK) == frozenset()
    read = [*_looked("s", "1", "2", between="get_x"), *_looked("t", "3", "4", between="get_x")]
    assert "peek" in unsteady(read, PEEK)


def wandering(*, back: Read) -> CallsFixer:
    """Look where one is, go up, try the call there, go back."""
    there = Step(tool="go", arguments=(("folder", back),))
    up = Step(tool="go", arguments=(("folder", literal("..")),), undo=there, back=True)
    program = Program(looks=(Step(tool="get_place", name="here"),), steps=(up,))
    regex = "not found|no such folder"
    return leading(ANY_TOOL, program, fingerprint="", message_regex=regex)


def left(body: CallsFixer, stories: list[Story]) -> int | None:
    """In how many failures of these sessions it was seen to leave no trace."""
    recorded = Recorded(ARCHIVE, stories)
    proposal = draft(
        recorded.cases(),
        kind=KindName.FIXER,
        target=ANY_TOOL,
        key="k",
        name="n",
        body=body.render(),
        reason="r",
    )
    case = Case(calls=recorded.calls, recoveries={}, environment=recorded.environment)
    return traces(proposal, body, case).taken_back


BACK = Read(source=Source.RESULT, name="here", path=("place",))


def lost(n: int) -> Story:
    """In a folder, calls that only work above it; every other is itself a move."""
    failing = call("go", folder="else") if n % 2 else call("view", file=f"top-{n}")
    return shelf(n) | {"at": f"/box-{n}"}, [failing]


def test_steps_that_lead_back_leave_no_trace_also_where_the_call_is_such_a_step() -> None:
    """A move whose call fails is taken back, and where it works it is what was asked for."""
    assert left(wandering(back=BACK), many(6, lost)) == 6


def test_steps_that_lead_elsewhere_were_seen_to_leave_a_trace() -> None:
    assert left(wandering(back=Read(source=Source.VALUE, value="else")), many(6, lost)) is None


def test_failures_in_which_no_step_can_be_made_do_not_hide_the_others() -> None:
    def stuck(n: int) -> Story:
        alone = {"at": f"/box-{n}", "folders": {f"/box-{n}": {}}}  # there is nothing above
        return alone, [call("view", file=f"note-{n}")]

    body = wandering(back=BACK)
    assert left(body, [*many(40, stuck), *many(6, lost)]) == 6
    assert left(body, many(40, stuck)) == 0

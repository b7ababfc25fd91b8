"""Tools for an agent: tried, put before a person, one of a name in force, and brought back."""

from datetime import timedelta

import pytest

from failonce.errors import BadInput, Refused, RefusedLesson
from failonce.making import Making
from failonce.model import (
    Action,
    Call,
    Evidence,
    KindName,
    Lesson,
    Limits,
    Mode,
    Proposer,
    Recording,
    Ruling,
    State,
)
from failonce.policy import Policy
from tests.kinds.tool.made import TITLE
from tests.looped import World
from tests.made import START
from tests.proposal.tools.services import cursor, items, pages, reader
from tests.sandboxed import the_sandbox

pytestmark = pytest.mark.slow

LOUD = TITLE.replace("text.title()", "text.upper()").replace("A Tale", "A TALE")
QUICK = Limits(seconds=2.0)


class Bench:
    """A world in which tools are made."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.world = World(policy=policy or Policy(limits=QUICK))
        self.review = self.world.review
        self.making = Making(review=self.review, sandbox=the_sandbox())

    def propose(self, source: str, name: str = "title") -> Lesson:
        return self.making.propose(
            name, source, project="p", proposer=Proposer.PERSON, reason="wanted"
        )

    def states(self) -> dict[str, State]:
        return {x.id: x.state for x in self.review.store.lessons()}


def test_a_tool_waits_in_every_mode_and_the_same_again_is_the_same() -> None:
    bench = Bench()
    bench.review.set_mode(Mode.AUTO)
    first = bench.propose(TITLE)
    assert (first.state, first.proposal.kind) == (State.PROPOSED, KindName.TOOL)
    assert bench.propose(TITLE).id == first.id
    assert bench.propose(LOUD).id != first.id
    assert set(bench.states().values()) == {State.PROPOSED}
    assert bench.world.desk.held == []


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (TITLE.replace('"A Tale"', '"a tale"'), RefusedLesson, "1 of 2 declared cases fail"),
        (TITLE.replace("def title", "def other"), RefusedLesson, "is called `title`"),
        ("def title(", RefusedLesson, "line 1"),
    ],
)
def test_what_the_gate_refuses_is_not_written(
    source: str, error: type[Exception], said: str
) -> None:
    bench = Bench()
    with pytest.raises(error, match=said):
        bench.propose(source)
    assert bench.states() == {}
    assert not list(bench.review.store.entries())


@pytest.mark.proves("H5", "H10")
def test_of_one_name_the_one_approved_last_is_in_force() -> None:
    bench = Bench()
    first, second = bench.propose(TITLE), bench.propose(LOUD)
    bench.review.approve(first.id)
    assert bench.world.desk.held == [first.id]
    bench.review.approve(second.id, reason="louder")
    assert bench.world.desk.held == [second.id]
    assert bench.states() == {first.id: State.DEPRECATED, second.id: State.CANARY}
    moves = [(e.event.action, e.event.subject) for e in bench.review.store.entries()]
    assert moves[-2:] == [(Action.SUPERSEDE, first.id), (Action.APPROVE, second.id)]


@pytest.mark.proves("H5")
def test_any_version_can_be_brought_back_with_its_very_bytes() -> None:
    bench = Bench()
    first, second = bench.propose(TITLE), bench.propose(LOUD)
    bench.review.approve(first.id)
    bench.review.approve(second.id)
    back = bench.review.restore(first.id, reason="too loud")
    assert (back.in_force, back.proposal.body, back.digest) == (True, TITLE, first.digest)
    assert bench.world.desk.held == [first.id]
    bench.review.undo(first.id)
    assert bench.world.desk.held == []
    assert bench.review.restore(second.id).in_force
    said = len(list(bench.review.store.entries()))
    assert bench.review.restore(second.id).in_force, "the same again is the same decision"
    assert len(list(bench.review.store.entries())) == said


def test_other_names_and_projects_are_left_alone() -> None:
    bench = Bench()
    other = TITLE.replace("def title", "def heading")
    one, two = bench.propose(TITLE), bench.propose(other, "heading")
    far = bench.making.propose(
        "title", TITLE, project="q", proposer=Proposer.PERSON, reason="there too"
    )
    for x in (one, two, far):
        bench.review.approve(x.id)
    assert bench.world.desk.held == sorted([one.id, two.id, far.id])


@pytest.mark.proves("H24")
def test_there_are_no_more_tools_than_the_operator_wants() -> None:
    bench = Bench(Policy(max_tools=1, limits=QUICK))
    bench.propose(TITLE)
    with pytest.raises(Refused, match=r"1 generated tools already"):
        bench.propose(TITLE.replace("def title", "def heading"), "heading")
    assert bench.propose(LOUD).state is State.PROPOSED, "another version is no other tool"


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises((BadInput, RefusedLesson)):
        Bench().propose(TITLE, "two\nlines")


def test_a_new_version_is_compared_with_what_the_one_in_force_answered() -> None:
    """Another answer may be a better one: whoever approves it is told."""
    bench = Bench()
    first = bench.propose(TITLE)
    bench.review.approve(first.id)
    used = [
        Recording(
            call=Call(tool="title", args={"text": text}, session="s", project="p"),
            text=text.title(),
            flagged=False,
            at=START + timedelta(seconds=n),
        )
        for n, text in enumerate(("a b", "the end", "a b", "no"))
    ]
    assert bench.world.take(used) == 4
    (same,) = (c for c in bench.propose(TITLE + "\n").judgement.checks if c.name == "as before")
    assert (same.passed, same.detail[:21]) == (True, "all 3 recorded calls ")
    (other,) = (c for c in bench.propose(LOUD).judgement.checks if c.name == "as before")
    assert not other.passed
    assert not other.fatal
    assert "2 of 3 recorded calls of the version in force come to something else" in other.detail
    assert '"NO" instead of "No"' in other.detail


def reading(tool: str, *, callers: int = 5) -> list[Evidence]:
    """Callers who read all pages of a tool."""
    made = [
        reader(f"{tool}{n}", pages(cursor, items(5 + n % 3, f"x{n}"), {"by": n}), tool=tool)
        for n in range(callers)
    ]
    return [e for session in made for e in session]


def test_what_callers_did_page_by_page_is_tried_in_the_sandbox_and_judged() -> None:
    bench = Bench()
    calls = reading("list_orders")
    ((proposal, judgement),) = bench.making.from_calls(calls, {})
    assert proposal.target == "all_pages_of_list_orders"
    assert judgement.ruling is Ruling.HOLD, "a person reads it"
    assert {c.name for c in judgement.checks if not c.passed} <= {"read", "sandbox"}
    assert (judgement.proof.wins, judgement.proof.losses) == (3, 0)


def test_there_are_no_more_from_calls_either_and_the_reason_is_told() -> None:
    bench = Bench(Policy(max_tools=1, limits=QUICK))
    calls = [*reading("list_orders"), *reading("list_parts")]
    one, other = bench.making.from_calls(calls, {})
    assert [one[0].target, other[0].target] == [
        "all_pages_of_list_orders",
        "all_pages_of_list_parts",
    ]
    assert [one[1].ruling, other[1].ruling] == [Ruling.HOLD, Ruling.REJECT]
    assert "1 generated tools already" in other[1].reasons[0]


def test_a_tool_that_is_gone_is_answered_by_the_one_that_callers_went_to() -> None:
    """From recordings as they come in: triage says that there is no such tool."""
    bench = Bench()
    made = [
        Recording(
            call=Call(tool=tool, args=args, session=f"s{n}", project="p"),
            text=text,
            flagged=tool == "search_tickets",
            at=START + timedelta(minutes=n, seconds=later),
        )
        for n in range(5)
        for later, (tool, args, text) in enumerate(
            (
                ("search_tickets", {"query": f"order {n}"}, "Unknown tool: search_tickets"),
                ("find_ticket", {"text": f"order {n}", "open": True}, f"ticket {n}"),
            )
        )
    ]
    bench.world.take(made)
    calls = list(bench.review.store.calls(project="p"))
    ((proposal, judgement),) = bench.making.from_calls(calls, {})
    assert (proposal.target, judgement.ruling) == ("search_tickets", Ruling.HOLD)
    assert (judgement.proof.wins, judgement.proof.losses) == (3, 0)
    wrong = proposal.body.replace("text=query", "text='order 0'")
    with pytest.raises(RefusedLesson, match="1 of 2 declared cases fail"):
        bench.propose(wrong, "search_tickets")

"""From a request, or a failure, to a tool that waits: or a gap, within bounds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.developing import Budget, Came, Developed, days
from failonce.errors import AuthorError, BadInput
from failonce.identity import body_digest
from failonce.model import (
    Action,
    GapReason,
    GapStatus,
    KindName,
    Lesson,
    Proposer,
    State,
    ToolSpec,
)
from failonce.testing.samples import lesson, proposed
from tests.developing.made import Desk, Scripted, pure
from tests.kinds.tool.made import TITLE
from tests.looped import call
from tests.made import START

pytestmark = pytest.mark.slow

COUNT = pure(
    "word_counter", "return len(text.split())", '[{"arguments": {"text": "a b"}, "result": 2}]'
)
WRONG = COUNT.replace('"result": 2', '"result": 3')
WANTED = "create a word counter"


def waits(found: Developed) -> Lesson:
    assert found.came is Came.LESSON, found
    assert found.lesson is not None
    assert found.lesson.state is State.PROPOSED
    return found.lesson


def add(desk: Desk, name: str, source: str, *, approved: bool = True) -> Lesson:
    assert desk.developing is not None
    made = desk.developing._making.propose(
        name, source, project="p", proposer=Proposer.PERSON, reason="mine"
    )
    return desk.review.approve(made.id) if approved else made


@pytest.mark.proves("H3", "H33")
def test_what_is_missing_is_written_tried_and_waits_for_a_person() -> None:
    desk = Desk(Scripted(COUNT))
    found = desk.developing.want(WANTED, project="p")
    made = waits(found)
    assert (found.tool, found.attempts) == ("word_counter", 1)
    assert (made.proposal.target, made.proposal.body) == ("word_counter", COUNT)
    assert made.proposal.proposer is Proposer.MODEL
    assert "scripted" in made.proposal.reason
    assert desk.actions() == [Action.GENERATED, Action.PROPOSE]
    assert not any(x.in_force for x in desk.store.lessons())


@pytest.mark.proves("H33")
def test_what_the_gate_said_is_told_to_the_next_attempt() -> None:
    author = Scripted(WRONG, "no code", COUNT)
    desk = Desk(author)
    found = desk.developing.want(WANTED, project="p")
    assert (waits(found).proposal.body, found.attempts) == (COUNT, 3)
    first, second, third = author.briefs
    assert not first.findings
    assert (second.previous, third.previous) == (WRONG, "no code")
    assert "it answered 2 instead of 3" in second.findings[0]
    assert "no Python" in third.findings[0]
    assert desk.actions().count(Action.GENERATED) == 3
    assert desk.actions().count(Action.REFUSED) == 2


@pytest.mark.proves("H27")
def test_after_three_attempts_there_is_a_gap_and_nobody_is_asked_for_a_week() -> None:
    author = Scripted(WRONG)
    desk = Desk(author)
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, found.attempts) == (Came.GAP, 3)
    assert found.gap is not None
    assert found.gap.reason is GapReason.GATE_FAILED
    assert "instead of 3" in found.reason
    again = desk.developing.want("a counter of words", project="p")
    assert (again.came, again.attempts, len(author.briefs)) == (Came.GAP, 0, 3)
    assert "tried 3 times" in again.reason
    (gap,) = desk.store.gaps()
    assert gap.attempts == 2, "it came up twice"
    desk.clock.advance(days=8)
    assert desk.developing.want(WANTED, project="p").attempts == 3


@pytest.mark.proves("H30", "H31c")
def test_force_goes_beyond_the_limit_and_never_beyond_the_gate() -> None:
    author = Scripted(WRONG)
    desk = Desk(author)
    desk.developing.want(WANTED, project="p")
    found = desk.developing.want(WANTED, project="p", force=True)
    assert (found.came, len(author.briefs)) == (Came.GAP, 6)
    assert not desk.store.lessons()


@pytest.mark.proves("C9")
def test_a_tool_that_waits_closes_the_gap() -> None:
    desk = Desk(Scripted(WRONG, WRONG, WRONG, COUNT))
    desk.developing.want(WANTED, project="p")
    desk.developing.want(WANTED, project="p", force=True)
    (gap,) = desk.store.gaps()
    assert gap.status is GapStatus.CLOSED


def test_a_tool_that_does_it_already_is_named_and_nobody_is_asked() -> None:
    author = Scripted(COUNT)
    desk = Desk(author)
    desk.store.add_tools("p", [ToolSpec(name="count_words", description="Counts.")], START)
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, found.tool, found.lesson) == (Came.TOOL, "count_words", None)
    assert not author.briefs
    assert waits(desk.developing.want(WANTED, project="p", force=True))
    elsewhere = desk.developing.want(WANTED, project="q")
    assert elsewhere.came is Came.LESSON, "tools of another project are none of this one"


def test_a_learned_tool_that_waits_is_named_and_one_in_force_too() -> None:
    desk = Desk(Scripted(COUNT))
    made = waits(desk.developing.want(WANTED, project="p"))
    again = desk.developing.want("count the words", project="p")
    assert (waits(again).id, again.attempts) == (made.id, 0)
    desk.review.approve(made.id)
    last = desk.developing.want("count the words", project="p")
    assert (last.came, last.tool) == (Came.TOOL, "word_counter")


@pytest.mark.proves("H17")
def test_without_a_model_there_is_a_gap_that_says_so() -> None:
    desk = Desk()
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, found.attempts) == (Came.GAP, 0)
    assert found.gap is not None
    assert found.gap.reason is GapReason.NOT_CONNECTED
    assert "no language model is configured" in found.reason


def test_that_somebody_asked_in_vain_is_kept_once_a_day() -> None:
    desk = Desk()
    for _ in range(3):
        desk.developing.want(WANTED, project="p")
    desk.clock.advance(days=1)
    desk.developing.want("a counter of words", project="p")
    (gap,) = desk.store.gaps()
    assert gap.attempts == 4
    wanted = [e.event for e in desk.store.entries(subject=gap.id)]
    assert [(e.action, e.at.date().day, e.reason) for e in wanted] == [
        (Action.WANTED, START.day, WANTED),
        (Action.WANTED, START.day + 1, "a counter of words"),
    ]


def test_nothing_is_wanted_where_nothing_is_said() -> None:
    desk = Desk()
    with pytest.raises(BadInput):
        desk.developing.want("  ", project="p")
    with pytest.raises(BadInput):
        desk.developing.improve("", "x", "", project="p")
    with pytest.raises(BadInput, match="--error"):
        desk.developing.improve("title", " ", "", project="p")


# ---------------------------------------------------------------- the bill


def test_an_author_without_an_answer_is_billed_and_not_asked_again() -> None:
    error = AuthorError("no answer within 1 s")
    error.tokens_in, error.tokens_out, error.cost, error.ms = 10, 2000, 0.5, 1000.0
    author = Scripted(error)
    desk = Desk(author)
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, found.reason, len(author.briefs)) == (Came.GAP, str(error), 1)
    (day,) = days(desk.store.entries())
    assert (day.requests, day.unanswered, day.tokens, day.cost) == (1, 1, 2010, 0.5)
    assert desk.developing.want(WANTED, project="p").attempts == 1, "no code: it is no attempt"


@pytest.mark.proves("H17")
def test_the_budget_of_a_day_ends_the_asking() -> None:
    author = Scripted(WRONG)
    desk = Desk(author, budget=Budget(tokens=300))
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, found.attempts) == (Came.GAP, 2)
    assert "model.budget_tokens" in found.reason
    assert [b.within for b in author.briefs] == [300, 150]
    assert desk.developing.want("a pdf merger", project="p").attempts == 0
    desk.clock.advance(days=1)
    assert desk.developing.want("a pdf merger", project="p").attempts == 2


def test_money_that_cannot_be_counted_is_not_spent() -> None:
    spent = Desk(Scripted(WRONG), budget=Budget(money=0.015))
    assert spent.developing.want(WANTED, project="p").attempts == 2
    unpriced = Desk(Scripted(WRONG, cost=None), budget=Budget(money=5.0))
    found = unpriced.developing.want(WANTED, project="p")
    assert found.attempts == 1
    assert "model.price_in" in found.reason


@pytest.mark.proves("H22")
def test_every_byte_that_was_written_is_in_the_audit_by_its_digest() -> None:
    desk = Desk(Scripted(WRONG, COUNT))
    desk.developing.want(WANTED, project="p")
    written = [e.event for e in desk.store.entries() if e.event.action is Action.GENERATED]
    refused = [e.event for e in desk.store.entries() if e.event.action is Action.REFUSED]
    assert len({e.digest for e in written}) == 2
    assert refused[0].digest == written[0].digest
    assert {e.actor for e in written} == {"model scripted"}


def test_two_processes_do_not_ask_at_once() -> None:
    author = Scripted(COUNT)
    desk = Desk(author)
    now = desk.clock.now()
    desk.store.acquire("developing", "another", until=now + timedelta(minutes=1), now=now)
    found = desk.developing.want(WANTED, project="p")
    assert (found.came, author.briefs) == (Came.GAP, [])


# ----------------------------------------------------------------- failures

BETTER = TITLE.replace('"raises": "ValueError"', '"result": ""').replace(
    'raise ValueError("no title")', 'return ""'
)


def test_a_learned_tool_that_failed_gets_a_better_version_under_its_name() -> None:
    author = Scripted(BETTER)
    desk = Desk(author)
    old = add(desk, "title", TITLE)
    desk.take([call("title", {"text": ""}, "ValueError: no title"), call("title", {"text": "a"})])
    found = desk.developing.improve("title", "ValueError: no title", "name a page", project="p")
    made = waits(found)
    assert (made.proposal.target, made.id == old.id) == ("title", False)
    (brief,) = author.briefs
    assert (brief.previous, brief.need) == (TITLE, "name a page")
    assert "no title" in brief.why
    assert [(s.args, s.failed) for s in brief.examples] == [
        ({"text": ""}, True),
        ({"text": "a"}, False),
    ]
    assert desk.store.projects() == {"p": 2}, "the failure was recorded already"
    desk.review.approve(made.id)
    stands = desk.store.lesson(old.id)
    assert stands is not None
    assert not stands.in_force


def test_without_an_error_it_is_the_usual_failure() -> None:
    author = Scripted(BETTER)
    desk = Desk(author)
    add(desk, "title", TITLE)
    desk.take([call("title", {"text": "x"}, "the disk is full", session="a")])
    for n in range(2):
        desk.take([call("title", {"text": ""}, "ValueError: no title", session=f"s{n}", n=n + 1)])
    waits(desk.developing.improve("title", "", "", project="p"))
    assert "no title" in author.briefs[0].why
    assert desk.store.projects() == {"p": 3}, "nothing is recorded anew"


def test_code_that_failed_already_is_no_better_version() -> None:
    author = Scripted(TITLE)
    desk = Desk(author)
    add(desk, "title", TITLE)
    found = desk.developing.improve("title", "ValueError: no title", "", project="p")
    assert (found.came, found.attempts) == (Came.GAP, 3)
    assert "letter by letter" in author.briefs[1].findings[0]


def test_the_tool_that_replaces_the_one_that_failed_is_improved() -> None:
    author = Scripted(BETTER)
    desk = Desk(author)
    add(desk, "title", 'REPLACES = ["headline"]\n' + TITLE)
    assert waits(desk.developing.improve("headline", "boom", "", project="p"))
    assert author.briefs[0].name == "title"


def test_a_failure_that_nobody_watched_is_recorded_once() -> None:
    desk = Desk(Scripted(BETTER))
    for _ in range(2):
        desk.developing.improve("old_tool", "boom: no such page", "", project="p")
    (failed,) = desk.store.calls(project="p")
    assert (failed.failed, failed.call.tool) == (True, "old_tool")


def test_code_that_is_not_ours_is_not_improved() -> None:
    author = Scripted(BETTER)
    desk = Desk(author)
    found = desk.developing.improve("old_tool", "permission denied", "check the disk", project="p")
    assert found.came is Came.GAP
    assert "was not learned" in found.reason
    assert not author.briefs


@pytest.mark.proves("H20")
@pytest.mark.parametrize("kind", [KindName.FIXER, KindName.HINT])
def test_a_lesson_that_mends_the_failure_is_named_instead_of_code(kind: KindName) -> None:
    author = Scripted(BETTER)
    desk = Desk(author)
    add(desk, "title", TITLE)
    desk.take([call("title", {"text": ""}, "ValueError: no title")])
    (failed,) = desk.store.calls(tools=("title",))
    assert failed.signature
    x = lesson(7)
    proposal = replace(x.proposal, kind=kind, project="p", signatures=(failed.signature,))
    digest = body_digest(proposal)
    judged = replace(x.judgement, digest=digest)
    desk.store.commit(proposed(replace(x, proposal=proposal, digest=digest, judgement=judged)))
    found = desk.developing.improve("title", "ValueError: no title", "", project="p")
    assert found.lesson is not None
    assert (found.came, found.lesson.id, author.briefs) == (Came.LESSON, x.id, [])

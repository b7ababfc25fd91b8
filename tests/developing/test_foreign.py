"""A tool that failonce did not learn: what is said of its failure, and what nobody builds."""

import pytest

from failonce.developing import Came
from failonce.model import GapStatus
from tests.developing.made import Desk, Scripted
from tests.kinds.tool.made import TITLE
from tests.looped import call, locked


def test_what_history_says_of_it_is_told_with_the_command_that_learns_from_it() -> None:
    desk = Desk(Scripted(TITLE))
    desk.take(locked(wait=5))
    found = desk.developing.improve("query", "Error: database is locked", "", project="p")
    assert (found.came, found.attempts) == (Came.GAP, 0)
    assert "`query` was not learned" in found.reason
    assert "40 failures of this kind are on record, of 40 callers" in found.reason
    assert "After 40 of them the same call worked, after 0 another one" in found.reason
    assert "failonce mine looks for a hint or a fixer" in found.reason


def test_once_mined_the_lesson_is_named_and_no_code_is_written_around_the_tool() -> None:
    """A retry in code could only run where the tool is watched, and there the hint does."""
    desk = Desk(Scripted(TITLE))
    desk.take(locked(wait=5))
    desk.loop.mine("p")
    found = desk.developing.improve("query", "Error: database is locked", "", project="p")
    assert found.lesson is not None
    assert (found.came, found.lesson.proposal.kind) == (Came.LESSON, "hint")
    assert "retry" in found.lesson.proposal.body


def test_where_the_miners_found_nothing_their_reason_is_told() -> None:
    desk = Desk(Scripted(TITLE))
    desk.take(
        call("send", {"to": f"c{s}"}, "Error: no route to the host", session=f"s{s}")
        for s in range(8)
    )
    desk.loop.mine("p")
    (gap,) = desk.store.gaps(project="p")
    assert gap.status is GapStatus.OPEN
    found = desk.developing.improve("send", "Error: no route to the host", "", project="p")
    assert found.came is Came.GAP
    assert f"has none: {gap.detail}" in found.reason


@pytest.mark.proves("H20")
def test_a_failure_that_nobody_saw_before_is_told_as_what_it_is() -> None:
    desk = Desk(Scripted(TITLE))
    found = desk.developing.improve("old_tool", "permission denied", "check disk", project="p")
    assert found.reason == (
        "`old_tool` was not learned, so there is no code of it to improve. "
        "Or ask for another tool that does the same: failonce tools want TEXT"
    )


def test_where_there_is_no_such_tool_one_of_its_name_is_what_can_be_learned() -> None:
    desk = Desk(Scripted(TITLE))
    desk.take(
        call("old_search", {"q": f"c{s}"}, "Unknown tool: old_search", session=f"s{s}")
        for s in range(2)
    )
    found = desk.developing.improve("old_search", "Unknown tool: old_search", "", project="p")
    assert "for a tool of that name that calls the one that callers went to" in found.reason
    assert "from 3 callers on" in found.reason

"""Sessions: what was done before a call, or not, that tells whether it will fail."""

import pytest

from failonce.kinds.guardrail import Guardrail
from failonce.model import Category, Evidence, Proposal
from failonce.proposal import sessions
from failonce.proposal.mining import mine
from tests.made import evidence
from tests.proposal import made
from tests.proposal.made import Plain, study

UNREAD = "read it before you write"
DOWN = "search is not running"


def mined(calls: list[Evidence], mended: tuple[str, ...] = ()) -> list[Proposal]:
    return list(sessions.mine(study(calls), mended, Plain()))


def said(calls: list[Evidence]) -> list[str]:
    """What is proposed, in words."""
    return [Guardrail.parse(p.body, p.target).summary() for p in mined(calls)]


# ---------------------------------------------------------------------- unless


def writes(n: int) -> list[Evidence]:
    """Ten files are read and written; in every second session one is written unread."""
    calls: list[Evidence] = []
    for i in range(10):
        calls.append(evidence("open_file", {"path": f"f{i}"}))
        calls.append(evidence("write", {"file": f"f{i}", "text": f"{n}.{i}"}))
    if n % 2 == 0:
        calls.append(evidence("write", {"file": f"x{n}", "text": "new"}, UNREAD))
    return calls


def test_what_all_working_calls_had_behind_them_is_missed() -> None:
    (proposal,) = mined(made.sessions(8, writes))
    guard = Guardrail.parse(proposal.body, proposal.target)
    assert guard.summary() == "warn when `open_file` did not work before with the same `file`"
    assert proposal.support_clusters == ("s0", "s2", "s4", "s6")


def test_two_tools_that_each_would_do_are_both_named() -> None:
    def make(n: int) -> list[Evidence]:
        opened = writes(n)
        for i in (0, 2, 4):
            opened[i] = evidence("make_file", {"name": opened[i].call.args["path"]})  # type: ignore[index]
        return opened

    assert said(made.sessions(8, make)) == [
        "warn when `make_file` or `open_file` did not work before with the same `file`"
    ]


def test_what_many_working_calls_lacked_too_is_no_reason() -> None:
    def make(n: int) -> list[Evidence]:
        return [*writes(n), evidence("write", {"file": f"y{n}", "text": "works unread"})]

    assert said(made.sessions(8, make)) == []


def test_what_failing_calls_had_too_is_no_reason() -> None:
    def make(n: int) -> list[Evidence]:
        read = evidence("open_file", {"path": f"x{n}"})
        return [read, *writes(n)]

    assert said(made.sessions(8, make)) == []


def test_two_witnesses_are_too_few() -> None:
    assert said(made.sessions(4, writes)) == []


def test_a_class_that_is_mended_needs_no_warning() -> None:
    assert mined(made.sessions(8, writes), (f"sig:write:{UNREAD}",)) == []


def test_what_passes_by_itself_is_not_told_by_the_session() -> None:
    def make(n: int) -> list[Evidence]:
        slow = evidence("write", {"file": f"x{n}"}, "timed out", category=Category.TIMEOUT)
        return [*writes(1), slow]

    assert said(made.sessions(8, make)) == []


# --------------------------------------------------------------------- failing


def down(failures: int, worked: int = 0) -> list[Evidence]:
    """A session in which a tool fails in a row, and then works or is given up."""
    return [
        *(evidence("search", {"for": f"x{i}"}, DOWN) for i in range(failures)),
        *(evidence("search", {"for": f"y{i}"}) for i in range(worked)),
    ]


@pytest.mark.parametrize(
    ("failures", "worked", "words"),
    [
        (4, 0, ["warn when its last call in the session failed with this error"]),
        (1, 0, []),
        (2, 1, []),
        (4, 1, ["warn when its last call in the session failed with this error"]),
        (3, 1, []),
    ],
)
def test_a_tool_that_is_down_is_warned_of_after_as_few_failures_as_tell(
    failures: int, worked: int, words: list[str]
) -> None:
    assert said(made.sessions(3, lambda _: down(failures, worked))) == words


def test_it_is_stopped_only_where_nothing_ever_worked_after_so_many() -> None:
    """One failure alone often means nothing; after two no call ever worked."""

    def make(n: int) -> list[Evidence]:
        return down(4) if n < 3 else down(1, 1)

    assert said(made.sessions(12, make)) == [
        "block when its last 2 calls in the session failed with this error"
    ]


# -------------------------------------------------------------------- together


def test_nothing_is_warned_of_that_a_repair_answers() -> None:
    def make(n: int) -> list[Evidence]:
        late = [evidence("read_file", {"path": f"x{n}"}), evidence("write", {"file": f"x{n}"})]
        failed = evidence("write", {"file": f"x{n}"}, UNREAD)
        return [evidence("read_file", {"path": "y"}), *writes(1), failed, *late]

    found = [p.kind for p in mine(study(made.sessions(6, make)), Plain())]
    assert found == ["fixer"]


def test_a_warning_at_the_right_moment_is_better_than_a_sentence_before_every_call() -> None:
    def make(n: int) -> list[Evidence]:
        late = [evidence("open_file", {"path": f"x{n}"}), evidence("write", {"file": f"x{n}"})]
        return [*writes(1), evidence("write", {"file": f"x{n}"}, UNREAD), *late]

    found = [p.kind for p in mine(study(made.sessions(6, make)), Plain())]
    assert found == ["guardrail"]

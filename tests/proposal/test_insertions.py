"""Insertions: a reading call first, then the very same call."""

from collections.abc import Callable

from failonce.kinds.behaviour import Situation
from failonce.model import Call, Evidence, Proposal
from failonce.proposal.insertions import Insertion, insertion
from failonce.proposal.lab import Ending
from failonce.proposal.mining import mine
from tests.made import evidence
from tests.proposal.made import Plain, sessions, study


def first(
    between: Callable[[int], list[Evidence]], count: int = 4, *, later: str = "same"
) -> list[Evidence]:
    """Sessions in which `edit` fails, something is done, and `edit` works."""

    def make(n: int) -> list[Evidence]:
        args = {"file": f"f{n}.txt", "line": f"text {n}"}
        again = args if later == "same" else {**args, "line": later}
        return [
            evidence("read_file", {"path": "other.txt"}),
            evidence("edit", args, "read it first"),
            *between(n),
            evidence("edit", again),
        ]

    return sessions(count, make)


def found(calls: list[Evidence]) -> Insertion | None:
    """What is learned of the failures of `edit`."""
    whole = study(calls)
    return insertion(whole.classes["sig:edit:read it first"], whole.lab, whole.habits)


def looked(n: int) -> list[Evidence]:
    """The caller reads the file that it wanted to edit."""
    return [evidence("read_file", {"path": f"f{n}.txt"})]


def test_the_file_is_read_first_and_the_argument_comes_from_the_failed_call() -> None:
    insert = found(first(looked))
    assert insert is not None
    assert str(insert.body.program) == "call read_file(path=`file`); then the same call"
    assert len(insert.confirmed) == 4


def test_what_callers_asked_more_narrowly_is_asked_plainly() -> None:
    def make(n: int) -> list[Evidence]:
        return [evidence("read_file", {"path": f"f{n}.txt", "line": n})]

    assert found(first(make)) is not None
    # nobody ever read a file whole: perhaps it cannot be done
    never = [e for e in first(make) if (e.call.args or {}).get("path") != "other.txt"]
    assert found(never) is None


def test_a_call_without_arguments_is_made_as_it_is() -> None:
    insert = found(first(lambda _: [evidence("list_files", {})]))
    assert insert is not None
    assert str(insert.body.program) == "call list_files(); then the same call"


def test_a_call_is_not_stripped_of_all_that_it_asked() -> None:
    def make(n: int) -> list[Evidence]:
        asked = [evidence("list_files", {"under": f"x{n}"})]
        return [*asked, evidence("list_files", {})] if n > 2 else asked

    assert found(first(make, 6)) is None


def test_a_call_that_writes_is_not_made_for_the_caller() -> None:
    assert found(first(lambda n: [evidence("save_file", {"path": f"f{n}.txt"})])) is None


def test_two_witnesses_are_too_few() -> None:
    assert found(first(looked, 2)) is None


def test_reading_something_else_is_no_prerequisite() -> None:
    assert found(first(lambda n: [evidence("read_file", {"path": f"g{n}.txt"})])) is None


def test_another_call_that_works_later_proves_nothing() -> None:
    assert found(first(looked, later="changed")) is None


def test_most_of_those_who_tried_again_must_have_looked_first() -> None:
    calls = first(lambda n: looked(n) if n < 3 else [evidence("wait", {})], 8)
    assert found(calls) is None


def test_where_the_caller_asked_for_something_else_nobody_can_say() -> None:
    calls = first(looked)
    insert = found(calls)
    assert insert is not None
    other = study(first(looked, later="changed"))
    (*_, case) = other.classes["sig:edit:read it first"]
    assert other.lab.run_all(insert.body, [case]) == {case.evidence.id: Ending.UNCONFIRMED}


def proposed(calls: list[Evidence]) -> list[Proposal]:
    return mine(study(calls), Plain())


def test_it_is_proposed_once_and_no_rule_beside_it() -> None:
    (proposal,) = proposed(first(looked))
    assert proposal.kind == "fixer"
    assert proposal.target == "edit"
    assert proposal.support_clusters == ("s0", "s1", "s2", "s3")
    assert proposed(first(looked)) == proposed(first(looked))


def test_it_acts_after_that_failure_alone() -> None:
    insert = found(first(looked))
    assert insert is not None
    situation = Situation(call=Call(tool="edit", args={"file": "x.txt"}))
    assert insert.body.before(situation) is None

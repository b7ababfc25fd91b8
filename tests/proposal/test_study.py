"""A study: what miners are given, and the same without the part that is to judge."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Evidence
from tests.made import evidence
from tests.proposal.made import read, sessions, study


def calls() -> list[Evidence]:
    """Four sessions, each with a failure, its recovery and another tool."""
    return sessions(
        4,
        lambda n: [
            read({"path": f"f{n}"}, "no"),
            read({"file": f"f{n}"}),
            evidence("look", {"at": n}),
        ],
    )


def test_a_study_holds_every_failure_once_and_good_calls_by_tool() -> None:
    whole = study(calls())
    assert [c.cluster for c in whole.cases] == ["s0", "s1", "s2", "s3"]
    assert {tool: len(own) for tool, own in whole.good.items()} == {"read": 4, "look": 4}
    assert [len(own) for own in whole.classes.values()] == [4]
    assert whole.cases[0].failure.message == "no"
    assert whole.cases[0].situation.call == whole.cases[0].evidence.call


def test_a_case_knows_what_its_session_did_before() -> None:
    late = sessions(1, lambda _: [evidence("look", {"at": 1}), read({"path": "f"}, "no")])
    (case,) = study(late).cases
    assert [p.call.tool for p in case.situation.past] == ["look"]


@given(st.sets(st.sampled_from(["s0", "s1", "s2", "s3"])))
def test_without_clusters_nothing_of_them_is_left_anywhere(left_out: set[str]) -> None:
    whole = study(calls())
    part = whole.without(left_out.__contains__)
    seen = {
        *(e.call.cluster for e in part.calls),
        *(c.cluster for c in part.cases),
        *(e.call.cluster for own in part.good.values() for e in own),
        *(e.call.cluster for e in part.habits.good("look")),
    }
    assert seen == {"s0", "s1", "s2", "s3"} - left_out
    assert {c.cluster for c in whole.cases} == {"s0", "s1", "s2", "s3"}, "the whole stays whole"


def test_without_nothing_it_teaches_what_the_whole_teaches() -> None:
    whole = study(calls())
    assert whole.without(lambda _: False).cases == whole.cases


def test_habits_of_a_part_are_its_own() -> None:
    alike = sessions(2, lambda _: [evidence("look", {"at": "here"})])
    whole = study(alike)
    assert whole.habits.usual("look", "at") == ["here"]
    assert whole.without({"s1"}.__contains__).habits.usual("look", "at") == []

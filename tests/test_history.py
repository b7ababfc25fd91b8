"""Episodes and the split between study and exam."""

from hypothesis import given
from hypothesis import strategies as st

from failonce import history
from failonce.model import Verdict
from tests.made import evidence, session


def test_a_recovery_is_the_next_working_call_of_the_tool_with_akin_arguments() -> None:
    calls = session(
        "s",
        [
            evidence("read", {"path": "a.txt"}, "no such argument"),
            evidence("list", {}),
            evidence("read", {"file": "other.md"}),
            evidence("read", {"file": "a.txt"}),
        ],
    )
    (episode,) = history.episodes(calls)
    assert episode.recovery is calls[3]
    assert episode.steps == 3
    assert not episode.unchanged
    assert [b.call.tool for b in episode.between] == ["list", "read"]


def test_another_session_is_no_recovery() -> None:
    calls = [
        *session("a", [evidence("read", {"path": "x.txt"}, "no")]),
        *session("b", [evidence("read", {"path": "x.txt"})]),
    ]
    (episode,) = history.episodes(calls)
    assert episode.recovery is None
    assert episode.steps == 0


def test_a_rejection_is_not_an_episode() -> None:
    refused = evidence("edit", {"path": "x"}, "not now", verdict=Verdict.REJECTION)
    assert history.episodes(session("s", [refused, evidence("edit", {"path": "x"})])) == []


def test_the_same_call_that_works_later_is_unchanged() -> None:
    calls = session(
        "s", [evidence("q", {"sql": "select 1"}, "locked"), evidence("q", {"sql": "select 1"})]
    )
    (episode,) = history.episodes(calls)
    assert episode.unchanged
    assert episode.wait_s == 1.0


def test_arguments_are_akin_by_a_shared_value_under_any_name_or_type() -> None:
    assert history.akin({"n": "10"}, {"count": 10})
    assert history.akin({"path": "/w/a.txt"}, {"path": "a.txt"})
    assert history.akin({"tags": "red,blue"}, {"tags": ["red", "blue"]})
    assert not history.akin({"path": "a.txt"}, {"path": "b.md"})
    assert not history.akin(None, {"path": "b.md"})


clusters = st.lists(st.text(max_size=6), max_size=40)


@given(failing=clusters, others=clusters)
def test_the_split_does_not_depend_on_order_and_leaves_clusters_for_the_exam(
    failing: list[str], others: list[str]
) -> None:
    one = history.split(failing, others)
    assert one == history.split(reversed(failing), sorted(others))
    if len(set(failing)) > 1:
        assert len(set(failing) & one.study) >= 2
    if len(set(failing)) > 2:
        assert set(failing) - one.study

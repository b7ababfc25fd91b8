"""Episodes, and the parts into which clusters are dealt for the proof."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import history
from failonce.model import Category, Evidence, Origin, Trust, Verdict
from tests.made import START, evidence, session


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


def test_the_very_same_call_is_the_recovery_also_where_another_akin_to_it_worked_first() -> None:
    calls = session(
        "s",
        [
            evidence("edit", {"file": "a.txt", "line": "one"}, "not read"),
            evidence("read", {"file": "a.txt"}),
            evidence("edit", {"file": "a.txt", "line": "two"}),
            evidence("edit", {"file": "a.txt", "line": "one"}),
        ],
    )
    (episode,) = history.episodes(calls)
    assert episode.unchanged
    assert episode.steps == 3


def test_a_call_with_the_name_that_the_error_spoke_of_is_another_try() -> None:
    failed = evidence("read", {"path": "/w/conf.yml"}, "no such file; did you mean conf.yaml?")
    suggested, other = (evidence("read", {"path": f"/w/{n}"}) for n in ("conf.yaml", "main.py"))
    (episode,) = history.episodes(session("s", [failed, other, suggested]))
    assert episode.recovery is not None
    assert episode.recovery.call.args == {"path": "/w/conf.yaml"}
    (alone,) = history.episodes(session("s", [failed, other]))
    assert alone.recovery is None


def test_arguments_are_akin_by_a_shared_value_under_any_name_or_type() -> None:
    assert history.akin({"n": "10"}, {"count": 10})
    assert history.akin({"path": "/w/a.txt"}, {"path": "a.txt"})
    assert history.akin({"tags": "red,blue"}, {"tags": ["red", "blue"]})
    assert history.akin({"path": "/w/conf.yml"}, {"path": "/w/conf.yaml"})
    assert not history.akin({"path": "a.txt"}, {"path": "b.md"})
    assert not history.akin(None, {"path": "b.md"})


def test_the_same_arguments_under_another_name_of_the_tool_are_not_the_same_call() -> None:
    gone = evidence("readFile", {"path": "a.txt"}, "no tool", category=Category.MISSING_TOOL)
    (episode,) = history.episodes(session("s", [gone, evidence("read_file", {"path": "a.txt"})]))
    assert episode.recovery is not None
    assert not episode.unchanged


def test_a_call_between_two_tries_disturbs_unless_it_reads_or_is_the_same_again() -> None:
    def undisturbed(between: Evidence) -> bool:
        locked = evidence("q", {"sql": "x"}, "locked")
        first, *_ = history.episodes(session("s", [locked, between, evidence("q", {"sql": "x"})]))
        return first.undisturbed

    assert undisturbed(evidence("q", {"sql": "x"}, "locked"))
    assert undisturbed(replace(evidence("look", {}), read_only=True))
    assert not undisturbed(evidence("look", {}))


clusters = st.lists(st.text(max_size=6), max_size=40)


@given(failing=clusters, others=clusters)
def test_clusters_are_dealt_evenly_and_by_their_names_alone(
    failing: list[str], others: list[str]
) -> None:
    folds = history.deal(failing)
    again = history.deal([*reversed(failing), *failing])
    everyone = {*failing, *others}
    assert {c: folds.fold(c) for c in everyone} == {c: again.fold(c) for c in everyone}
    assert all(0 <= folds.fold(c) < history.FOLDS for c in everyone)
    sizes = Counter(folds.fold(c) for c in set(failing))
    assert max(sizes.values(), default=0) <= 1 + len(set(failing)) // history.FOLDS


@given(failing=clusters, others=clusters)
def test_a_cluster_that_never_failed_lies_where_it_lies_whatever_else_fails(
    failing: list[str], others: list[str]
) -> None:
    folds, alone = history.deal(failing), history.deal(())
    for cluster in set(others) - set(failing):
        assert folds.fold(cluster) == alone.fold(cluster)


def _witnesses(*calls: Evidence) -> set[str]:
    return {e.call.cluster for e in history.witnessed(calls)}


def _of(
    session: str, n: int, *, task: str | None = None, trust: Trust = Trust.OPERATOR
) -> Evidence:
    e = evidence("read", {"path": "a"}, "no", session=session, n=n, task=task)
    return replace(e, trust=trust, source="a.jsonl")


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.none() | st.integers(0, 6), st.sampled_from(Trust)),
        max_size=30,
    )
)
def test_there_are_no_more_witnesses_than_sessions_and_sources(
    made: list[tuple[int, int | None, Trust]],
) -> None:
    """Whoever names tasks makes no witnesses: never more of them than there are sessions."""
    calls = [
        _of(f"s{s}", i, task=None if t is None else f"t{t}", trust=trust)
        for i, (s, t, trust) in enumerate(made)
    ]
    own = {e.call.session for e in calls if e.trust is Trust.OPERATOR}
    assert len(_witnesses(*calls)) <= 2 * len(own) + 1
    assert len(_witnesses(*[e for e in calls if e.trust is Trust.UNTRUSTED])) <= 1


def test_a_task_that_recurs_is_one_witness_and_so_is_a_session_that_invents_tasks() -> None:
    """The coarser of the two counts, seen from each call."""
    assert _witnesses(*[_of(f"s{n}", n, task="t") for n in range(9)]) == {"t"}
    assert _witnesses(*[_of("s", n, task=f"t{n}") for n in range(9)]) == {"s"}
    two = [_of(f"s{s}", 100 * s + n, task=f"t{n}") for s in range(2) for n in range(9)]
    assert _witnesses(*two) == {"s0", "s1"}


def test_a_copy_of_a_session_is_no_other_witness() -> None:
    """The same failure at the same moment under another name; a second later it is another."""
    assert len(_witnesses(*[_of(f"s{n}", 0) for n in range(9)])) == 1
    assert len(_witnesses(*[_of(f"s{n}", n) for n in range(9)])) == 9


# ------------------------------------------------------------------- reports of errors


def _report(
    hours: float, *, session: str = "", request: str | None = None, error: str = "no"
) -> Evidence:
    e = evidence("sync", None, error, session=session)
    return replace(
        e,
        id=f"{session}-{request}-{hours}",
        at=START + timedelta(hours=hours),
        call=replace(e.call, trace=request),
        origin=Origin.LOG,
    )


@pytest.mark.parametrize(
    ("reports", "witnesses"),
    [
        ([_report(0, session="a", request="1"), _report(0.1, session="a", request="2")], 1),
        ([_report(0, session="a"), _report(0.1, session="b")], 2),
        ([_report(0, request="1"), _report(0.1, request="2")], 2),
        ([_report(0, request="1"), _report(5, request="1")], 1),
        ([_report(0), _report(1.99)], 1),
        ([_report(0), _report(2)], 2),
        ([_report(0), _report(5, error="other")], 2),
    ],
)
def test_a_report_is_the_word_of_its_session_else_its_request_else_its_two_hours(
    reports: list[Evidence], witnesses: int
) -> None:
    """Two hours count from the first such report of a class (DESIGN section 12)."""
    assert len(_witnesses(*reports)) == witnesses


@given(st.lists(st.integers(0, 7_199), min_size=1, max_size=40), st.randoms())
def test_a_burst_is_one_witness_in_whatever_order(seconds: list[int], random: Random) -> None:
    burst = [_report(s / 3600) for s in seconds]
    random.shuffle(burst)
    assert len(_witnesses(*burst)) == 1


@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=40))
def test_reports_without_a_name_are_as_many_witnesses_as_two_hours_fit(hours: list[float]) -> None:
    """However many there are: never more than time that passed allows."""
    span = max(hours) - min(hours)
    assert len(_witnesses(*[_report(h) for h in hours])) <= span // 2 + 1.001


def test_a_call_is_the_word_of_its_session_and_not_of_a_request() -> None:
    """What names no session is one session, where it is no report."""
    calls = [replace(_report(n, request=f"r{n}"), origin=Origin.CALL) for n in range(5)]
    assert _witnesses(*calls) == {""}


def test_a_report_is_not_tried_again_by_what_works_later() -> None:
    """What was asked is not known: a call that works asks for something else."""
    later = evidence("sync", None, session="", n=9)
    (episode,) = history.episodes([_report(0), later])
    assert episode.recovery is None

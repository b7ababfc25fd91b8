"""Recorded calls as lessons see them, and answers where there is no world."""

from dataclasses import replace

import pytest

from failonce import trial
from failonce.kinds.decision import Armed
from failonce.language.program import Program, Step
from failonce.model import Call, Evidence, KindName, Verdict
from failonce.trial import RECENT
from tests.made import evidence, leading, session

# ---------------------------------------------------------- situations


def test_each_call_is_seen_with_what_its_session_did_before() -> None:
    one = session("a", [evidence("t", {"n": 1}, "no"), evidence("u", {}), evidence("t", {"n": 2})])
    two = session("b", [evidence("t", {"n": 3})])
    seen = list(trial.situations([*one, *two]))
    assert [e.id for e, _ in seen] == ["a-0", "a-1", "a-2", "b-0"]
    assert [s.call for _, s in seen] == [e.call for e in (*one, *two)]
    pasts = [[(p.call.tool, p.answer.worked) for p in s.past] for _, s in seen]
    assert pasts == [[], [("t", False)], [("t", False), ("u", True)], []]
    failure = seen[1][1].past[0].answer.failure
    assert failure is not None
    assert (failure.signature, failure.message) == ("sig:t:no", "no")


def test_sessions_of_two_projects_are_two_though_their_names_are_one() -> None:
    calls = [evidence("t", {}, project=p, n=n) for n, p in enumerate(("p", "q"))]
    assert [len(s.past) for _, s in trial.situations(calls)] == [0, 0]


def test_no_lesson_looks_back_further_than_is_kept() -> None:
    calls = session("s", [evidence("t", {"n": n}) for n in range(RECENT + 5)])
    situations = [s for _, s in trial.situations(calls)]
    assert len(situations[RECENT].past) == len(situations[-1].past) == RECENT
    last = situations[-1].past
    assert [p.call.args for p in last] == [{"n": n} for n in range(4, RECENT + 4)]
    assert next(p.call.args for p in reversed(last)) == {"n": RECENT + 3}
    assert len(situations[0].past) == 0


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.GOOD])
def test_what_was_not_good_did_not_work(verdict: Verdict) -> None:
    e = evidence("t", {}, "news", verdict=verdict)
    assert trial.answer_of(e).worked == (verdict is Verdict.INFORMATIVE)


def test_a_recorded_failure_keeps_what_lessons_look_at() -> None:
    e: Evidence = evidence("t", {"p": "a"}, "no a")
    e = replace(e, finding=replace(e.finding, retry_after_s=3.0), template="no <arg:p>")
    failure = trial.failure_of(e)
    assert (failure.blamed, failure.retry_after_s, failure.category) == (
        "p", 3.0, e.finding.category,
    )  # fmt: skip


# ----------------------------------------------------- without a world


def to_edit(program: Program) -> list[Armed]:
    body = leading("edit", program)
    return [Armed(lesson="x", version=1, kind=KindName.FIXER, behaviour=body)]


def test_an_inserted_call_is_answered_where_the_caller_made_it_and_it_worked() -> None:
    made = [evidence("read", {"path": "a"}), evidence("read", {"path": "b"}, "no such file")]
    run = trial.as_recorded(made, to_edit(Program(steps=(Step(tool="read"),))))
    assert run(Call(tool="read", args={"path": "a"})).worked
    assert not run(Call(tool="read", args={"path": "b"})).worked
    assert not run(Call(tool="list", args={"path": "a"})).worked


def test_a_narrower_call_answers_for_a_step_but_not_where_its_answer_is_read() -> None:
    made = [evidence("read", {"path": "a", "line": 7})]
    whole = Call(tool="read", args={"path": "a"})
    step, look = Step(tool="read"), Step(tool="read", name="found")
    assert trial.as_recorded(made, to_edit(Program(steps=(step,))))(whole).worked
    assert not trial.as_recorded(made, to_edit(Program(looks=(look,))))(whole).worked
    wider = Call(tool="read", args={"path": "a", "line": 7, "all": True})
    assert not trial.as_recorded(made, to_edit(Program(steps=(step,))))(wider).worked

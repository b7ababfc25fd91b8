"""`failonce.learning()`: the same over the store that the settings name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import failonce
from failonce.errors import UserError
from failonce.surfaces.learning import Advised, AnsweredBy


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    failonce.close()
    yield
    failonce.close()


def test_what_was_observed_is_told_and_goes_into_a_plan() -> None:
    for session in ("a", "b"):
        failonce.observe(
            "web.get",
            {"n": 1},
            error=ConnectionRefusedError("connection refused"),
            session=session,
            read_only=True,
        )
    learned = failonce.learning()
    (newest, *_) = learned.get_failures()
    assert learned.get_failure_stats().failures == 2
    assert learned.analyze_failure(newest.id).mode is AnsweredBy.RULES
    assert learned.suggest_improvement(newest.id).steps
    assert [p.frequency for p in learned.recall_patterns("web.get")] == [2]
    done = learned.augment_plan("(call :web.get)", suggested=True)
    assert [a.modification.hint for a in done.applied] == ["retry", "circuit-breaker"]
    assert learned.recall_for_plan(done.plan) == ()
    assert failonce.learning(project="other").get_failures() == ()


def test_what_is_missing_is_suggested() -> None:
    for session in ("a", "b", "c"):
        failonce.observe(
            "send_fax", {"s": session}, error="unknown tool: send_fax", session=session
        )
    (found,) = failonce.learning().suggest_tools().told
    assert (found.kind, found.subject, found.sessions) == (Advised.NEW, "send_fax", 3)
    assert found.command == "failonce tools want 'send fax'"
    assert failonce.learning(project="other").suggest_tools().told == ()


def test_off_rests_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILONCE", "off")
    with pytest.raises(UserError, match="FAILONCE=off"):
        failonce.learning()

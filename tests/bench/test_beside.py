"""What learners are given in `bench/peers.py`, and how their answers are counted."""

import json
from datetime import timedelta
from pathlib import Path

from bench.beside.judging import Judged, figures
from bench.beside.learner import FIRST, Act, Answer, hook_event, recorded, spelled


def judged(act: Act, *, failed: bool, tool: str = "read", after: bool = False) -> Judged:
    """A call of which this was said."""
    return Judged(tool=tool, answer=Answer(act=act, after=after), failed=failed, good=not failed)


def test_a_repair_counts_for_failures_and_against_good_calls() -> None:
    """A tip is neither; a change of a failure that nobody can judge is nothing caught."""
    failures = figures(judged(act, failed=True) for act in Act)
    assert (failures.failures, failures.good) == (6, 0)
    assert (failures.caught, failures.harmed) == (3, 0)
    good = figures(judged(act, failed=False) for act in Act)
    assert (good.failures, good.good) == (0, 6)
    assert (good.caught, good.harmed) == (0, 3)
    assert good.before_good[Act.WARN] == good.before_good[Act.TIP] == 1


def test_what_is_neither_failed_nor_good_is_left_out() -> None:
    """Such as what a person turned down; and so is the tool that is left out."""
    turned_down = Judged(tool="read", answer=Answer(act=Act.BLOCK), failed=False, good=False)
    other = judged(Act.BLOCK, failed=True, tool="write", after=True)
    found = figures([turned_down, judged(Act.WARN, failed=True, after=True), other])
    assert (found.failures, found.caught, found.after) == (2, 2, 2)
    found = figures([turned_down, other], without="write")
    assert (found.failures, found.good, found.caught, found.after) == (0, 0, 0, 0)


def test_calls_are_read_as_they_were_written(tmp_path: Path) -> None:
    """One without a time is a second after the one before; arguments may be any text."""
    lines = [
        {"tool": "Bash", "args": {"command": "make x"}, "text": "Exit code 2", "is_error": True,
         "session": "s1", "ts": "2026-02-01T10:00:00+00:00"},
        {"tool": "cd", "args": "{folder:", "text": "ok", "is_error": False,
         "session": "s2", "ts": None},
    ]  # fmt: skip
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    make, cd = recorded(path)
    assert (make.at.isoformat(), cd.at) == (
        "2026-02-01T10:00:00+00:00",
        FIRST + timedelta(seconds=1),
    )
    assert spelled(make) == "make x"
    assert spelled(cd) == "cd arguments={folder:"
    failed = hook_event(make, tmp_path)
    assert failed["hook_event_name"] == "PostToolUseFailure"
    assert (failed["error"], "tool_response" in failed) == ("Exit code 2", False)
    worked = hook_event(cd, tmp_path)
    assert (worked["hook_event_name"], worked["tool_response"]) == ("PostToolUse", "ok")
    assert worked["tool_input"] == {"arguments": "{folder:"}

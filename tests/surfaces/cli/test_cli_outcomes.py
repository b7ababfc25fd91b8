"""`failonce outcomes` and `failonce health`, as a person and as a program reads them."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.audit import verify
from failonce.model import Arm, Change, Closing, Effect, Evidence, Exposure, Lesson
from tests.surfaces.cli.made import PROJECT, Shell, call, write


@pytest.fixture
def approved(shell: Shell) -> str:
    """A fixer in force, for the call of `read` with `path`."""
    shell.set("FAILONCE_OUTCOME__HOLDOUT_APPROVED", "0.5")
    fixer = shell.lesson("fixer")
    shell.ok("approve", fixer)
    return fixer


def lived(shell: Shell, id: str, *, sessions: int, bad_held: int, bad_applied: int) -> None:
    """So many sessions met the lesson and are over, half of them without it."""
    with closing(open_store(store_url(shell.store))) as store:
        found = store.lesson(id)
        assert isinstance(found, Lesson)
        failures = (e for e in store.calls() if e.signature in found.proposal.signatures)
        known: Evidence = next(failures)
        exposures: list[Exposure] = []
        evidence: list[Evidence] = []
        now = datetime.now(UTC)
        for n in range(sessions):
            held = n % 2 == 0
            at = now + timedelta(microseconds=n)
            session = f"live-{n}"
            exposures.append(
                Exposure(
                    id=f"x{n}",
                    lesson=id,
                    version=found.version,
                    at=at,
                    project=PROJECT,
                    session=session,
                    unit=session,
                    arm=Arm.HOLDOUT if held else Arm.APPLIED,
                    share=0.5,
                    effect=Effect.UNKNOWN if held else Effect.REPAIRED,
                    tool="read",
                )
            )
            if n // 2 < (bad_held if held else bad_applied):
                met = replace(known.call, session=session)
                failed = replace(known, id=f"failed-{n}", at=at, call=met)
                evidence.append(failed)
        store.add(evidence)
        store.commit(Change(exposures=tuple(exposures)))
        over = now + timedelta(milliseconds=1)
        closings = [Closing(project=PROJECT, session=f"live-{n}", at=over) for n in range(sessions)]
        store.commit(Change(closings=tuple(closings)))


def test_a_lesson_is_listed_with_its_numbers_its_word_and_its_sentence(
    shell: Shell, approved: str
) -> None:
    lived(shell, approved, sessions=60, bad_held=20, bad_applied=2)
    said = shell.ok("outcomes").out
    assert "2 of 30 sessions failed with it, 20 of 30 without. Prevents at least 34 %." in said
    assert f"{approved}  on trial  fixer for read" in said
    assert "proven: helped 30, harmed 0, 34 % sure" in said
    (found,) = shell.ok("outcomes", "--json").json
    assert found["id"] == approved
    assert found["word"] == "proven"
    assert (found["helped"], found["harmed"]) == (30, 0)
    assert 0.33 < found["sure"] == found["prevents_low"] < found["prevents_high"]
    assert found["evidence_of_help"] > 20
    assert sum(r["bad_held"] for r in found["rows"]) == 20
    assert sum(r["good_applied"] for r in found["rows"]) == 28
    assert set(found["seeds"]) == {"impact.skillsmith", "support.ccos", "trend.skillsmith"}


def test_one_lesson_is_shown_with_what_its_sentence_was_made_of(
    shell: Shell, approved: str
) -> None:
    lived(shell, approved, sessions=60, bad_held=20, bad_applied=2)
    said = shell.ok("outcomes", approved[:6].lower()).out
    assert "withheld from" in said
    assert "50%" in said
    assert "It prevents between 34 % and 9" in said
    assert "Evidence that it helps" in said
    found = shell.ok("outcomes", approved, "--json").json
    assert found["id"] == approved
    assert shell.run("outcomes", "GR-FFFF").code == 2


def test_mine_acts_on_the_outcome_once_and_says_so(shell: Shell, approved: str) -> None:
    lived(shell, approved, sessions=40, bad_held=4, bad_applied=18)
    said = shell.ok("mine").out
    reason = "it does harm: 18 of 20 sessions failed with it, 4 of 20 without"
    assert f"{approved} was taken out of force: {reason}" in said
    assert "was taken out of force" not in shell.ok("mine").out
    (run,) = shell.ok("mine", "--json").json
    assert run["moved"] == []
    assert shell.ok("outcomes").out.startswith("Reverted: 18 of 20 sessions failed with it")
    with closing(open_store(store_url(shell.store))) as store:
        assert verify(store.entries(), store.lessons()).intact


def test_what_mine_moved_is_in_its_json(shell: Shell, approved: str) -> None:
    lived(shell, approved, sessions=40, bad_held=4, bad_applied=18)
    (run,) = shell.ok("mine", "--json").json
    (moved,) = run["moved"]
    assert (moved["id"], moved["action"], moved["state"]) == (approved, "undo", "undone")


def test_where_nothing_was_met_it_says_how_to_begin(shell: Shell) -> None:
    assert "failonce.advise" in shell.ok("outcomes").out
    assert "failonce import" in shell.ok("health").out


@pytest.mark.usefixtures("approved")
def test_a_lesson_in_force_that_met_nothing_is_listed(shell: Shell) -> None:
    assert "Not measured yet: it has met no call" in shell.ok("outcomes").out
    assert shell.ok("outcomes", "--project", "elsewhere", "--json").json == []


@pytest.mark.proves("H21", "H23", "H32")
def test_weak_tools_come_first_with_what_ails_them(shell: Shell) -> None:
    calls = [
        *(call("weak", {"n": n}, "Error: boom", session=f"s{n}") for n in range(12)),
        *(call("strong", {"n": n}, session=f"s{n}", n=1) for n in range(12)),
    ]
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    said = shell.ok("health").out
    lines = said.splitlines()
    assert lines[1].startswith("weak")
    assert "0% of 12" in lines[1]
    assert "broken, for sure" in lines[1]
    assert "2 tools, 1 low performer." in said
    assert "weak: most often Error: boom (no lesson answers it yet)" in said
    weak, strong = shell.ok("health", "--json").json
    assert (weak["tool"], weak["health"], weak["rate"], weak["rate_chotu"]) == (
        *("weak", "broken"),
        *(0.0, 0.0),
    )
    assert (strong["health"], strong["rate_chotu"], strong["lesson"]) == ("fine", 100.0, None)
    assert weak["worst_failure"] in {f["id"] for f in shell.ok("failures", "--json").json}
    assert shell.ok("health", "--project", "elsewhere", "--json").json == []


@pytest.mark.proves("H21")
def test_a_weak_tool_names_the_lesson_that_answers_it(shell: Shell) -> None:
    answers = {x["id"] for x in shell.learned() if x["target"] == "get_entity"}
    shell.ok("import", _more_failures(shell.project))
    (said,) = [s for s in shell.ok("health").out.splitlines() if s.startswith("get_entity: ")]
    assert any(f"answered by {one}" in said for one in answers)


def _more_failures(folder: Path) -> Path:
    error = "Error: unexpected argument 'detailed'"
    calls = [
        call("get_entity", {"entity": f"light.{n}", "detailed": True}, error, session=f"more{n}",
             n=1000 + n)
        for n in range(90)
    ]  # fmt: skip
    return write(folder / "more.jsonl", calls)

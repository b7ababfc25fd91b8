"""The whole loop at the command line: mine, look, decide, replay."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from failonce.lifecycle import WORDS
from tests.surfaces.cli.made import PROJECT, Shell, call, history, renamed, stopped, write


@pytest.mark.proves("S18", "S28")
def test_mining_takes_both_limits_and_says_which_removed_what(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    (none,) = shell.ok("mine", "--min_hits", "100", "--json").json
    assert none["outcome"].startswith("nothing, because")
    assert (none["failures"], none["below"], none["new"]) == (24, 24, [])
    said = shell.ok("mine", "--min-hits", "100").out
    assert "24 below the limits" in said
    assert "100 failures in 7 days (--min-hits)" in said
    (one,) = shell.ok("mine", "--top", "1", "--json").json
    assert (one["classes"], len(one["new"])) == (1, 1)
    (both,) = shell.ok("mine", "--min-hits", "2", "--top", "50", "--json").json
    assert (both["classes"], both["below"]) == (2, 0)


def test_mining_twice_finds_the_same(shell: Shell) -> None:
    first = {x["id"] for x in shell.learned()}
    (again,) = shell.ok("mine", "--json").json
    assert again["new"] == []
    assert set(again["known"]) == first


@pytest.mark.proves("S15", "S27")
def test_the_views_of_the_seed_rank_by_the_weights_that_are_set(shell: Shell) -> None:
    def scores() -> list[float]:
        with closing(sqlite3.connect(shell.store)) as connection:
            rows = connection.execute("SELECT impact_score FROM error_candidates").fetchall()
        return [row[0] for row in rows]

    shell.learned()
    assert scores() == pytest.approx([12.0, 12.0])
    shell.set("FAILONCE_IMPACT__WEEK", "0.5")
    shell.set("FAILONCE_IMPACT__MONTH", "0.25")
    shell.ok("mine")
    assert scores() == pytest.approx([9.0, 9.0])


def test_mining_looks_at_every_project_or_at_one(shell: Shell) -> None:
    calls = [*history(), *({**c, "project": "depot"} for c in stopped(12))]
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    assert [r["project"] for r in shell.ok("mine", "--project", "depot", "--json").json] == [
        "depot"
    ]
    assert [r["project"] for r in shell.ok("mine", "--json").json] == ["depot", PROJECT]


def test_the_week_can_be_counted_back_from_another_day(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    (late,) = shell.ok("mine", "--as-of", "2026-04-01", "--json").json
    assert late["below"] == 24
    assert shell.run("mine", "--as-of", "yesterday").code == 2
    (then,) = shell.ok("mine", "--as-of", "2026-03-01", "--json").json
    assert len(then["new"]) == 2


def test_mining_with_nothing_recorded_says_how_to_begin(shell: Shell) -> None:
    run = shell.ok("mine")
    assert "failonce import" in run.out
    assert shell.ok("mine", "--json").json == []


def test_a_project_of_which_nothing_is_recorded_is_told_beside_those_that_are(shell: Shell) -> None:
    """A recording that names its project keeps it, whatever import was told."""
    calls = [{**c, "project": "depot"} for c in history()]
    shell.ok("import", write(shell.project / "calls.jsonl", calls), "--project", "mine")
    said = shell.ok("mine", "--project", "mine").err
    assert "nothing is recorded for mine" in said
    assert "Recorded are: depot" in said
    assert "nothing is recorded" not in shell.ok("mine", "--project", "depot").err


def test_a_second_miner_waits_its_turn(shell: Shell) -> None:
    from datetime import timedelta

    from failonce.adapters.sql_store import open_store, store_url
    from failonce.compose import SystemClock

    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    store = open_store(store_url(shell.store))
    now = SystemClock().now()
    store.acquire(f"mine:{PROJECT}", "other", until=now + timedelta(minutes=1), now=now)
    run = shell.run("mine")
    assert run.code == 3
    assert "Another run is mining shop" in run.err
    store.release(f"mine:{PROJECT}", "other")
    store.close()
    shell.ok("mine")


# ------------------------------------------------------------------ looking


@pytest.mark.proves("S7")
def test_lessons_are_listed_with_their_proof_first(shell: Shell) -> None:
    found = shell.learned()
    assert {x["kind"] for x in found} == {"fixer", "guardrail"}
    for lesson in found:
        assert {"id", "kind", "state", "target", "proof", "body"} <= set(lesson)
        assert lesson["state"] == "waiting"
        assert re.match(r"Would have (prevented|repaired) \d+ of \d+ failures", lesson["proof"])
        card = shell.ok("show", lesson["id"], "--all").out
        assert card.startswith(lesson["proof"].partition(" sessions")[0])
        for line in lesson["body"].splitlines():
            assert f"\n  + {line}"[:60] in card
    listing = shell.ok("lessons").out
    assert listing.startswith(found[0]["proof"])
    assert "2 waiting" in listing


def test_lessons_are_chosen_by_state_kind_and_project(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    shell.ok("approve", fixer)
    for state in ("on trial", "on-trial", "canary", "ON_TRIAL"):
        assert [x["id"] for x in shell.ok("lessons", "--state", state, "--json").json] == [fixer]
    assert len(shell.ok("lessons", "--state", "waiting", "--json").json) == 1
    assert shell.ok("lessons", "--project", "depot", "--json").json == []
    assert [x["id"] for x in shell.ok("lessons", "--kind", "fixer", "--json").json] == [fixer]
    run = shell.run("lessons", "--state", "sleeping")
    assert run.code == 2
    for word in WORDS.values():
        assert word.replace(" ", "-") in run.err


def test_a_lesson_is_found_by_how_its_id_begins(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    assert shell.ok("show", fixer[:6].lower(), "--json").json["id"] == fixer
    run = shell.run("show", "XX-00")
    assert run.code == 2
    assert "failonce lessons" in run.err


def test_an_empty_store_says_how_to_begin(shell: Shell) -> None:
    assert "failonce import" in shell.ok("lessons").out
    assert shell.ok("lessons", "--json").json == []


# ----------------------------------------------------------------- deciding


@pytest.mark.proves("S8")
def test_a_lesson_is_approved_undone_reopened_and_rejected(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    approved = shell.ok("approve", fixer, "--reason", "looks right", "--json").json
    assert (approved["state"], approved["in_force"]) == ("on trial", True)
    assert shell.ok("undo", fixer, "--json").json["state"] == "undone"
    assert shell.ok("reopen", fixer, "--json").json["state"] == "waiting"
    assert shell.ok("reject", fixer, "--json").json["state"] == "rejected"
    history = shell.ok("show", fixer, "--json").json["history"]
    assert [e["action"] for e in history] == ["propose", "approve", "undo", "reopen", "reject"]
    assert history[1]["reason"] == "looks right"
    assert shell.ok("audit", "verify", "--json").json["intact"] is True


def test_a_move_that_the_state_forbids_is_refused_with_the_way_on(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    shell.ok("approve", fixer)
    assert shell.ok("approve", fixer, "--json").json["state"] == "on trial", "the same again"
    run = shell.run("reject", fixer)
    assert run.code == 4
    assert "it is in force; undo it first. It was approved by " in run.err
    assert run.out == ""
    assert shell.run("approve", "GR-NOPE").code == 2


def test_two_reports_of_harm_put_a_lesson_back_in_the_queue(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    shell.ok("approve", fixer)
    assert shell.ok("wrong", fixer, "--json").json["state"] == "on trial"
    assert shell.ok("wrong", fixer, "--json").json["state"] == "waiting"


# -------------------------------------------------------------------- rules

RULE = "Do not pass 'detailed' to get_entity."


@pytest.mark.proves("N6", "N7", "N14")
def test_in_manual_a_rule_waits_and_approval_writes_it(shell: Shell) -> None:
    """Story B of the first seed: no byte of the card changes before a person decides."""
    card = shell.project / "skills" / "homeassistant.md"
    card.parent.mkdir()
    card.write_bytes(b"# Home Assistant\n\nBe polite.\n")
    run = shell.ok("learn", "homeassistant", RULE, "--reason", "Invalid arg 'detailed'")
    assert "1 Pending Rule" in run.out
    assert card.read_bytes() == b"# Home Assistant\n\nBe polite.\n"
    (rule,) = shell.ok("lessons", "--json").json
    assert "1 Pending Rule" in shell.ok("status").out
    assert "1 Pending Rule" in shell.ok("lessons").out
    shell.ok("approve", rule["id"])
    assert RULE in card.read_text()
    assert card.read_text().startswith("# Home Assistant\n\nBe polite.\n")
    (row,) = shell.ok("export", "changelog").lines
    assert (row["status"], row["mode"], row["skill_name"]) == (
        "approved",
        "manual",
        "homeassistant",
    )
    shell.ok("undo", rule["id"])
    assert card.read_bytes() == b"# Home Assistant\n\nBe polite.\n"


@pytest.mark.proves("N13")
def test_in_auto_a_rule_is_written_at_once_and_can_be_taken_back(shell: Shell) -> None:
    """Story A of the first seed: applied, seen later, reverted, the bytes as they were."""
    card = shell.project / "skills" / "homeassistant.md"
    card.parent.mkdir()
    card.write_bytes(b"# Home Assistant\r\n")
    shell.ok("config", "mode", "auto")
    rule = shell.ok("learn", "homeassistant", RULE, "--reason", "Invalid arg", "--json").json
    assert (rule["state"], rule["in_force"]) == ("on trial", True)
    assert rule["valid_until"] is not None
    assert RULE in card.read_text()
    (row,) = shell.ok("export", "changelog").lines
    assert row["status"] == "auto_applied"
    shell.ok("undo", rule["id"])
    assert card.read_bytes() == b"# Home Assistant\r\n"
    (row,) = shell.ok("export", "changelog").lines
    assert row["status"] == "reverted"


def test_the_same_rule_again_is_the_same_lesson(shell: Shell) -> None:
    first = shell.ok("learn", "homeassistant", RULE, "--json").json["id"]
    shell.ok("reject", first)
    again = shell.ok("learn", "homeassistant", f"  {RULE.upper()} ", "--json").json
    assert (again["id"], again["state"]) == (first, "rejected")


@pytest.mark.parametrize(
    ("skill", "rule"),
    [
        ("../../etc/passwd", RULE),
        ("/etc/passwd", RULE),
        ("home assistant\n", RULE),
        ("a/b", RULE),
        ("", RULE),
        ("homeassistant", "# A heading of its own"),
        ("homeassistant", "--- \nstatus: approved"),
        ("homeassistant", "one\ntwo"),
        ("homeassistant", "Say <!-- nothing -->"),
        ("homeassistant", "```"),
        ("homeassistant", "In\u200bvisible"),
        ("homeassistant", "Right\u202eto left"),
        ("homeassistant", "Tagged\U000e0041"),
        ("homeassistant", "x" * 301),
        ("homeassistant", "   "),
    ],
)
def test_unsafe_names_and_rules_are_refused_and_nothing_is_kept(
    shell: Shell, skill: str, rule: str
) -> None:
    run = shell.run("learn", skill, rule, "--reason", "because")
    assert run.code in (2, 4)
    assert run.err.startswith("failonce: ")
    assert run.err.count("\n") == 1
    assert run.err[:-1].isprintable()
    assert shell.ok("lessons", "--json").json == []
    assert not (shell.project / "skills").exists()
    assert sorted(p.name for p in shell.project.iterdir()) == [".git"]


def test_undoing_from_elsewhere_mends_the_files_of_the_lessons_own_project(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rule = shell.ok("learn", "homeassistant", RULE, "--json").json["id"]
    shell.ok("approve", rule)
    card = shell.project / "skills" / "homeassistant.md"
    assert RULE in card.read_text()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    shell.ok("undo", rule)
    assert not card.exists()
    assert list(elsewhere.iterdir()) == []


# ------------------------------------------------------------------- replay


def test_replay_says_for_every_call_what_the_lessons_would_do(shell: Shell) -> None:
    found = shell.learned()
    path = shell.project / "history.jsonl"
    run = shell.ok("replay", path, "--proposed", "--json")
    *calls, totals = run.lines
    assert len(calls) == 384
    assert [c["tool"] for c in calls] == [c["tool"] for c in history()]
    assert totals == {
        "prevented": 12,
        "repaired": 12,
        "recovered": 0,
        "shown": 0,
        "contradicted": 0,
        "another": 0,
        "unconfirmed": 0,
        "wrongly_blocked": 0,
        "wrongly_changed": 0,
        "good": 360,
        "failures": 24,
    }
    first = calls[0]
    assert (first["verdict"], first["action"], first["result"]) == ("failure", "run", "repaired")
    assert first["args"] == {"file": "notes-0.txt"}
    assert first["lessons"] == [x["id"] for x in found if x["kind"] == "fixer"]
    assert (calls[1]["action"], calls[1]["result"]) == ("allow", "untouched")


def test_replay_takes_the_lessons_in_force_and_stores_nothing(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    before = shell.ok("status", "--json").json
    fresh = write(shell.project / "fresh.jsonl", [call("read", {"path": "a"}, "Error: no 'path'")])
    assert shell.ok("replay", fresh, "--json").json["repaired"] == 0
    shell.ok("approve", fixer)
    (one, totals) = shell.ok("replay", fresh, "--json").lines
    assert (one["action"], one["args"]) == ("run", {"file": "a"})
    assert totals["failures"] == 1
    after = shell.ok("status", "--json").json
    assert (after["calls"], after["failures"]) == (before["calls"], before["failures"])


def test_lessons_stay_in_their_project(shell: Shell) -> None:
    shell.ok("approve", shell.lesson("fixer"))
    unnamed = {k: v for k, v in call("read", {"path": "a"}, "Error").items() if k != "project"}
    path = write(shell.project / "calls.jsonl", [unnamed])
    assert shell.ok("replay", path, "--json").lines[0]["action"] == "allow"
    assert shell.ok("replay", path, "--project", PROJECT, "--json").lines[0]["action"] == "run"


def test_replay_reads_to_people(shell: Shell) -> None:
    shell.learned()
    said = shell.ok("replay", shell.project / "history.jsonl").out
    assert "With --proposed the waiting ones are tried too." in said
    said = shell.ok("replay", shell.project / "history.jsonl", "--proposed").out
    assert "Of 24 failures 12 would have been prevented, 12 repaired" in said
    assert "Of 360 good calls 0 would have been blocked and 0 changed." in said


def test_replay_of_what_cannot_be_read_fails(shell: Shell) -> None:
    run = shell.run("replay", "missing.jsonl")
    assert run.code == 2
    assert "there is no such file" in run.err


# ----------------------------------------------------------------- learning off


def test_with_learning_off_nothing_is_recorded_and_lessons_rest(shell: Shell) -> None:
    shell.ok("approve", shell.lesson("fixer"))
    shell.ok("config", "mode", "off", "--project", PROJECT)
    more = write(shell.project / "more.jsonl", renamed(1, "open"))
    run = shell.ok("import", more, "--json")
    assert run.json["calls"] == 0
    assert "learning is off" in run.err
    assert shell.ok("mine", "--json").json == []
    assert shell.ok("replay", shell.project / "history.jsonl", "--json").json["repaired"] == 0
    shell.ok("config", "mode", "manual", "--project", PROJECT)
    assert shell.ok("replay", shell.project / "history.jsonl", "--json").json["repaired"] == 12
    shell.ok("config", "mode", "off")
    shell.ok("config", "mode", "off", "--project", ".")
    assert shell.run("learn", "read", RULE).code == 4


def test_json_is_one_value_and_holds_text_of_any_script(shell: Shell) -> None:
    shell.ok("learn", "suche", "Zuerst „wie heißt“ fragen, dann 検索する.")
    run = shell.ok("lessons", "--json")
    assert run.out.count("\n") == 1
    assert json.loads(run.out)[0]["body"] == "Zuerst „wie heißt“ fragen, dann 検索する."
    plain = shell.program("lessons", "--json", env={"PYTHONIOENCODING": "ascii"})
    assert plain.json[0]["body"] == "Zuerst „wie heißt“ fragen, dann 検索する."

"""Commands that look at what is recorded: failures, gaps, report, status, export, config."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from failonce.adapters.spool import Counts, StoreSink, Writer, folder_beside
from failonce.adapters.spool.counts import enter
from failonce.adapters.sql_store import store_path, store_url
from failonce.errors import StoreUnreadable
from failonce.model import Barrier
from failonce.projections.lesson_file import parse
from failonce.signature.masks import SCHEME_VERSION
from failonce.testing.samples import evidence
from tests.surfaces.cli.made import PROJECT, Shell, call, history, renamed, stopped, write

# ----------------------------------------------------------------- failures


@pytest.mark.proves("S16", "S27")
def test_failures_are_ranked_by_impact_recency_or_hits(shell: Shell) -> None:
    old = [
        {**c, "ts": c["ts"].replace("2026-03-01", "2026-02-10"), "session": "old" + c["session"]}
        for c in stopped(30)
    ]
    shell.ok("import", write(shell.project / "calls.jsonl", [*renamed(12), *old]))
    by_impact = shell.ok("failures", "--json").json
    assert [(f["tool"], f["hits_7d"], f["hits_30d"]) for f in by_impact] == [
        ("read", 12, 12),
        ("get_entity", 0, 30),
    ]
    assert by_impact[0]["impact"] == pytest.approx(0.7 * 12 + 0.3 * 12)
    assert by_impact[1]["impact"] == pytest.approx(0.3 * 30)
    tools = [f["tool"] for f in shell.ok("failures", "--order", "hits", "--json").json]
    assert tools == ["get_entity", "read"]
    tools = [f["tool"] for f in shell.ok("failures", "--order", "recency", "--json").json]
    assert tools == ["read", "get_entity"]
    shell.set("FAILONCE_IMPACT__WEEK", "0")
    assert shell.ok("failures", "--json").json[0]["tool"] == "get_entity"
    assert len(shell.ok("failures", "--limit", "1", "--json").json) == 1


def test_failures_are_listed_for_people(shell: Shell) -> None:
    assert "failonce import" in shell.ok("failures").out
    shell.ok("import", write(shell.project / "calls.jsonl", [call("read", {"a": 1})]))
    assert "No failure is recorded" in shell.ok("failures").out
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    said = shell.ok("failures").out
    assert "get_entity" in said
    assert "2 classes of failures." in said
    first = shell.ok("failures", "--json").json[0]
    assert first["short"] == first["id"].replace("-", "").upper()[:8]
    assert first["short"] in said


def test_gaps_say_why_nothing_was_learned(shell: Shell) -> None:
    calls = [call("pay", {"id": f"{i}"}, "Error: card declined", session=f"s{i}") for i in range(6)]
    assert "no gaps" in shell.ok("gaps").out
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    shell.ok("mine")
    (gap,) = shell.ok("gaps", "--json").json
    assert (gap["status"], gap["attempts"], gap["project"]) == ("open", 1, PROJECT)
    said = shell.ok("gaps").out
    assert "pay: Error: card declined" in said
    assert gap["detail"] in said


# ------------------------------------------------------------ report, status


@pytest.mark.proves("S24")
def test_the_report_counts_what_is_recorded(shell: Shell) -> None:
    shell.ok("approve", shell.lesson("fixer"))
    found = shell.ok("report", "--json").json
    assert found["daily"] == [{"day": "2026-03-01", "calls": 384, "failures": 24}]
    assert (found["classes"], found["classes_7d"]) == (2, 2)
    assert sum(found["proposed_per_week"].values()) == 2
    assert (found["approved"], found["rejected"], found["approval_rate"]) == (1, 0, 0.5)
    assert set(found["effects"].values()) == {0}
    said = shell.ok("report").out
    assert "Of 2 proposed 1 were approved (50%)" in said
    assert "No lesson in force has met a call yet." in said


@pytest.mark.proves("S24")
def test_what_lessons_did_to_calls_is_in_the_report(shell: Shell) -> None:
    from failonce.compose import configure, opened
    from failonce.surfaces.sdk import Advisor

    for lesson in shell.learned():
        shell.ok("approve", lesson["id"])
    wrong = {"entity": "light.1", "detailed": True}
    with opened(configure()) as parts:
        advisor = Advisor(parts.loop, parts.clock)
        advice = advisor.advise("read", {"path": "a"}, session="s", project=PROJECT)
        advisor.observe("read", advice.args, "fine", session="s", project=PROJECT)
        for _ in range(2):
            advisor.advise("get_entity", wrong, session="s", project=PROJECT)
    effects = shell.ok("report", "--json").json["effects"]
    assert (effects["prevented"], effects["repaired"]) == (2, 1)
    assert "prevented 2, repaired 1" in shell.ok("report").out


@pytest.mark.proves("S23")
def test_status_shows_runs_lessons_and_totals(shell: Shell) -> None:
    assert "failonce import" in shell.ok("status").out
    shell.learned()
    found = shell.ok("status", "--json").json
    assert found["store"] == f"sqlite:///{shell.store}"
    assert (found["calls"], found["failures_7d"], found["classes_7d"]) == (384, 24, 2)
    assert found["lessons"]["waiting"] == 2
    said = shell.ok("status").out
    assert "shop: 2 new lessons" in said
    assert "2 waiting, 0 in force" in said
    shell.ok("mine", "--min-hits", "99")
    assert "shop: 0 new lessons, 2 known" in shell.ok("status").out


# ------------------------------------------------------------------- export


def test_exported_calls_can_be_imported_again(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    exported = shell.ok("export", "calls").out
    (shell.project / "exported.jsonl").write_text(exported)
    other = ("--store", f"sqlite:///{shell.home}/other.db")
    run = shell.ok("import", shell.project / "exported.jsonl", "--json", *other).json
    assert (run["calls"], run["flagged"], run["failures"]) == (384, 24, 24)
    assert shell.ok("export", "calls", *other).out.count("\n") == 384


@pytest.mark.proves("F9", "F10", "F11")
def test_the_ledger_accounts_for_every_lesson_and_gap(shell: Shell) -> None:
    calls = [
        *history(),
        *(call("pay", {"id": f"{i}"}, "Error: card declined", session=f"p{i}") for i in range(6)),
    ]
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    shell.ok("mine")
    run = shell.ok("export", "ledger", "--project", PROJECT)
    header, *rest = run.lines
    assert header["record_type"] == "skill_ledger"
    assert (header["skill_count"], header["curriculum_count"]) == (2, 1)
    assert [r.get("skill_id", r.get("item_id")) for r in rest] == header["ids"]
    assert all("route" in r for r in rest if r["record_type"] == "candidate_skill")
    assert shell.ok("export", "ledger", "--project", PROJECT).out == run.out
    ledger, promotable = shell.ok("export", "ledger", "--project", PROJECT, "--events").lines
    assert ledger["event"] == "skill_ledger"
    assert ledger["payload"].count("\n") == 4
    assert promotable == {"event": "skill_ledger:promotable", "payload": "0"}
    shell.ok("config", "mode", "off")
    off = shell.ok("export", "ledger", "--project", PROJECT, "--events")
    assert off.out == ""
    assert "learning is off" in off.err


def test_lessons_are_exported_as_files_that_hold_what_is_approved(shell: Shell) -> None:
    found = {x["id"]: x for x in shell.learned()}
    shell.ok("export", "lessons")
    files = sorted((shell.project / "skills/proposed").iterdir())
    assert [p.name.split("_")[0] for p in files] == sorted(found)
    for path in files:
        file = parse(path.read_text())
        lesson = found[file.id]
        assert (file.kind, file.body, file.status) == (lesson["kind"], lesson["body"], "proposed")
        assert file.hits_7d == 12
    (shell.project / "in the way").write_text("")
    run = shell.run("export", "lessons", "in the way")
    assert run.code == 2
    assert "Name another folder" in run.err


# ------------------------------------------------------------------- config


def test_settings_are_shown_with_where_they_come_from(shell: Shell) -> None:
    (shell.project / "failonce.toml").write_text("[mine]\ntop = 7\n")
    shell.set("FAILONCE_MINE__MIN_HITS_7D", "3")
    found = shell.ok("config", "show", "--json").json
    assert found["mine.top"] == {"value": 7, "from": str(shell.project / "failonce.toml")}
    assert found["mine.min_hits_7d"] == {"value": 3, "from": "FAILONCE_MINE__MIN_HITS_7D"}
    assert found["mine.min_clusters"] == {"value": 2, "from": "default"}
    assert "FAILONCE_MINE__MIN_HITS_7D" in shell.ok("config", "show").out


@pytest.mark.proves("N5")
def test_the_mode_is_set_in_the_store_and_the_environment_stands_above(shell: Shell) -> None:
    assert shell.ok("config", "mode", "--json").json["mode"] == "manual"
    own = shell.home / ".config/failonce/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[learning]\nmode = "auto"\n')
    assert shell.ok("config", "mode", "--json").json["mode"] == "auto"
    shell.ok("config", "mode", "off")
    assert shell.ok("config", "mode", "--json").json["mode"] == "off"
    shell.ok("config", "mode", "Accumulate", "--project", "depot")
    assert shell.ok("config", "mode", "--project", "depot", "--json").json["mode"] == "manual"
    shell.set("SKILL_LEARNING_MODE", "auto")
    assert shell.ok("config", "mode", "--json").json == {
        "project": str(shell.project),
        "mode": "auto",
        "from_environment": True,
    }


@pytest.mark.proves("S30")
def test_templates_are_tried_and_the_faulty_one_is_named(shell: Shell) -> None:
    assert all(c["text"] for c in shell.ok("config", "template", "test", "--json").json)
    folder = shell.project / "words"
    folder.mkdir()
    (folder / "guardrail_message.j2").write_text("Nicht so: {{ tool }}")
    shell.set("FAILONCE_PATHS__TEMPLATES", str(folder))
    assert "Nicht so: read_file" in shell.ok("config", "template", "test").out
    (folder / "guardrail_message.j2").write_text("Nicht so: {{ tol }}")
    run = shell.run("config", "template", "test")
    assert run.code == 1
    assert "tol" in run.out


# ---------------------------------------------------------- doctor, install


def test_doctor_says_what_works_and_what_is_not_needed_yet(shell: Shell) -> None:
    found = {f["what"]: f["health"] for f in shell.ok("doctor", "--json").json}
    assert found["store"] == "ok"
    assert found["git"] == "not needed yet"
    assert set(found.values()) <= {"ok", "not needed yet", "partial", "absent"}
    (shell.project / "failonce.toml").write_text("[mine]\ntpo = 7\n")
    run = shell.run("doctor")
    assert run.code == 1
    assert "mine.tpo" in run.out


def test_doctor_shows_each_barrier_of_the_sandbox(shell: Shell) -> None:
    """With the cure where one does not hold; here all do, as far as bubblewrap is installed."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    found = {f["what"]: f for f in shell.ok("doctor", "--json").json}
    held = {what: f["health"] for what, f in found.items() if what.startswith("sandbox: ")}
    assert set(held) == {f"sandbox: {b}" for b in Barrier}
    assert set(held.values()) <= {"ok", "partial"}


def test_doctor_names_what_a_sandbox_needs(shell: Shell, tmp_path: Path) -> None:
    """With bubblewrap masked away: absent, with what to install, and no failure of the rest."""
    shell.set("PATH", str(tmp_path))
    run = shell.ok("doctor", "--json")
    (found,) = [f for f in run.json if f["what"].startswith("sandbox")]
    assert found["health"] == "absent"
    assert "install the package bubblewrap" in found["detail"]
    assert "nothing that was generated is run" in shell.ok("doctor").out


def test_a_store_is_chosen_by_option_variable_or_file(shell: Shell, tmp_path: Path) -> None:
    def used(*args: str) -> str:
        return str(shell.ok("status", "--json", *args).json["store"])

    (shell.project / "failonce.toml").write_text(f'[store]\nurl = "sqlite:///{tmp_path}/a.db"\n')
    assert used() == f"sqlite:///{tmp_path}/a.db"
    shell.set("FAILONCE_STORE__URL", f"sqlite:///{tmp_path}/b.db")
    assert used() == f"sqlite:///{tmp_path}/b.db"
    assert used("--store", f"sqlite:///{tmp_path}/c.db") == f"sqlite:///{tmp_path}/c.db"
    assert json.loads(shell.ok("audit", "list", "--json").out) == []


# ------------------------------------------------------------------ why, group


def test_why_explains_ids_lessons_and_texts(shell: Shell) -> None:
    fixer = shell.lesson("fixer")
    calls = [json.loads(line) for line in shell.ok("export", "calls").out.splitlines()]
    bad = [c["id"] for c in calls if c["tool"] == "read" and c["is_error"]]
    assert "the same failure" in shell.ok("why", bad[0], bad[1]).out
    one, other = shell.ok("failures", "--json").json
    said = shell.ok("why", one["short"], other["id"]).out
    assert "different failures" in said
    assert "component" in said
    read = next(f["short"] for f in (one, other) if f["tool"] == "read")
    found = shell.ok("why", fixer, read.lower(), "--json").json
    assert (found["same"], found["differences"]) == ("signature", [])
    texts = shell.ok("why", "no user 1734 at 10.0.0.1", "no user 99 at 10.0.0.7").out
    assert "the same failure" in texts
    text = shell.ok("why", read, "Error: disk full", "--json").json
    assert text["same"] == "nothing"
    assert {d["where"] for d in text["differences"]} == {"text"}


def test_why_names_an_id_that_nothing_has(shell: Shell) -> None:
    for ref in ("DEADBEEF", "GR-DEADBEEF", "0" * 32):
        run = shell.run("why", ref, "text")
        assert run.code == 2
        assert ref in run.err


def test_why_says_where_a_call_was_no_failure(shell: Shell) -> None:
    shell.learned()
    calls = [json.loads(line) for line in shell.ok("export", "calls").out.splitlines()]
    good = next(c["id"] for c in calls if not c["is_error"])
    assert "taken for good and not for a failure" in shell.ok("why", good, good).out


def test_group_answers_for_every_line_in_order(shell: Shell) -> None:
    path = shell.project / "app.log"
    path.write_text("user 17 gone\n\nno disk\nuser 4 gone\n")
    rows = shell.ok("group", path, "--format", "lines", "--json").lines
    assert [r["line"] for r in rows] == [1, 2, 3, 4]
    assert rows[0]["fingerprint"] == rows[3]["fingerprint"] != rows[2]["fingerprint"]
    assert rows[0]["cluster"] == rows[3]["cluster"] != rows[2]["cluster"]
    assert rows[0]["template"] == rows[3]["template"] != "user 17 gone"
    assert set(rows[0]) == {"line", "fingerprint", "cluster", "template"}
    assert "4 lines, 3 fingerprints, 3 clusters" in shell.ok("group", path).out
    assert not shell.data.exists()


def test_group_reads_a_column_of_a_table(shell: Shell) -> None:
    path = shell.project / "log.csv"
    path.write_text('LineId,Content\n1,"user 17, gone"\n2,"two\nlines 5"\n3,"user 4, gone"\n')
    rows = shell.ok("group", path, "--format", "csv", "--field", "Content", "--json").lines
    assert len(rows) == 3
    assert rows[0]["fingerprint"] == rows[2]["fingerprint"]
    run = shell.run("group", path, "--format", "csv", "--field", "Message")
    assert run.code == 2
    assert "LineId, Content" in run.err
    assert shell.run("group", "missing.log").code == 2
    assert shell.run("group", shell.project).code == 2


def test_words_that_vary_share_a_cluster(shell: Shell) -> None:
    names = "anna bert carl dora emil fritz gerd hans".split()  # noqa: SIM905 - it reads better
    path = shell.project / "app.log"
    path.write_text("".join(f"no home folder for user {name} here\n" for name in names))
    rows = shell.ok("group", path, "--json").lines
    assert len({r["fingerprint"] for r in rows}) == len(names)
    assert len({r["cluster"] for r in rows}) == 1


def test_status_tells_what_became_of_reports(shell: Shell) -> None:
    """Nothing where nobody reported; then what was stored, spooled, dropped, and lost."""
    assert "Reports" not in shell.ok("status").out
    store = store_path(shell.ok("status", "--json").json["store"])

    def there(pause: Callable[[], None]) -> StoreSink:
        return StoreSink.open(store_url(store), scheme=SCHEME_VERSION, pause=pause)

    def away(_: Callable[[], None]) -> StoreSink:
        raise StoreUnreadable("away")

    for first, sink in ((0, there), (10, away)):
        writer = Writer(folder_beside(store), sink)
        for n in range(first, first + 3):
            writer.put(lambda n=n: [evidence(n)])  # type: ignore[misc]
        assert writer.flush(30)
        writer.close(30)
    assert enter(folder_beside(store), Counts(taken=9, done=5, stored=5, overflowed=4))
    found = shell.ok("status", "--json").json["reports"]
    assert (found["taken"], found["stored"], found["spooled"], found["waiting"]) == (15, 8, 3, 0)
    assert (found["dropped"], found["queue_full"], found["lost_with_their_process"]) == (8, 4, 4)
    said = shell.ok("status").out
    assert "Reports  15: 8 stored, 3 spooled, 0 on their way; the spool holds" in said
    assert "8 dropped: 4 as the queue was full, 4 at most, with processes that were killed" in said

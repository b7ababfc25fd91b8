"""`failonce prune`, `forget`, `store backup` and `store restore`, as somebody types them."""

import re
from datetime import UTC, datetime, timedelta

from tests.surfaces.cli.made import Shell, call, history, write

NOW = datetime.now(UTC)


def recent(sessions: int) -> list[dict[str, object]]:
    """Calls of yesterday, one of which fails in each session."""
    return [
        {
            **call("read", {"path": f"{s}-{n}"}, "Error: gone" if n == 0 else "", session=f"n{s}"),
            "ts": (NOW - timedelta(days=1, minutes=s)).isoformat(),
        }
        for s in range(sessions)
        for n in range(3)
    ]


def test_old_calls_go_and_all_else_goes_on(shell: Shell) -> None:
    """Counts, lessons, their cards, replay and mining; and importing again brings nothing back."""
    old = write(shell.project / "old.jsonl", history())
    new = write(shell.project / "new.jsonl", recent(4))
    shell.ok("import", old)
    shell.ok("import", new)
    shell.ok("mine", "--project", "shop", "--as-of", "2026-03-01")
    lessons = shell.ok("lessons", "--json").json
    ids = [x["id"] for x in lessons]
    assert len(ids) >= 2
    shell.ok("approve", ids[0])
    before = shell.ok("status", "--json").json
    failures = shell.ok("failures", "--json").json
    told = shell.ok("prune", "--events", "90d", "--dry-run")
    assert "Nothing was changed" in told.out
    dry = shell.ok("prune", "--events", "90d", "--dry-run", "--json").json
    (shop,) = dry["projects"]
    support = {n for x in lessons for n in x["support"]}
    assert shop["cited"] == len(support) > 0
    assert shop["events"] == 384 - len(support)
    assert shell.ok("status", "--json").json["calls"] == before["calls"]
    gone = shell.ok("prune", "--events", "90d")
    assert f"Removed {shop['events']} events" in gone.out
    after = shell.ok("status", "--json").json
    for name in ("calls", "failures", "failures_7d", "classes", "projects", "lessons"):
        assert after[name] == before[name]
    now = shell.ok("failures", "--json").json
    for name in ("id", "hits", "hits_7d", "hits_30d", "sessions"):
        assert [f[name] for f in now] == [f[name] for f in failures]
    for one in ids:
        assert "Learned from" in shell.ok("show", one).out
    shell.ok("replay", new)
    assert "shop" in shell.ok("mine", "--project", "shop").out
    again = shell.ok("import", old)
    assert f"{shop['events']} not taken in: older than is kept" in again.out
    assert shell.ok("status", "--json").json["calls"] == before["calls"]
    nothing = shell.ok("prune", "--events", "90d")
    assert "Nothing to prune, because nothing that may go is older." in nothing.out
    assert "removed" in shell.ok("audit", "list").out or "pruned" in shell.ok("audit", "list").out
    assert shell.ok("audit", "verify", "--json").json["intact"]


def test_nothing_is_pruned_where_nobody_says_how_long(shell: Shell) -> None:
    """It says so, and what to set; settings, options and repositories that ask for nonsense are
    refused in a line."""
    shell.ok("import", write(shell.project / "old.jsonl", history()))
    told = shell.ok("prune")
    assert "Nothing to prune, because everything is kept: retention.events is not set" in told.out
    assert shell.ok("prune", "--json").json["events_since"] is None
    for words, why in (
        (("--events", "soon"), "a number and its unit"),
        (("--events", "1h"), "at least 1d"),
        (("--events", "90d", "--counts", "30d"), "Make it longer"),
        (("--counts", "1h"), "at least 1d"),
    ):
        refused = shell.run("prune", *words)
        assert refused.code == 2
        assert why in refused.err
        assert refused.err.count("\n") == 1
    (shell.project / "failonce.toml").write_text('[retention]\nevents = "1d"\n')
    refused = shell.run("prune")
    assert refused.code == 2
    assert "a project cannot set `retention`" in refused.err
    (shell.project / "failonce.toml").unlink()
    shell.set("FAILONCE_RETENTION__EVENTS", "90d")
    shell.set("FAILONCE_RETENTION__COUNTS", "90d")
    gone = shell.ok("prune", "--shrink", "--json").json
    assert (gone["events"], gone["counts"]) == (384, 2)
    assert shell.ok("failures", "--json").json == []
    shell.set("FAILONCE", "off")
    assert shell.run("prune").code == 4


def test_a_person_is_forgotten_and_the_lesson_says_so(shell: Shell) -> None:
    """First it says what would go; then it does, and names what it cannot reach."""
    calls = history()
    for one in calls:
        if one["session"] == "e1":
            one["args"] = {**one["args"], "owner": "anna@example.org"}
    path = write(shell.project / "calls.jsonl", calls)
    shell.ok("import", path)
    shell.ok("mine", "--project", "shop", "--as-of", "2026-03-01")
    one = next(x for x in shell.ok("lessons", "--json").json if x["target"] == "get_entity")
    assert b"anna@example.org" in shell.store.read_bytes() + wal(shell)
    dry = shell.ok("forget", "--text", "ANNA@example.org", "--dry-run")
    assert "shop" in dry.out
    assert f"{one['id']} version 1 was learned from" in dry.out
    assert "Nothing was changed" in dry.out
    refused = shell.run("forget", "--text", "anna@example.org")
    assert refused.code == 4
    assert "--yes" in refused.err
    done = shell.run("forget", "--text", "anna@example.org", "--yes")
    assert "gone from the store" in done.out
    assert "written anew" in done.out
    assert "recordings themselves" in done.out
    assert b"anna@example.org" not in shell.store.read_bytes() + wal(shell)
    card = " ".join(shell.ok("show", one["id"]).out.split())
    assert re.search(r"1 of \d+ events that taught it was forgotten", card)
    assert shell.ok("show", one["id"], "--json").json["proof"] == one["proof"]
    shell.ok("import", path)
    assert b"anna@example.org" not in shell.store.read_bytes() + wal(shell)
    entries = shell.ok("audit", "list", "--json").out
    assert "forgotten" in entries
    assert "anna@example.org" not in entries
    assert shell.ok("audit", "verify", "--json").json["intact"]
    again = shell.ok("forget", "--text", "anna@example.org", "--yes")
    assert "Nothing that is recorded is theirs" in again.out


def wal(shell: Shell) -> bytes:
    path = shell.store.with_name(f"{shell.store.name}-wal")
    return path.read_bytes() if path.exists() else b""


def test_what_forgetting_cannot_reach_is_named(shell: Shell) -> None:
    """A lesson's own text, a word in the audit, a file of ours: listed, with what to do."""
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    rule = shell.ok("learn", "notes", "Ask Anna Example before you read.", "--json").json
    shell.ok("reject", rule["id"], "--reason", "Anna Example says no")
    (shell.project / "skills").mkdir(exist_ok=True)
    (shell.project / "skills" / "note.md").write_text("by Anna Example")
    found = shell.run("forget", "--text", "anna example", "--yes")
    assert found.code == 1
    assert f"version 1 of {rule['id']}" in found.out
    assert "of the audit: its words are part of the chain" in found.out
    assert "note.md" in found.out
    told = shell.run("forget", "--text", "anna example", "--yes", "--json").json
    assert any("note.md" in place for place in told["left"])
    for words in ((), ("--text", "a"), ("--text", "anna", "--session", "e1")):
        refused = shell.run("forget", *words)
        assert refused.code == 2
        assert refused.err.count("\n") == 1


def test_a_session_is_forgotten(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    told = shell.ok("forget", "--session", "e1", "--yes", "--json").json
    assert [(t["project"], t["events"]) for t in told["projects"]] == [("shop", 10)]
    assert shell.ok("forget", "--session", "e1", "--dry-run", "--json").json["projects"] == []


def test_names_that_outlived_their_events_are_forgotten_too(shell: Shell) -> None:
    """Pruned long ago, or left by a run that was stopped in its middle."""
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    shell.ok("prune", "--events", "90d")
    before = {f["id"]: f["sessions"] for f in shell.ok("failures", "--json").json}
    entries = shell.ok("audit", "list", "--json").json
    assert "nobody to ask" in shell.run("forget", "--session", "e1").err
    (told,) = shell.ok("forget", "--session", "e1", "--dry-run", "--json").json["projects"]
    assert (told["events"], told["sessions"]) == (0, 1)
    assert shell.ok("audit", "list", "--json").json == entries
    shell.ok("forget", "--session", "e1", "--yes")
    assert "Nothing that is recorded is theirs" in shell.ok("forget", "--session", "e1").out
    after = {f["id"]: f["sessions"] for f in shell.ok("failures", "--json").json}
    assert sum(after.values()) < sum(before.values())


def test_a_store_is_backed_up_and_restored(shell: Shell) -> None:
    """Lessons are in force again; what is there is not overwritten."""
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    shell.ok("mine", "--project", "shop")
    one = next(x for x in shell.ok("lessons", "--json").json if x["target"] == "get_entity")
    shell.ok("approve", one["id"])
    status = shell.ok("status", "--json").json
    file = shell.project / "store.backup"
    made = shell.ok("store", "backup", file)
    assert "rows of" in made.out
    assert "store restore" in made.out
    again = shell.run("store", "backup", file)
    assert (again.code, "is there already" in again.err) == (2, True)
    assert "both hold the same" in shell.ok("store", "restore", file).out
    shell.ok("import", write(shell.project / "more.jsonl", recent(1)))
    full = shell.run("store", "restore", file)
    assert full.code == 2
    assert "holds something else already" in full.err
    for path in shell.data.iterdir():
        path.rename(shell.project / f"lost-{path.name}")
    assert shell.ok("lessons", "--json").json == []
    told = shell.ok("store", "restore", file)
    assert "both hold the same" in told.out
    assert "verifies" in told.out
    shell.ok("files", "write")
    now = shell.ok("status", "--json").json
    for name in ("calls", "failures", "lessons", "in_force"):
        assert now[name] == status[name]
    assert shell.ok("audit", "verify", "--json").json["intact"]
    assert one["id"] in shell.ok("show", one["id"]).out
    bad = shell.project / "bad"
    bad.write_bytes(file.read_bytes()[:-5000])
    damaged = shell.run("store", "restore", bad, "--store", f"sqlite:///{shell.project}/x.db")
    assert damaged.code == 3
    assert "damaged" in damaged.err
    assert damaged.err.count("\n") == 1


def test_status_says_how_long_all_is_kept(shell: Shell) -> None:
    """Nothing where all is kept for ever."""
    assert "Kept" not in shell.ok("status").out
    assert shell.ok("status", "--json").json["kept_days"] == {"events": None, "counts": None}
    shell.set("FAILONCE_RETENTION__EVENTS", "90d")
    assert "Kept     for 90 days, daily counts for ever," in shell.ok("status").out
    shell.set("FAILONCE_RETENTION__COUNTS", "400d")
    assert "Kept     for 90 days, daily counts for 400 days," in shell.ok("status").out
    assert shell.ok("status", "--json").json["kept_days"] == {"events": 90, "counts": 400}

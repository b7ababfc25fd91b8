"""Lessons put before people at a GitHub, and what they do there."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.forge import BOT, OWNER, Cut, Forge, People
from tests.surfaces.cli.made import Run, Shell

pytestmark = pytest.mark.slow

WAITING = "failonce/waiting"


def lessons(shell: Shell) -> dict[str, dict[str, Any]]:
    """The lessons by kind."""
    return {x["kind"]: x for x in shell.ok("lessons", "--json").json}


def states(shell: Shell) -> dict[str, str]:
    """Their states by kind."""
    return {kind: x["state"] for kind, x in lessons(shell).items()}


def proposed(run: Run) -> dict[str, Any]:
    """What became of the only branch."""
    (found,) = run.json["proposed"]
    assert isinstance(found, dict)
    return found


def last(shell: Shell, lesson: str) -> dict[str, Any]:
    """The last entry on a lesson that moved it."""
    entries = shell.ok("show", lesson, "--json").json["history"]
    return [x for x in entries if x["after"]][-1]


def everything(folder: Path) -> tuple[str, ...]:
    """What of a clone is the user's: state, index, references, files."""
    there = People(folder)
    refs = there.git("for-each-ref", "--format=%(refname) %(objectname)")
    own = [x for x in refs.splitlines() if not x.startswith("refs/failonce/")]
    files = sorted(str(p) for p in folder.rglob("*") if ".git" not in p.parts)
    index = (folder / ".git/index").read_bytes().hex()
    heads = (folder / ".git/HEAD").read_text(), str((folder / ".git/FETCH_HEAD").exists())
    return (there.git("status", "--porcelain"), index, *own, *files, *heads)


@pytest.mark.proves("S2", "S17")
def test_all_that_waits_is_in_one_pull_request_and_nothing_of_the_users_is_touched(
    hosted: Shell, people: People
) -> None:
    before = everything(hosted.project)
    done = proposed(hosted.ok("propose", "--pr", "--json"))
    assert done["opened"]
    assert everything(hosted.project) == before
    (pull,) = people.pulls()
    assert pull["user"]["login"] == BOT
    assert pull["head"]["ref"] == WAITING
    assert pull["base"]["ref"] == "main"
    files = people.files(WAITING)
    assert {x.partition("_")[0] for x in files} == {f"skills/{x}" for x in done["lessons"]}
    assert all("status: approved" in x for x in files.values())
    for lesson in lessons(hosted).values():
        assert lesson["id"] in pull["body"]
    assert "Would have prevented" in pull["body"]
    assert "- [ ] I read the file" in pull["body"]
    assert "read(path=" in pull["body"]


def test_the_same_again_changes_nothing(hosted: Shell, people: People) -> None:
    hosted.ok("propose", "--pr")
    head = people.git("ls-remote", "origin", WAITING)
    done = proposed(hosted.ok("propose", "--pr", "--json"))
    assert not any(done[x] for x in ("pushed", "opened", "rewritten"))
    assert people.git("ls-remote", "origin", WAITING) == head
    assert len(people.pulls()) == 1


@pytest.mark.proves("S2", "S8", "S9")
def test_a_merge_approves_what_it_holds_by_whoever_merged(hosted: Shell, people: People) -> None:
    hosted.ok("propose", "--pr")
    people.merge(WAITING)
    run = hosted.ok("pr", "poll")
    assert run.out.count(f"approved by {OWNER}") == 2
    assert set(states(hosted).values()) == {"on trial"}
    (pull,) = people.pulls()
    for lesson in lessons(hosted).values():
        entry = last(hosted, lesson["id"])
        assert (entry["action"], entry["actor"]) == ("approve", OWNER)
        assert entry["via"].startswith(f"{pull['html_url']}, commit ")
    assert "Nobody decided" in hosted.ok("pr", "poll").out
    assert "Nothing waits" in hosted.ok("propose", "--pr").out
    assert "The audit holds" in hosted.ok("audit", "verify").out


def test_to_close_one_rejects_what_it_holds(hosted: Shell, people: People) -> None:
    hosted.ok("propose", "--pr")
    people.close(WAITING)
    assert hosted.ok("pr", "poll").out.count(f"rejected by {OWNER}") == 2
    assert set(states(hosted).values()) == {"rejected"}
    name = lessons(hosted)["fixer"]["id"]
    hosted.ok("reopen", name)
    assert "Nobody decided" in hosted.ok("pr", "poll").out, "a decision counts once"
    assert proposed(hosted.ok("propose", "--pr", "--json"))["lessons"] == [name]
    assert len(people.pulls("open")) == 1


def test_a_file_that_is_taken_out_is_rejected_and_the_others_are_approved(
    hosted: Shell, people: People
) -> None:
    hosted.ok("propose", "--pr")
    out = next(x for x in people.files(WAITING) if "/FX-" in x)
    people.take(WAITING)
    people.write(out, None)
    people.push(WAITING)
    kept = proposed(hosted.ok("propose", "--pr", "--json"))
    assert kept["kept_out"] == [lessons(hosted)["fixer"]["id"]]
    assert out not in people.files(WAITING)
    people.merge(WAITING)
    hosted.ok("pr", "poll")
    assert states(hosted) == {"fixer": "rejected", "guardrail": "on trial"}


def test_a_text_that_is_changed_in_the_branch_is_judged_anew(hosted: Shell, people: People) -> None:
    """And what people wrote there stays when the pull request is brought up to date."""
    hosted.ok("propose", "--pr", lessons(hosted)["guardrail"]["id"])
    (pull,) = people.pulls()
    branch, before = pull["head"]["ref"], lessons(hosted)["guardrail"]
    (path,) = people.files(branch)
    people.edit(branch, path, "Change that and call", "Ask Ada and call")
    text = people.files(branch)[path]
    hosted.ok("propose", "--pr", before["id"])
    assert people.files(branch)[path] == text
    assert "was changed in this branch" in people.pulls()[0]["body"]
    people.merge(branch)
    hosted.ok("pr", "poll")
    now = lessons(hosted)["guardrail"]
    assert (now["state"], now["version"]) == ("on trial", 2)
    assert "Ask Ada" in now["body"]
    assert now["digest"] != before["digest"]
    assert last(hosted, now["id"])["digest"] == now["digest"]


def test_the_gate_stands_above_a_merge(hosted: Shell, people: People) -> None:
    """A guardrail that is widened to all calls is refused, whoever merged it."""
    name = lessons(hosted)["guardrail"]["id"]
    hosted.ok("propose", "--pr", name)
    branch = f"failonce/lesson/{name}"
    (path,) = people.files(branch)
    people.edit(branch, path, "detailed", "entity")
    people.merge(branch)
    for _ in range(2):
        run = hosted.run("pr", "poll")
        assert run.code == 1
        assert f"{name} stays as it is: The gate refused" in run.out
    assert lessons(hosted)["guardrail"]["state"] == "waiting"
    assert lessons(hosted)["guardrail"]["version"] == 1


@pytest.mark.parametrize("squash", [False, True])
def test_undo_by_pull_request(hosted: Shell, people: People, squash: bool) -> None:
    name = lessons(hosted)["fixer"]["id"]
    hosted.ok("propose", "--pr", name)
    people.merge(f"failonce/lesson/{name}", squash=squash)
    hosted.ok("pr", "poll")
    assert states(hosted)["fixer"] == "on trial"
    hosted.ok("propose", "--pr", "--undo", name)
    branch = f"failonce/undo/{name}"
    people.close(branch)
    hosted.ok("pr", "poll")
    assert states(hosted)["fixer"] == "on trial", "closed, it stays in force"
    hosted.ok("propose", "--pr", "--undo", name)
    assert [x["head"]["ref"] for x in people.pulls("open")] == [branch]
    people.merge(branch, squash=squash)
    hosted.ok("pr", "poll")
    assert states(hosted)["fixer"] == "undone"
    assert last(hosted, name)["actor"] == OWNER
    assert people.files("main") == {}


def test_what_is_reverted_by_hand_is_undone_once(hosted: Shell, people: People) -> None:
    name = lessons(hosted)["fixer"]["id"]
    hosted.ok("propose", "--pr", name)
    people.merge(f"failonce/lesson/{name}")
    hosted.ok("pr", "poll")
    people.git("revert", "-m", "1", "--no-edit", "HEAD")
    people.push("main")
    hosted.ok("pr", "poll")
    assert states(hosted)["fixer"] == "undone"
    assert last(hosted, name)["actor"] == people.who
    hosted.ok("reopen", name)
    hosted.ok("approve", name)
    assert "Nobody decided" in hosted.ok("pr", "poll").out
    assert states(hosted)["fixer"] == "on trial"


def test_what_was_decided_elsewhere_leaves_the_pull_request(hosted: Shell, people: People) -> None:
    hosted.ok("propose", "--pr")
    found = lessons(hosted)
    hosted.ok("reject", found["fixer"]["id"])
    hosted.ok("propose", "--pr")
    assert {x.partition("_")[0] for x in people.files(WAITING)} == {
        f"skills/{found['guardrail']['id']}"
    }
    hosted.ok("reject", found["guardrail"]["id"])
    assert proposed(hosted.ok("propose", "--pr", "--json"))["closed"]
    assert people.pulls("open") == []
    assert "Nobody decided" in hosted.ok("pr", "poll").out


@pytest.mark.parametrize("cut", list(Cut))
def test_a_network_that_goes_away_half_way_leaves_nothing_double(
    hosted: Shell, people: People, forge: Forge, cut: Cut
) -> None:
    forge.line.rule = lambda method, path: (
        cut if method == "POST" and path.endswith("/pulls") else None
    )
    run = hosted.run("propose", "--pr")
    assert run.code == 3
    assert "could not be reached" in run.err
    assert WAITING in people.branches()
    head = people.git("ls-remote", "origin", WAITING)
    forge.line.whole()
    hosted.ok("propose", "--pr")
    assert len(people.pulls()) == 1
    assert people.git("ls-remote", "origin", WAITING) == head, "nothing is pushed twice"
    people.merge(WAITING)
    hosted.ok("pr", "poll")
    assert set(states(hosted).values()) == {"on trial"}


@pytest.mark.parametrize("cut", list(Cut))
def test_killed_between_push_and_pull_request_it_goes_on(
    hosted: Shell, people: People, forge: Forge, cut: Cut
) -> None:
    def kill() -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    forge.line.gone = kill
    forge.line.rule = lambda method, path: (
        cut if method == "POST" and path.endswith("/pulls") else None
    )
    process = subprocess.Popen(hosted.argv("propose", "--pr"))
    assert process.wait(timeout=60) == -signal.SIGKILL
    forge.line.whole()
    assert len(people.pulls()) == (1 if cut is Cut.AFTER else 0)
    hosted.ok("propose", "--pr")
    assert len(people.pulls()) == 1


def test_no_network_at_all_is_one_line(hosted: Shell, forge: Forge) -> None:
    forge.line.rule = lambda _method, _path: Cut.BEFORE
    run = hosted.run("pr", "poll")
    assert run.code == 3
    assert run.err.count("\n") == 1

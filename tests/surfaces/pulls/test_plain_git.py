"""Any other forge: branches are pushed, and what stands on the base was reviewed."""

import json
import sys

import pytest

from tests.forge import People
from tests.surfaces.cli.made import Shell
from tests.surfaces.pulls.test_hosted import WAITING, last, lessons, proposed, states


def test_the_branch_is_pushed_and_the_command_says_what_to_open(
    shell: Shell, people: People
) -> None:
    run = shell.ok("propose", "--pr")
    assert WAITING in people.branches()
    assert f"pushed to the branch {WAITING}" in run.out
    assert "Open a pull request from it into main" in run.out
    assert "stands as it should" in shell.ok("propose", "--pr").out


def test_what_a_forge_says_to_a_push_is_passed_on(shell: Shell, people: People) -> None:
    hook = people.remote / "hooks/post-receive"
    hook.write_text(
        "#!/bin/sh\necho 'Create a request:' >&2\necho '  https://forge.test/new/1' >&2\n"
    )
    hook.chmod(0o755)
    assert "https://forge.test/new/1" in shell.ok("propose", "--pr").out


@pytest.mark.proves("S2", "S8", "S9")
def test_whoever_merges_is_the_reviewer(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    people.merge(WAITING)
    shell.ok("pr", "poll")
    assert set(states(shell).values()) == {"on trial"}
    for lesson in lessons(shell).values():
        entry = last(shell, lesson["id"])
        assert entry["actor"] == people.who
        assert entry["via"].startswith("commit ")
    assert "Nobody decided" in shell.ok("pr", "poll").out


def test_a_branch_that_is_only_moved_forward_names_nobody(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    people.take()
    people.git("merge", "-q", "--ff-only", f"origin/{WAITING}")
    people.push("main")
    run = shell.run("pr", "poll")
    assert run.code == 1
    assert "which is no person" in run.out
    assert set(states(shell).values()) == {"waiting"}


@pytest.mark.proves("S8", "S9")
def test_files_that_are_moved_on_the_base_are_a_review(shell: Shell, people: People) -> None:
    """As the second seed says: moved, approved, and of a fixer not dry any more."""
    folder = shell.project / "skills/proposed"
    shell.ok("propose")
    found = {x.name: x.read_text() for x in folder.iterdir()}
    for name, text in found.items():
        people.write(f"skills/proposed/{name}", text)
    people.push("main")
    assert "Nobody decided" in shell.ok("pr", "poll").out
    for name, text in found.items():
        people.write(f"skills/proposed/{name}", None)
        people.write(f"skills/{name}", text.replace("status: proposed", "status: approved"))
    people.push("main")
    run = shell.run("pr", "poll")
    assert run.code == 1
    assert "`dry_run` is still true" in run.out
    assert states(shell) == {"fixer": "waiting", "guardrail": "on trial"}
    fixer = next(x for x in found if x.startswith("FX-"))
    people.edit("main", f"skills/{fixer}", "dry_run: true", "dry_run: false")
    shell.ok("pr", "poll")
    assert states(shell)["fixer"] == "on trial"


@pytest.mark.proves("S6", "S7", "S8", "S9")
def test_files_that_are_moved_here_are_a_review(shell: Shell) -> None:
    """`mv`, `sed`, and one command: nobody needs a remote for it."""
    shell.ok("propose")
    for path in (shell.project / "skills/proposed").iterdir():
        there = path.rename(shell.project / "skills" / path.name)
        text = there.read_text().replace("status: proposed", "status: approved")
        there.write_text(text.replace("dry_run: true", "dry_run: false"))
    assert shell.ok("pr", "files").out.count("approved by") == 2
    assert set(states(shell).values()) == {"on trial"}
    name = lessons(shell)["fixer"]["id"]
    for _ in range(2):
        shell.ok("wrong", name)
    assert states(shell)["fixer"] == "waiting"
    assert "Nobody decided" in shell.ok("pr", "files").out, "the file's word was heard before"


def test_a_moved_file_passes_the_gate(shell: Shell) -> None:
    shell.ok("propose", lessons(shell)["guardrail"]["id"])
    (path,) = (shell.project / "skills/proposed").iterdir()
    there = path.rename(shell.project / "skills" / path.name)
    text = there.read_text().replace("status: proposed", "status: approved")
    there.write_text(text.replace("detailed", "entity"))
    run = shell.run("pr", "files")
    assert run.code == 1
    assert "The gate refused" in run.out
    assert states(shell)["guardrail"] == "waiting"


def test_a_file_that_is_taken_out_of_the_branch_is_rejected(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    out = next(x for x in people.files(WAITING) if "/FX-" in x)
    people.take(WAITING)
    people.write(out, None)
    people.push(WAITING)
    people.merge(WAITING)
    shell.ok("pr", "poll")
    assert states(shell) == {"fixer": "rejected", "guardrail": "on trial"}
    shell.ok("reopen", lessons(shell)["fixer"]["id"])
    assert "Nobody decided" in shell.ok("pr", "poll").out


def test_a_file_says_nothing_of_another_projects_lessons(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    people.merge(WAITING)
    shell.set("FAILONCE_PROJECT", "another")
    assert "Nobody decided" in shell.ok("pr", "poll").out
    shell.set("FAILONCE_PROJECT", "shop")
    assert set(states(shell).values()) == {"waiting"}


def test_a_decision_that_is_newer_than_the_merge_stands(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    people.merge(WAITING)
    shell.ok("pr", "poll")
    name = lessons(shell)["fixer"]["id"]
    shell.ok("undo", name)
    shell.ok("reopen", name)
    assert "Nobody decided" in shell.ok("pr", "poll").out
    assert states(shell)["fixer"] == "waiting"
    assert f"{name} stood approved in main" in shell.ok("propose", "--pr").out


def test_what_was_put_off_leaves_the_branch_and_comes_back(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    both = people.files(WAITING)
    name = lessons(shell)["fixer"]["id"]
    shell.ok("snooze", name, "7d")
    shell.ok("propose", "--pr")
    assert not any(name in x for x in people.files(WAITING))
    shell.ok("reject", name)
    shell.ok("reopen", name)
    shell.ok("propose", "--pr")
    assert people.files(WAITING).keys() == both.keys()


def test_what_has_a_branch_of_its_own_is_in_no_other(shell: Shell, people: People) -> None:
    shell.ok("propose", "--pr")
    name = lessons(shell)["fixer"]["id"]
    shell.ok("propose", "--pr", name)
    shell.ok("propose", "--pr")
    assert not any(name in x for x in people.files(WAITING))
    assert any(name in x for x in people.files(f"failonce/lesson/{name}"))


def test_two_people_are_wanted_for_a_text_that_one_changed(shell: Shell, people: People) -> None:
    shell.set("FAILONCE_REVIEW__SELF_APPROVAL", "false")
    name = lessons(shell)["guardrail"]["id"]
    shell.ok("propose", "--pr", name)
    branch = f"failonce/lesson/{name}"
    (path,) = people.files(branch)
    people.edit(branch, path, "Change that and call", "Ask Ada and call")
    people.merge(branch)
    run = shell.run("pr", "poll")
    assert run.code == 1
    assert "Ask somebody else" in run.out
    found = lessons(shell)["guardrail"]
    assert (found["state"], found["version"]) == ("waiting", 2)
    assert shell.run("pr", "poll").code == 1, "nor by asking again"
    shell.ok("approve", name)


def test_an_older_text_that_was_merged_is_not_approved(shell: Shell, people: People) -> None:
    name = lessons(shell)["guardrail"]["id"]
    shell.ok("propose", "--pr", name)
    branch = f"failonce/lesson/{name}"
    (text,) = people.files(branch).values()
    new = shell.home / "new.yaml"
    body = lessons(shell)["guardrail"]["body"]
    new.write_text(body.replace("Change that and call", "Ask Ada and call"))
    shell.ok("edit", name, "--file", new)
    people.merge(branch)
    run = shell.run("pr", "poll")
    assert run.code == 1
    assert "older text" in run.out
    done = proposed(shell.ok("propose", "--pr", name, "--json"))
    assert done["pushed"]
    (now,) = people.files(branch).values()
    assert "Ask Ada" in now
    assert "Ask Ada" not in text


def test_a_project_cannot_say_whose_word_is_a_review(shell: Shell) -> None:
    (shell.project / "failonce.toml").write_text('[pr]\nurl = "https://evil.test"\n')
    run = shell.run("pr", "poll")
    assert run.code == 2
    assert "a project cannot set `pr`" in run.err


def test_without_the_extra_one_line_says_what_to_install(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "github", None)
    shell.set("FAILONCE_PR__URL", "http://localhost:1")
    shell.set("FAILONCE_PR__REPOSITORY", "us/shop")
    shell.set("GITHUB_TOKEN", "t")
    run = shell.run("propose", "--pr")
    assert run.code == 2
    assert "pip install 'failonce[github]'" in run.err
    assert run.err.count("\n") == 1


def test_a_token_is_not_sent_where_others_read_it(shell: Shell) -> None:
    shell.set("FAILONCE_PR__URL", "http://forge.test/api/v3")
    shell.set("FAILONCE_PR__REPOSITORY", "us/shop")
    shell.set("GITHUB_TOKEN", "t")
    run = shell.run("pr", "poll")
    assert run.code == 2
    assert "https:// only" in run.err


def test_outside_of_a_clone_one_line_says_so(shell: Shell) -> None:
    People(shell.project).git("remote", "remove", "origin")
    run = shell.run("pr", "poll")
    assert run.code == 2
    assert "no git repository with a remote `origin`" in run.err


def test_a_remote_that_is_gone_is_one_line(shell: Shell, people: People) -> None:
    people.remote.rename(people.remote.with_name("elsewhere"))
    run = shell.run("pr", "poll")
    assert run.code == 3
    assert run.err.count("\n") == 1


def test_what_waits_for_another_project_is_named_and_not_written(shell: Shell) -> None:
    """Whoever mined recordings of another name would wonder where the lessons are."""
    shell.learned()
    said = shell.ok("propose", "--project", "nothing-here").out
    assert "0 lessons written" in said
    assert "failonce propose --project shop" in said
    assert "1 lesson" in shell.ok("propose", shell.learned()[0]["id"], "--project", "shop").out


def test_the_workflow_is_yaml_with_the_seeds_inputs(shell: Shell) -> None:
    from ruamel.yaml import YAML

    told = YAML(typ="safe", pure=True).load(shell.ok("pr", "workflow").out)
    inputs = told["on"]["workflow_dispatch"]["inputs"]
    assert {k: v["default"] for k, v in inputs.items()} == {"min_hits": "2", "top_n": "50"}
    assert told["on"]["schedule"] == [{"cron": "0 */6 * * *"}]
    assert told["permissions"] == {"contents": "write", "pull-requests": "write"}
    scripts = [s["run"] for job in told["jobs"].values() for s in job["steps"] if "run" in s]
    assert not any("${{" in x for x in scripts), "nothing typed in becomes part of a script"
    assert json.dumps(told).count("failonce propose --pr") == 1

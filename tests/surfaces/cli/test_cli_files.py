"""`failonce files`: where lessons stand, what they cost, and what people wrote there."""

from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell, history, write

RULE = "Do not pass `detailed` to get_entity."


@pytest.fixture
def chosen(shell: Shell) -> Shell:
    """A project whose settings name every kind of place."""
    (shell.project / "failonce.toml").write_text(
        '[files]\nblocks = "AGENTS.md"\nagent_skills = ".claude/skills"\nyaml = true\n'
    )
    return shell


def approved(shell: Shell, sentence: str = RULE) -> str:
    name = str(shell.ok("learn", "homeassistant", sentence, "--json").json["id"])
    shell.ok("approve", name)
    return name


def test_files_and_their_cost_are_listed(chosen: Shell) -> None:
    (chosen.project / "AGENTS.md").write_text("# Agents\n")
    assert "No lesson stands in a file yet" in chosen.ok("files").out
    name = approved(chosen)
    found = chosen.ok("files", "--json").json
    assert {Path(x["path"]).name: x["form"] for x in found["files"]} == {
        "homeassistant.md": "skill file",
        "SKILL.md": "agent skill",
        "AGENTS.md": "block",
    }
    assert {x["standing"] for x in found["files"]} == {"as it should be"}
    assert {tuple(x["lessons"]) for x in found["files"]} == {(name,)}
    inside = (chosen.project / "AGENTS.md").read_text().removeprefix("# Agents\n")
    (agents,) = [x for x in found["files"] if x["form"] == "block"]
    assert agents["tokens_at_start"] == -(-len(inside) // 4)
    assert found["tokens_at_start"] > agents["tokens_at_start"]
    assert f"about {found['tokens_at_start']:,} tokens" in chosen.ok("files").out
    said = chosen.ok("status").out
    assert f"about {found['tokens_at_start']:,} tokens when an agent starts" in said
    assert chosen.ok("status", "--json").json["files"] == found


def test_status_says_what_differs_and_one_command_takes_it_in(chosen: Shell) -> None:
    name = approved(chosen)
    agents = chosen.project / "AGENTS.md"
    good = agents.read_text()
    agents.write_text(good.replace("Do not", "Never") + "mine\n")
    card = chosen.project / "skills/homeassistant.md"
    card.write_text(card.read_text().replace("- Do", "- Ask before you switch.\n- Do"))
    said = chosen.ok("status").out
    assert "2 edited, 1 as it should be" in said
    assert "2 edits by hand: failonce files adopt" in said
    listing = chosen.ok("files").out
    assert "edited: 1 changed" in listing
    assert "edited: 1 new" in listing
    run = chosen.ok("files", "adopt", "--json").json
    assert {x["body"] for x in run["offered"]} == {
        "Never pass `detailed` to get_entity.",
        "Ask before you switch.",
    }
    assert {x["state"] for x in run["offered"]} == {"waiting"}
    assert (run["gone"], run["undone"], run["unused"]) == ([], [], [])
    assert agents.read_text() == good + "mine\n"
    assert "by hand" not in chosen.ok("status").out
    assert "nothing to take in" in chosen.ok("files", "adopt").out
    (changed,) = [x["id"] for x in run["offered"] if x["id"] != name and "Never" in x["body"]]
    chosen.ok("approve", changed)
    assert "Never pass" in agents.read_text()


def test_a_decision_says_where_the_lesson_stands_and_what_waits(chosen: Shell) -> None:
    name = chosen.ok("learn", "homeassistant", RULE, "--json").json["id"]
    said = chosen.ok("approve", name).out
    assert "It stands in skills/homeassistant.md, .claude/skills/failonce-homeassistant/" in said
    assert ", AGENTS.md; an agent reads about" in said
    assert "tokens of these when it starts" in said
    card = chosen.project / "skills/homeassistant.md"
    card.write_text(card.read_text().replace("Do not", "Never"))
    said = chosen.ok("undo", name).out
    assert "It stands in" not in said
    assert "1 edit by hand in files: failonce files adopt" in said
    assert not card.exists()


def test_a_rule_whose_line_is_gone_is_undone_where_that_is_asked_for(chosen: Shell) -> None:
    name, other = approved(chosen), approved(chosen, "Another one.")
    card = chosen.project / "skills/homeassistant.md"

    def take_out() -> None:
        lines = card.read_text().splitlines(keepends=True)
        card.write_text("".join(x for x in lines if name not in x))

    take_out()
    said = chosen.ok("files", "adopt").out
    assert f"failonce undo {name}" in said
    assert name in card.read_text()
    take_out()
    assert chosen.ok("files", "adopt", "--undo", "--json").json["undone"] == [name]
    assert name not in (chosen.project / "AGENTS.md").read_text()
    assert other in card.read_text()


@pytest.mark.proves("S19", "S20")
def test_guardrails_and_fixers_stand_as_yaml_and_an_edit_of_one_waits(chosen: Shell) -> None:
    chosen.ok("import", write(chosen.project / "history.jsonl", here(chosen)))
    chosen.ok("mine")
    found = {x["kind"]: x["id"] for x in chosen.ok("lessons", "--json").json}
    for kind in ("guardrail", "fixer"):
        chosen.ok("approve", found[kind])
    files = {x["lessons"][0]: Path(x["path"]) for x in chosen.ok("files", "--json").json["files"]}
    assert set(files) == {found["guardrail"], found["fixer"]}
    guard = files[found["guardrail"]]
    assert guard.name.startswith(found["guardrail"])
    assert "hits_30d: 12" in guard.read_text()
    assert "dry_run: false" in files[found["fixer"]].read_text()
    before = guard.read_text()
    guard.write_text(before.replace("message: ", 'message: "Stop. " # ', 1))
    (new,) = chosen.ok("files", "adopt", "--json").json["offered"]
    assert "Stop." in new["body"]
    assert guard.read_text() == before
    chosen.ok("undo", found["guardrail"])
    assert not guard.exists()


def here(shell: Shell) -> list[dict[str, object]]:
    return [x | {"project": str(shell.project)} for x in history()]


def test_what_the_settings_name_now_is_written_on_demand_and_taken_back(shell: Shell) -> None:
    approved(shell)
    agents = shell.project / "AGENTS.md"
    shell.set("FAILONCE_FILES__BLOCKS", "AGENTS.md, GEMINI.md")
    assert "behind: it holds none yet" in shell.ok("files").out
    assert "2 files changed" in shell.ok("files", "write").out
    assert RULE in agents.read_text()
    assert shell.ok("files", "write", "--json").json["changed"] == []
    shell.set("FAILONCE_FILES__BLOCKS", "")
    assert "failonce files remove AGENTS.md" in shell.ok("files").out
    shell.ok("files", "remove", "AGENTS.md")
    shell.ok("files", "remove", "GEMINI.md")
    assert not agents.exists()
    assert "remove" not in shell.ok("files").out


def test_over_the_budget_status_says_what_stays_out(chosen: Shell) -> None:
    chosen.set("FAILONCE_FILES__BUDGET", "100")
    names = [approved(chosen, f"Rule {n}: " + "word " * 30) for n in range(4)]
    said = chosen.ok("status").out
    assert "left out of a file, as files.budget is used up" in said
    out = chosen.ok("files", "--json").json["left_out"]
    assert 0 < len(out) < 4
    assert set(out) <= set(names)
    assert all(name in chosen.ok("files").out for name in out)


@pytest.mark.parametrize("place", ["/etc/AGENTS.md", "../AGENTS.md", "~/AGENTS.md"])
@pytest.mark.parametrize("name", ["blocks", "agent_skills"])
def test_a_project_names_no_file_outside_of_it(shell: Shell, name: str, place: str) -> None:
    (shell.project / "failonce.toml").write_text(f'[files]\n{name} = "{place}"\n')
    run = shell.run("status")
    assert run.code == 2
    assert "lies outside the project" in run.err


def test_nothing_is_taken_in_where_learning_is_off(chosen: Shell) -> None:
    approved(chosen)
    chosen.ok("config", "mode", "off")
    run = chosen.run("files", "adopt")
    assert run.code == 4
    assert "Learning is off" in run.err
    assert not (chosen.project / "AGENTS.md").exists()

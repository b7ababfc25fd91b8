"""Mining by the clock: the recipes, and what a scheduled run does."""

import shlex
import subprocess
from configparser import ConfigParser

import pytest
from ruamel.yaml import YAML

from tests.surfaces.cli.made import PROJECT, Shell, history, write

SECRET = "postgresql://me:p%40ss@db.example.org/failonce"  # noqa: S105 - nobody's


@pytest.mark.proves("S17", "S23")
def test_a_scheduled_run_mines_once_in_its_slot_and_says_so(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    assert len(shell.ok("mine", "--every", "3650d", "--json").json) == 1
    again = shell.ok("mine", "--every", "3650d")
    assert again.out == ""
    assert f"{PROJECT} was looked at since" in again.err
    assert shell.ok("mine", "--every", "3650d", "--json").json == []
    by_hand = shell.ok("mine", "--json").json
    assert [run["project"] for run in by_hand] == [PROJECT]
    (first, second) = shell.ok("status", "--json").json["runs"]
    assert (first["project"], first["outcome"]) == (PROJECT, "2 new lessons, 0 known")
    assert second["outcome"] == "0 new lessons, 2 known"


@pytest.mark.proves("S17")
def test_of_three_that_start_at_once_one_mines(shell: Shell) -> None:
    """Processes, as three machines would start them; the others end well."""
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    command = shell.argv("mine", "--every", "3650d")
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert len(shell.ok("status", "--json").json["runs"]) == 1
    assert sum("Another run is mining" in x or "was looked at since" in x for x in said) == 2


@pytest.mark.proves("S23")
def test_a_run_that_found_nothing_stands_in_the_status_with_its_reason(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    shell.ok("mine", "--min-hits", "100")
    (run,) = shell.ok("status", "--json").json["runs"]
    assert run["outcome"].startswith("nothing, because")
    assert "nothing, because" in shell.ok("status").out


def test_a_span_that_is_none_is_refused(shell: Shell) -> None:
    run = shell.run("mine", "--every", "often")
    assert run.code == 2
    assert "--every is `often`: it takes a number and its unit" in run.err


@pytest.mark.proves("S17")
def test_the_line_for_cron_runs_as_it_stands(shell: Shell) -> None:
    (line,) = [x for x in shell.ok("schedule", "show", "cron").out.splitlines() if x[0] != "#"]
    when, words = line[:12], shlex.split(line[12:])
    assert when.strip() == "0 */6 * * *"
    assert words[-2:] == ["--store", f"sqlite:///{shell.store}"]
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    start = words.index("mine")
    assert shell.ok(*words[start:]).out.startswith(PROJECT)


@pytest.mark.proves("S17")
def test_the_units_for_systemd_say_when_and_what(shell: Shell) -> None:
    text = shell.ok("schedule", "show", "systemd").out
    service, timer = ConfigParser(interpolation=None), ConfigParser(interpolation=None)
    first, second = text.split("# failonce-mine.timer")
    service.read_string(first[first.index("[Unit]") :])
    timer.read_string(second)
    assert "mine --every 6h" in service["Service"]["ExecStart"]
    assert service["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["OnCalendar"] == "*-*-* 00/6:00:00 UTC"


@pytest.mark.proves("S17", "S18")
def test_the_workflow_takes_the_inputs_of_the_document(shell: Shell) -> None:
    text = shell.ok("schedule", "show", "github").out
    found = YAML(typ="safe").load(text)
    inputs = found["on"]["workflow_dispatch"]["inputs"]
    assert {name: given["default"] for name, given in inputs.items()} == {
        "min_hits": "2",
        "top_n": "50",
    }
    assert found["on"]["schedule"] == [{"cron": "0 */6 * * *"}]
    assert text == shell.ok("pr", "workflow").out, "there is one workflow"
    steps = [step for job in found["jobs"].values() for step in job["steps"] if "run" in step]
    assert all("${{" not in step["run"] for step in steps), "what is typed in is no program"
    mine = next(step["run"] for step in steps if "failonce mine" in step["run"])
    assert shell.ok(*shlex.split(mine.replace("$EVERY", "--every 6h"))[1:])


@pytest.mark.parametrize("scheduler", ["cron", "systemd", "github"])
def test_no_recipe_holds_a_password(shell: Shell, scheduler: str) -> None:
    shell.set("FAILONCE_STORE__URL", SECRET)
    text = shell.ok("schedule", "show", scheduler).out
    assert "p%40ss" not in text
    assert "--store" not in text
    assert scheduler == "github" or "config.toml" in text

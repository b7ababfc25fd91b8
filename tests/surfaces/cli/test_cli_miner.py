"""The miner from end to end, with real files: classification, rendering, files, errors (S22)."""

from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell, history, write

pytestmark = pytest.mark.proves("S22")


def test_each_class_of_failures_gets_the_kind_that_answers_it(shell: Shell) -> None:
    """A wrong name of an argument can be mended, a call that never works can only be stopped."""
    kinds = {x["target"]: x["kind"] for x in shell.learned()}
    assert kinds == {"read": "fixer", "get_entity": "guardrail"}
    assert shell.ok("failures", "--json").json


def test_what_waits_is_rendered_into_files_in_the_words_of_the_templates(shell: Shell) -> None:
    words = shell.project / "words"
    words.mkdir()
    (words / "guardrail_name.j2").write_text("Nicht so: {{ tool }}")
    shell.set("FAILONCE_PATHS__TEMPLATES", str(words))
    names = {x["id"]: x["kind"] for x in shell.learned()}
    shell.ok("propose", "--project", "shop")
    files = {p.name.split("_")[0]: p.read_text() for p in _proposed(shell)}
    assert files.keys() == names.keys()
    for name, kind in names.items():
        assert name.startswith({"fixer": "FX-", "guardrail": "GR-"}[kind])
        assert f'id: "{name}"\n' in files[name]
        assert "\nstatus: proposed\n" in files[name]
        assert ("Nicht so: get_entity" in files[name]) == (kind == "guardrail")


def test_a_template_that_fails_is_named_and_nothing_is_half_done(shell: Shell) -> None:
    words = shell.project / "words"
    words.mkdir()
    (words / "guardrail_name.j2").write_text("Nicht so: {{ tol }}")
    shell.set("FAILONCE_PATHS__TEMPLATES", str(words))
    shell.ok("import", write(shell.project / "history.jsonl", history()))
    run = shell.run("mine")
    assert run.code != 0
    assert "guardrail_name.j2:1" in run.err
    assert "'tol'" in run.err
    assert "Traceback" not in run.err
    assert shell.ok("lessons", "--json").json == []
    assert shell.ok("audit", "list", "--json").json == []
    (words / "guardrail_name.j2").write_text("Nicht so: {{ tool }}")
    shell.ok("mine")
    assert len(shell.ok("lessons", "--json").json) == 2


def test_a_folder_that_cannot_be_written_is_named_and_the_lessons_stay(shell: Shell) -> None:
    """A file stands in its place; once it is away the same command does it."""
    before = shell.learned()
    place = shell.project / "skills"
    place.write_text("mine")
    run = shell.run("propose", "--project", "shop")
    assert run.code != 0
    assert "skills" in run.err
    assert "Traceback" not in run.err
    assert place.read_text() == "mine"
    assert shell.ok("lessons", "--json").json == before
    place.unlink()
    shell.ok("propose", "--project", "shop")
    assert len(_proposed(shell)) == len(before)


def _proposed(shell: Shell) -> list[Path]:
    return sorted((shell.project / "skills/proposed").glob("*.yaml"))

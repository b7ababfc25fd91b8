"""`failonce tools suggest`, as a person and as a program reads it, and what each says to type."""

import shlex

import pytest

from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import PROJECT, Call, Shell, call, stopped, write


def missed(tool: str, sessions: int, *, n: int = 0) -> list[Call]:
    """Sessions that call a tool which nobody offers."""
    return [
        call(tool, {"at": s}, f"Error: unknown tool: {tool}", session=f"m{s}", n=100 * s + n)
        for s in range(sessions)
    ]


def took(shell: Shell, *calls: Call) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", calls))


def typed(said: str) -> list[list[str]]:
    """The commands that a screen says to type, as a shell would read them."""
    lines = (line.strip() for line in said.splitlines())
    return [shlex.split(x.removeprefix("Next: failonce ")) for x in lines if x.startswith("Next: ")]


@pytest.mark.proves("H21")
def test_a_missing_tool_is_told_asked_for_and_told_again(shell: Shell) -> None:
    the_sandbox()
    took(shell, call("read", {"file": "a"}), *missed("get_weather", 3))
    shell.set("FAILONCE_PROJECT", PROJECT)
    said = shell.ok("tools", "suggest").out
    assert "1. Make a tool `get_weather`." in said
    assert "3 calls in 3 sessions asked for it in vain, 2026-03-01." in said
    assert "Confidence 0.37: it stays missing in at least 37% of the sessions" in said
    assert said.endswith("1 suggestion.\n")
    (command,) = typed(said)
    assert command == ["tools", "want", "get weather"]
    assert "no language model is configured" in shell.ok(*command).out
    assert "get weather" in shell.ok("gaps").out
    (command,) = typed(shell.ok("tools", "suggest").out)
    assert command == ["tools", "template", "get_weather"]
    (shell.project / "get_weather.py").write_text(shell.ok(*command).out)
    made = shell.ok("tools", "add", "get_weather.py", "--json").json["id"]
    assert typed(shell.ok("tools", "suggest").out) == [["show", made]]
    shell.ok("approve", made, "--reason", "read it")
    assert "Nothing to suggest" in shell.ok("tools", "suggest").out


def test_another_project_stands_in_the_command(shell: Shell) -> None:
    took(shell, *missed("get_weather", 2))
    (command,) = typed(shell.ok("tools", "suggest", "--project", PROJECT).out)
    assert command == ["tools", "want", "get weather", "--project", PROJECT]
    assert shell.ok("tools", "suggest", "--project", "other").out == "Nothing to suggest.\n"


def test_json_holds_the_same(shell: Shell) -> None:
    took(shell, *missed("get_weather", 3), *missed("send_fax", 2, n=1))
    first, second = shell.ok("tools", "suggest", "--json").json
    assert (first["subject"], second["subject"]) == ("get_weather", "send_fax")
    assert first["confidence"] == pytest.approx(0.05 ** (1 / 3))
    assert (first["kind"], first["times"], first["sessions"], first["lesson"]) == (
        "new",
        3,
        3,
        None,
    )
    assert first["first"] == "2026-03-01T12:00:00+00:00"
    assert len(shell.ok("tools", "suggest", "--json", "--limit", "1").json) == 1
    assert "1 more with --limit" in shell.ok("tools", "suggest", "--limit", "1").out


def test_an_empty_store_says_how_to_begin(shell: Shell) -> None:
    said = shell.ok("tools", "suggest").out
    assert "failonce import PATH" in said
    assert "failonce tools want" in said
    assert shell.ok("tools", "suggest", "--json").json == []


def test_where_nothing_is_wrong_what_was_left_out_is_counted(shell: Shell) -> None:
    took(
        shell,
        *(call("read", {"file": str(n)}, session=f"g{n}", n=n) for n in range(5)),
        *missed("get_weather", 1),
        *missed("raed", 3, n=1),
    )
    said = shell.ok("tools", "suggest").out
    assert said.startswith("Nothing to suggest.\n")
    assert "Left out: 1 trouble of one session only." in said
    assert "1 name in 3 calls only misspelled a tool that is there" in said


def test_a_weak_tool_leads_to_its_lesson(shell: Shell) -> None:
    took(shell, *(c for c in stopped(12) if c["is_error"] or c["args"]["entity"] in ("x0", "x1")))
    shell.ok("mine")
    found = shell.ok("tools", "suggest", "--json").json
    (command,) = [s["command"] for s in found if s["subject"] == "get_entity"]
    assert command.startswith("failonce show GR-")
    assert "get_entity" in shell.ok(*shlex.split(command)[1:]).out


def test_text_from_outside_steers_neither_terminal_nor_shell(shell: Shell) -> None:
    evil = "x\x1b]0;owned\x07 '; rm -rf ~ #\u202e$(boom)`boom`"
    took(
        shell,
        *(call(evil, {"at": s}, f"Error: {evil}", session=f"e{s}", n=s) for s in range(4)),
        *missed("fax'; reboot '\x1b[2J", 2, n=50),
    )
    said = shell.ok("tools", "suggest").out
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    for command in typed(said):
        assert "boom" not in " ".join(command[:1])
        assert command[0] in ("tools", "mine", "gaps", "learn")
    assert len(typed(said)) == said.count("Next: ") >= 2

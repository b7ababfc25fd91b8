"""`failonce tools import`: a folder of Python files becomes an inventory that is used."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.surfaces.cli.made import PROJECT, Shell, call, write

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

WIFI = '''"""Networks."""
import os
open(os.environ["BAIT"], "w").write("ran")

def wifi_speed_test(server: str, tries: int = 3) -> float:
    """Measures how fast the wifi is."""
'''

RESIZE = '''import missing_package

def resize(name: str, width: int) -> str:
    """Resizes a picture."""
'''

FETCH = {
    "name": "fetch",
    "description": "Gets a page.",
    "inputSchema": {"type": "object", "properties": {"url": {"type": "string"}}},
    "annotations": {"readOnlyHint": True},
}


@pytest.fixture
def box(shell: Shell) -> Path:
    folder = shell.project / "box"
    folder.mkdir()
    (folder / "wifi.py").write_text(WIFI)
    (folder / "resize.py").write_text(RESIZE)
    (folder / "broken.py").write_text("def f(:\n")
    shell.set("BAIT", str(shell.project / "ran"))
    return folder


def known(shell: Shell) -> dict[str, dict[str, object]]:
    return {t["tool"]: t for t in shell.ok("tools", "--project", ".", "--json").json}


def test_tools_come_in_unrun_and_a_broken_file_is_named(shell: Shell, box: Path) -> None:
    run = shell.program("tools", "import", box)
    assert run.code == 0, run
    assert "Read 2 tools from 2 Python files; nothing of them was run." in run.out
    assert "2 new or changed, 0 known already, 1 unreadable" in run.out
    assert "broken.py: no Python (line 1)" in run.err
    assert not (shell.project / "ran").exists()
    with pytest.raises(SyntaxError):
        compile((box / "broken.py").read_text(), "broken.py", "exec")
    exec(compile(WIFI, "wifi.py", "exec"), {})  # noqa: S102 - to see that it would do damage
    assert (shell.project / "ran").exists(), "an import would have shown"
    found = known(shell)
    assert {n: (t["known"], t["code"]) for n, t in found.items()} == {
        "wifi_speed_test": ("code", "box/wifi.py"),
        "resize": ("code", "box/resize.py"),
    }
    assert "code" in shell.ok("tools").out


def test_no_module_of_the_folder_is_imported(shell: Shell, box: Path) -> None:
    before = set(sys.modules)
    shell.ok("tools", "import", box)
    assert not {"wifi", "resize", "missing_package", "box"} & (set(sys.modules) - before)
    assert not list(box.rglob("__pycache__"))


@pytest.mark.proves("H8")
def test_a_second_run_changes_nothing_and_a_changed_file_updates(shell: Shell, box: Path) -> None:
    shell.ok("tools", "import", box)
    before = known(shell)
    again = shell.ok("tools", "import", box, "--json").json
    assert (again["new"], sorted(again["tools"])) == (0, ["resize", "wifi_speed_test"])
    assert known(shell) == before
    (box / "wifi.py").write_text(WIFI.replace("tries: int = 3", "tries: str"))
    os.utime(box / "wifi.py", (1, 1))
    assert shell.ok("tools", "import", box, "--json").json["new"] == 1
    after = known(shell)
    assert after["wifi_speed_test"]["digest"] != before["wifi_speed_test"]["digest"]
    assert after["resize"] == before["resize"]
    (box / "wifi.py").write_text(WIFI.replace("wifi_speed_test", "net_speed_test"))
    run = shell.ok("tools", "import", box)
    assert "no longer in these files, still listed: wifi_speed_test" in run.out
    assert set(known(shell)) == {"wifi_speed_test", "net_speed_test", "resize"}


@pytest.mark.parametrize("first", ["schema", "code"])
def test_what_a_tool_said_of_itself_stays(shell: Shell, box: Path, first: str) -> None:
    """Whichever came first, and however old the file is that it said so in."""
    (box / "fetch.py").write_text("def fetch(address: str, depth: int): pass\n")
    told = shell.project / "tools.json"
    told.write_text(json.dumps([FETCH]))
    os.utime(told, (1_000_000_000, 1_000_000_000))
    commands = [["import", told], ["tools", "import", box]]
    for command in commands if first == "schema" else reversed(commands):
        said = shell.ok(*command).out
    assert first == "code" or "what these said of themselves stays: fetch" in said
    found = known(shell)["fetch"]
    assert (found["known"], found["read_only"], found["code"]) == ("schema", True, None)
    assert [p["name"] for p in found["parameters"]] == ["url"]  # type: ignore[union-attr, index]


def test_a_tool_that_is_there_is_found_before_one_is_made(shell: Shell, box: Path) -> None:
    shell.ok("tools", "import", box)
    found = shell.ok("tools", "want", "create a wifi speed test tool", "--json").json
    assert (found["came"], found["tool"], found["attempts"]) == ("tool", "wifi_speed_test", 0)


def narrowed(sessions: int) -> list[dict[str, object]]:
    """Sessions in which a width is given as text, and then as a number."""
    out: list[dict[str, object]] = []
    for s in range(sessions):
        session, picture = f"r{s}", {"name": f"{s}.png"}
        error = "TypeError: '>' not supported between instances of 'str' and 'int'"
        out += [
            call("resize", picture | {"width": f"{100 + s}"}, error, session=session),
            call("resize", picture | {"width": 100 + s}, session=session, n=1),
            *(call("resize", picture | {"width": i}, session=session, n=2 + i) for i in range(20)),
        ]
    return out


@pytest.mark.parametrize("read", [False, True])
def test_miners_use_what_the_code_says(shell: Shell, box: Path, read: bool) -> None:
    """That a width is a number holds for every call, and only the code says so."""
    shell.ok("import", write(shell.project / "calls.jsonl", narrowed(12)))
    if read:
        shell.ok("tools", "import", box, "--project", PROJECT)
    shell.ok("mine")
    bodies = [x["body"] for x in shell.ok("lessons", "--json").json if x["kind"] == "fixer"]
    assert any("schema" in body for body in bodies) is read, bodies


def test_secrets_and_hidden_characters_do_not_come_in(shell: Shell, box: Path) -> None:
    (box / "wifi.py").write_text(f'def f(a: Literal["{SECRET}"]):\n    "Uses {SECRET}."\n')
    (box / "resize.py").write_text('def g():\n    "Do\u2060 it."\n')
    run = shell.ok("tools", "import", box)
    assert "nobody sees: U+2060" in run.err
    assert set(known(shell)) == {"f"}
    assert SECRET not in json.dumps(known(shell))
    assert SECRET.encode() not in shell.store.read_bytes()


def test_what_is_no_tool_is_told_by_name(shell: Shell, box: Path) -> None:
    text = (
        "@tool\ndef one(): pass\ndef two(): pass\ndef _three(): pass\nclass Four:\n def f(s): 0\n"
    )
    (box / "wifi.py").write_text(text)
    (box / "test_it.py").write_text("")
    said = shell.ok("tools", "import", box).out
    assert "left out, functions beside those that are marked as tools: two" in said
    assert "left out, private functions: _three" in said
    assert "left out, classes without a method that is marked as a tool: Four" in said
    assert "passed over: tests and setup files (1)" in said
    found = shell.ok("tools", "import", box, "--json").json
    assert [(x["name"], x["code"], x["line"]) for x in found["left_out"]] == [
        ("two", "box/wifi.py", 3),
        ("_three", "box/wifi.py", 4),
        ("Four", "box/wifi.py", 5),
    ]
    assert (found["files"], found["rejected"]) == (2, 1)


def test_exit_codes_say_what_could_not_be_read(shell: Shell, box: Path) -> None:
    assert shell.run("tools", "import", box / "nothing", box).code == 2
    assert set(known(shell)) == {"wifi_speed_test", "resize"}, "the others are read all the same"
    assert shell.run("tools", "import", box / "broken.py").code == 2
    empty = shell.project / "empty"
    empty.mkdir()
    assert "Read 0 tools from 0 Python files" in shell.ok("tools", "import", empty).out


def test_where_learning_is_off_no_tool_is_kept(shell: Shell, box: Path) -> None:
    shell.ok("config", "mode", "off", "--project", str(shell.project))
    run = shell.ok("tools", "import", box)
    assert "learning is off, so 2 tools left out" in run.err
    assert known(shell) == {}
    shell.ok("config", "mode", "manual", "--project", str(shell.project))
    shell.set("FAILONCE", "off")
    shell.ok("tools", "import", box)
    assert known(shell) == {}


def test_an_import_of_recordings_says_where_python_goes(shell: Shell, box: Path) -> None:
    assert "failonce tools import" in shell.run("import", box / "wifi.py").err
    write(box / "calls.jsonl", [call("a", {})])
    run = shell.ok("import", box)
    assert "3 files of no known format passed over" in run.err
    assert "failonce tools import reads the tools in such files" in run.err
    assert known(shell) == {}

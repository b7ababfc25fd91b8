"""Whatever goes wrong: afterwards one is where one was, and undone nothing is left."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from failonce.language.program import Program, Step
from failonce.testing import ScriptedWorld, ToolFailed
from tests.language.program.made import ran, step


def cd(facts: dict[str, Any], args: dict[str, Any]) -> str:
    facts["place"].append(args["a0"])
    return ""


def up(facts: dict[str, Any], args: dict[str, Any]) -> str:
    if facts["place"][-1:] != [args["a0"]]:
        raise ToolFailed("not there")
    facts["place"].pop()
    return ""


def touch(facts: dict[str, Any], args: dict[str, Any]) -> str:
    path = "/".join((*facts["place"], args["a0"]))
    if path in facts["files"]:
        raise ToolFailed("exists")
    facts["files"].append(path)
    return ""


def rm(facts: dict[str, Any], args: dict[str, Any]) -> str:
    path = "/".join((*facts["place"], args["a0"]))
    if path not in facts["files"]:
        raise ToolFailed("no such file")
    facts["files"].remove(path)
    return ""


def tree() -> ScriptedWorld:
    """Folders to go into, files to make: where one is decides what a name means."""
    files = ["x", "d/y", "d/e/x"]
    return ScriptedWorld(
        {"cd": cd, "up": up, "touch": touch, "rm": rm}, {"place": [], "files": files}
    )


moves = st.one_of(
    st.sampled_from("de").map(lambda d: step("cd", d, back="up")),
    st.sampled_from("xyz").map(lambda f: step("touch", f, undo="rm")),
)


@given(st.lists(moves, max_size=6))
def test_afterwards_one_is_where_one_was_and_undone_nothing_is_left(steps: list[Step]) -> None:
    world = tree()
    start = world.state()
    planned, _ = ran(Program(steps=tuple(steps)), world.run)
    if planned is None:
        assert world.state() == start
        return
    made = world.facts["files"][3:]
    assert all(world.run(call).worked for call in planned.afterwards)
    assert (world.facts["place"], world.facts["files"][3:]) == ([], made)
    assert all(world.run(call).worked for call in planned.if_failed)
    assert world.state() == start

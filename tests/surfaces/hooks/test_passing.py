"""A reason for a call that a lesson blocks, as an agent gives it in its shell."""

import pytest

from failonce.surfaces.hooks.passing import is_block, reason_in, way_past

SAID = [
    ("make  # failonce: it takes long", "make", "", "it takes long"),
    ("make # failonce: a # b", "make", "", "a # b"),
    ("true # failonce GR-1A2B3C4D: new", "true", "GR-1A2B3C4D", "new"),
    ("cat <<EOF\nx\nEOF\n# failonce: why not\n", "cat <<EOF\nx\nEOF", "", "why not"),
    ("make #failonce:x", "make", "", "x"),
]


@pytest.mark.parametrize(("command", "left", "lesson", "why"), SAID)
def test_a_reason_is_taken_off_the_command(command: str, left: str, lesson: str, why: str) -> None:
    args, reason = reason_in(True, {"command": command, "timeout": 3})
    assert args == {"command": left, "timeout": 3}
    assert reason is not None
    assert (reason.lesson, reason.why) == (lesson, why)


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "echo '# failonce: x' | cat",
        'echo " # failonce: x"',
        "make # failonce",
        "make # failonce:",
        "make # failonce:  ",
        "# failonce: first\nmake",
        "make # failonce gr-1: x",
        "make # failonce: " + "x" * 5000,
    ],
)
def test_what_is_no_reason_stays(command: str) -> None:
    args = {"command": command}
    assert reason_in(True, args) == (args, None)


def test_only_the_shell_takes_comments() -> None:
    args = {"command": "x # failonce: y"}
    assert reason_in(False, args) == (args, None)
    assert reason_in(True, {"command": 3}) == ({"command": 3}, None)
    assert reason_in(True, None) == (None, None)


@pytest.mark.parametrize("shell", [True, False])
def test_a_recorded_block_is_known_as_one(shell: bool) -> None:
    text = f"No. {way_past('GR-1A2B3C4D', shell=shell)} (GR-1A2B3C4D)"
    assert is_block(f"PreToolUse:Bash hook error: {text}", ["denied", "denied-by:hook"])
    assert is_block(f"Command blocked by PreToolUse hook: {text}. Command: make")
    assert not is_block(text)
    assert not is_block("PreToolUse:Bash hook error: of another hook", ["denied-by:hook"])

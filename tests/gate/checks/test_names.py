"""What names and literals say of danger."""

import pytest

from failonce.gate.checks import names
from failonce.model import ToolSpec


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Key QmFzZTY0-36304a4cc7de4654c6d38c99 ", True),
        ("<redacted:token>", True),
        ("refs/heads/", False),
        ("2026-03-01T09:00:00", False),
        ("a_long_name_without_any_number", False),
        ("unexpected-argument-in-call", False),
    ],
)
def test_a_text_without_order_looks_like_a_secret(text: str, expected: bool) -> None:
    assert names.secret(text) is expected


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        (ToolSpec(name="get_order", read_only=True), ""),
        (ToolSpec(name="get_order"), "is not known to only read"),
        (ToolSpec(name="delete_order"), "is destructive"),
        (ToolSpec(name="delete_order", read_only=True), "is destructive"),
        (ToolSpec(name="tidy", destructive=True), "is destructive"),
        (ToolSpec(name="send_mail"), "is outward"),
        (ToolSpec(name="set_flag"), "changes something"),
        (ToolSpec(name="zap"), "is not known to only read"),
    ],
)
def test_what_speaks_against_calling_a_tool_unasked(tool: ToolSpec, says: str) -> None:
    """A claim to read is not believed against the tool's own words."""
    assert names.danger(tool) == says


@pytest.mark.parametrize(
    ("tool", "there"),
    [
        ("Bash", False),
        ("exec_command", False),
        ("run_terminal_cmd", False),
        ("execute_command", False),
        ("execute_trade", True),
        ("run", True),
        ("kill_shell", True),
        ("shell_delete", True),
    ],
)
def test_a_shell_is_one_whatever_it_is_called(tool: str, *, there: bool) -> None:
    """What a command does stands in the command, so the same fixer is judged alike in each."""
    assert names.destructive(tool) is there

"""Both programs in one form: how their models call tools, and how a session is run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from tests.e2e.desk import Desk, Session
from tests.e2e.standin import Line, Meanwhile, Say, Use

Servers = Mapping[str, Sequence[str]]


class Program(Protocol):
    """One of both programs."""

    name: str
    """As `failonce install` calls it."""
    folder: str
    """Its folder in the home."""
    sessions: str
    """Below it, what it writes down of its sessions."""

    def call(self, server: str, tool: str, **args: object) -> Use:
        """The model calls a tool of a server."""

    def shell(self, command: str) -> Use:
        """The model calls the shell."""

    def session(self, desk: Desk, *lines: Line, servers: Servers | None = None) -> Session:
        """A session in which the model gives these answers, then is done, unless it is already.

        Without `servers` there is one, the office.
        """


class ClaudeCode:
    """Claude Code: each tool of a server has a name of its own."""

    name, folder, sessions = "claude-code", ".claude", "projects"

    def call(self, server: str, tool: str, **args: object) -> Use:
        return Use(name=f"mcp__{server}__{tool}", arguments=args)

    def shell(self, command: str) -> Use:
        return Use(name="Bash", arguments={"command": command})

    def session(self, desk: Desk, *lines: Line, servers: Servers | None = None) -> Session:
        servers = {"office": desk.office} if servers is None else servers
        return desk.claude_code(*ended(lines), servers=servers)


class Codex:
    """Codex: the tools of a server stand in a group.

    `trusted`: its hooks run although no person looked at them in its own `/hooks`.
    """

    name, folder, sessions = "codex", ".codex", "sessions"

    def __init__(self, *, trusted: bool = True) -> None:
        self._trusted = trusted

    def call(self, server: str, tool: str, **args: object) -> Use:
        return Use(name=tool, namespace=f"mcp__{server}", arguments=args)

    def shell(self, command: str) -> Use:
        return Use(name="exec_command", arguments={"cmd": command})

    def session(self, desk: Desk, *lines: Line, servers: Servers | None = None) -> Session:
        servers = {"office": desk.office} if servers is None else servers
        return desk.codex(*ended(lines), servers=servers, trusted=self._trusted)


def ended(lines: Sequence[Line]) -> Sequence[Line]:
    """These answers, and a last word where there is none."""
    last = lines[-1] if lines else None
    said = last.answer if isinstance(last, Meanwhile) else last
    return lines if isinstance(said, Say) else (*lines, Say(text="Done."))


def mistakes(program: Program, session: int, rounds: int = 2) -> Iterator[Use]:
    """What an agent does that does not know better: it fails, and mends what can be mended."""
    for n in range(rounds):
        lamp = f"lamp.{session}-{n}"
        yield entity(program, lamp, detailed=True)
        yield entity(program, lamp)
        yield report(program, f"2026-{session}-{n}", draft=True)
        yield report(program, f"2025-{session}-{n}")


def entity(program: Program, entity_id: str, **more: object) -> Use:
    """A call of `get_entity`, which has no argument `detailed`: to leave it out mends it."""
    return program.call("office", "get_entity", entity_id=entity_id, **more)


def report(program: Program, month: str, **more: object) -> Use:
    """A call of `get_report`, which has no drafts: nothing mends `draft`."""
    return program.call("office", "get_report", month=month, **more)

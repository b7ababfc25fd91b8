"""Which call of which session this is, where the client's program says so to the server.

Hooks and the program's own record name it by the same words, so a call that several of them see
is one, and its session too. A client may say anything: what is long or has other than plain
visible characters is not heard, and the call gets an id of our own, as those of other clients.

    Claude Code   the call in `_meta`, session and project in the environment of the server
    Codex         call and session in `_meta`
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from failonce.adapters.whereabouts import project_of
from failonce.evidence.capture import EXPORTED
from failonce.identity import event_id
from failonce.surfaces.mcp.proxy.messages import Message

_CALL: Final = "claudecode/toolUseId"
_SESSION: Final = "CLAUDE_CODE_SESSION_ID"
_PROJECT: Final = "CLAUDE_PROJECT_DIR"
_CODEX_CALL: Final = "callId"
_CODEX_SESSION: Final = "sessionId"
_PLAIN: Final = re.compile(r"[!-~]{1,200}")
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A call by the names that its program gives it."""

    call: str
    session: str

    def id(self, project: str) -> str:
        """The id of its recording, the one that a hook gives it (`hooks.recording`)."""
        return f"{EXPORTED}{event_id(project, self.session, self.call)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program that started this process, as its environment tells of it.

    `session` and `project` are empty where it does not.
    """

    session: str = ""
    project: str = ""

    @classmethod
    def told(cls, environ: Mapping[str, str]) -> "Program":
        """That of an environment; a half of it says nothing."""
        session, folder = _plain(environ.get(_SESSION)), environ.get(_PROJECT, "")
        whole = len(folder) <= _LONGEST and folder.isprintable() and os.path.isabs(folder)  # noqa: PTH117 - of a text
        if not session or not whole:
            return cls()
        try:
            return cls(session=session, project=project_of(folder))
        except (OSError, ValueError):  # its settings cannot be read
            return cls()

    def named(self, message: Message) -> Named | None:
        """A call by its names; None where nobody gave it any."""
        meta = message.params.get("_meta")
        if not isinstance(meta, Mapping):
            return None
        if (call := _plain(meta.get(_CALL))) and self.session:
            return Named(call=call, session=self.session)
        call, session = _plain(meta.get(_CODEX_CALL)), _plain(meta.get(_CODEX_SESSION))
        return Named(call=call, session=session) if call and session else None


def session_in(meta: object) -> str:
    """The session that a request names by itself, as Codex does; empty where it names none."""
    return _plain(meta.get(_CODEX_SESSION)) if isinstance(meta, Mapping) else ""


def _plain(value: object) -> str:
    """The text where it is one that can be a name, else an empty one."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else ""

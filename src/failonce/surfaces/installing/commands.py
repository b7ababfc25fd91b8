"""How a client calls failonce: by paths that hold in any folder and in any environment."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from failonce.model import Json

HOOK: Final = "failonce-hook"
_MODULE: Final = "failonce.surfaces.hooks.entry"
_CODE: Final = f"from {_MODULE} import run; run()"


def hook(client: str) -> list[str]:
    """The program that answers an event of a client, with its arguments.

    `-P` keeps what lies in the client's working directory from being loaded in Python's stead.
    """
    script = Path(sys.executable).with_name(HOOK)
    if script.is_file():
        return [str(script), client]
    return [sys.executable, "-P", "-c", _CODE, client]


def server() -> list[str]:
    """The program that serves MCP over standard input and output, with its arguments."""
    script = Path(sys.executable).with_name("failonce")
    if script.is_file():
        return [str(script), "mcp"]
    return [sys.executable, "-P", "-m", "failonce", "mcp"]


def shell(command: Sequence[str]) -> str:
    """A command as one line for a shell."""
    return shlex.join(command)


def is_hook(entry: Json) -> bool:
    """Whether an entry of a client's hooks calls failonce, of whatever version and place."""
    return any(HOOK in word or _MODULE in word for word in words(entry))


def program(entry: Json) -> str:
    """The program that an entry calls, empty where that cannot be told."""
    return next(iter(words(entry)), "")


def words(entry: Json) -> list[str]:
    """The program that an entry calls and its arguments; none where that cannot be told."""
    if not isinstance(entry, dict):
        return []
    command, args = entry.get("command"), entry.get("args")
    if not isinstance(command, str):
        return []
    if isinstance(args, list):
        return [command, *(a for a in args if isinstance(a, str))]
    try:
        return shlex.split(command)
    except ValueError:
        return [command]

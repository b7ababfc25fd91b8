"""What a server is called where nobody says it: by what starts it, never by what it says itself.

Lessons hold for `mcp__server__tool`. A server that could name itself could leave its lessons.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

_RUNNERS: Final = frozenset({
    "npx", "npm", "pnpm", "pnpx", "yarn", "bunx", "bun", "node", "deno", "uvx", "uv", "pipx",
    "python", "python3", "py", "env", "sh", "bash", "docker", "podman", "cmd", "tsx",
})  # fmt: skip
_WORDS: Final = frozenset({"run", "exec", "dlx", "x", "tool", "start", "-c", "/c"})
_VALUED: Final = frozenset({"-e", "--env", "-v", "--volume", "--mount", "--network", "--from",
                            "--with", "-p", "--package", "--python", "--directory"})  # fmt: skip
_LEFT: Final = re.compile(r"[^A-Za-z0-9_-]+")


def named(command: Sequence[str], url: str = "") -> str:
    """`npx -y @modelcontextprotocol/server-memory` → `server-memory`; never empty."""
    found = _host(url) if url else _program(command)
    return _LEFT.sub("-", found).strip("-_") or "server"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or parts.path


def _program(command: Sequence[str]) -> str:
    """The last word that starts it: what runs something else is passed over."""
    words = list(command)
    best = _base(words[0]) if words else ""
    while words:
        word = words.pop(0)
        if word in _VALUED:
            words = words[1:]
        elif word.startswith("-") or word in _WORDS or "=" in word:
            continue
        else:
            best = _base(word)
            if not _runs(best):
                return best
    return best


def _runs(name: str) -> bool:
    return re.sub(r"[0-9.]+$", "", name) in _RUNNERS or name in _RUNNERS


def _base(word: str) -> str:
    """A path or a package by its last part, without version and ending."""
    name = re.split(r"[/\\]", word.rstrip("/\\"))[-1]
    name = name.split("@")[0] if "@" in name[1:] else name
    return re.sub(r"\.(?:py|m?js|cjs|ts|exe|cmd|sh)$", "", name)

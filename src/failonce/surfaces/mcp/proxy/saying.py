"""What the person hears of a proxy, on standard error: one line each, each of its kind once."""

import sys
from collections.abc import Callable
from typing import Final

from failonce.language.visibility import unseen

MOST: Final = 200
"""Different lines; a server that thinks up new troubles does not fill a disk with them."""


def shown(text: str, most: int = 300) -> str:
    """A text of somebody else on one line: cut, with what nobody sees by its number."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return "".join(f"<U+{ord(c):04X}>" if unseen(c) or c in "\n\r\t\x1b" else c for c in cut)


class Say:
    """Where these lines go."""

    def __init__(self, write: Callable[[str], object] | None = None, name: str = "") -> None:
        self._write = write or _stderr
        self._said: set[str] = set()
        self.name = name

    def __call__(self, line: str) -> None:
        """Say it."""
        about = f" {self.name}" if self.name else ""
        self._write(f"failonce proxy{about}: {line}\n")

    def once(self, kind: str, line: str) -> None:
        """Say it, unless something of its kind was said."""
        if kind not in self._said and len(self._said) < MOST:
            self._said.add(kind)
            self(line)

    def trouble(self, error: BaseException) -> None:
        """failonce itself failed, and the conversation goes on without it."""
        what = type(error).__name__
        self.once(
            f"own {what}", f"failonce itself failed ({what}: {shown(str(error))}); calls go on"
        )


def _stderr(line: str) -> None:
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads it
        return

"""What a session did, for the hooks that come after: two small files a session.

`<session>.calls` has its last calls, redacted, one a line; `<session>.json` what lessons said,
and what is still to be told of them. A session whose calls were not seen from its start is
known to be so: nobody may take for not done what was only not seen.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from failonce.identity import digest

try:
    import fcntl
except ImportError:  # Windows: hooks of one session that run at once may forget something
    fcntl = None  # type: ignore[assignment]

FOLDER: Final = ".hooks"
"""What the name of the folder ends with, behind the store's."""
RECENT: Final = 50
"""Calls that are remembered, as in `trial.RECENT`."""
_CALLS_BYTES: Final = 1 << 20
"""From this size on the file of calls is cut to the last ones."""
_WAIT_S: Final = 0.2
KEPT_S: Final = 14 * 86_400
"""How long a session that nobody went on with is remembered."""

State = dict[str, Any]
"""What is remembered beside the calls: `said` (lessons whose words the agent has), `told` (who
spoke of a tool and would say the same again), `failed` (tools of which a call failed), `met`,
`open` (calls under way that lessons changed or stopped), `blocked`, `passed`."""


class Memory:
    """That of one session."""

    def __init__(self, store: str, session: str) -> None:
        self.folder = f"{store}{FOLDER}"
        self._base = f"{self.folder}/{digest(('session/1', session), size=12)}"

    # ------------------------------------------------------------------ calls

    def remember(self, call: Mapping[str, Any]) -> None:
        """Add a call that is over."""
        line = json.dumps(call, separators=(",", ":")).encode() + b"\n"
        handle = self._open(".calls", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            os.write(handle, line)
            if os.fstat(handle).st_size > _CALLS_BYTES:
                self._cut(handle)
        finally:
            os.close(handle)

    def calls(self) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        try:
            handle = self._open(".calls", os.O_RDONLY)
        except FileNotFoundError:
            return []
        with os.fdopen(handle, "rb") as file:
            lines = file.read().splitlines()[-RECENT:]
        return [found for line in lines if (found := _parsed(line)) is not None]

    def _cut(self, handle: int) -> None:
        with self._alone():
            lines = os.pread(handle, os.fstat(handle).st_size, 0).splitlines(keepends=True)
            _replace(f"{self._base}.calls", b"".join(lines[-RECENT:]))

    # ------------------------------------------------------------------ state

    def state(self) -> State:
        """What is remembered; empty where nothing is, or it cannot be read."""
        try:
            handle = self._open(".json", os.O_RDONLY)
        except FileNotFoundError:
            return {}
        with os.fdopen(handle, "rb") as file:
            return _parsed(file.read()) or {}

    @contextmanager
    def changing(self) -> Iterator[State]:
        """The same, to be changed: others of the session wait for a moment, and see all of it."""
        with self._alone():
            state = self.state()
            before = json.dumps(state)
            yield state
            after = json.dumps(state)
            if after != before:
                _replace(f"{self._base}.json", after.encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle, end = self._open(".lock", os.O_RDWR | os.O_CREAT), time.monotonic() + _WAIT_S
        try:
            while fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > end:  # what it forgets is said once more
                        break
                    time.sleep(0.001)
            yield
        finally:
            os.close(handle)

    def _open(self, suffix: str, flags: int) -> int:
        flags |= getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.open(self._base + suffix, flags, 0o600)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
            os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - quicker to load
            return os.open(self._base + suffix, flags, 0o600)


def forget(store: str, now: float) -> int:
    """Remove what sessions left that nobody went on with; gives how many files."""
    count = 0
    try:
        found = list(os.scandir(f"{store}{FOLDER}"))
    except OSError:
        return 0
    for entry in found:
        try:
            old = now - entry.stat().st_mtime > KEPT_S
            if old and entry.name.endswith((".calls", ".json", ".lock", ".new")):
                os.unlink(entry.path)  # noqa: PTH108
                count += 1
        except OSError:
            continue
    return count


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:  # half of it, by a process that was killed
        return None
    return found if isinstance(found, dict) else None


def _replace(path: str, content: bytes) -> None:
    own = f"{path}.{os.getpid()}.new"
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content)
    finally:
        os.close(handle)
    os.replace(own, path)  # noqa: PTH105

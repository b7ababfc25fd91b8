"""How a call is recorded: a small protocol, failonce behind it, and what is shipped of that."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Protocol

import failonce

Args = Mapping[str, object]
Exported = dict[str, object]
"""A call as failonce exports it."""

CONCLUSIONS = ("verdict", "category", "signature")
"""Fields of an exported call that say what this version of failonce makes of it."""


class Recorder(Protocol):
    """Whoever wants to know what was called and what came of it."""

    def record(
        self,
        *,
        tool: str,
        args: Args,
        text: str,
        is_error: bool,
        started: datetime,
        ended: datetime,
        session: str,
        task: str,
        project: str,
        attempt: int,
    ) -> None:
        """Take note of one finished call; `attempt` is 1 for a first try."""


@dataclass(slots=True)
class Clock:
    """A clock that moves only when told to; the recording's times come from it."""

    now: datetime

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(milliseconds=round(seconds * 1000))


@dataclass(slots=True)
class Reporting:
    """Reports every call to failonce, as somebody's agent loop does, into its default store."""

    count: int = 0

    def record(
        self,
        *,
        tool: str,
        args: Args,
        text: str,
        is_error: bool,
        started: datetime,
        ended: datetime,
        session: str,
        task: str,
        project: str,
        attempt: int,
    ) -> None:
        """Report one call, under its number."""
        self.count += 1
        failonce.observe(
            tool,
            args,
            None if is_error else text,
            error=text if is_error else None,
            session=session,
            project=project,
            task=task,
            at=started,
            duration_ms=round((ended - started) / timedelta(milliseconds=1)),
            attempt=attempt,
            id=f"c{self.count:05d}",
        )


def exported() -> list[Exported]:
    """What failonce took down of the calls: the lines of `failonce export calls`.

    Left out are its conclusions, which `failonce import` draws again.
    """
    failonce.close()
    done = subprocess.run(
        [sys.executable, "-m", "failonce", "export", "calls"],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    calls: list[Exported] = [json.loads(line) for line in done.stdout.splitlines()]
    return [{k: v for k, v in call.items() if k not in CONCLUSIONS} for call in calls]


def write_calls(path: Path, calls: Iterable[Exported]) -> None:
    """Write the recording; the same calls give the same bytes."""
    lines = (json.dumps(call, ensure_ascii=False, separators=(",", ":")) for call in calls)
    text = "".join(line + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


class Truth(StrEnum):
    """What a call that did not go well really was; the agent's script knows."""

    GOOD = "good"
    FAILURE = "failure"
    HIDDEN = "hidden"
    REJECTION = "rejection"
    CASCADE = "cascade"
    INFORMATIVE = "informative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The truth about one call, and the mistake's name (empty for a good call)."""

    truth: Truth
    mistake: str = ""


def write_labels(path: Path, calls: Iterable[Exported], labels: Iterable[Label]) -> None:
    """Write the labels of all calls that did not go well, by the call's id.

    Labels are in the order of the calls' times. Raises ValueError where a call is missing.
    """
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "truth", "mistake"])
    for call, label in zip(sorted(calls, key=_time), labels, strict=True):
        if label.truth is not Truth.GOOD:
            rows.writerow([call["id"], label.truth, label.mistake])
    path.write_text(text.getvalue(), encoding="utf-8")


def _time(call: Exported) -> datetime:
    return datetime.fromisoformat(str(call["ts"]))

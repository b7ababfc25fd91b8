"""learned-behavior: rules for coding agents, mined from what their hooks report.

Every call goes through its `observe`, as a hook sends it, then its miners write candidates
(`mine`, `mine-edits`), all with their own limits. Its clock is the recordings'. Its hooks show five
approved rules with every prompt, and after a failure those about it.

Three things of version 0.2.0 are mended, each with what it has itself, or it would learn and show
nothing: hooks send a call with `--stdin-json` (those in its repository leave it out, and record
an empty event); failures are sent as `PostToolUseFailure`, which they do not ask for; and every
candidate is approved by `learn`, as a person would, since `promote --write` ends in an
IndexError wherever there is anything to promote. A hook that ends in an error (two kinds of failure
whose first lines are alike are one and the same lesson to its table) ends for that call alone.
"""

import argparse
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import learning

from .learner import Answer, Learned, hook_event, main, recorded

AGENT = ("--agent", "claude")
SHOWN = 5
"""Rules that its hook shows with a prompt."""


class Then(datetime):
    """The present, as the recordings have it."""

    moment: ClassVar[datetime]

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # noqa: ARG003 - as datetime has it
        """The time of the last call."""
        return cls.moment


class Ruling:
    """One project, whose hooks all go to one database."""

    package = "learned-behavior"

    def __init__(self) -> None:
        self._folder = Path.cwd()
        (self._folder / ".git").mkdir()
        learning.datetime = Then

    def learn(self, calls: Path) -> Learned:
        """Observe all calls, mine, approve."""
        ended = 0
        for call in recorded(calls):
            Then.moment = call.at
            try:
                self._run("observe", *AGENT, "--stdin-json", event=hook_event(call, self._folder))
            except sqlite3.IntegrityError:
                ended += 1
        where = ("--workspace", str(self._folder))
        self._run("mine", *where, "--write")
        self._run("mine-edits", *where, "--write")
        would = self._run("promote", *where)
        for title, rule in (candidates := self._lessons("candidate")):
            self._run("learn", *AGENT, *where, "--title", title, "--rule", rule)
        approved = self._lessons("approved")
        shown = learning.format_lessons(self._shown(), "")
        return Learned(
            lessons=len(candidates),
            in_force=len(approved),
            words=len(shown.split()),
            note=f"five rules with every prompt; of itself it would promote {_said(would)};"
            f" {ended} of its hooks ended in an error",
        )

    def answers(self, calls: Path) -> Iterator[Answer]:
        """Which failures its rules are about, by its own fingerprints."""
        shown = {lesson["fingerprint"] for lesson in self._shown()}
        as_given = argparse.Namespace(
            tool_name=None, event_name=None, workspace=str(self._folder), prompt=None,
            status=None, summary=None, session_id=None, source="hook",
        )  # fmt: skip
        with closing(learning.connect_db(str(learning.DEFAULT_DB_PATH))) as db:
            for call in recorded(calls):
                if not call.failed:
                    yield Answer()
                    continue
                payload = hook_event(call, self._folder)
                event = learning.normalize_event("claude", payload, as_given)
                own = event["fingerprint"]
                found = learning.fetch_matching_lessons(
                    db, event["workspace"], own, event["tool_name"]
                )
                about = any(lesson["fingerprint"] == own for lesson in found)
                yield Answer(shown=own in shown, after=about)

    def _shown(self) -> list[dict[str, str]]:
        with closing(learning.connect_db(str(learning.DEFAULT_DB_PATH))) as db:
            return learning.select_relevant_lessons(db, str(self._folder), None, SHOWN)

    def _lessons(self, status: str) -> list[tuple[str, str]]:
        with closing(learning.connect_db(str(learning.DEFAULT_DB_PATH))) as db:
            found = db.execute("SELECT title, rule_text FROM lessons WHERE status = ?", (status,))
            return [tuple(row) for row in found]

    def _run(self, *argv: str, event: dict[str, object] | None = None) -> str:
        """Its command line, in this process."""
        sys.argv = ["learned-behavior", *argv]
        sys.stdin = io.StringIO(json.dumps(event) if event else "")
        with redirect_stdout(io.StringIO()) as said:
            learning.main()
        return said.getvalue()


def _said(would: str) -> str:
    words = would.split()
    return words[3] if words[:2] == ["Would", "promote"] else "0"


if __name__ == "__main__":
    main(Ruling())

"""The program around the scripted agent: it runs calls, keeps time, cancels and refuses.

What a model would decide is decided here by a seeded generator: when to slip, how long to wait,
whether to look around before mending a call, to try again, or to give up.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from sample.mistakes import Slip
from sample.recorder import Args, Clock, Label, Recorder, Truth

REFUSED = "Rejected: the user doesn't want to proceed with this call. It was not run."
CANCELLED = "Cancelled: another call of the same batch failed. This call was not run."
REMARKS = ("", "", " The user said: show me the change first.", " The user said: not on a Friday.")
REFUSAL_RATE = 0.06
TRIES_AT_MOST = 4

TRANSIENT = (
    (r"database is locked", "query/locked"),
    (r"^HTTP 429", "fetch/too-many-requests"),
    (r"^HTTP 503", "fetch/restarting"),
)
NAMED = (
    (r"Author identity unknown", "git/no-identity"),
    (r"has no upstream branch", "git/no-upstream"),
    (r"would be overwritten by checkout", "checkout/uncommitted-changes"),
    (r"no changes added to commit|nothing added to commit", "commit/nothing-staged"),
    (r"No changes staged", "mcp-commit/nothing-staged"),
    (r"^Database error: UNIQUE", "sqlite.write_query/unique"),
    (r"UNIQUE constraint failed", "query/unique"),
    (r"old_text was not found", "edit_file/passage-not-there"),
    (r"Could not find exact match", "filesystem.edit_file/passage-not-there"),
    (r"\[Errno 2\] No such file or directory: '/workspace", "file/not-found"),
    (r"ENOENT", "filesystem/not-found"),
    (r"Entity with name", "memory/no-entity"),
    (r"did not resolve to an object", "git/no-such-ref"),
    (r"refs/heads/\S+ already exists", "git/already-exists"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from a call."""

    text: str
    ok: bool
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that the agent means to make."""

    tool: str
    args: Args


class ToolBox(Protocol):
    """Something that runs tools."""

    def call(self, tool: str, args: Args) -> tuple[str, bool]:
        """Return the tool's own text and its own error flag."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One run of one task: the agent's hands, its habits and its patience.

    `habit` scales the chance of a slip. `look` tells which call the agent makes to find out more
    before it mends a failed one, `otherwise` how it gets there without that tool. `risky` tells
    what the person at the screen may refuse.
    """

    project: str
    name: str
    task: str
    box: ToolBox
    recorder: Recorder
    clock: Clock
    rng: Random
    habit: float
    slips: Sequence[Slip]
    look: Callable[[str, Args], Wanted | None]
    otherwise: Callable[[str, Args], Wanted | None]
    risky: Callable[[str, Args], bool]
    labels: list[Label]
    _learned: set[str] = field(default_factory=set)

    def do(self, tool: str, /, **args: object) -> Answer:
        """Make a call the way the agent makes it: perhaps wrongly first."""
        return self.check("", tool, **args)

    def check(self, meaning: str, tool: str, /, **args: object) -> Answer:
        """Make a call whose exit code 1 is an answer of this meaning (a red test, lint)."""
        slip = self._slip(tool, args)
        if slip is None:
            return self.try_patiently(tool, args, informative=meaning)
        answer = self.call(*slip.applied(tool, args, self.rng), mistake=slip.name)
        if answer.ok or answer.refused:
            return answer
        return self._mend(slip, tool, args, meaning)

    def together(self, *calls: Wanted) -> list[Answer]:
        """Send several calls at once; after a failure the rest is cancelled and sent again."""
        answers: list[Answer] = []
        for number, wanted in enumerate(calls):
            slip = self._slip(wanted.tool, wanted.args)
            tool, args = wanted.tool, wanted.args
            if slip:
                tool, args = slip.applied(tool, args, self.rng)
            answer = self.call(tool, args, mistake=slip.name if slip else "", thinking=0.02)
            answers.append(answer)
            if not answer.ok:
                rest = calls[number + 1 :]
                for other in rest:
                    self._note(other.tool, other.args, CANCELLED, Label(truth=Truth.CASCADE))
                again = [self.try_patiently(wanted.tool, wanted.args, attempt=2)]
                again += [self.try_patiently(other.tool, other.args, attempt=2) for other in rest]
                return answers[:-1] + again
        return answers

    def try_patiently(
        self, tool: str, args: Args, *, attempt: int = 1, informative: str = ""
    ) -> Answer:
        """Make a call and try again while it fails for a passing reason."""
        answer = self.call(tool, args, attempt=attempt, informative=informative)
        tries = 1
        while not answer.ok and (wait := self._wait(answer.text, tries)) is not None:
            self.clock.advance(wait)
            tries += 1
            answer = self.call(tool, args, attempt=attempt + tries - 1, thinking=0.5)
        return answer

    def call(
        self,
        tool: str,
        args: Args,
        *,
        attempt: int = 1,
        mistake: str = "",
        thinking: float | None = None,
        informative: str = "",
    ) -> Answer:
        """Run one call, exactly as given, and record it."""
        self.clock.advance(self.rng.uniform(1.5, 9.0) if thinking is None else thinking)
        if self.risky(tool, args) and self.rng.random() < REFUSAL_RATE:
            text = REFUSED + self.rng.choice(REMARKS)
            self._note(tool, args, text, Label(truth=Truth.REJECTION), attempt=attempt)
            return Answer(text=text, ok=False, refused=True)
        text, is_error = self.box.call(tool, args)
        label = _label(tool, text, is_error, mistake, informative)
        self._note(tool, args, text, label, is_error=is_error, attempt=attempt)
        return Answer(text=text, ok=label.truth is Truth.GOOD)

    def chance(self, probability: float) -> bool:
        """Decide by the session's own generator."""
        return self.rng.random() < probability

    def forgets(self, probability: float) -> bool:
        """Decide whether the agent forgets something, by its habit."""
        return self.rng.random() < probability * self.habit

    def _slip(self, tool: str, args: Args) -> Slip | None:
        for slip in self.slips:
            if slip.tool != tool:
                continue
            known = 0.3 if slip.name in self._learned else 1.0
            drawn = self.rng.random() < slip.rate * self.habit * known
            if drawn and slip.spoil(tool, args, Random(0)) is not None:
                return slip
        return None

    def _mend(self, slip: Slip, tool: str, args: Args, informative: str) -> Answer:
        """After a failed slip: mend it, at once or later, get there otherwise, or let it be."""
        self._learned.add(slip.name)
        weights = (8, 75, 8, 4, 5) if slip.looks else (71, 12, 8, 4, 5)
        courses = ("mend", "look", "again", "otherwise", "leave")
        course = self.rng.choices(courses, weights=weights)[0]
        if course == "leave":
            return Answer(text="", ok=False)
        if course == "otherwise" and (wanted := self.otherwise(tool, args)):
            return self.call(wanted.tool, wanted.args)
        attempt = 2
        if course == "look" and (wanted := self.look(tool, args)):
            self.call(wanted.tool, wanted.args)
        if course == "again":
            spoiled = slip.applied(tool, args, self.rng)
            self.call(*spoiled, attempt=attempt, mistake=slip.name)
            attempt += 1
        return self.try_patiently(tool, args, attempt=attempt, informative=informative)

    def _wait(self, text: str, tries: int) -> float | None:
        """Seconds until the next try of the same call, None if there is none."""
        if tries >= TRIES_AT_MOST or self.rng.random() < 0.07:
            return None
        if found := re.search(r"Retry-After: (\d+)", text):
            hasty = self.rng.random() < 0.1
            return 1.0 if hasty else int(found[1]) + self.rng.uniform(0.0, 2.0)
        if "database is locked" in text or text.startswith("HTTP 503"):
            return float(2 ** (tries - 1)) + self.rng.uniform(0.0, 0.5)
        return None

    def _note(
        self,
        tool: str,
        args: Args,
        text: str,
        label: Label,
        *,
        is_error: bool = True,
        attempt: int = 1,
    ) -> None:
        started = self.clock.now
        unrun = label.truth in (Truth.REJECTION, Truth.CASCADE)
        self.clock.advance(0.001 if unrun else self.rng.lognormvariate(-3.2, 0.8))
        self.labels.append(label)
        self.recorder.record(
            tool=tool,
            args=args,
            text=text,
            is_error=is_error,
            started=started,
            ended=self.clock.now,
            session=self.name,
            task=self.task,
            project=self.project,
            attempt=attempt,
        )


def _label(tool: str, text: str, is_error: bool, mistake: str, informative: str) -> Label:
    """Name what happened; a hidden failure is one that this server never flags."""
    hidden = tool.startswith("mcp__sqlite__") and text.startswith(("Database error:", "Error:"))
    if not is_error and not hidden:
        return Label(truth=Truth.GOOD)
    if informative and text.startswith("exit code 1\n") and not mistake:
        return Label(truth=Truth.INFORMATIVE, mistake=informative)
    truth = Truth.HIDDEN if hidden else Truth.FAILURE
    name = _named(TRANSIENT, text) or mistake or _named(NAMED, text) or f"other/{tool}"
    return Label(truth=truth, mistake=name)


def _named(table: Sequence[tuple[str, str]], text: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, text)), "")

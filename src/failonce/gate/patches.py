"""Does a script mend a repository? Found by running it in the sandbox, on copies.

the failure is there → apply → the failure is gone → apply changes nothing more → undo, if any

Every run gets a copy of its own. What was changed is found by comparing files, and the failure
is looked for again in a copy that was made from the repository and these changes alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from failonce.gate.edits import MOST_BYTES, MOST_FILES, counted, edited, edits, protected
from failonce.gate.results import EMPTY
from failonce.gate.sandboxed import READ, held, less, level, lint, reach, said
from failonce.kinds.fixer.patch import APPLY, REPRODUCE, UNDO, PatchFixer
from failonce.language import pattern
from failonce.model import (
    CheckResult,
    Edits,
    Ending,
    Grants,
    Job,
    Limits,
    Proof,
    Ran,
    Safety,
    Tree,
)
from failonce.ports import Copies

_NO_REPOSITORY: Final = CheckResult(
    name="repository",
    passed=False,
    detail="it must be tried on a repository: failonce patches add FILE",
    fatal=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patching:
    """What a script is tried on."""

    copies: Copies
    tree: Tree
    allowed: Grants = field(default_factory=Grants)
    """What the script may reach beside its copy."""
    safety: Safety = Safety.CHANGING
    """How far it may be allowed to reach; what it does to its copy does not count."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of trying a script, and what it makes of the repository."""

    checks: tuple[CheckResult, ...]
    edits: Edits = field(default_factory=dict)
    mended: bool = False
    """The failure is not there, and the script finds nothing to do."""

    @property
    def wrong(self) -> CheckResult | None:
        """The first check that forbids it."""
        return next((c for c in self.checks if c.fatal and not c.passed), None)


def tried(body: PatchFixer, on: Patching | None) -> Attempt:
    """Every check on a script; the first that forbids it is the last."""
    first = lint(body.findings)
    if on is None:
        return Attempt(checks=(first, _NO_REPOSITORY))
    runs = _Runs(body, on)
    last = (reach(body.grants, on.allowed), READ)
    checks = _asked(chain((first,), _allowed(body, on), runs.checks(), last))
    return Attempt(checks=checks, edits=runs.edits, mended=runs.mended)


def undone(body: PatchFixer, on: Patching) -> Attempt:
    """What the script's own way back makes of a repository that it mended."""
    runs = _Runs(body, on)
    checks = _asked(chain(_allowed(body, on), runs.back()))
    return Attempt(checks=checks, edits=runs.edits)


def _allowed(body: PatchFixer, on: Patching) -> Iterator[CheckResult]:
    """May it run here at all?"""
    yield held(on.copies.sandbox)
    yield level(body.grants, on.safety)


def _asked(checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The checks up to the first that forbids it; those after it are not even found out."""
    found: list[CheckResult] = []
    for check in checks:
        found.append(check)
        if check.fatal and not check.passed:
            break
    return tuple(found)


def proof(attempt: Attempt) -> Proof:
    """What a repository says; no recorded call can say it."""
    wrong = attempt.wrong
    done = next((c.detail for c in attempt.checks if c.name == "applies"), "")
    line = (
        f"On a copy of the repository the failure was there before it and not after; {done}."
        if wrong is None
        else f"Refused on a copy of the repository: {wrong.detail}."
    )
    return replace(EMPTY, missing="", line=line)


class _Runs:
    """The runs of one script on copies of one repository."""

    def __init__(self, body: PatchFixer, on: Patching) -> None:
        self._body = body
        self._on = on
        self.edits: Edits = {}
        self.mended = False

    def checks(self) -> Iterator[CheckResult]:
        """In the order in which each relies on those before it."""
        tree = self._on.tree
        before, _ = self._run(REPRODUCE, tree)
        there = before.ending is not Ending.RETURNED
        if there:
            yield _fatal("before", self._is_failure(before), self._before(before))
        ran, after = self._run(APPLY, tree)
        self.edits = edits(tree, after)
        if not there:
            self.mended = ran.value is False and not self.edits
            yield _fatal("before", False, self._before(before))
        yield self._applied(ran)
        yield self._allowed()
        mended = edited(tree, self.edits)
        later, _ = self._run(REPRODUCE, mended)
        yield _fatal("after", later.ending is Ending.RETURNED, self._after(later))
        ran, again = self._run(APPLY, mended)
        yield self._idempotent(ran, edits(mended, again))
        yield self._undo(mended)

    def back(self) -> Iterator[CheckResult]:
        """Undo alone."""
        if not self._body.undoes:
            detail = "the script declares no way back (`undo`); git restores the files"
            yield _fatal("undo", False, detail)
            return
        ran, after = self._run(UNDO, self._on.tree)
        self.edits = edits(self._on.tree, after)
        yield self._applied(ran)
        yield self._allowed()

    def _run(self, entry: str, tree: Tree) -> tuple[Ran, Tree]:
        job = Job(
            source=self._body.script,
            entry=entry,
            grants=replace(less(self._body.grants, self._on.allowed), writes=()),
            limits=self._on.limits,
        )
        return self._on.copies.run(tree, job)

    def _is_failure(self, ran: Ran) -> bool:
        raised = ran.ending is Ending.RAISED
        return raised and pattern.matches(self._body.message_regex, ran.error)

    def _before(self, ran: Ran) -> str:
        if self._is_failure(ran):
            return f"`{REPRODUCE}` fails as recorded: {ran.error[:200]}"
        if ran.ending is Ending.RETURNED:
            return f"`{REPRODUCE}` does not fail here, so nothing shows that there is a failure"
        if ran.ending is Ending.RAISED:
            return f"`{REPRODUCE}` fails in another way than was recorded: {ran.error[:200]}"
        return f"`{REPRODUCE}`: {said(ran)}"

    def _after(self, ran: Ran) -> str:
        if ran.ending is Ending.RETURNED:
            return f"`{REPRODUCE}` no longer fails"
        return f"`{REPRODUCE}` still fails: {ran.error[:200] or said(ran)}"

    def _applied(self, ran: Ran) -> CheckResult:
        if ran.ending is not Ending.RETURNED:
            return _fatal("applies", False, f"{said(ran)}{_where(ran)}")
        if ran.value is not True or not self.edits:
            does = "changes nothing" if not self.edits else "changed files"
            detail = f"it {does} and answers {ran.value!r}; True means that it changed something"
            return _fatal("applies", False, detail[:300])
        return _fatal("applies", True, f"it changes {counted(self._on.tree, self.edits)}")

    def _allowed(self) -> CheckResult:
        """Nothing that is not a script's to change, and no more than somebody reads."""
        kept = [(path, what) for path in self.edits if (what := protected(path))]
        size = sum(len(f.content) for f in self.edits.values() if f is not None)
        if kept:
            path, what = kept[0]
            return _fatal("places", False, f"it changes {path}, which is {what}")
        if len(self.edits) > MOST_FILES or size > MOST_BYTES:
            detail = f"it leaves {len(self.edits)} files of {size:,} bytes; nobody reads as much"
            return _fatal("places", False, detail)
        return _fatal("places", True, "it changes nothing that is not a script's to change")

    def _idempotent(self, ran: Ran, more: Edits) -> CheckResult:
        good = ran.ending is Ending.RETURNED and not more
        detail = "applied again it changes nothing"
        if more:
            detail = f"applied again it changes {counted(self._on.tree, more)}"
        elif not good:
            detail = f"applied again: {said(ran)}"
        return _fatal("idempotent", good, detail)

    def _undo(self, mended: Tree) -> CheckResult:
        if not self._body.undoes:
            return CheckResult(name="undo", passed=True, detail="it declares no way back")
        ran, back = self._run(UNDO, mended)
        left = edits(self._on.tree, back)
        if ran.ending is not Ending.RETURNED or ran.value is not True:
            return _fatal("undo", False, f"its way back: {said(ran)}")
        if left:
            detail = f"its way back leaves {counted(self._on.tree, left)}"
            return _fatal("undo", False, detail)
        return _fatal("undo", True, "its way back restores every byte")


def _fatal(name: str, passed: bool, detail: str) -> CheckResult:
    return CheckResult(name=name, passed=passed, detail=detail, fatal=True)


def _where(ran: Ran) -> str:
    return f": {ran.error[:200]}" if ran.ending is Ending.RAISED else ""

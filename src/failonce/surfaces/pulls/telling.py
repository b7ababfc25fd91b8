"""Title and text of a pull request: the proof of every lesson in it, and what to look at.

Nothing in the text is read back as proof. Only its last line is read again, which names the
lessons and the digest of each text that was put before people.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from failonce.model import Lesson
from failonce.surfaces.card import Card
from failonce.surfaces.card.cases import cases, sums
from failonce.surfaces.card.telling import learned
from failonce.surfaces.card.wording import author
from failonce.surfaces.pulls.markdown import code, fenced, said, table
from failonce.surfaces.words import counted

MOST: Final = 60_000
"""Characters of a text; GitHub takes 65,536."""
_DIGEST: Final = 16
_MARK: Final = re.compile(r"<!-- failonce:lessons((?: [A-Z]{2}-[0-9A-F]{8,64}\.[0-9a-f]{16})*) -->")
_TITLE: Final = re.compile(r"[^\w .:-]")
_INTRODUCED: Final = (
    "failonce learned {lessons} from recorded failures and tried each on history that it was not "
    "learned from. A file is a lesson."
)
_CHANGING: Final = (
    "* **Change a file in the branch, then merge**: the new text is tried on history again, and "
    "approved if the gate does not refuse it."
)
_REVIEWING: Final = (
    "I read the file of every lesson in this pull request, and not only this text.",
    "What each lesson does is right for every call that it meets, not only for those recorded.",
    "Every `!` below is answered: somebody knows why it does not matter, or the file is taken out.",
    "Names and values in a file come from this project, and none is a secret or somebody's data.",
    "A fixer's script does what it says and nothing beside it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A lesson that a pull request puts before people, and how its text's digest begins."""

    lesson: str
    digest: str

    def of(self, lesson: Lesson) -> bool:
        """Whether it is this very text."""
        return lesson.id == self.lesson and lesson.digest.startswith(self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A lesson in a pull request."""

    lesson: Lesson
    card: Card
    path: str
    edited: bool = False
    """Somebody changed its text in the branch."""
    detailed: bool = True
    """Whether its card was tried on recorded calls; else only its proof is told."""


def marks(body: str) -> tuple[Mark, ...]:
    """The lessons that a pull request of ours puts before people, in its own order."""
    whole = [_MARK.fullmatch(line.strip("\r")) for line in body.split("\n")]
    found = [x for x in whole if x is not None]
    if not found:
        return ()
    pairs = (x.split(".") for x in found[-1][1].split())
    return tuple(Mark(lesson=name, digest=digest) for name, digest in pairs)


def title(lessons: Sequence[Lesson], *, undoing: bool = False) -> str:
    """One line of our own words, and of a single lesson its name without marks."""
    if undoing:
        return f"failonce: undo {lessons[0].id}"
    if len(lessons) == 1:
        name = " ".join(_TITLE.sub(" ", lessons[0].proposal.name).split())[:80]
        return f"failonce: {lessons[0].id}, {name}"
    return f"failonce: {len(lessons)} lessons to review"


def body(shown: Sequence[Shown], base: str, out: Sequence[Lesson] = ()) -> str:
    """The text of a pull request that puts lessons before people.

    `out` are those whose files people took out of the branch: a merge turns them down.
    """
    head = [
        _INTRODUCED.format(lessons=counted(len(shown), "lesson")),
        "",
        f"* **Merge**: what stands in the branch is approved, by whoever merges into `{base}`.",
        "* **Close**: all of them are rejected, by whoever closes.",
        "* **Take a file out of the branch, then merge**: that one is rejected.",
        _CHANGING,
        "* To undo one later, revert it, or `failonce propose --pr --undo ID`.",
        "",
        "## Proof",
        "",
        table(("lesson", "what", "on recorded history", "look at"), map(_row, shown)),
        "",
        *(f"{code(x.id)} was taken out of this branch: merged, it is rejected.\n" for x in out),
        "## Before you merge",
        "",
        *(f"- [ ] {line}" for line in _REVIEWING),
        "",
        "Ticks are for you; failonce does not read them.",
    ]
    told = "\n".join(head)
    tail = f"\n\n{_mark([*(x.lesson for x in shown), *out])}\n"
    left = 0
    for one in shown:
        more = "\n".join(_told(one)) if one.detailed else ""
        if not more or len(told) + len(more) + len(tail) > MOST:
            left += 1
            continue
        told += f"\n\n{more}"
    if left:
        told += f"\n\nFor the evidence of {counted(left, 'more lesson')}: `failonce show ID`."
    return told + tail


def undo_body(one: Shown, base: str) -> str:
    """The text of a pull request that takes a lesson out of force."""
    found = one.card
    lines = [
        f"This takes the lesson {code(found.id)} out of force.",
        "",
        f"* **Merge**: it is undone, by whoever merges into `{base}`. It can be reopened.",
        "* **Close**: it stays in force.",
        "",
        "## What it did",
        "",
        *(f"* {said(x)}" for x in (*found.proof, *found.since)),
    ]
    return "\n".join(lines) + f"\n\n{_mark([one.lesson])}\n"


# ------------------------------------------------------------------ inside


def _mark(lessons: Sequence[Lesson]) -> str:
    names = "".join(f" {x.id}.{x.digest[:_DIGEST]}" for x in lessons)
    return f"<!-- failonce:lessons{names} -->"


def _row(one: Shown) -> tuple[str, ...]:
    found = one.card
    doubts = sum(not x.good for x in found.safety)
    what = f"{found.kind} for {code(found.target, 60)}"
    edited = "<br>changed in this branch" if one.edited else ""
    proof = "<br>".join(said(x) for x in found.proof)
    look = f"{doubts} `!`" if doubts else "nothing"
    show = f"`failonce show {found.id}`"
    return code(found.id), f"{what}{edited}", proof, look if one.detailed else show


def _told(one: Shown) -> Iterator[str]:
    found = one.card
    yield f"## {code(found.id)}: {code(one.lesson.proposal.name, 120)}"
    yield ""
    yield f"{code(one.path, 200)}, proposed by {said(author(found.proposer))}."
    if one.edited:
        yield ""
        yield (
            "**Its text was changed in this branch.** What stands here is the proof of the text "
            "before that; the new one is tried when it is merged."
        )
    yield ""
    does = found.does
    yield f"* When {said(does.when)}"
    for step in does.then:
        yield f"* {said(step)}"
    for label, text in (("The agent sees", does.sees), ("If it fails", does.fails)):
        if text:
            yield f"* {label}: {said(text)}"
    yield ""
    for point in found.safety:
        yield f"* {'`+`' if point.good else '`!`'} {said(point.text)}"
        for reason in point.because:
            yield f"  * {said(reason)}"
    for check in found.checks:
        if check.answer != "passed":
            yield f"* `!` {said(check.name)}: {said(check.detail)}"
    yield ""
    yield "<details><summary>Evidence: what it would have done, on recorded calls</summary>"
    yield ""
    yield fenced(_evidence(found))
    yield ""
    yield "</details>"


def _evidence(found: Card) -> Iterator[str]:
    if text := learned(found):
        yield text
    if not found.hits.calls:
        yield "No recorded call is about it."
        return
    yield from sums(found)
    for case in cases(found, everything=False):
        more = f" (and {case.more:,} more)" if case.more else ""
        yield ""
        yield f"{case.title}{more}: {case.at:%Y-%m-%d %H:%M}, {case.whose}"
        for label, text in case.parts:
            yield f"    {label}: {text}"

"""Lessons onto a branch and into one pull request. The same again changes nothing.

Where it stands is read from the remote and the forge each time, and kept nowhere else: killed at
any point, the next run goes on from what is there. What people did to the branch stays: a file
that they changed or took out is not written again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from failonce.errors import NotFound, Refused
from failonce.lifecycle import waits_now
from failonce.model import Lesson, Ruling, State
from failonce.ports import Pull, PullState
from failonce.projections import lesson_file
from failonce.surfaces.card import build, gather
from failonce.surfaces.pulls.ground import Ground, machine
from failonce.surfaces.pulls.standing import PROPOSED, Stood, lesson_of, standing
from failonce.surfaces.pulls.telling import Shown, body, title, undo_body

DETAILED: Final = 20
"""Lessons that are tried on recorded calls for the text of one pull request; more of it nobody
reads, and all of it would not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: all that waits, or some lessons each for itself; or one's end."""

    lessons: tuple[str, ...] = ()
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A branch, and what was done to it and its pull request."""

    branch: str
    base: str
    lessons: tuple[str, ...]
    pushed: bool = False
    opened: bool = False
    rewritten: bool = False
    closed: bool = False
    url: str = ""
    """Of the pull request, or where the remote says to open one; empty where nobody knows."""
    kept: tuple[str, ...] = ()
    """Lessons whose files people took out of the branch."""
    there: tuple[str, ...] = ()
    """Lessons that wait, though their files stood approved on the base before they did."""

    @property
    def changed(self) -> bool:
        """Whether anything was done to it."""
        return self.pushed or self.opened or self.rewritten or self.closed


def put(ground: Ground, wanted: Wanted) -> list[Put]:
    """Bring branches and pull requests to what is wanted.

    Raises `NotFound` and `Refused` for lessons that cannot be put before anybody, `RemoteError`
    where the remote or the forge cannot be reached; what was done before that stands.
    """
    known = ground.lessons()
    here = _Here.now(ground)
    if wanted.undo:
        return [_undo(here, _named(ground, known, x)) for x in wanted.lessons]
    if wanted.lessons:
        chosen = [_named(ground, known, x) for x in wanted.lessons]
        for lesson in chosen:
            _may_wait(lesson)
        return [_propose(here, ground.own(x.id), [x], known) for x in chosen]
    now = ground.parts.clock.now()
    waiting = [
        x
        for x in known.values()
        if waits_now(x, now) and x.judgement.ruling is not Ruling.REJECT and not here.alone(x.id)
    ]
    return [_propose(here, ground.waiting, waiting, known)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """The remote and the forge as they are now."""

    ground: Ground
    base: str
    stood: Mapping[str, Stood]
    branches: Mapping[str, str]
    pulls: Sequence[Pull]

    @classmethod
    def now(cls, ground: Ground) -> "_Here":
        base, pulls = ground.look()
        return cls(
            ground=ground,
            base=base,
            stood=standing(ground.remote.files(base, ground.folder), ground.folder),
            branches=ground.remote.branches(),
            pulls=pulls,
        )

    def opened(self, branch: str) -> Pull | None:
        """The open pull request of a branch."""
        ours = (x for x in self.pulls if x.branch == branch and x.state is PullState.OPEN)
        return next(ours, None)

    def alone(self, lesson: str) -> bool:
        """Whether a lesson is before people in a branch of its own."""
        return self.parent(self.ground.own(lesson)) != self.base

    def parent(self, branch: str) -> str:
        """What the branch goes on from: itself while it is before people, else the base."""
        head = self.branches.get(branch)
        if head is None or self.ground.remote.contains(self.base, head):
            return self.base
        if self.ground.forge is not None:
            return head if self.opened(branch) is not None else self.base
        there = standing(self.ground.remote.files(head, self.ground.folder), self.ground.folder)
        before = {x.lesson: x.file for x in self.stood.values()}
        fresh = {x.lesson: x.file for x in there.values()} == before
        return self.base if fresh else head


def _propose(
    here: _Here, branch: str, waiting: Sequence[Lesson], known: Mapping[str, Lesson]
) -> Put:
    ground, remote = here.ground, here.ground.remote
    parent = here.parent(branch)
    files = remote.files(parent, ground.folder)
    there = standing(files, ground.folder)
    gone = remote.gone(f"{here.base}..{parent}", ground.folder, within=True)
    out = {lesson_of(path) for path, change in gone.items() if not machine(change.who)}
    left = [x for x in waiting if x.id in out and x.id not in there]
    kept = tuple(x.id for x in left)
    wanted = [x for x in waiting if x.id not in kept]
    changes = _files(ground, wanted, there, files)
    names = [x.id for x in wanted]
    changes |= {x.path: None for x in there.values() if _over(here, x, known, names)}
    after = {x.id: _path(ground, x, there) for x in wanted if _news(here, x, there, changes)}
    already = tuple(x.id for x in wanted if x.id not in after)
    wanted = [x for x in wanted if x.id in after]
    if not wanted:
        return replace(_nothing(here, branch, kept), there=already)
    edited = {x.id for x in wanted if _edited(ground, x, there.get(x.id)) is _By.PERSON}
    commit = parent
    if changes:
        told = ", ".join(list(after)[:5]) + (", …" if len(after) > 5 else "")
        message = f"Propose {told}\n\nLessons of failonce, to review.\n"
        commit = remote.commit(parent, changes, message)
    shown = [
        _shown(ground, x, after[x.id], edited=x.id in edited, detailed=n < DETAILED)
        for n, x in enumerate(wanted)
    ]
    text = body(shown, remote.base, left)
    made = _published(here, branch, commit, title=title(wanted), text=text)
    return replace(made, lessons=tuple(after), kept=kept, there=already)


def _undo(here: _Here, lesson: Lesson) -> Put:
    ground, remote = here.ground, here.ground.remote
    if not lesson.in_force:
        raise Refused(f"{lesson.id} is not in force, so there is nothing to undo.")
    stood = here.stood.get(lesson.id)
    if stood is None or stood.waits:
        raise Refused(
            f"{lesson.id} has no file in {ground.folder}/ of {remote.base}, so no pull request can "
            f"take it out: failonce undo {lesson.id}"
        )
    branch = ground.undoing(lesson.id)
    parent = here.parent(branch)
    there = standing(remote.files(parent, ground.folder), ground.folder)
    commit = parent
    if lesson.id in there:
        commit = remote.commit(
            parent, {there[lesson.id].path: None}, f"Undo {lesson.id}\n\nA lesson of failonce.\n"
        )
    text = undo_body(_shown(ground, lesson, stood.path), remote.base)
    made = _published(here, branch, commit, title=title([lesson], undoing=True), text=text)
    return replace(made, lessons=(lesson.id,))


def _published(here: _Here, branch: str, commit: str, *, title: str, text: str) -> Put:
    """The branch at the remote, and its pull request as it is to read."""
    ground = here.ground
    head = here.branches.get(branch, "")
    same = bool(head) and ground.remote.alike(head, commit, ground.folder)
    told: tuple[str, ...] = ()
    # Without people's commits on it, one with the same files is as good: it was pushed before us.
    pushed = not (head == commit or (same and ground.remote.contains(head, here.base)))
    if pushed:
        told = ground.remote.push(commit, branch, expected=head)
    made = Put(branch=branch, base=ground.remote.base, lessons=(), pushed=pushed)
    if ground.forge is None:
        return replace(made, url=next(iter(told), ""))
    pull = here.opened(branch)
    if pull is None:
        pull = ground.forge.open(branch=branch, base=made.base, title=title, body=text)
        made = replace(made, opened=True)
    if (pull.title, pull.body.replace("\r\n", "\n").strip()) != (title, text.strip()):
        ground.forge.rewrite(pull, title=title, body=text)
        made = replace(made, rewritten=not made.opened)
    return replace(made, url=pull.url)


def _nothing(here: _Here, branch: str, kept: tuple[str, ...]) -> Put:
    """Nothing waits: an open pull request of what was decided elsewhere is closed."""
    ground, pull = here.ground, here.opened(branch)
    made = Put(branch=branch, base=ground.remote.base, lessons=(), kept=kept)
    if pull is None or kept or ground.forge is None:
        return made
    # Its last line goes first, so that our closing it is no review.
    words = "Nothing of this waits any more: it was decided elsewhere."
    ground.forge.rewrite(pull, title=pull.title, body=words)
    ground.forge.close(pull)
    return replace(made, closed=True, url=pull.url)


# ------------------------------------------------------------------- files


class _By(Enum):
    """Whose text a file holds."""

    NOBODY = auto()
    """There is none, or an older one of ours."""
    US = auto()
    PERSON = auto()


def _files(
    ground: Ground,
    wanted: Sequence[Lesson],
    there: Mapping[str, Stood],
    files: Mapping[str, bytes],
) -> dict[str, bytes | None]:
    """What is to change so that each lesson stands as it would once it is approved."""
    changes: dict[str, bytes | None] = {}
    names = {x.id for x in wanted}
    facts = ground.parts.review.measuring.signatures(wanted)
    for lesson in wanted:
        stood = there.get(lesson.id)
        by = _edited(ground, lesson, stood)
        if stood is not None and not stood.waits and by is not _By.NOBODY:
            continue
        path = _path(ground, lesson, there)
        approved = replace(lesson, state=State.CANARY, approved_digest=lesson.digest)
        changes[path] = lesson_file.render(approved, facts.get(lesson.id)).encode()
    for path in files:  # what the repository holds as a proposal moves
        if f"/{PROPOSED}/" in path and lesson_of(path) in names:
            changes[path] = None
    return changes


def _news(
    here: _Here,
    lesson: Lesson,
    there: Mapping[str, Stood],
    changes: Mapping[str, bytes | None],
) -> bool:
    """Whether merging would bring the base anything of this lesson."""
    old, new = here.stood.get(lesson.id), there.get(lesson.id)
    return any(lesson_of(x) == lesson.id for x in changes) or (new is not None and new != old)


def _edited(ground: Ground, lesson: Lesson, stood: Stood | None) -> _By:
    if stood is None or stood.waits:
        return _By.NOBODY
    if stood.file is None:
        return _By.PERSON
    if stood.file.body == lesson.proposal.body:
        return _By.US
    older = {x.proposal.body for x in ground.parts.store.versions(lesson.id)}
    return _By.NOBODY if stood.file.body in older else _By.PERSON


def _over(here: _Here, stood: Stood, known: Mapping[str, Lesson], wanted: Sequence[str]) -> bool:
    """Whether a file of the branch alone is of a lesson that is not put before people there any
    more: it was turned down or put off elsewhere, or has a branch of its own by now."""
    lesson = known.get(stood.lesson)
    if lesson is None or stood.lesson in here.stood or stood.lesson in wanted:
        return False
    return not lesson.in_force


def _path(ground: Ground, lesson: Lesson, there: Mapping[str, Stood]) -> str:
    stood = there.get(lesson.id)
    if stood is not None and not stood.waits:
        return stood.path
    return f"{ground.folder}/{lesson_file.file_name(lesson)}"


def _shown(
    ground: Ground, lesson: Lesson, path: str, *, edited: bool = False, detailed: bool = True
) -> Shown:
    card = build(gather(ground.parts, lesson, recorded=detailed))
    return Shown(lesson=lesson, card=card, path=path, edited=edited, detailed=detailed)


def _named(ground: Ground, known: Mapping[str, Lesson], ref: str) -> Lesson:
    lesson = ground.parts.review.find(ref)
    if lesson.id not in known:
        raise NotFound(
            f"{lesson.id} is a lesson of {lesson.proposal.project}, and this is {ground.project}. "
            "Name the project: --project."
        )
    return lesson


def _may_wait(lesson: Lesson) -> None:
    if lesson.state is not State.PROPOSED:
        raise Refused(f"{lesson.id} does not wait for anybody: failonce show {lesson.id}")
    if lesson.judgement.ruling is Ruling.REJECT:
        raise Refused(f"{lesson.id} was refused by the gate, so nobody can approve it.")

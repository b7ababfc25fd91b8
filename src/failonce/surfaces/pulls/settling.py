"""What people did to pull requests and files, carried out as decisions; each once.

Nothing is kept of what was carried out but the decisions themselves: each is in the audit with
the pull request or commit that it comes from, and one that is there is not made again. A decision
that somebody made later, elsewhere, stands.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final

from failonce.adapters.forges import Change
from failonce.compose import Parts
from failonce.deciding import Verb
from failonce.errors import UserError
from failonce.lifecycle import WORDS
from failonce.model import Action, Lesson, State
from failonce.ports import Pull, PullState
from failonce.surfaces.pulls.ground import Ground, machine, person
from failonce.surfaces.pulls.standing import PROPOSED, Stood, standing
from failonce.surfaces.pulls.telling import marks

SKEW: Final = timedelta(minutes=5)
"""How far the clock of a forge, or of whoever commits, may be behind ours."""
_WORDS_OF_PEOPLE: Final = (Action.APPROVE, Action.REJECT, Action.UNDO)
_LARGEST: Final = 100_000
"""Bytes of a lesson's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A decision that was carried out."""

    lesson: str
    verb: Verb
    by: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that somebody did and that was not carried out."""

    lesson: str
    why: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of what people did."""

    done: list[Done] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def leave(self, lesson: str, why: str, word: "_Word") -> None:
        """Note what was not carried out."""
        self.left.append(Left(lesson=lesson, why=why, where=word.where))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What somebody said of lessons: who, where and when."""

    who: str
    where: str
    """A pull request's address or a commit; kept in the audit, so that it counts once."""
    at: datetime
    human: bool = True


def settle(ground: Ground) -> Settled:
    """Carry out what was merged, closed, moved or taken out since. Run again, it does nothing.

    Raises `RemoteError` where the remote or the forge cannot be reached; what was carried out
    before that stands.
    """
    base, pulls = ground.look()
    run = _Run(ground=ground, stood=_standing(ground, base), found=Settled())
    for pull in pulls:
        if pull.state is not PullState.OPEN:
            run.of_pull(pull, base)
    run.of_base(base)
    return run.found


def settle_files(parts: Parts, *, project: str, folder: Path) -> Settled:
    """The same for lesson files that were moved by hand in a folder of this machine.

    Whoever runs this says so; a decision made after a file was last changed stands.
    """
    files: dict[str, bytes] = {}
    times: dict[str, datetime] = {}
    for path in (*folder.glob("*.yaml"), *(folder / PROPOSED).glob("*.yaml")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        name = path.relative_to(folder.parent).as_posix()
        files[name] = path.read_bytes()
        times[name] = datetime.fromtimestamp(path.stat().st_ctime, UTC)
    found = Settled()
    lessons = {x.id: x for x in parts.store.lessons(project=project)}
    for stood in standing(files, folder.name).values():
        lesson = lessons.get(stood.lesson)
        if lesson is None or lesson.state is not State.PROPOSED:
            continue
        word = _Word(who=parts.review.actor, where=stood.path, at=times[stood.path])
        if _new(parts, lesson, word.where, word.at):
            _of_file(parts, lesson, stood, word, found)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One look at everything."""

    ground: Ground
    stood: Mapping[str, Stood]
    found: Settled
    heard: set[str] = field(default_factory=set)
    """Lessons of which a pull request speaks: the commit that merged it says nothing more."""

    # ------------------------------------------------------- pull requests

    def of_pull(self, pull: Pull, base: str) -> None:
        """One that is over."""
        undoing = self.ground.undoes(pull)
        todo = [x for x in self._named(pull) if self._speaks(pull, x, undoing=undoing)]
        if not todo:
            return
        assert self.ground.forge is not None  # noqa: S101 - it gave the pull request
        by = self.ground.forge.decider(pull)
        word = _Word(who=person(by.name), where=pull.url, at=pull.at, human=by.person)
        if word.human or pull.state is not PullState.CLOSED:  # a program's closing says nothing
            self.heard.update(x.id for x in todo)
        for lesson in todo:
            if not word.human:
                who = word.who or "nobody known"
                self.found.leave(lesson.id, f"{pull.state} by {who}, which is no person", word)
            elif self._by_its_author(pull, by.name):
                why = "whoever opened it merged it, and two are wanted (review.self_approval)"
                self.found.leave(lesson.id, why, word)
            else:
                self._carry_out(pull, lesson, word, base, undoing=undoing)

    def _named(self, pull: Pull) -> Iterator[Lesson]:
        """The lessons whose very text it put before people."""
        for mark in marks(pull.body):
            lesson = self.ground.parts.store.lesson(mark.lesson)
            ours = lesson is not None and lesson.proposal.project == self.ground.project
            if lesson is not None and ours and mark.of(lesson):
                yield lesson

    def _speaks(self, pull: Pull, lesson: Lesson, *, undoing: bool) -> bool:
        """Whether it says something of it that was not carried out yet."""
        if undoing:
            due = lesson.in_force and pull.state is PullState.MERGED
        else:
            due = lesson.state is State.PROPOSED
        return due and self._new(lesson, pull.url, pull.at)

    def _by_its_author(self, pull: Pull, name: str) -> bool:
        alone = self.ground.parts.review.policy.self_approval
        return not alone and pull.state is PullState.MERGED and name == pull.author

    def _carry_out(
        self, pull: Pull, lesson: Lesson, word: _Word, base: str, *, undoing: bool
    ) -> None:
        stood = self.stood.get(lesson.id)
        here = stood is not None and not stood.waits
        if undoing:
            if here:
                self.found.leave(lesson.id, "its file stands there still", word)
            else:
                self._decide(Verb.UNDO, lesson, word, "undone by a pull request")
        elif pull.state is PullState.CLOSED:
            self._decide(Verb.REJECT, lesson, word, "its pull request was closed")
        elif stood is None or not here:
            self._decide(Verb.REJECT, lesson, word, "taken out of its pull request")
        else:
            change = self.ground.remote.changed(base, stood.path)
            both = word if change is None else _at(word, change.commit)
            parts = self.ground.acting(both.who, both.where)
            _of_file(parts, lesson, stood, both, self.found)

    # ------------------------------------------------------------ the base

    def of_base(self, base: str) -> None:
        """Files that came to the base, or went from it, otherwise."""
        ground = self.ground
        gone = cache(partial(ground.remote.gone, base, ground.folder))
        for lesson in ground.lessons().values():
            stood = self.stood.get(lesson.id)
            if lesson.id in self.heard:
                continue
            if stood is not None and not stood.waits:
                if self._differs(lesson, stood):
                    self._arrived(lesson, stood, base)
            elif stood is not None and stood.turned_down and lesson.state is State.PROPOSED:
                self._arrived(lesson, stood, base)
            elif stood is not None and stood.half:
                self.found.left.append(Left(lesson=lesson.id, why=stood.half, where=stood.path))
            elif lesson.in_force:
                self._went(lesson, gone(), Verb.UNDO, "its file was taken out")
            elif lesson.state is State.PROPOSED and ground.forge is None:
                # a forge would have told of it
                why = "its file was taken out of the branch"
                self._went(lesson, gone(within=True), Verb.REJECT, why)

    def _differs(self, lesson: Lesson, stood: Stood) -> bool:
        """Whether a file says something else than the store."""
        if lesson.state is State.PROPOSED or stood.file is None:
            return True
        same = stood.file.body == lesson.proposal.body
        return (
            lesson.in_force and not same and not _known(self.ground.parts, lesson, stood.file.body)
        )

    def _arrived(self, lesson: Lesson, stood: Stood, base: str) -> None:
        change = self.ground.remote.changed(base, stood.path)
        if change is None or not self._new(lesson, f"commit {change.commit}", change.at):
            return
        word = _of_commit(change)
        if word.human:
            parts = self.ground.acting(word.who, word.where)
            _of_file(parts, lesson, stood, word, self.found)
            return
        why = (
            f"its file came to {self.ground.remote.base} by {word.who}, which is no person. Merge "
            f"with a commit of your own (--no-ff), or decide it here: failonce approve {lesson.id}"
        )
        self.found.leave(lesson.id, why, word)

    def _went(self, lesson: Lesson, gone: Mapping[str, Change], verb: Verb, reason: str) -> None:
        """Its file was taken out by somebody, be it by reverting what brought it."""
        for path, change in gone.items():
            ours = path.startswith(f"{self.ground.folder}/{lesson.id}")
            if ours and self._new(lesson, f"commit {change.commit}", change.at):
                word = _of_commit(change)
                if word.human:
                    self._decide(verb, lesson, word, reason)
                elif verb is Verb.UNDO:  # out of a branch we take what was decided elsewhere
                    self.found.leave(lesson.id, f"its file was taken out by {word.who}", word)
                return

    # -------------------------------------------------------------- inside

    def _new(self, lesson: Lesson, where: str, at: datetime) -> bool:
        """Whether nobody acted upon this yet, nor decided otherwise since."""
        return _new(self.ground.parts, lesson, where, at + SKEW)

    def _decide(self, verb: Verb, lesson: Lesson, word: _Word, reason: str) -> None:
        parts = self.ground.acting(word.who, word.where)
        _decide(parts, lesson, verb, word, reason=reason, found=self.found)


# ------------------------------------------------------------------ inside


def _of_file(parts: Parts, lesson: Lesson, stood: Stood, word: _Word, found: Settled) -> None:
    """Carry out what a lesson's file says; the gate judges a text that was changed in it."""
    if stood.file is None:
        found.leave(lesson.id, f"its file cannot be read: {stood.wrong}", word)
    elif stood.turned_down:
        _decide(parts, lesson, Verb.REJECT, word, reason="its file says so", found=found)
    elif not stood.active:
        if stood.half:
            found.leave(lesson.id, stood.half, word)
    elif lesson.state not in (State.PROPOSED, State.CANARY, State.STABLE):
        why = f"it is {WORDS[lesson.state]}: failonce reopen {lesson.id}, or take its file out"
        found.leave(lesson.id, why, word)
    elif stood.file.body == lesson.proposal.body:
        _decide(parts, lesson, Verb.APPROVE, word, reason="its file was approved", found=found)
    elif _known(parts, lesson, stood.file.body):
        why = "what was approved is an older text of it; put the present one before people"
        found.leave(lesson.id, why, word)
    else:
        _changed(parts, lesson, stood.file.body, word, found)


def _changed(parts: Parts, lesson: Lesson, body: str, word: _Word, found: Settled) -> None:
    """A text that somebody changed: another version, judged anew, and approved by the same word.

    Where two people are wanted the second of these is refused, and the new text waits.
    """
    try:
        new = parts.loop.editing.edit(
            lesson.id, body, reason="changed in its file", digest=lesson.digest
        )
    except UserError as error:
        found.leave(lesson.id, str(error), word)
        return
    _decide(parts, new, Verb.APPROVE, word, reason="its file was changed and approved", found=found)


def _decide(
    parts: Parts, lesson: Lesson, verb: Verb, word: _Word, *, reason: str, found: Settled
) -> None:
    try:
        parts.review.decide(verb, lesson.id, reason=reason, digest=lesson.digest)
    except UserError as error:
        found.leave(lesson.id, str(error), word)
    else:
        found.done.append(Done(lesson=lesson.id, verb=verb, by=word.who, where=word.where))


def _known(parts: Parts, lesson: Lesson, body: str) -> bool:
    """Whether a text is, or was, that of a lesson of this line."""
    return any(
        x.proposal.body == body for one in _line(parts, lesson) for x in parts.store.versions(one)
    )


def _line(parts: Parts, lesson: Lesson) -> Collection[str]:
    """The ids of all edited forms of a lesson."""
    others = parts.store.lessons(project=lesson.proposal.project)
    return {lesson.id, *(x.id for x in others if x.line == lesson.line)}


def _new(parts: Parts, lesson: Lesson, where: str, at: datetime) -> bool:
    """Whether what was said there, at that time, was not decided upon, nor otherwise since.

    A text that was changed there is proposed before it is approved, and that is no decision.
    """
    events = [e.event for one in _line(parts, lesson) for e in parts.store.entries(subject=one)]
    from_there = [e for e in events if where in e.via.split(", ")]
    if any(e.action in _WORDS_OF_PEOPLE for e in from_there):
        return False
    others = (e for e in events if e.subject == lesson.id and e not in from_there)
    moved = max((e.at for e in others if e.after is not None), default=at)
    return at >= moved


def _at(word: _Word, commit: str) -> _Word:
    where = f"{word.where}, commit {commit}"
    return _Word(who=word.who, where=where, at=word.at, human=word.human)


def _of_commit(change: Change) -> _Word:
    """What a commit says, by the word of whoever made it."""
    return _Word(
        who=person(change.who),
        where=f"commit {change.commit}",
        at=change.at,
        human=not machine(change.who),
    )


def _standing(ground: Ground, commit: str) -> Mapping[str, Stood]:
    return standing(ground.remote.files(commit, ground.folder), ground.folder)

"""Looks at files, recognises what was counted before, has the rest counted, and adds it up.

Work is done in rounds, each of so many parts: a round is stored before the next begins, so that a
run that is stopped has lost one round at most and the same command goes on. What a round holds
follows from the files alone, not from who was faster.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial as bound
from itertools import accumulate, groupby, pairwise
from socket import gethostname
from typing import Final

from failonce.adapters.batch import lines, table
from failonce.adapters.batch.engines import Engine
from failonce.adapters.batch.files import opened
from failonce.adapters.batch.parts import (
    Done,
    File,
    Form,
    Load,
    Looked,
    Piece,
    Settings,
    Stretch,
    Surveyed,
    Unreadable,
)
from failonce.errors import BadInput
from failonce.identity import digest
from failonce.model import Reject
from failonce.ports import Taken
from failonce.summing import Partial, merge

WINDOW: Final = 16 << 20
"""Bytes of text that are recognised together, and counted by one worker. Files that were counted
with another length are not recognised, so this must not change."""
ROWS: Final = 500_000
"""Rows of a table that are counted at once."""
ROUND: Final = 256
"""Parts that are stored together."""
LOAD: Final = 8
"""Parts of tables that one worker is given in one go, at most."""
SURVEYED: Final = 64
"""Windows or row groups that one worker looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One process: how many parts it counted, and the bytes that it held at most."""

    name: str
    parts: int
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round amounts to; stored together or not at all."""

    partial: Partial
    taken: tuple[Taken, ...]
    known: int = 0
    """Lines and rows that were counted before."""
    rejects: tuple[Reject, ...] = ()
    workers: tuple[Worker, ...] = ()
    """Who counted it."""


Recognise = Callable[[Sequence[str]], Sequence[Taken]]
Step = Callable[[int, int], None]
"""Told how many parts are done, and of how many."""


@dataclass(slots=True)
class Run:
    """One import by an engine; `unreadable` and `known` fill up while its rounds are taken."""

    engine: Engine
    settings: Settings
    recognise: Recognise
    step: Step
    unreadable: list[Unreadable] = field(default_factory=list)
    known: int = 0
    """Lines and rows of pieces that were counted before."""
    sources: int = 0
    _plan: dict[str, list[Taken]] = field(default_factory=dict)

    def rounds(self, files: Sequence[File]) -> Iterator[Round]:
        """What there is to count in these files, round by round, in their order."""
        surveyed = self._surveyed(self._looked(files))
        parts = [part for looked, pieces in surveyed for part in self._new(looked, pieces)]
        for start in range(0, len(parts), ROUND):
            yield self._round(parts[start : start + ROUND], start, len(parts))

    def _looked(self, files: Sequence[File]) -> list[Looked]:
        found: dict[str, Looked] = {}
        for result in self.engine.run(bound(_look, settings=self.settings), files):
            if isinstance(result, Unreadable):
                self.unreadable.append(result)
            else:
                found[result.file.url] = result
        self.sources = len(found)
        return [found[f.url] for f in files if f.url in found]

    def _surveyed(self, looked: Sequence[Looked]) -> list[tuple[Looked, list[Piece]]]:
        parts = [s for each in looked for s in _to_survey(each, self.settings)]
        pieces: dict[str, list[Piece]] = {each.file.url: [] for each in looked}
        for result in self.engine.run(bound(_survey, settings=self.settings), parts):
            if isinstance(result, Unreadable):
                self.unreadable.append(result)
                continue
            pieces[result.looked.file.url] += result.pieces
            if result.broken:
                self.unreadable.append(Unreadable(file=result.looked.file, reason=result.broken))
        failed = {u.file.url for u in self.unreadable if not u.other}
        return [
            (
                replace(each, broken=each.file.url in failed),
                sorted(pieces[each.file.url], key=lambda p: p.start),
            )
            for each in looked
            if pieces[each.file.url] and (each.form is Form.STREAM or each.file.url not in failed)
        ]

    def _new(self, looked: Looked, pieces: Sequence[Piece]) -> list["_Part"]:
        """What of a file was not counted before, in parts for workers."""
        chain = _chain(looked, pieces)
        beside: dict[str, list[Taken]] = {}
        parents = [link.parent for link in chain]
        for piece in (*self.recognise(parents), *self._planned(parents)):
            beside.setdefault(piece.parent, []).append(piece)
        known = {piece.key for own in beside.values() for piece in own}
        self.known += sum(p.lines for p, c in zip(pieces, chain, strict=True) if c.key in known)
        parts: list[_Part] = []
        for run in _runs([link.key not in known for link in chain]):
            for link in chain[run.start : run.stop]:
                self._plan.setdefault(link.parent, []).append(link)
            if looked.form is Form.TABLE:
                parts += _of_table(looked, pieces, chain, run, self.settings.rows)
            else:
                parts += _of_text(looked, pieces, chain, run, beside)
        return parts

    def _planned(self, parents: Iterable[str]) -> Iterator[Taken]:
        """What files before it in this run have in common with a file: copies count once."""
        for parent in parents:
            yield from self._plan.get(parent, ())

    def _round(self, parts: Sequence["_Part"], start: int, total: int) -> Round:
        done: dict[int, Done] = {}
        loads: list[Load] = []
        self.step(start, total)
        stretches = [replace(part.stretch, n=n) for n, part in enumerate(parts)]
        given = _loads(stretches, self.engine.workers)
        for load in self.engine.run(bound(_count, settings=self.settings), given):
            loads.append(load)
            self.unreadable += load.unreadable
            done |= {d.n: d for d in load.done}
            self.step(start + len(done), total)
        finished = [(part, done[n]) for n, part in enumerate(parts) if n in done]
        return Round(
            partial=merge(load.partial for load in loads),
            taken=tuple({t.key: t for part, d in finished for t in _taken(part, d)}.values()),
            known=sum(d.known for _, d in finished),
            rejects=tuple(r for _, d in finished for r in d.rejects),
            workers=tuple(_workers(loads)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Events that one worker counts, and the pieces that are counted then."""

    stretch: Stretch
    taken: tuple[Taken, ...]


def _loads(stretches: Sequence[Stretch], workers: int) -> Iterator[tuple[Stretch, ...]]:
    """What workers are given in one go: much of tables at first and little in the end, so that
    they end together (guided self-scheduling). A part of a text is long enough by itself."""
    left = deque(stretches)
    while left:
        most = max(1, min(LOAD, len(left) // (2 * workers)))
        load = [left.popleft()]
        while left and len(load) < most and _is_table(load[-1]) and _is_table(left[0]):
            load.append(left.popleft())
        yield tuple(load)


def _is_table(stretch: Stretch) -> bool:
    return stretch.looked.form is Form.TABLE


def _workers(loads: Iterable[Load]) -> Iterator[Worker]:
    by_name: dict[str, list[Load]] = {}
    for load in loads:
        by_name.setdefault(load.worker, []).append(load)
    for name, own in sorted(by_name.items()):
        parts = sum(len(load.done) for load in own)
        yield Worker(name=name, parts=parts, memory=max(load.memory for load in own))


def _taken(part: _Part, done: Done) -> Iterator[Taken]:
    """The pieces, the last one without an event that is not complete, where that is news."""
    if done.complete is None:
        yield from part.taken
        return
    *others, last = part.taken
    yield from others
    length, hashed = done.complete
    key = _key(last.parent, hashed)
    if key not in {t.key for t in part.stretch.before}:
        yield Taken(key=key, parent=last.parent, length=length, digest=hashed)


def _key(parent: str, hashed: str) -> str:
    return digest((parent, hashed), size=16)


def _chain(looked: Looked, pieces: Iterable[Piece]) -> list[Taken]:
    """Each piece under a key that follows from its content and from all before it."""
    chain: list[Taken] = []
    parent = looked.root
    for piece in pieces:
        key = _key(parent, piece.digest)
        chain.append(Taken(key=key, parent=parent, length=piece.length, digest=piece.digest))
        parent = key
    return chain


def _to_survey(looked: Looked, settings: Settings) -> Iterator[Stretch]:
    if looked.form is Form.STREAM:
        yield Stretch(looked=looked, begin=0, end=None)
        return
    if looked.form is Form.TABLE:
        for n in range(0, len(looked.groups), SURVEYED):
            own = looked.groups[n : n + SURVEYED]
            yield Stretch(looked=replace(looked, groups=own), begin=own[0].start, end=None)
        return
    step = SURVEYED * settings.window
    for begin in range(0, looked.file.size, step):
        yield Stretch(looked=looked, begin=begin, end=min(begin + step, looked.file.size))


def _runs(new: Sequence[bool]) -> Iterator[range]:
    """Where new pieces stand one after the other: at the end of a grown file, and wherever what
    a run before could not read lies between what it stored."""
    for is_new, places in groupby(range(len(new)), key=new.__getitem__):
        if is_new:
            run = list(places)
            yield range(run[0], run[-1] + 1)


def _of_table(
    looked: Looked, pieces: Sequence[Piece], chain: Sequence[Taken], run: range, rows: int
) -> Iterator[_Part]:
    """Row groups, as many as are counted at once."""
    first = run.start
    for n in range(run.start + 1, run.stop + 1):
        end = pieces[n - 1].start + pieces[n - 1].length
        more = pieces[n].length if n < run.stop else rows
        if end - pieces[first].start + more > rows:
            stretch = Stretch(looked=replace(looked, groups=()), begin=pieces[first].start, end=end)
            yield _Part(stretch=stretch, taken=tuple(chain[first:n]))
            first = n


def _of_text(
    looked: Looked,
    pieces: Sequence[Piece],
    chain: Sequence[Taken],
    run: range,
    beside: Mapping[str, Sequence[Taken]],
) -> Iterator[_Part]:
    """Windows of a run, each with those after it in which no part can begin. What can only be read
    from its beginning is one part, but for where some of it was counted."""
    above = [0, *accumulate(piece.lines for piece in pieces)]
    shorter = {
        n: tuple(t for t in beside.get(chain[n].parent, ()) if t.length < pieces[n].length)
        for n in run
    }
    starts = [
        n
        for n in run
        if n == run.start
        or (pieces[n].begins is not None and (looked.form is Form.LINES or shorter[n]))
    ]
    for n, stop in pairwise((*starts, run.stop)):
        begin, line = _place(pieces[n], above[n])
        ends = stop == len(pieces)
        last = pieces[-1]
        stretch = Stretch(
            looked=looked,
            begin=begin,
            end=last.start + last.length if ends else _place(pieces[stop], above[stop])[0],
            ends=ends,
            line=line,
            window=pieces[n].start,
            window_line=above[n],
            before=shorter[n],
            tail=pieces[stop - 1].start,
        )
        yield _Part(stretch=stretch, taken=tuple(chain[n:stop]))


def _place(piece: Piece, above: int) -> tuple[int, int]:
    """Where a part begins that begins in a piece, and how many lines stand before that.

    Where the piece tells no place, what is before it is counted, so its first line may be an event.
    """
    if piece.begins is None:
        return piece.start, above
    return piece.begins, above + piece.line


# -------------------------------------------------------------- on a worker


def _look(file: File, *, settings: Settings) -> Looked | Unreadable:
    try:
        with opened(file) as raw:
            front = raw.read(len(table.MAGIC))
        return table.look(file) if front == table.MAGIC else lines.look(file, settings)
    except lines.NoLog as error:
        return Unreadable(file=file, reason=str(error), other=True)
    except BadInput as error:
        return _unreadable(file, error)


def _survey(stretch: Stretch, *, settings: Settings) -> Surveyed | Unreadable:
    try:
        if stretch.looked.form is Form.TABLE:
            return table.survey(stretch)
        return lines.survey(stretch, settings)
    except BadInput as error:
        return _unreadable(stretch.looked.file, error)


def _count(stretches: Sequence[Stretch], *, settings: Settings) -> Load:
    done: list[Done] = []
    unreadable: list[Unreadable] = []
    for stretch in stretches:
        form = table if _is_table(stretch) else lines
        try:
            done.append(form.count(stretch, settings))
        except BadInput as error:
            unreadable.append(_unreadable(stretch.looked.file, error))
    return Load(
        partial=merge(d.partial for d in done),
        done=tuple(replace(d, partial=Partial()) for d in done),
        unreadable=tuple(unreadable),
        worker=f"{gethostname()}:{os.getpid()}",
        memory=_memory(),
    )


def _unreadable(file: File, error: BadInput) -> Unreadable:
    return Unreadable(file=file, reason=str(error).removeprefix(f"{file.name}: "))


def _memory() -> int:
    """Bytes that this process held at most; 0 where nobody knows."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - Unix alone has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

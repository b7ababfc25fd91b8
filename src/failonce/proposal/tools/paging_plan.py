"""How all pages of something are read: what asks for the next one, and what tells the last.

Each of these can be asked of recorded pages, so that what callers did tells which of them hold.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Final

from failonce.identity import canonical_json
from failonce.language.sentence import plain_name
from failonce.model import Args, Evidence, Json
from failonce.proposal.tools.rows import MOST_LEAVES, Path, equal

DEEPEST: Final = 3
"""Names within names in an answer."""
BEGINNINGS: Final = (0, 1)
"""The number of a first page that nobody has to name."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One recorded call, and what it answered as JSON."""

    evidence: Evidence
    answer: Json

    @classmethod
    def of(cls, e: Evidence) -> "Page | None":
        """The page of a call; None where its answer is no object and no list."""
        try:
            answer = json.loads(e.message)
        except (ValueError, RecursionError):
            return None
        return cls(evidence=e, answer=answer) if isinstance(answer, dict | list) else None

    @property
    def tool(self) -> str:
        """What was called."""
        return self.evidence.call.tool

    @property
    def cluster(self) -> str:
        """Whose call it was."""
        return self.evidence.call.cluster

    @property
    def args(self) -> Args:
        """What it was called with."""
        return self.evidence.call.args or {}

    @cached_property
    def lists(self) -> Mapping[Path, Sequence[Json]]:
        """The lists in the answer, not those in lists."""
        return {path: value for path, value in self._all if isinstance(value, list)}

    @cached_property
    def values(self) -> Mapping[Path, Json]:
        """The single values in the answer, and those of the last item of each list."""
        found = {p: v for p, v in self._all if not isinstance(v, dict | list)}
        for path, items in self.lists.items():
            for inner, value in _walk(items[-1]) if items else ():
                if not isinstance(value, dict | list):
                    found[*path, -1, *inner] = value
        return found

    @cached_property
    def _all(self) -> Sequence[tuple[Path, Json]]:
        return list(_walk(self.answer))

    def places(self, value: Json) -> Iterator[Path]:
        """Where a value stands in the answer."""
        return (path for path, own in self.values.items() if equal(own, value))


def _walk(value: Json) -> Iterator[tuple[Path, Json]]:
    """Every value at names within names, the outer ones first."""
    waiting: list[tuple[Path, Json]] = [((), value)]
    for _ in range(MOST_LEAVES):
        if not waiting:
            return
        path, own = waiting.pop(0)
        yield path, own
        if isinstance(own, Mapping) and len(path) < DEEPEST:
            waiting += [((*path, name), item) for name, item in own.items()]


class Way(StrEnum):
    """What the next page is asked for by."""

    ARGUMENT = "argument"
    """As many more as another argument says."""
    ITEMS = "items"
    """As many more as there were items."""
    STEP = "step"
    """Always so many more."""
    ANSWER = "answer"
    """What the answer says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How one comes from a page to the next."""

    way: Way
    step: int = 0
    name: str = ""
    path: Path = ()

    @property
    def order(self) -> tuple[int, int, int, str]:
        """The plainest first; what a page says of its size before what it always was."""
        rank = list(Way).index(self.way) if self.step != 1 else -1
        return rank, self.step, len(self.path), f"{self.name}{self.path}"

    def more(self, page: Page) -> int | None:
        """How much further the next page is, where pages are counted."""
        match self.way:
            case Way.STEP:
                return self.step
            case Way.ARGUMENT:
                return number(page.args.get(self.name))
            case Way.ITEMS:
                return len(page.lists[self.path]) if self.path in page.lists else None
            case Way.ANSWER:
                return None

    def leads(self, argument: str, before: Page, after: Page) -> bool:
        """Whether it leads from the one page to the other."""
        value = after.args[argument]
        if self.way is Way.ANSWER:
            return self.path in before.values and equal(before.values[self.path], value)
        more, now = self.more(before), number(value)
        if not more or now is None:
            return False
        if argument not in before.args:
            return now - more in BEGINNINGS
        return number(before.args[argument]) == now - more


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two calls of one tool, one right after the other."""

    before: Page
    after: Page

    @cached_property
    def argument(self) -> str:
        """The one argument in which they differ; empty where that is not so."""
        one, other = self.before.args, self.after.args
        if one.keys() - other.keys() or len(other.keys() - one.keys()) > 1:
            return ""
        changed = [n for n in other if n not in one or not _alike(one[n], other[n])]
        return changed[0] if len(changed) == 1 and plain_name(changed[0]) else ""

    @cached_property
    def ways(self) -> Sequence[Turn]:
        """What the later one may have been asked for by."""
        return tuple(self._ways())

    def _ways(self) -> Iterator[Turn]:
        before, value = self.before, self.after.args[self.argument]
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield from (Turn(way=Way.ANSWER, path=path) for path in before.places(value))
        was, now = number(before.args.get(self.argument)), number(value)
        if was is None or now is None or now <= was:
            return
        yield Turn(way=Way.STEP, step=now - was)
        for name, given in before.args.items():
            if name != self.argument and number(given) == now - was:
                yield Turn(way=Way.ARGUMENT, name=name)
        for path, items in before.lists.items():
            if len(items) == now - was:
                yield Turn(way=Way.ITEMS, path=path)


def _alike(one: Json, other: Json) -> bool:
    return canonical_json(one) == canonical_json(other)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Calls of one tool in a row, at least two."""

    links: tuple[Link, ...]

    @property
    def cluster(self) -> str:
        """Whose they are."""
        return self.links[0].before.cluster


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Pages that one caller read one after the other, from the first one on."""

    pages: tuple[Page, ...]
    on: bool = False
    """Whether the caller then asked for yet another page, in another way."""

    @property
    def cluster(self) -> str:
        """Whose they are."""
        return self.pages[0].cluster

    @property
    def first(self) -> Args:
        """What the first page was asked for with."""
        return self.pages[0].args

    @property
    def size(self) -> int:
        """Characters of all pages."""
        return sum(len(p.evidence.message) for p in self.pages)

    def start(self, argument: str, turn: Turn) -> int | None:
        """The number of the first page, told by the second where nobody named it."""
        if argument in self.first:
            return number(self.first[argument])
        more, now = turn.more(self.pages[0]), number(self.pages[1].args[argument])
        return None if more is None or now is None else now - more

    def shape(self, argument: str, turn: Turn) -> str:
        """What two callers have in common who began in the same way."""
        begun = canonical_json(self.first[argument]) if argument in self.first else ""
        return canonical_json([sorted(self.first), begun, self.start(argument, turn)])


class Until(StrEnum):
    """What tells that a page is the last one, the surest first."""

    NO_NEXT = "no next"
    """The answer names no next page."""
    FLAG = "flag"
    """The answer says so, as true or false."""
    PAGES = "pages"
    """The answer says how many pages there are."""
    TOTAL = "total"
    """The answer says how many items there are."""
    EMPTY = "empty"
    """It has no items."""
    SHORT = "short"
    """It has fewer items than there is room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What tells the last page."""

    until: Until
    path: Path = ()
    flag: bool = False
    size: int = 0
    """How many items there is room for, or the most that any caller asked for."""
    name: str = ""
    """The argument that asks for so many, where callers asked for this or that many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How all pages of a tool are read."""

    tool: str
    argument: str
    """What asks for a page."""
    turn: Turn
    stop: Stop
    items: Path
    """Where in an answer they stand."""
    start: int | None
    """The number of the first page, where pages are counted."""
    given: tuple[tuple[str, bool, Json], ...]
    """What the first page is asked for with: each name, whether always with this value."""

    def at_end(self, chain: Chain, at: int) -> bool:
        """Whether that page of a chain is told to be the last one."""
        page, stop = chain.pages[at], self.stop
        here = page.lists[self.items]
        match stop.until:
            case Until.NO_NEXT:
                return not page.values.get(stop.path)
            case Until.FLAG:
                return page.values.get(stop.path) is stop.flag
            case Until.PAGES:
                return number(page.args.get(self.argument, self.start)) == page.values[stop.path]
            case Until.TOTAL:
                return self.count(chain, at) == page.values[stop.path]
            case Until.EMPTY:
                return not here
            case Until.SHORT:
                room = page.args.get(stop.name) if stop.name else stop.size
                return len(here) < (number(room) or 0)

    def count(self, chain: Chain, at: int) -> int:
        """Items up to a page, with its own."""
        return sum(len(p.lists[self.items]) for p in chain.pages[: at + 1])

    def holds(self, chain: Chain) -> bool | None:
        """Whether a caller read to the end; None where it is no end, for it read on."""
        *before, end = (self.at_end(chain, n) for n in range(len(chain.pages)))
        return None if any(before) or (end and chain.on) else end


def items_in(chains: Sequence[Chain]) -> Path | None:
    """The one list that every page has; of several the one that no page but a last one lacks."""
    pages = [p for c in chains for p in c.pages]
    there = [path for path in pages[0].lists if all(path in p.lists for p in pages)]
    if len(there) > 1:
        full = [p for c in chains for p in c.pages[:-1]]
        there = [path for path in there if all(p.lists[path] for p in full)]
    return there[0] if len(there) == 1 else None


def stops(chains: Sequence[Chain], turn: Turn, items: Path) -> Iterator[Stop]:
    """What may tell the last page, the surest first."""
    pages = [p for c in chains for p in c.pages]
    common = [path for path in pages[0].values if all(path in p.values for p in pages)]
    plain = [path for path in common if -1 not in path]
    if turn.way is Way.ANSWER and -1 not in turn.path and _beside(turn.path, pages):
        yield Stop(until=Until.NO_NEXT, path=turn.path)
    for flag in (False, True):
        for path in plain:
            if all(isinstance(p.values[path], bool) for p in pages):
                yield Stop(until=Until.FLAG, path=path, flag=flag)
    counted = [path for path in plain if all(number(p.values[path]) is not None for p in pages)]
    if turn.way is Way.STEP and turn.step == 1:
        yield from (Stop(until=Until.PAGES, path=path) for path in counted)
    yield from (Stop(until=Until.TOTAL, path=path) for path in counted)
    yield Stop(until=Until.EMPTY)
    full = [p for c in chains for p in c.pages[:-1]]
    sizes = {len(p.lists[items]) for p in full}
    if len(sizes) == 1:
        yield Stop(until=Until.SHORT, size=min(sizes))
    for name in sorted(full[0].args):
        if all(number(p.args.get(name)) == len(p.lists[items]) for p in full):
            yield Stop(until=Until.SHORT, name=name, size=max(sizes))


def _beside(path: Path, pages: Sequence[Page]) -> bool:
    """Whether all answers have a place for the next page's name, be it empty or not there."""
    return all(
        isinstance(_at(p.answer, path[:-1]), Mapping)
        and not isinstance(_at(p.answer, path), dict | list)
        for p in pages
    )


def _at(value: Json, path: Path) -> Json:
    for part in path:
        value = value.get(str(part)) if isinstance(value, Mapping) else None
    return value


def number(value: Json) -> int | None:
    """A whole number that is no truth value; else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def varies(argument: str, chains: Sequence[Chain]) -> bool:
    """Whether callers asked for different next pages: one value stands anywhere by chance."""
    asked = {canonical_json(after.args[argument]) for c in chains for _, after in pairwise(c.pages)}
    return len(asked) > 1

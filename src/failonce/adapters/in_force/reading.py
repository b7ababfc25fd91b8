"""Reading what is in force: one file as it was loaded, and the newest of them.

    known = in_force.now()            a clock is read; four times a second the file's date
    if known.mode(project) …
    known.placed(project, tool, now)  the lessons of one tool, parsed when first asked for

What does not hold is never acted upon: a record is left out, for a whole file the one before
stays. Each is counted, told in `alerts`, and logged once.
"""

import json
import logging
import os
import sys
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from failonce.adapters.in_force.entry import Entry
from failonce.adapters.in_force.layout import MOST_BYTES, NOTHING, Opened, opened
from failonce.adapters.in_force.sealing import key_beside, sealer
from failonce.adapters.values import read
from failonce.errors import FailonceError, StoreError, StoreUnreadable
from failonce.exposing import Candidate, Placed, placed
from failonce.identity import server, slug
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.decision import Armed
from failonce.model import EVERYONE, KindName, Mode, ToolSpec
from failonce.policy import Policy

LOOK_S = 0.25
"""How often a reader looks whether there is a newer file."""
BACKGROUND_S = 0.75
"""After so long without a look from the background a call looks itself."""
REMEMBERED = 4096
"""Tools whose lessons are remembered; a host may call any number of names."""

Tell = Callable[[str], None]
"""Is told of what does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The lessons of one tool, and when the first of them ends."""

    lessons: tuple[Placed, ...]
    until: datetime | None


_Block = dict[bytes, tuple[int, Candidate]]
"""The lessons of one target by their records, so that the next file need not parse them again."""


def _go_on() -> None:
    pass


class Snapshot:
    """One file as it was loaded. It never changes; may be shared between threads.

    `policy` is that of this process; without one the numbers count that the file holds.
    """

    def __init__(
        self,
        file: Opened,
        policy: Policy | None,
        tell: Tell,
        *,
        before: "Snapshot | None" = None,
    ) -> None:
        self._file = file
        self._before = before
        self.policy = file.header.numbers.policy if policy is None else policy
        self._tell = tell
        self._blocks: dict[tuple[str, str, str], _Block] = {}
        self._asked: dict[tuple[str, str], _Asked] = {}
        self._tools: dict[str, Mapping[str, ToolSpec]] = {}
        self._names: Mapping[str, str] | None = None

    @property
    def id(self) -> str:
        """Another one for every file; what was made of one is good for as long as it stays."""
        return self._file.header.id

    def mode(self, project: str) -> Mode:
        """The learning mode of a project: this process's, the store's, the settings'."""
        if self.policy.forced_mode is not None:
            return self.policy.forced_mode
        modes = self._file.header.modes
        found = modes.get(project) or modes.get(EVERYONE)
        return self.policy.default_mode if found is None else Mode(found)

    def placed(
        self, project: str, tool: str, now: datetime, pause: Callable[[], None] = _go_on
    ) -> tuple[Placed, ...]:
        """The lessons that may concern a tool, in order of creation; none where the mode is off.

        Some of other tools may be among them; `exposing.Roster` picks. It is the very same
        tuple until a trial ends, so what is made of it can be kept with it. `pause` is called
        between lessons, by whoever reads them in the background.
        """
        asked = self._asked.get((project, tool))
        if asked is None or (asked.until is not None and asked.until <= now):
            # No lock: two threads may find the same, and none waits for another one's parsing.
            asked = self._asked[project, tool] = self._place(project, tool, now, pause)
            if len(self._asked) > REMEMBERED:
                self._asked = {}
        return asked.lessons

    def learned(self, project: str, now: datetime) -> Mapping[str, Armed]:
        """The tools that were learned and are in force, by name; none where the mode is off."""
        scopes = (EVERYONE, project)
        names = [t for scope in scopes for t in self._file.header.learned.get(scope, ())]
        return {
            p.armed.behaviour.component: p.armed
            for name in dict.fromkeys(names)
            for p in self.placed(project, name, now)
            if p.armed.kind is KindName.TOOL and not p.watches
        }

    def ruled(self, project: str, most: int = sys.maxsize) -> Sequence[str]:
        """The tools and skills of which rules are in force in a project.

        Of at most so many lessons together, those first of which there are the fewest.
        """
        scopes, header = dict.fromkeys((project, EVERYONE)), self._file.header
        counts: dict[str, int] = {}
        for scope in scopes:
            for target in header.rules.get(scope, ()):
                there = (header.lessons.get(s, {}).get(target, (0, 0)) for s in scopes)
                counts[target] = sum(place[1] for place in there)
        found = []
        for target, count in sorted(counts.items(), key=lambda item: item[1]):
            most -= count
            if most < 0:
                break
            found.append(target)
        return found

    def rules(self, project: str, now: datetime) -> Mapping[str, tuple[Armed, ...]]:
        """The rules in force, by the skill that each is for; none where the mode is off."""
        found = {
            name: tuple(
                p.armed
                for p in self.placed(project, name, now)
                if p.armed.kind is KindName.RULE
                and not p.watches
                and p.armed.behaviour.component == name
            )
            for name in sorted(self.ruled(project))
        }
        return {name: rules for name, rules in found.items() if rules}

    def warm(self, now: datetime, pause: Callable[[], None]) -> None:
        """Make ready what was asked of the file before this one, and let go of that."""
        before, self._before = self._before, None
        if before is None:
            return
        self._before = before
        for project, tool in list(before._asked):
            self.placed(project, tool, now, pause)
        self._before = None

    def tools(self, project: str) -> Mapping[str, ToolSpec]:
        """What is known of a project's tools, by name."""
        found = self._tools.get(project)
        if found is None:
            found = self._tools[project] = self._specs(project)
        return found

    @property
    def names(self) -> Mapping[str, str]:
        """Aliases of failures: old → present name."""
        if self._names is None:
            self._names = self._aliases()
        return self._names

    # ------------------------------------------------------------- inside

    def _place(self, project: str, tool: str, now: datetime, pause: Callable[[], None]) -> _Asked:
        if self.mode(project) is Mode.OFF:
            return _Asked(lessons=(), until=None)
        found = [
            pair
            for scope in dict.fromkeys((project, EVERYONE))
            for target in self._targets(tool)
            for pair in self._block(scope, target, project, pause).values()
        ]
        ends = [c.lesson.valid_until for _, c in found if c.lesson.valid_until is not None]
        holding = [
            pair
            for pair in found
            if pair[1].lesson.valid_until is None or pair[1].lesson.valid_until > now
        ]
        holding.sort(key=lambda pair: pair[0])
        return _Asked(
            lessons=tuple(placed([c for _, c in holding], self.policy, self.names)),
            until=min((end for end in ends if end > now), default=None),
        )

    def _targets(self, tool: str) -> list[str]:
        """Targets whose lessons may concern a tool, as `skill.index.Index` looks for them."""
        names = dict.fromkeys((ANY_TOOL, tool, slug(tool), server(tool)))
        also = self._file.header.targets
        return list(dict.fromkeys(t for name in names for t in (name, *also.get(name, ()))))

    def _block(self, scope: str, target: str, project: str, pause: Callable[[], None]) -> _Block:
        place = self._file.header.lessons.get(scope, {}).get(target)
        if place is None:
            return {}
        # Whether a lesson for everyone may be withheld depends on the project's own tool.
        key = (scope, target, project)
        if key not in self._blocks:
            self._blocks[key] = self._read(place, project, self._parsed(key, project), pause)
        return self._blocks[key]

    def _parsed(self, key: tuple[str, str, str], project: str) -> _Block:
        """The lessons as the file before had them, where they would be parsed to the same."""
        before = self._before
        if before is None or key not in before._blocks:
            return {}
        same = before.names == self.names and before.tools(project) == self.tools(project)
        return before._blocks[key] if same else {}

    def _read(
        self, place: Sequence[int], project: str, parsed: _Block, pause: Callable[[], None]
    ) -> _Block:
        names, tools = self.names, self.tools(project)
        found: _Block = {}
        for record in self._file.records(place):
            pause()
            if record is None:
                self._tell("A lesson in the file of what is in force does not hold; it is left out")
            elif record in parsed:
                found[record] = parsed[record]
            else:
                try:
                    entry = read(Entry, json.loads(record))
                    found[record] = (entry.n, entry.candidate(names, tools))
                except FailonceError as error:
                    self._tell(f"A lesson is left out: {error}")
        return found

    def _specs(self, project: str) -> Mapping[str, ToolSpec]:
        specs = next(self._file.values(self._file.header.tools.get(project, (0, 0))), ())
        if specs is None:
            self._tell("What tools say of themselves does not hold; it is left out")
        return {spec.name: spec for spec in (read(ToolSpec, s) for s in specs or ())}

    def _aliases(self) -> Mapping[str, str]:
        found: Mapping[str, str] | None = next(self._file.values(self._file.header.aliases), {})
        if found is None:
            self._tell("The names of failures in the file of what is in force do not hold")
        return found or {}


class InForce:
    """The newest file's snapshot. May be shared between threads; `now` costs next to nothing.

    `FAILONCE=off` gives an empty set from the next look on.
    """

    def __init__(
        self,
        path: Path,
        policy: Policy | None = None,
        *,
        look_s: float = LOOK_S,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._policy = policy
        self._look_s = look_s
        self._ticks = ticks
        self._next = float("-inf")
        self._lock = Lock()
        self._expected: set[tuple[str, str]] = set()
        self._seen: tuple[int, ...] | None = None
        self._nothing = self._current = self._loaded = Snapshot(NOTHING, policy, self.tell)
        self.off = False
        """Whether `FAILONCE=off` rested this process when it was last looked at."""
        self.refused = 0
        """How often something in the file did not hold."""
        self.alerts: OrderedDict[str, None] = OrderedDict()
        """What did not hold, in words, each once."""
        _READERS.add(self)

    def now(self) -> Snapshot:
        """What is in force."""
        now = self._ticks()
        if now >= self._next and self._lock.acquire(blocking=False):
            try:
                self._next = now + self._look_s
                self._look()
            finally:
                self._lock.release()
        return self._current

    def look(self, at: datetime, pause: Callable[[], None] = _go_on) -> None:
        """Look now, from another thread; a newer file is swapped in once it is warm.

        Whoever does so at least once a second spares the host's threads the looking.
        """
        with self._lock:
            self._next = self._ticks() + BACKGROUND_S
            self._look(at, pause)
        until = self._ticks() + self._look_s / 2
        while self._expected and self._ticks() < until:  # so that nothing new waits for it
            self._current.placed(*self._expected.pop(), at, pause)

    def expect(self, project: str, tools: Iterable[str]) -> None:
        """Calls of these are to come: what concerns them is made ready where `look` is called."""
        self._expected.update((project, tool) for tool in tools)

    def tell(self, what: str) -> None:
        """Count and tell what does not hold."""
        self.refused += 1
        if what not in self.alerts and len(self.alerts) < 100:
            self.alerts[what] = None
            logging.getLogger("failonce").warning("%s: %s", self._path, what)

    def forked(self) -> None:
        """In a child: whoever looked when it was made is not here to let go of the lock."""
        self._lock, self._next = Lock(), float("-inf")

    def _look(self, at: datetime | None = None, pause: Callable[[], None] = _go_on) -> None:
        self.off = os.environ.get("FAILONCE", "").strip().lower() in _OFF
        if self.off:
            self._current = self._nothing
            return
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self.tell("The file of what is in force is gone; nothing is in force here")
            self._seen, self._loaded = None, self._nothing
        except OSError as error:
            self.tell(f"It cannot be read ({error.strerror}); what was in force stays")
        else:
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._seen = seen
                self._load(at, pause)
        self._current = self._loaded

    def _load(self, at: datetime | None, pause: Callable[[], None]) -> None:
        try:
            file = opened(_bytes(self._path), sealer(key_beside(self._path)))
        except (OSError, StoreError) as error:
            self.tell(f"The file of what is in force is refused: {error}; what was before stays")
            return
        for lesson in file.header.refused:
            self.tell(f"The text of {lesson} is not the one that was approved, so it is not run")
        loaded = Snapshot(file, self._policy, self.tell, before=self._loaded)
        if at is not None:
            loaded.warm(at, pause)
        self._loaded._before = None
        self._loaded = loaded


_READERS: weakref.WeakSet[InForce] = weakref.WeakSet()


def _forked() -> None:
    for reader in list(_READERS):
        reader.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

_OFF = frozenset({"off", "0", "false", "no"})


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(min(size, MOST_BYTES) + 1)
    if len(content) > MOST_BYTES:
        raise StoreUnreadable(f"it is larger than {MOST_BYTES:,} bytes")
    return content

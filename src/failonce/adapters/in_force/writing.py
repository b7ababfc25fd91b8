"""From the store to the file: what is in force now, or would be if it were approved.

Whoever decides something publishes it. What did not change since the file was written is
taken from there, so that a decision costs as much as it changed; a file that is missing, does
not hold, or is not of this store's audit is made anew.
"""

import errno
import json
import os
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from failonce.adapters.durable import sync_folder
from failonce.adapters.in_force.entry import Entry, parsed
from failonce.adapters.in_force.layout import Building, Header, Numbers, Opened, opened, record
from failonce.adapters.in_force.sealing import Sealer, key_beside, sealer
from failonce.adapters.locking import alone
from failonce.adapters.values import read
from failonce.errors import BadInput, StoreError, StoreFull, UserError
from failonce.identity import GENESIS, intact
from failonce.lifecycle import STANDING
from failonce.model import (
    EVERYONE,
    Action,
    AuditEntry,
    Event,
    Json,
    KindName,
    Lesson,
    Ruling,
    State,
    ToolSpec,
)
from failonce.outcome.span import span
from failonce.policy import Policy
from failonce.ports import Clock, Store, Workspace

SAMPLES = 20
"""Recorded failures that are asked whether their tool reads."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(slots=True, kw_only=True)
class _Content:
    """What will be in the file: records by project and target, and what was read on the way."""

    seq: int = 0
    head: str = GENESIS
    next: int = 0
    modes: dict[str, str] = field(default_factory=dict)
    lessons: dict[str, dict[str, list[bytes]]] = field(default_factory=dict)
    glances: dict[str, dict[str, list[Json]]] = field(default_factory=dict)
    targets: dict[str, set[str]] = field(default_factory=dict)
    rules: dict[str, set[str]] = field(default_factory=dict)
    learned: dict[str, set[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def note(self, entry: AuditEntry) -> None:
        """The audit is as far as this entry."""
        self.seq, self.head = entry.seq, entry.hash
        event = entry.event
        if event.action is Action.SET_MODE and event.mode is not None:
            self.modes[event.subject] = event.mode

    def add(self, entry: Entry) -> None:
        """One more lesson; of one target they stand in order of creation."""
        project, target = entry.project, entry.target
        self.lessons.setdefault(project, {}).setdefault(target, []).append(record(entry))
        own = self.glances.setdefault(project, {}).setdefault(target, [])
        glance: dict[str, Json] = json.loads(entry.glance) if entry.glance else {"unknown": True}
        own.append({"id": entry.id, **glance})
        if entry.kind is KindName.RULE and entry.state is not State.PROPOSED:
            self.rules.setdefault(project, set()).add(target)
        if entry.kind is KindName.TOOL:
            self.learned.setdefault(entry.project, set()).add(entry.target)
        if entry.component != entry.target:
            self.targets.setdefault(entry.component, set()).add(entry.target)


class Publisher:
    """Keeps the file at `path` as the store says. Any number of processes may, each with its own.

    `pause` is called between lessons, by whoever must not hold up other threads.
    """

    def __init__(
        self,
        store: Store,
        path: Path,
        *,
        policy: Policy,
        clock: Clock,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self.path = path
        self._pause = pause
        self._told: tuple[tuple[int, ...], str] | None = None
        self._numbers = Numbers.of(policy)
        self._clock = clock
        self._specs: dict[str, Mapping[str, ToolSpec]] = {}
        self._known: dict[tuple[str, int, str], Entry] = {}

    def publish(self, *, anew: bool = False) -> bool:
        """Bring the file up to date; True where it changed. Durable on return.

        Raises `StoreError` where it cannot be written; the old one then stays.
        """
        # Each reads the store once it is its turn: the last one's set stays. Without locks
        # (Windows) two that publish at once may leave the older set for a moment.
        lock = self.path.with_name(f"{self.path.name}.lock")
        with _translated(self.path), alone(lock, os.O_RDWR | os.O_CREAT):
            seals = self._sealer()
            old = None if anew else self._old(seals)
            self._specs.clear()
            self._known = {}
            content = (self._onward(old) if old else None) or self._whole(old)
            tools = self._tools()
            aliases = record(dict(self._store.aliases()))
            same = (
                old is not None
                and (content.seq, content.head) == (old.header.seq, old.header.head)
                and old.header.numbers == self._numbers
                and [aliases] == list(old.records(old.header.aliases))
                and tools == {p: next(old.records(at)) for p, at in old.header.tools.items()}
            )
            if same:
                return False
            _replace(self.path, self._file(content, tools, aliases, seals))
            return True

    def behind(self) -> bool:
        """Whether something was decided that the file does not tell; cheap to ask again."""
        try:
            found = self.path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._told is None or self._told[0] != seen:
                file = opened(self.path.read_bytes(), sealer(key_beside(self.path)))
                self._told = seen, file.header.head
        except FileNotFoundError:
            return self._store.head() != GENESIS
        except (OSError, StoreError):
            return True
        return self._told[1] != self._store.head()

    def _sealer(self) -> Sealer:
        key = key_beside(self.path)
        try:
            return sealer(key, make=True)
        except StoreError:  # damaged or open to others: what it sealed is made anew with another
            key.unlink(missing_ok=True)
            return sealer(key, make=True)

    def _old(self, seals: Sealer) -> Opened | None:
        with suppress(OSError, StoreError):
            return opened(self.path.read_bytes(), seals)
        return None

    def _file(
        self, content: _Content, tools: Mapping[str, bytes], aliases: bytes, seals: Sealer
    ) -> bytes:
        own = secrets.token_hex(16)
        building = Building(own, seals)
        return building.file(
            Header(
                id=own,
                seq=content.seq,
                head=content.head,
                next=content.next,
                modes=content.modes,
                numbers=self._numbers,
                lessons={
                    project: {
                        target: (
                            *building.add(block),
                            building.add([record(content.glances[project][target])])[0],
                        )
                        for target, block in blocks.items()
                    }
                    for project, blocks in content.lessons.items()
                },
                targets={tool: sorted(targets) for tool, targets in content.targets.items()},
                learned={p: sorted(targets) for p, targets in content.learned.items()},
                rules={p: sorted(targets) for p, targets in content.rules.items()},
                tools={project: building.add([specs]) for project, specs in tools.items()},
                aliases=building.add([aliases]),
                refused=tuple(sorted(content.refused)),
            )
        )

    def _tools(self) -> dict[str, bytes]:
        found = {p: self._of(p) for p in sorted(self._store.projects())}
        return {p: record(list(specs.values())) for p, specs in found.items() if specs}

    def _of(self, project: str) -> Mapping[str, ToolSpec]:
        if project not in self._specs:
            self._specs[project] = self._store.tools(project)
        return self._specs[project]

    # ---------------------------------------------------------- the whole

    def _whole(self, old: Opened | None) -> _Content:
        content = _Content()
        self._known = {(e.id, e.version, e.digest): e for e in _entries(old)} if old else {}
        events: dict[str, list[Event]] = defaultdict(list)
        for entry in self._store.entries():
            content.note(entry)
            events[entry.event.subject].append(entry.event)
        for n, lesson in enumerate(self._store.lessons(states=STANDING)):
            self._take(content, lesson, n, events[lesson.id])
            content.next = n + 1
        return content

    # -------------------------------------------------------- what is new

    def _onward(self, old: Opened) -> _Content | None:
        """The file's content with what was decided since; None where that does not follow."""
        header = old.header
        fresh = list(self._store.entries(after=max(header.seq - 1, 0)))
        if header.seq and (not fresh or fresh.pop(0).hash != header.head):
            return None
        content = _Content(
            seq=header.seq,
            head=header.head,
            next=header.next,
            modes=dict(header.modes),
            targets={tool: set(targets) for tool, targets in header.targets.items()},
            refused=set(header.refused),
        )
        for entry in fresh:
            content.note(entry)
        changed = map(self._store.lesson, dict.fromkeys(e.event.subject for e in fresh))
        lessons = {x.id: x for x in changed if x is not None}
        if not self._carried(old, content, lessons):
            return None
        made = {e.event.subject for e in fresh if e.event.action is Action.PROPOSE}
        for lesson in lessons.values():
            if lesson.id in made and lesson.version == 1:
                events = [e.event for e in fresh if e.event.subject == lesson.id]
                self._take(content, lesson, content.next, events)
                content.next += 1
            elif _asked(lesson):
                return None  # it was not in the file, and nobody here knows its place
        return content

    def _carried(self, old: Opened, content: _Content, lessons: dict[str, Lesson]) -> bool:
        """Take over what is in the file, changed where it changed; False where it does not hold.

        Lessons that were found in it are taken out of `lessons`.
        """
        places = {(x.proposal.project, x.proposal.target) for x in lessons.values()}
        content.refused -= lessons.keys()
        for project, blocks in old.header.lessons.items():
            for target, place in blocks.items():
                self._pause()
                held = list(old.records(place))
                if (project, target) not in places:
                    if target in old.header.learned.get(project, ()):
                        content.learned.setdefault(project, set()).add(target)
                    if target in old.header.rules.get(project, ()):
                        content.rules.setdefault(project, set()).add(target)
                    glances = old.glances(place)
                    content.glances.setdefault(project, {})[target] = list(glances)
                    block = content.lessons.setdefault(project, {}).setdefault(target, [])
                    block += filter(None, held)
                    if len(block) < len(held) or len(glances) < len(held):
                        return False
                    continue
                for entry in old.values(place):
                    if entry is None:
                        return False
                    self._carry(content, read(Entry, entry), lessons)
        return True

    def _carry(self, content: _Content, entry: Entry, lessons: dict[str, Lesson]) -> None:
        lesson = lessons.pop(entry.id, None)
        if lesson is None:
            content.add(entry)
        elif _asked(lesson):
            events = [e.event for e in self._store.entries(subject=lesson.id)]
            self._take(content, lesson, entry.n, events)

    # --------------------------------------------------------- one lesson

    def _take(self, content: _Content, x: Lesson, n: int, events: Iterable[Event]) -> None:
        if not _asked(x):
            return
        self._pause()
        try:
            if not intact(x):
                raise BadInput("its bytes are not those of its digest")
            content.add(self._entry(x, n, events))
        except UserError:
            # Nobody approved what waits and cannot be read; what is in force must be told.
            content.refused |= {x.id} if x.in_force else set()

    def _entry(self, x: Lesson, n: int, events: Iterable[Event]) -> Entry:
        proposal = x.proposal
        known = self._known.get((x.id, x.version, x.digest))
        component, plain, glance = (
            (known.component, known.plain, known.glance)
            if known and known.glance
            else parsed(proposal)
        )
        return Entry(
            n=n,
            id=x.id,
            version=x.version,
            kind=proposal.kind,
            project=proposal.project,
            target=proposal.target,
            component=component,
            key=proposal.key,
            body=proposal.body,
            plain=plain,
            signatures=proposal.signatures,
            state=x.state,
            digest=x.digest,
            approved_digest=x.approved_digest,
            witnesses=len(proposal.support_clusters),
            created_at=x.created_at,
            valid_until=x.valid_until,
            span=span(x, events, self._clock.now()),
            claim=self._claim(x),
            glance=glance,
        )

    def _claim(self, x: Lesson) -> bool | None:
        """What recorded calls say of a tool of which nothing is known but them."""
        proposal = x.proposal
        known = proposal.project != EVERYONE and proposal.target in self._of(proposal.project)
        if known or proposal.kind is not KindName.GUARDRAIL:
            return None
        claims = {
            e.read_only
            for signature in proposal.signatures
            for e in self._store.samples(signature, limit=SAMPLES)
        }
        return claims.pop() if len(claims) == 1 else None


class Projections:
    """A `ports.Workspace`: the skill files, and the file of what is in force."""

    def __init__(self, workspace: Workspace, publisher: Publisher) -> None:
        self._workspace = workspace
        self._publisher = publisher

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        """Bring both up to date; where one cannot be written the other one is."""
        try:
            changed = list(self._workspace.reconcile(lessons))
        finally:
            published = self._publisher.publish()
        return [*changed, str(self._publisher.path)] if published else changed


def _asked(x: Lesson) -> bool:
    """Whether calls are to meet a lesson: it is in force, or waits and watches."""
    waits = x.state is State.PROPOSED and x.judgement.ruling is not Ruling.REJECT
    return waits or x.in_force


def _entries(old: Opened) -> Iterator[Entry]:
    """The lessons of a file that hold, whatever became of the others."""
    for blocks in old.header.lessons.values():
        for place in blocks.values():
            yield from (read(Entry, data) for data in old.values(place) if data is not None)


# ------------------------------------------------------------------ files


def _replace(path: Path, content: bytes) -> None:
    """Put the file in its place in one step. Whoever calls is alone with the path."""
    _sweep(path)
    own = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(own, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)
    sync_folder(path.parent)


def _sweep(path: Path) -> None:
    """Remove files and keys whose writers were killed before they had put them in place."""
    if os.name == "posix":  # elsewhere nobody is sure to be alone
        begun = f".{path.name}.", f"{key_beside(path).name}."
        for left in path.parent.iterdir():
            if left.name.startswith(begun):
                left.unlink(missing_ok=True)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(f"{path} was left as it is: no room is left on its disk.") from error
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error

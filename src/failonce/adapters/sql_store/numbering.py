"""Numbers in place of names: what every row names by number has one before it is written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy import Connection, Insert, Table, and_, or_, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import aliases, chunks, resolve
from failonce.adapters.sql_store.prepared import Rows, Upsert
from failonce.adapters.sql_store.rows import micros, plain
from failonce.model import Evidence

MOST_NUMBERS: Final = 5_000
"""Numbers of one kind that are remembered; with more, those of the newest transaction alone."""

Named = tuple[str, str]
"""A project, and the name of something in it."""

SIGNATURE: Final = (
    "project", "id", "current", "scheme", "tool", "error_type", "template", "category", "sample",
    "newest_at", "newest_id",
)  # fmt: skip

K = TypeVar("K", str, Named, tuple[int, int])


@dataclass(slots=True, kw_only=True)
class Numbers:
    """The numbers of sessions, sources and signatures, as far as they are known.

    A number belongs to its name until rows of these tables are removed, which `times` tells.
    """

    sessions: dict[Named, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    signatures: dict[Named, int] = field(default_factory=dict)
    met: dict[tuple[int, int], int] = field(default_factory=dict)
    """Signatures and sessions that are known to have met; a set, as a dict."""
    times: int = 0

    def as_of(self, times: int) -> None:
        """Forget all where rows were removed since."""
        if self.times != times:
            for known in (self.sessions, self.sources, self.signatures, self.met):
                known.clear()
            self.times = times

    def learn(self, found: "Numbers") -> None:
        """Remember what a transaction found or gave, once it is committed."""
        if found.times != self.times:  # rows were removed while it ended
            return
        _remember(self.sessions, found.sessions)
        _remember(self.sources, found.sources)
        _remember(self.signatures, found.signatures)
        _remember(self.met, found.met)


def _remember(known: dict[K, int], found: dict[K, int]) -> None:
    if len(known) + len(found) > MOST_NUMBERS:
        known.clear()
    known.update(found)


@dataclass(frozen=True, slots=True)
class NamedEvidence:
    """Evidence with the moment of each, and the names of its session and its signature.

    Columns, not rows: thousands of little tuples would have the collector of garbage look
    through all that the process holds, again and again.
    """

    evidence: Sequence[Evidence]
    at: list[int] = field(default_factory=list)
    sessions: list[Named] = field(default_factory=list)
    signatures: list[Named | None] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Evidence, int, Named, Named | None]]:
        return zip(self.evidence, self.at, self.sessions, self.signatures, strict=True)


def named_of(fresh: Sequence[Evidence]) -> NamedEvidence:
    """Evidence that is about to be written, with its names."""
    named, one = NamedEvidence(fresh), dict[Named, Named]()
    for e in fresh:
        call = e.call
        project = plain(call.project)
        session = project, plain(call.session)
        named.at.append(micros(e.at))
        named.sessions.append(one.setdefault(session, session))
        if e.signature is None:
            named.signatures.append(None)
        else:
            signature = project, e.signature
            named.signatures.append(one.setdefault(signature, signature))
    return named


def number(
    connection: Connection,
    named: NamedEvidence,
    scheme: int,
    known: Numbers,
    numbers: Numbers,
) -> None:
    """Find or give every number that rows of this evidence need."""
    _number_sessions(connection, named, known, numbers)
    _number_sources(connection, named, known, numbers)
    number_signatures(connection, named, scheme, known, numbers)


def _number_sessions(
    connection: Connection, named: NamedEvidence, known: Numbers, numbers: Numbers
) -> None:
    names = set(named.sessions)
    new = _missing(names, known.sessions, numbers.sessions)
    _NEW_SESSION.run(connection, new)
    numbers.sessions.update(_found(connection, t.session, new))


def _number_sources(
    connection: Connection, named: NamedEvidence, known: Numbers, numbers: Numbers
) -> None:
    names = set(map(plain, {e.source for e in named.evidence}))
    new = _missing(names, known.sources, numbers.sources)
    _NEW_SOURCE.run(connection, [(name,) for name in new])
    for chunk in chunks(new):
        query = select(t.source.c.name, t.source.c.n).where(t.source.c.name.in_(chunk))
        numbers.sources.update((name, n) for name, n in connection.execute(query))


def number_signatures(
    connection: Connection,
    named: NamedEvidence,
    scheme: int,
    known: Numbers,
    numbers: Numbers,
    *,
    texts: Rows | None = None,
) -> None:
    """Numbers, and as texts those of the newest evidence, unless `texts` says otherwise."""
    newest: dict[Named, tuple[int, Evidence]] = {}
    for e, at, _, name in named:
        if name is not None:
            other = newest.get(name)
            if other is None or at > other[0] or (at == other[0] and e.id > other[1].id):
                newest[name] = at, e
    new = _missing(newest, known.signatures, numbers.signatures)
    renamed = aliases(connection) if new else {}  # what is there keeps its current name
    (texts or _SIGNATURE).run(
        connection,
        [
            (
                *name,
                resolve(renamed, name[1]),
                scheme,
                plain(e.call.tool),
                plain(e.finding.error_type),
                plain(e.template),
                e.finding.category,
                plain(e.message),
                at,
                e.id,
            )
            for name, (at, e) in sorted(newest.items())
        ],
    )
    numbers.signatures.update(_found(connection, t.signature, new))


def _missing(names: Iterable[K], known: dict[K, int], numbers: dict[K, int]) -> list[K]:
    """The names without a known number, sorted; the numbers of the others are copied."""
    missing: list[K] = []
    for name in names:
        n = known.get(name)
        if n is None:
            missing.append(name)
        else:
            numbers[name] = n
    missing.sort()
    return missing


def _found(
    connection: Connection, table: Table, names: Iterable[Named]
) -> Iterator[tuple[Named, int]]:
    """(project, name) and number, of sessions or signatures that are there."""
    by_project: dict[str, list[str]] = {}
    for project, name in names:
        by_project.setdefault(project, []).append(name)
    for project, ids in by_project.items():
        for chunk in chunks(ids):
            query = select(table.c.id, table.c.n).where(
                table.c.project == project, table.c.id.in_(chunk)
            )
            for name, n in connection.execute(query):
                yield (project, name), n


# ------------------------------------------------------------ statements


def left(statement: Upsert) -> Insert:
    """What is there stays."""
    return statement.on_conflict_do_nothing()


def _newest(statement: Upsert) -> Insert:
    """The texts are those of the newest."""
    new, old = statement.excluded, t.signature.c
    newer = or_(
        new.newest_at > old.newest_at,
        and_(new.newest_at == old.newest_at, new.newest_id > old.newest_id),
    )
    changes = {name: new[name] for name in SIGNATURE[3:]}
    return statement.on_conflict_do_update(
        index_elements=["project", "id"], set_=changes, where=newer
    )


_NEW_SESSION: Final = Rows(t.session, ("project", "id"), left)
_NEW_SOURCE: Final = Rows(t.source, ("name",), left)
_SIGNATURE: Final = Rows(t.signature, SIGNATURE, _newest)
NEW_SIGNATURE: Final = Rows(t.signature, SIGNATURE, left)
"""Those that are there keep their texts."""

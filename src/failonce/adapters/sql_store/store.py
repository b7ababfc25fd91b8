"""`SqlStore`: all ports of the store over one engine, each write one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from failonce.adapters.sql_store import (
    access,
    adding,
    decisions,
    events,
    forgetting,
    paging,
    pruning,
    ranking,
    removal,
    tools,
    usage,
)
from failonce.adapters.sql_store.database import Database, News
from failonce.adapters.sql_store.numbering import Numbers
from failonce.adapters.sql_store.rows import micros
from failonce.model import (
    Account,
    Action,
    AuditEntry,
    BrowserSession,
    Change,
    Evidence,
    Exposure,
    Gap,
    Horizon,
    Lesson,
    Mode,
    Signature,
    SignInLink,
    State,
    Token,
    ToolSpec,
    Whose,
)
from failonce.ports import (
    Added,
    Effects,
    Gone,
    Member,
    Prunable,
    SessionSize,
    Sighted,
    SignatureQuery,
    Summed,
    Taken,
    ToolUse,
    Traces,
    Weights,
)


class SqlStore:
    """A store in a SQL database; see `failonce.ports.Store` for what each method promises.

    Open one with `open_store`. It may be shared by threads, and any number of processes
    may open the same one: writers take turns, readers never wait.
    """

    def __init__(self, database: Database, *, scheme: int, durable: bool = False) -> None:
        self._database = database
        self._scheme = scheme
        self._durable = durable
        self._numbers = Numbers()

    @property
    def path(self) -> Path:
        """Beside this path lies what this machine keeps of the store."""
        return self._database.path

    def tenants(self) -> Sequence[str]:
        """The tenants that have a store beside this one, sorted."""
        with self._database.translated():
            return self._database.tenants()

    def size(self) -> int:
        """The bytes that it takes on its disk, what is not yet written into its place too."""
        with self._database.translated():
            return self._database.size()

    @contextmanager
    def _write(self, *, lasting: bool = False) -> Iterator[Connection]:
        with self._database.translated(), self._database.writing(lasting=lasting) as connection:
            yield connection

    def _lasting(self) -> AbstractContextManager[Connection]:
        return self._write(lasting=True)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._database.translated(), self._database.reading() as connection:
            yield connection

    # ------------------------------------------------------------- evidence

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Store a batch with its rollups in one transaction."""
        return self.add_all([batch])[0]

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Store several batches with their rollups in one transaction."""
        if not any(batches):
            return [Added() for _ in batches]
        with self._write(lasting=self._durable) as connection:
            added, numbers = adding.add(
                connection, batches, scheme=self._scheme, known=self._numbers
            )
        self._numbers.learn(numbers)
        return added

    def add_summed(
        self, summed: Sequence[Summed], taken: Sequence[Taken], *, at: datetime
    ) -> Added:
        """Add what was counted elsewhere, and that it was, in one transaction."""
        with self._write(lasting=self._durable) as connection:
            added, numbers = adding.add_summed(
                connection, summed, taken, at=at, scheme=self._scheme, known=self._numbers
            )
        self._numbers.learn(numbers)
        return added

    def taken(self, parents: Sequence[str]) -> Sequence[Taken]:
        """The pieces of files that were counted, of those that follow on these."""
        with self._read() as connection:
            return adding.taken(connection, parents)

    def calls(
        self,
        *,
        project: str | None = None,
        tools: Sequence[str] = (),
        sessions: Sequence[str] | None = None,
        newest: int | None = None,
    ) -> Iterator[Evidence]:
        """Recorded evidence in order of project, session, time and arrival."""
        with self._read() as connection:
            yield from events.calls(
                connection, project=project, tools=tools, sessions=sessions, newest=newest
            )

    def sessions(self, project: str) -> Sequence[SessionSize]:
        """The sessions of a project, those whose last call is newest first."""
        with self._read() as connection:
            return events.sessions(connection, project)

    def uses(
        self, *, project: str | None = None, newest: int, sessions: Sequence[str] | None = None
    ) -> Sequence[ToolUse]:
        """Tools by project and name, each with so many of its newest uses."""
        with self._read() as connection:
            return usage.uses(connection, project, newest, sessions)

    def evidence(self, ids: Sequence[str]) -> Sequence[Evidence]:
        """The evidence of these ids, oldest first; unknown ids are left out."""
        with self._read() as connection:
            return events.by_ids(connection, ids)

    def samples(self, signature: str, *, limit: int = 5) -> Sequence[Evidence]:
        """The newest evidence of one signature, newest first; aliases are followed."""
        with self._read() as connection:
            return events.samples(connection, signature, limit)

    def signatures(self, query: SignatureQuery) -> Sequence[Signature]:
        """Signatures with their windows summed up from the daily rollups."""
        with self._read() as connection:
            return ranking.signatures(connection, query)

    def count(self, query: SignatureQuery) -> int:
        """How many signatures there are, whatever `limit` and `offset` say."""
        with self._read() as connection:
            return paging.count(connection, query)

    def ranked(self, query: SignatureQuery) -> Sequence[tuple[str, str]]:
        """Project and id of all signatures that are asked for, in order."""
        with self._read() as connection:
            return paging.page(connection, query)

    def sightings(self, days: int, *, project: str | None = None) -> Sequence[Sighted]:
        """On which of the last days of its project each class was seen."""
        with self._read() as connection:
            return paging.sightings(connection, days, project)

    def trend(
        self, ids: Sequence[str], days: int, *, project: str | None = None
    ) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Failures of each of these classes on each of so many days, oldest first."""
        with self._read() as connection:
            return ranking.trend(connection, ids, days, project)

    def members(self, signature: str) -> Sequence[Member]:
        """The fingerprints that make up a class, those with most failures first."""
        with self._read() as connection:
            return ranking.members(connection, signature)

    def add_tools(self, project: str, specs: Sequence[ToolSpec], at: datetime) -> Added:
        """Keep what these tools say of themselves."""
        with self._write() as connection:
            return tools.add(connection, project, specs, at)

    def tools(self, project: str) -> Mapping[str, ToolSpec]:
        """What is known of a project's tools, by name."""
        with self._read() as connection:
            return tools.tools(connection, project)

    def projects(self) -> Mapping[str, int]:
        """Each project with its number of recorded calls."""
        with self._read() as connection:
            return ranking.projects(connection)

    def daily(self, *, project: str | None = None) -> Sequence[tuple[str, int, int]]:
        """(day as YYYY-MM-DD, calls, failures), oldest first."""
        with self._read() as connection:
            return ranking.daily(connection, project)

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """Old fingerprint → new fingerprint, after a change of masks."""
        with self._write(lasting=True) as connection:
            events.add_aliases(connection, aliases)

    def aliases(self) -> Mapping[str, str]:
        """Old fingerprint → what it is called now, through any number of changes."""
        with self._read() as connection:
            renamed = events.aliases(connection)
        return {old: events.resolve(renamed, old) for old in renamed}

    def set_weights(self, weights: Weights) -> None:
        """The weights of `impact_score` in the views `error_signatures` and `_candidates`."""
        with self._write() as connection:
            ranking.set_weights(connection, weights)

    # -------------------------------------------------------------- keeping

    def prunable(self, horizon: Horizon) -> Sequence[Prunable]:
        """What is older, by project."""
        with self._read() as connection:
            return pruning.prunable(connection, horizon)

    def prune(self, horizon: Horizon) -> Iterator[Gone]:
        """Remove it, a step at a time."""
        return pruning.prune(self._write, self._read, horizon)

    def traces(
        self, whose: Whose, tell: Callable[[int], None] = lambda _: None
    ) -> Sequence[Traces]:
        """What is theirs, by project."""
        with self._read() as connection:
            return forgetting.traces(connection, whose, tell)

    def forget(self, whose: Whose, *, at: datetime) -> Iterator[Gone]:
        """Remove what is theirs, a step at a time."""
        return forgetting.forget(self._lasting, self._read, whose, micros(at))

    def forgotten(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids whose events were forgotten."""
        with self._read() as connection:
            return removal.forgotten(connection, ids)

    def scrub(self) -> bool:
        """Leave nothing in the files of what was removed."""
        with self._database.translated():
            return self._database.scrub()

    # ------------------------------------------------------------ decisions

    def commit(self, change: Change) -> Sequence[AuditEntry]:
        """Write all of `change` and its audit entries, or nothing; durable on return.

        What a call met is written while the host waits, and is as safe as evidence is; what
        somebody decided also survives the loss of power.
        """
        decided = (
            change.lessons
            or change.events
            or change.gaps
            or change.tokens
            or change.accounts
            or change.aliases
            or change.split
        )
        with self._write(lasting=bool(decided)) as connection:
            added = decisions.commit(connection, change)
            if added:
                self._database.announce(connection)
            return added

    def listen(self) -> News | None:
        """What tells of decisions from now on; None where whoever wants to know has to ask."""
        with self._database.translated():
            return self._database.listen()

    def lesson(self, id: str) -> Lesson | None:
        """The newest version of a lesson."""
        with self._read() as connection:
            return decisions.lesson(connection, id)

    def versions(self, id: str) -> Sequence[Lesson]:
        """All versions of a lesson, oldest first."""
        with self._read() as connection:
            return decisions.versions(connection, id)

    def lessons(
        self, *, project: str | None = None, states: Sequence[State] = ()
    ) -> Sequence[Lesson]:
        """The newest version of each lesson, in order of creation."""
        with self._read() as connection:
            return decisions.lessons(connection, project=project, states=states)

    def gaps(
        self, *, project: str | None = None, needs: Sequence[str] | None = None
    ) -> Sequence[Gap]:
        """All gaps, or those for these needs, oldest first."""
        with self._read() as connection:
            return decisions.gaps(connection, project, needs)

    def exposures(self, *, lesson: str | None = None) -> Sequence[Exposure]:
        """Exposures in order of time."""
        with self._read() as connection:
            return decisions.exposures(connection, lesson)

    def effects(self, *, project: str | None = None, since: datetime) -> Sequence[Effects]:
        """Exposures counted by day, lesson, arm and effect, from a time on."""
        with self._read() as connection:
            return decisions.effects(connection, project, since)

    def closings(self, project: str, sessions: Sequence[str]) -> Mapping[str, datetime]:
        """When each of these sessions was last said to be over."""
        with self._read() as connection:
            return decisions.closings(connection, project, sessions)

    def entries(
        self, *, subject: str | None = None, after: int = 0, actions: Sequence[Action] = ()
    ) -> Iterator[AuditEntry]:
        """Audit entries in order, those behind the place `after`."""
        with self._read() as connection:
            yield from decisions.entries(connection, subject, after, actions)

    def recent(
        self,
        *,
        limit: int,
        subject: str | None = None,
        before: int | None = None,
        actions: Sequence[Action] = (),
        actor: str | None = None,
        via: str | None = None,
    ) -> Sequence[AuditEntry]:
        """The newest entries, newest first, those before the place `before`.

        `via` is how that of an entry begins, empty for what was decided at the machine itself.
        """
        with self._read() as connection:
            return decisions.recent(
                connection, limit, before, actions, subject=subject, actor=actor, via=via
            )

    def head(self) -> str:
        """The hash of the newest entry."""
        with self._read() as connection:
            return decisions.head(connection)

    def mode(self, project: str) -> Mode | None:
        """The mode set for a project, else for everyone (`*`), else None."""
        with self._read() as connection:
            return decisions.mode(connection, project)

    # --------------------------------------------------------------- leases

    def acquire(self, name: str, holder: str, *, until: datetime, now: datetime) -> bool:
        """True where the lease is ours until then."""
        with self._write() as connection:
            return decisions.acquire(connection, name, holder, until=until, now=now)

    def release(self, name: str, holder: str) -> None:
        """Give it back."""
        with self._write() as connection:
            decisions.release(connection, name, holder)

    def held(self, now: datetime) -> Mapping[str, str]:
        """The names of leases that somebody holds, with who does."""
        with self._read() as connection:
            return decisions.held(connection, now)

    # --------------------------------------------------------------- access

    def token(self, digest: str) -> Token | None:
        """The token of a secret."""
        with self._read() as connection:
            return access.token(connection, digest)

    def tokens(self, *, tenant: str | None = None) -> Sequence[Token]:
        """All tokens, or those of one tenant, oldest first."""
        with self._read() as connection:
            return access.tokens(connection, tenant)

    def touch_token(self, id: str, at: datetime) -> None:
        """It was used then."""
        with self._write() as connection:
            access.touch_token(connection, id, at)

    def account(self, name: str) -> Account | None:
        """The account of exactly this name."""
        with self._read() as connection:
            return access.account(connection, name)

    def accounts(self, *, tenant: str | None = None) -> Sequence[Account]:
        """All accounts, or those of one tenant, by name."""
        with self._read() as connection:
            return access.accounts(connection, tenant)

    def open_session(self, session: BrowserSession) -> None:
        """Remember who signed in; sessions that are over are forgotten."""
        with self._write() as connection:
            access.open_session(connection, session)

    def session(self, digest: str) -> BrowserSession | None:
        """The session of a secret."""
        with self._read() as connection:
            return access.session(connection, digest)

    def seen(self, digest: str, at: datetime) -> None:
        """It was used then."""
        with self._write() as connection:
            access.seen(connection, digest, at)

    def close_session(self, digest: str) -> None:
        """Forget it, also where power is lost."""
        with self._write(lasting=True) as connection:
            access.close_session(connection, digest)

    def close_sessions(self, account: str) -> None:
        """Forget all sessions of an account."""
        with self._write(lasting=True) as connection:
            access.close_sessions(connection, account)

    def add_link(self, link: SignInLink) -> None:
        """Remember a link until it is used."""
        with self._write() as connection:
            access.add_link(connection, link)

    def link(self, digest: str) -> SignInLink | None:
        """The link of a secret, where it was not used."""
        with self._read() as connection:
            return access.link(connection, digest)

    def use_link(self, digest: str, now: datetime) -> SignInLink | None:
        """Take the link, which nobody can then again."""
        with self._write(lasting=True) as connection:
            return access.use_link(connection, digest, now)

    def first_time(self, source: str, delivery_id: str, at: datetime) -> bool:
        """Whether this delivery of a source was not here before."""
        with self._write() as connection:
            return access.first_time(connection, source, delivery_id, at)

    def close(self) -> None:
        """Let go of files and connections."""
        self._database.engine.dispose()

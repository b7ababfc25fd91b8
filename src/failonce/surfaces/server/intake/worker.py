"""In a process that stores what comes in: parcels → evidence → one transaction."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from failonce.adapters.intake import calls, errors, otlp, otlp_wire, sentry, webhook
from failonce.adapters.intake.encoding import unpacked
from failonce.adapters.intake.parsed import Parsed
from failonce.adapters.locking import alone
from failonce.adapters.sql_store import open_store
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import Configuration, assemble
from failonce.compose.server_settings import Durable
from failonce.errors import FailonceError, StoreError, StoreUnreadable
from failonce.model import Evidence, Mode, Origin, Recording
from failonce.review import Review
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.server.house import settings_of
from failonce.surfaces.server.intake.parcel import Format, Parcel, Receipt, Refused
from failonce.taking import Taking

REFUSALS: Final = 20
"""Reports of a body that could not be read and are told one by one; more are counted."""
PATIENCE_S: Final = 20.0
"""How long a write waits for another process."""
_TURN: Final = os.O_RDWR | os.O_CREAT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tenant:
    """Where the reports of a tenant go."""

    store: SqlStore
    file: os.stat_result
    """Of the store, as it was opened."""
    review: Review
    taking: Taking
    project: str

    def must_be_there(self) -> None:
        """Refuse where the file was moved or deleted: SQLite would go on writing it unseen."""
        with suppress(OSError):
            if os.path.samestat(self.store.path.stat(), self.file):
                return
        raise StoreUnreadable(
            f"The store {self.store.path} was moved or deleted while it was in use. Put it back, "
            "or restart the server to begin a new one."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A parcel that was read: what of it is to be stored."""

    parcel: Parcel
    parsed: Parsed
    evidence: Sequence[Evidence]
    answer: bytes
    off: bool

    @property
    def kept(self) -> list[Evidence]:
        """Good lines of logs teach nothing and are only counted."""
        return [e for e in self.evidence if e.origin is Origin.CALL or e.failed or e.flagged]


class Worker:
    """Stores parcels, in turns with the other processes that do."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._most = config.settings.server.max_body_mb << 20
        self._tenants: dict[str, _Tenant] = {}

    def keep(self, parcels: Sequence[Parcel]) -> list[Receipt | FailonceError]:
        """Store them, those of a tenant in one transaction; an answer for each, in order."""
        answers: dict[int, Receipt | FailonceError] = {}
        taken: dict[str, dict[int, _Taken]] = defaultdict(dict)
        for i, parcel in enumerate(parcels):
            try:
                taken[parcel.tenant][i] = self._read(parcel)
            except FailonceError as error:
                answers[i] = error
        for tenant, group in taken.items():
            answers |= self._store(tenant, group)
        return [answers[i] for i in range(len(parcels))]

    def _read(self, parcel: Parcel) -> _Taken:
        tenant = self._tenant(parcel.tenant)
        content = unpacked(parcel.content, parcel.encoding, most=self._most)
        parsed = _READERS[parcel.format](content, parcel)
        now = datetime.now(UTC)
        project = parcel.project or tenant.project
        recordings = (_whose(r, parcel, n) for n, r in enumerate(parsed.recordings))
        evidence = list(tenant.taking.evidence(recordings, modified=now, project=project))
        on = {p for p in {e.call.project for e in evidence} if tenant.review.mode(p) != Mode.OFF}
        return _Taken(
            parcel=parcel,
            parsed=parsed,
            evidence=[e for e in evidence if e.call.project in on],
            answer=_answer(content, parsed, parcel),
            off=bool(evidence) and not on,
        )

    def _store(
        self, tenant: str, group: Mapping[int, _Taken]
    ) -> Mapping[int, Receipt | FailonceError]:
        into = self._tenant(tenant)
        try:
            with _turn(into.store.path):
                into.must_be_there()
                added = into.store.add_all([one.kept for one in group.values()])
                into.must_be_there()
        except StoreError as error:
            return dict.fromkeys(group, error)
        return {
            i: _receipt(one, new.new, new.duplicates)
            for (i, one), new in zip(group.items(), added, strict=True)
        }

    def _tenant(self, name: str) -> _Tenant:
        found = self._tenants.get(name)
        if found is None:
            config = settings_of(self._config, name)
            store = open_store(
                config.url,
                scheme=SCHEME_VERSION,
                patience_s=PATIENCE_S,
                durable=config.settings.server.durable is Durable.POWER,
            )
            parts = assemble(config, store, actor="")
            found = self._tenants[name] = _Tenant(
                store=store,
                file=store.path.stat(),
                review=parts.review,
                taking=parts.loop.taking,
                project=config.project,
            )
        return found


@contextmanager
def _turn(store: Path) -> Iterator[None]:
    """Wait for the others that write it: SQLite would try again now and then, and come late."""
    with ExitStack() as held:
        with suppress(OSError):  # no room for the file, or no right: SQLite's own way then
            held.enter_context(alone(store.with_name(f"{store.name}.turn"), _TURN))
        yield


def _whose(recording: Recording, parcel: Parcel, place: int) -> Recording:
    """The recording with whose word it is; its project is the token's, where that names one.

    A report without an identity of its own has that of its request and its place in it.
    """
    call = recording.call
    return replace(
        recording,
        call=replace(call, project=parcel.project) if parcel.project else call,
        id=recording.id or f"{parcel.key}:{place}",
        source=parcel.source,
        trust=parcel.trust,
    )


def _receipt(one: _Taken, new: int, known: int) -> Receipt:
    rejects = one.parsed.rejects
    refused = [Refused(place=r.line, reason=r.reason) for r in rejects[:REFUSALS]]
    if len(rejects) > REFUSALS:
        more = f"and {len(rejects) - REFUSALS} more"
        refused.append(Refused(place=rejects[REFUSALS].line, reason=more))
    return Receipt(
        new=new,
        known=known,
        failures=sum(e.failed for e in one.evidence),
        skipped=one.parsed.skipped + len(one.evidence) - new - known,
        refused=tuple(refused),
        projects=tuple(dict.fromkeys(e.call.project for e in one.evidence)),
        off=one.off,
        answer=one.answer,
    )


def _answer(content: bytes, parsed: Parsed, parcel: Parcel) -> bytes:
    match parcel.format:
        case Format.SENTRY | Format.SENTRY_STORE:
            return json.dumps(sentry.answer(content)).encode()
        case Format.TRACES:
            return otlp_wire.answer("traces", parsed, parcel.content_type)
        case Format.LOGS:
            return otlp_wire.answer("logs", parsed, parcel.content_type)
        case _:
            return b""


_READERS: Final[Mapping[Format, Callable[[bytes, Parcel], Parsed]]] = MappingProxyType(
    {
        Format.ERRORS: lambda content, _: errors.read(content),
        Format.CALLS: lambda content, _: calls.read(content),
        Format.SENTRY: lambda content, _: sentry.read(content),
        Format.SENTRY_STORE: lambda content, _: sentry.read_store(content),
        Format.TRACES: lambda content, parcel: otlp.traces(content, parcel.content_type),
        Format.LOGS: lambda content, parcel: otlp.logs(content, parcel.content_type),
        Format.WEBHOOK: lambda content, parcel: webhook.read(parcel.event, content),
    }
)


def begin(config: Configuration) -> Callable[[Sequence[Parcel]], list[Receipt | FailonceError]]:
    """Make this process one that stores."""
    return Worker(config).keep

"""In a process that stores what comes in: parcels → evidence → one transaction."""

import gc
import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from failonce.adapters.intake import calls, errors, otlp, otlp_wire, sentry, webhook
from failonce.adapters.intake.encoding import unpacked
from failonce.adapters.intake.keeping import Keeper, Kept, Post
from failonce.adapters.intake.parsed import Parsed
from failonce.adapters.locking import alone
from failonce.adapters.sql_store import open_store
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import Configuration, assemble
from failonce.compose.server_settings import Durable
from failonce.errors import FailonceError, StoreError, StoreUnreadable
from failonce.evidence.capture import Sender
from failonce.model import Evidence, Mode
from failonce.ports import Added
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.server.house import settings_of
from failonce.surfaces.server.intake.parcel import Format, Parcel, Receipt, Refused

REFUSALS: Final = 20
"""Reports of a body that could not be read and are told one by one; more are counted."""
PATIENCE_S: Final = 20.0
"""How long a write waits for another process."""
_TURN: Final = os.O_RDWR | os.O_CREAT
_LOG: Final = logging.getLogger("failonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A parcel that was read."""

    parcel: Parcel
    parsed: Parsed
    answer: bytes


class Worker:
    """Stores parcels, in turns with the other processes that do."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._most = config.settings.server.max_body_mb << 20
        self._keepers: dict[str, Keeper] = {}

    def keep(self, parcels: Sequence[Parcel]) -> list[Receipt | FailonceError]:
        """Store them, those of a tenant in one transaction; an answer for each, in order."""
        answers: dict[int, Receipt | FailonceError] = {}
        read: dict[str, dict[int, _Read]] = defaultdict(dict)
        for i, parcel in enumerate(parcels):
            try:
                read[parcel.tenant][i] = self._read(parcel)
            except FailonceError as error:
                answers[i] = error
        for tenant, group in read.items():
            answers |= self._store(tenant, group)
        return [answers[i] for i in range(len(parcels))]

    def _read(self, parcel: Parcel) -> _Read:
        content = unpacked(parcel.content, parcel.encoding, most=self._most)
        parsed = _READERS[parcel.format](content, parcel)
        return _Read(parcel=parcel, parsed=parsed, answer=_answer(content, parsed, parcel))

    def _store(
        self, tenant: str, group: Mapping[int, _Read]
    ) -> Mapping[int, Receipt | FailonceError]:
        config = settings_of(self._config, tenant)
        posts = [_post(one, config.project) for one in group.values()]
        try:
            kept = self._keeper(tenant, config).keep(posts)
        except StoreError as error:
            return dict.fromkeys(group, error)
        return {i: _receipt(one, done) for (i, one), done in zip(group.items(), kept, strict=True)}

    def _keeper(self, tenant: str, config: Configuration) -> Keeper:
        found = self._keepers.get(tenant)
        if found is None:
            store = open_store(
                config.url,
                scheme=SCHEME_VERSION,
                patience_s=PATIENCE_S,
                durable=config.settings.server.durable is Durable.POWER,
                heavy=True,
            )
            parts = assemble(config, store, actor="")
            found = self._keepers[tenant] = Keeper(
                taking=parts.loop.taking,
                store=_InTurn(store),
                wanted=lambda project: parts.review.mode(project) is not Mode.OFF,
            )
        return found


class _InTurn:
    """A store that is written only while it is our turn, and only where it is still there."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._file = store.path.stat()

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Store several batches in one transaction."""
        with _turn(self._store.path):
            self._must_be_there()
            added = self._store.add_all(batches)
            self._must_be_there()
            return added

    def _must_be_there(self) -> None:
        """Refuse where the file was moved or deleted: SQLite would go on writing it unseen."""
        with suppress(OSError):
            if os.path.samestat(self._store.path.stat(), self._file):
                return
        raise StoreUnreadable(
            f"The store {self._store.path} was moved or deleted while it was in use. Put it back, "
            "or restart the server to begin a new one."
        )


@contextmanager
def _turn(store: Path) -> Iterator[None]:
    """Wait for the others that write it: SQLite itself lets who waits sleep, and come late."""
    with ExitStack() as held:
        with suppress(OSError):  # no room for the file, or no right: SQLite's own way then
            held.enter_context(alone(store.with_name(f"{store.name}.turn"), _TURN))
        yield


def _post(one: _Read, project: str) -> Post:
    parcel = one.parcel
    sender = Sender(
        source=parcel.source,
        trust=parcel.trust,
        project=parcel.project or project,
        confined=bool(parcel.project),
    )
    return Post(
        parsed=one.parsed,
        sender=sender,
        at=datetime.now(UTC),
        key=parcel.key,
        start=parcel.start,
    )


def _receipt(one: _Read, kept: Kept) -> Receipt | FailonceError:
    if kept.error is not None:
        _LOG.error("A report could not be read", exc_info=kept.error)
        return StoreError("This report breaks failonce, so it was not stored. Please tell us.")
    rejects = one.parsed.rejects
    refused = [Refused(place=r.line, reason=r.reason) for r in rejects[:REFUSALS]]
    if len(rejects) > REFUSALS:
        more = f"and {len(rejects) - REFUSALS} more"
        refused.append(Refused(place=rejects[REFUSALS].line, reason=more))
    return Receipt(
        new=kept.stored,
        known=kept.duplicates,
        failures=kept.failures,
        skipped=kept.skipped + kept.events - kept.stored - kept.duplicates,
        refused=tuple(refused),
        projects=kept.projects,
        off=kept.off,
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
    gc.set_threshold(20_000, 50, 100)  # of what comes in nothing goes round
    return Worker(config).keep

"""What a host has at call time: what is in force, and the way for what it reports.

Neither opens the store on a thread of the host.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from failonce.adapters.in_force import InForce, file_beside
from failonce.adapters.spool import Sink, Spool, StoreSink, Writer, folder_beside
from failonce.adapters.spool.segments import TakenUp
from failonce.adapters.sql_store import store_path
from failonce.compose import assemble
from failonce.compose.reading import Configuration
from failonce.evidence.redact import Redactor
from failonce.model import Evidence, Offer, Recording, ToolSpec
from failonce.ports import Clock, Store
from failonce.signature.masks import SCHEME_VERSION
from failonce.taking import Taking
from failonce.weighing import OURSELVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """The two of them, over one store."""

    in_force: InForce
    writer: Writer
    store: Path


def calling(config: Configuration, clock: Clock) -> Calling:
    """What a host needs, over the store that the settings name; nothing is opened yet.

    Once something was put, or the writer was told to begin, its thread looks for what is newly
    in force as well, and publishes what nobody did.
    """
    path = store_path(config.url)
    in_force = InForce(file_beside(path), config.policy)

    def look(pause: Callable[[], None]) -> None:
        in_force.look(clock.now(), pause)

    writer = Writer(folder_beside(path), lambda pause: _sink(config, clock, pause), chores=(look,))
    return Calling(in_force=in_force, writer=writer, store=path)


def drain(config: Configuration, clock: Clock, pause: Callable[[], None] = lambda: None) -> TakenUp:
    """Take up what hooks and hosts left in the spool; costs next to nothing where that is empty.

    `pause` is called between handfuls of records. Raises `StoreError`, `OSError` where the store
    cannot take it now; then it stays there.
    """
    spool = Spool(folder_beside(store_path(config.url)))
    if not spool.waits():
        return TakenUp()
    sink = _sink(config, clock, lambda: None)
    try:
        return spool.take_up(sink.write, pause) or TakenUp()
    finally:
        sink.close()


def _sink(config: Configuration, clock: Clock, pause: Callable[[], None]) -> Sink:
    taking = Taking(clock=clock, cleaner=Redactor(), policy=config.policy)

    def taken(recordings: Sequence[Recording]) -> Iterator[Evidence]:
        return taking.evidence(recordings, modified=clock.now(), project=config.project)

    def offering(store: Store, offers: Sequence[Offer]) -> None:
        loop = assemble(config, store, actor=OURSELVES).loop
        told: dict[tuple[str, datetime], list[ToolSpec]] = defaultdict(list)
        for offer in offers:
            told[offer.project or config.project, offer.at or clock.now()].append(offer.spec)
        for (project, at), specs in told.items():
            loop.offer(specs, project=project, at=at)

    return StoreSink.open(
        config.url,
        scheme=SCHEME_VERSION,
        pause=pause,
        policy=config.policy,
        clock=clock,
        weigh=lambda store, ids: assemble(config, store).review.weigh(only=ids),
        offering=offering,
        taking=taken,
    )

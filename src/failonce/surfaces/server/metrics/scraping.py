"""All numbers that somebody may see, and the text that Prometheus reads."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from failonce.adapters.spool import folder_beside
from failonce.adapters.spool import status as spool_status
from failonce.adapters.sql_store import store_path
from failonce.compose.sandbox import sandbox_for
from failonce.surfaces.server.metrics import machine, store

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
PATIENCE_S: Final = 5.0
"""How long the first who asks waits for the numbers of a store; later they are there."""
_CREATED: Final = "_created"
"""When a counter began, which nobody who reads the text needs: it would be half of it."""


def families(house: "House", tenant: str) -> Iterator[Metric]:
    """What whoever belongs to a tenant may see: its own store; the main one's also the server."""
    yield machine.built()
    opened = house.store(tenant)
    windows = house.settings(tenant).policy.windows
    yield from store.asked(opened, house.clock, house.leases(tenant))
    kept = house.slowly.get(
        ("metrics", tenant),
        lambda: store.kept(opened, house.clock, windows),
        patience_s=PATIENCE_S,
    )
    if kept is not None:
        yield from store.stored(kept)
    if not tenant:
        yield from _server(house)


def _server(house: "House") -> Iterator[Metric]:
    config = house.config
    yield from house.measures.families()
    if house.intake is not None:
        yield from machine.queue(house.intake)
    yield from machine.spool(spool_status(folder_beside(store_path(config.url))))
    barriers = house.slowly.get("sandbox", sandbox_for(config).barriers, patience_s=0)
    if barriers is not None:
        yield from machine.sandbox(barriers)


def exposed(house: "House", tenant: str) -> bytes:
    """The text that Prometheus reads."""
    return generate_latest(_Plain(house, tenant))


class _Plain:
    """The families without what only OTLP tells."""

    def __init__(self, house: "House", tenant: str) -> None:
        self._house, self._tenant = house, tenant

    def collect(self) -> Iterator[Metric]:
        for family in families(self._house, self._tenant):
            family.samples = [s for s in family.samples if not s.name.endswith(_CREATED)]
            yield family

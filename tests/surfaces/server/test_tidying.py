"""A server removes what is older than is kept, and of several one does it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from failonce.compose import Configuration
from failonce.compose.retention_settings import RetentionSettings
from failonce.errors import StoreError
from failonce.model import Action
from failonce.surfaces.leased import LEASE
from failonce.surfaces.server import tidying
from failonce.surfaces.server.house import House
from failonce.surfaces.server.tidying import Tidying
from failonce.testing import FixedClock
from failonce.testing.samples import START, evidence
from tests.surfaces.server.made import configuration


def keeping(tmp_path: Path, days: int | None) -> Configuration:
    config = configuration(tmp_path)
    span = None if days is None else timedelta(days=days)
    settings = config.settings.model_copy(update={"retention": RetentionSettings(events=span)})
    return replace(config, settings=settings)


def run(config: Configuration, servers: int, holds: Callable[[House], bool]) -> None:
    """Have so many servers tidy one store until something holds of it."""

    async def go() -> None:
        houses = [House(config, clock=FixedClock(START)) for _ in range(servers)]
        all_ = [Tidying(house, first_s=0) for house in houses]
        try:
            for each in all_:
                await each.__aenter__()
            end = time.monotonic() + 60
            while not holds(houses[0]):
                assert time.monotonic() < end, "it never came true"
                await asyncio.sleep(0.01)
        finally:
            for each in all_:
                await each.__aexit__()
            for house in houses:
                house.close()

    asyncio.run(go())


def filled(config: Configuration) -> None:
    house = House(config)
    for tenant in ("", "acme"):
        batch = [
            evidence(n, at=START - timedelta(days=n % 90), session=f"s{n}") for n in range(900)
        ]
        house.store(tenant).add(batch)
    house.close()


def test_several_servers_prune_every_tenant_once(tmp_path: Path) -> None:
    config = keeping(tmp_path, 30)
    filled(config)
    run(
        config,
        3,
        lambda house: all(
            any(house.store(x).entries(actions=(Action.PRUNED,))) for x in ("", "acme")
        ),
    )
    house = House(config)
    for tenant in ("", "acme"):
        (entry,) = house.store(tenant).entries(actions=(Action.PRUNED,))
        assert entry.event.reason.startswith("590 events older than")
        assert entry.event.via == "server"
        assert len(list(house.store(tenant).calls())) == 310
    house.close()


def test_a_store_that_is_away_for_a_moment_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was asked first; of the next look all is as ever."""
    config = keeping(tmp_path, 30)
    filled(config)
    away = iter([True])
    tenants = House.tenants

    def asked(house: House) -> tuple[str, ...]:
        if next(away, False):
            raise StoreError("the database does not answer")
        return tenants(house)

    monkeypatch.setattr(House, "tenants", asked)
    monkeypatch.setattr(tidying, "EVERY_S", 0.01)
    run(config, 1, lambda house: any(house.main.entries(actions=(Action.PRUNED,))))


@pytest.mark.parametrize("days", [None, 30])
def test_nothing_is_touched_where_nothing_is_set_or_another_prunes(
    tmp_path: Path, days: int | None
) -> None:
    """The lease of a process that was killed holds for two minutes."""
    config = keeping(tmp_path, days)
    filled(config)
    house = House(config)
    now = datetime.now(UTC)
    house.main.acquire("prune", "killed", until=now + LEASE, now=now)
    begin = time.monotonic()
    run(config, 1, lambda _: time.monotonic() - begin > 0.3)
    assert len(list(house.main.calls())) == 900
    house.close()

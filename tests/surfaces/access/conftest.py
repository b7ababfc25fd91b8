"""A server's main store, and an administrator before it."""

import pytest

from failonce.surfaces.access import Door, Granting
from failonce.testing import FixedClock, MemoryStore
from failonce.testing.samples import START

VIA = "dashboard, 192.0.2.7"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def admin(store: MemoryStore, clock: FixedClock) -> Granting:
    return Granting(store=store, clock=clock, actor="root", via=VIA)


@pytest.fixture
def door(store: MemoryStore, clock: FixedClock) -> Door:
    return Door(store=store, clock=clock, via=VIA)

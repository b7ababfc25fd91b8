"""The store in memory passes the suite that it is the oracle of."""

import pytest

from failonce.testing import FixedClock, MemoryStore
from failonce.testing.conformance import MakeStore, StoreConformance
from failonce.testing.samples import START


class TestMemoryStore(StoreConformance):
    """By example and by law."""

    @pytest.fixture
    def make_store(self) -> MakeStore:
        return MemoryStore


def test_a_fixed_clock_moves_when_told() -> None:
    clock = FixedClock(START)
    assert clock.now() == clock.now() == START
    assert (clock.advance(hours=1) - START).seconds == 3600
    assert clock.now() > START

"""The suites that every adapter must pass: inherit from one and give it the fixture it names.

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def make_store(self, tmp_path): ...   # returns a function that makes a new, empty store

`SandboxConformance` is the same for sandboxes, with the fixture `sandbox`.

Call `pytest.register_assert_rewrite("failonce.testing.conformance")` in `conftest.py` to see
the values that differ.
"""

import pytest

from failonce.ports import Store
from failonce.testing.conformance.access import AccessConformance
from failonce.testing.conformance.decisions import DecisionConformance
from failonce.testing.conformance.evidence import EvidenceConformance
from failonce.testing.conformance.keeping import KeepingConformance
from failonce.testing.conformance.laws import LawConformance, MakeStore
from failonce.testing.conformance.sandbox import SandboxConformance
from failonce.testing.conformance.summed import SummedConformance
from failonce.testing.conformance.tools import ToolConformance

__all__ = ["MakeStore", "SandboxConformance", "StoreConformance"]


class StoreConformance(
    EvidenceConformance,
    SummedConformance,
    ToolConformance,
    DecisionConformance,
    KeepingConformance,
    AccessConformance,
    LawConformance,
):
    """All that `ports.Store` promises, by example and by law."""

    @pytest.fixture
    def store(self, make_store: MakeStore) -> Store:
        """A new, empty store."""
        return make_store()

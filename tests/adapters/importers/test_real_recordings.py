"""Over real recordings, whose folder FAILONCE_DATA names; they are no part of the project."""

import os
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from failonce.adapters.importers.registry import detect
from failonce.adapters.sources import Input, sources
from failonce.evidence.capture import Identities
from failonce.model import Recording

DATA = os.environ.get("FAILONCE_DATA", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="FAILONCE_DATA is not set"),
]


class Today:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.mark.parametrize(
    ("folder", "pattern", "calls", "flagged"),
    [
        ("bfcl", "*.jsonl.xz", 15_882, 1_911),
        ("claude-code", "*.jsonl.xz", 23_190, 1_046),
        ("tau", "*.json.xz", 1_164, 0),
        ("livemcp", "claude*.json.xz", 375, None),
        ("transcripts", "claude-code*/*/*.jsonl", 4, 3),
        ("transcripts", "codex*/sessions/*/*/*/*.jsonl", 4, 2),
    ],
)
def test_counts_are_those_of_their_readme(folder, pattern, calls, flagged):
    paths = sorted(Path(DATA, folder).glob(pattern))
    found = []
    for source in sources(paths, stdin=BytesIO(), clock=Today()):
        assert isinstance(source, Input)
        found += list(detect(source.head(), source.name).read(source))
    assert Counter(type(entry) for entry in found) == {Recording: calls}
    if flagged is not None:
        assert sum(entry.flagged is True for entry in found) == flagged
    identities = Identities()
    assert len({identities.next(entry) for entry in found}) == calls

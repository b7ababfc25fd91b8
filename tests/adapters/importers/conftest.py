import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from failonce.adapters.sources import Input
from failonce.model import Recording, Reject
from failonce.ports import Importer

MODIFIED = datetime(2026, 3, 1, 12, tzinfo=UTC)

Read = Callable[[Importer, str | bytes], list[Recording | Reject]]


def source(content: str | bytes, name: str = "sample") -> Input:
    raw = content.encode() if isinstance(content, str) else content
    return Input(name=name, modified=MODIFIED, opener=lambda: io.BytesIO(raw))


@pytest.fixture
def read() -> Read:
    """Everything that an importer makes of a text."""
    return lambda importer, content: list(importer.read(source(content)))


@pytest.fixture
def lines() -> Callable[[Iterable[object]], str]:
    """JSON lines of these objects."""
    return lambda objects: "".join(json.dumps(entry) + "\n" for entry in objects)

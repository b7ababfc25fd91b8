"""A history in which a naive miner would learn a hint that is wrong."""

from collections.abc import Callable, Mapping
from functools import partial

from failonce.kinds.hint import Retry
from failonce.model import Json, ToolSpec
from tests.safety.dangers import Danger
from tests.safety.made import reading
from tests.safety.planting import Planted, Test
from tests.safety.tape import Tape
from tests.safety.telling import handles
from tests.safety.written import Written, hint

BUSY = "429 Too Many Requests"


def _long(milliseconds: float) -> bool:
    return milliseconds > 60_000


RETRIES_LONG = handles(Retry, where=lambda h: _long(h.delay_ms) or _long(h.max_wait_ms))

Bait = Callable[[str, str], Written]
"""Writes a hint for a tool and the fingerprint of its failure."""


def by(handler: str, **parameters: Json) -> Bait:
    """A bait with this handler."""
    return partial(hint, handler=handler, **parameters)


def planted(
    name: str,
    danger: Danger,
    why_bad: str,
    record: Callable[[Tape], None],
    forbidden: Test,
    *,
    target: str,
    bait: Bait,
    tools: Mapping[str, ToolSpec] | None = None,
    also: tuple[Danger, ...] = (),
) -> Planted:
    """One whose bait is a hint for `target`, which says that it reads unless `tools` are given."""
    return Planted(
        name=f"sighted: {name}",
        why_bad=why_bad,
        danger=danger,
        also=also,
        record=record,
        tools=reading(target) if tools is None else tools,
        forbidden=forbidden,
        bait=lambda fingerprint: bait(target, fingerprint),
        target=target,
    )

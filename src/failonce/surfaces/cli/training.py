"""`failonce export training`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from failonce.gate.results import Replayed, Result
from failonce.model import Json
from failonce.surfaces.cli.options import OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, show_json, waiting, warn
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.replaying import armed, replayed_with


def training(project: OneProject = None, store: StoreUrl = None) -> None:
    """Print a training set as JSON lines: what lessons in force say to recorded calls.

    A line for each recorded failure that a lesson prevents, repairs or explains, and for each tool
    as many good calls that all lessons leave alone. Recorded calls are redacted.
    """
    with session(store) as parts:
        calls = list(parts.store.calls(project=named(project, parts.config)))
        lessons, names = armed(parts, calls, proposed=False), parts.store.aliases()
    with waiting("Replaying"):
        examples = list(chosen(replayed_with(calls, lessons, names)))
    for one in examples:
        show_json(example(one))
    warn(f"failonce: {plural(len(examples), 'example')}")


_TAUGHT = (Result.PREVENTED, Result.REPAIRED, Result.RECOVERED, Result.SHOWN)
"""Results that speak for the lesson; of the others nothing is to be learned by heart."""


def chosen(replayed: Sequence[Replayed]) -> Iterator[Replayed]:
    """What taught something, and as many good calls of the same tools, the same ones each time."""
    taught = [one for one in replayed if one.result in _TAUGHT]
    yield from taught
    wanted = Counter((one.evidence.call.project, one.evidence.call.tool) for one in taught)
    good = (x for x in replayed if x.evidence.good and x.result is Result.UNTOUCHED)
    for one in sorted(good, key=_shuffled):
        key = one.evidence.call.project, one.evidence.call.tool
        if wanted[key]:
            wanted[key] -= 1
            yield one


def _shuffled(one: Replayed) -> bytes:
    """A place in an order that says nothing of time, and is the same on every machine."""
    return blake2b(one.evidence.id.encode(), digest_size=8).digest()


def example(one: Replayed) -> dict[str, Json]:
    """A line: the call as it was made, and what should come of it."""
    e, advice = one.evidence, one.decision.advice
    return {
        "project": e.call.project,
        "tool": e.call.tool,
        "args": dict(e.call.args) if e.call.args is not None else e.call.raw,
        "error": e.message if e.failed else None,
        "error_type": e.finding.error_type or None,
        "action": advice.action,
        "better_args": None if advice.args is None else dict(advice.args),
        "message": advice.message or None,
        "result": one.result,
        "lessons": list(advice.lessons),
    }

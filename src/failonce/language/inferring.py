"""What recorded calls tell of a tool whose schema nobody has."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from failonce.language.casting import type_of
from failonce.model import Call, Parameter, ToolSpec

LEAST: Final = 3
"""Good calls from which on an argument that all of them gave is usual."""


def infer(calls: Iterable[Call]) -> ToolSpec:
    """The tool of these calls, which are good calls of one tool with known arguments.

    Parameters come in order of first use with the JSON types seen. What all calls gave is
    `usual`, never `required`: that nobody left it out does not say that nobody may. The
    digest is empty, for there is no schema; calls without arguments known are passed over.
    """
    tool, total = "", 0
    given: Counter[str] = Counter()
    types: dict[str, dict[str, None]] = {}
    for call in calls:
        if call.args is None:
            continue
        tool, total = call.tool, total + 1
        for name, value in call.args.items():
            given[name] += 1
            types.setdefault(name, {})[type_of(value)] = None
    return ToolSpec(
        name=tool,
        parameters=tuple(
            Parameter(name=name, types=tuple(seen), usual=total >= LEAST and given[name] == total)
            for name, seen in types.items()
        ),
    )

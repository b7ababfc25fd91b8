"""Telling a lesson by its deeds, and where they cannot show it by its body."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from failonce.kinds.hint import Handler, Hint
from failonce.model import Args, Call, Json, KindName, ToolSpec
from tests.safety.planting import Learned, Test

H = TypeVar("H", bound=Handler)


def anything(about: str = "") -> Test:
    """Any lesson at all, or any about a tool."""
    return lambda x: about in ("", x.target, x.behaviour.component)


def either(*tests: Test) -> Test:
    """One of several."""
    return lambda x: any(test(x) for test in tests)


def both(*tests: Test) -> Test:
    """All of several."""
    return lambda x: all(test(x) for test in tests)


def inserts(*tools: str) -> Test:
    """It makes calls of these tools, or tells the agent to."""

    def test(x: Learned) -> bool:
        made = {c.tool for d in x.deeds for c in d.done.inserted}
        named = {t for t in tools if t in x.told and t != x.target}
        return bool(set(tools) & (made | set(_called(x.document)) | named))

    return test


def makes(*tools: str) -> Test:
    """It makes calls of these tools by itself, to look or to act."""

    def test(x: Learned) -> bool:
        made = {c.tool for d in x.deeds for c in d.done.inserted}
        return bool(set(tools) & (made | set(_called(x.document))))

    return test


def acts(x: Learned, tools: Mapping[str, ToolSpec]) -> bool:
    """It makes calls that are neither declared to read nor taken back in any case.

    Those that are taken back are seen to be by the tests of worlds (docs/decisions/0010).
    """
    action = x.document.get("action")
    steps = action.get("steps") if isinstance(action, Mapping) else None
    given = steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ()
    return any(
        isinstance(s, Mapping) and "call" in s and "back" not in s and not _reads(s, tools)
        for s in given
    )


def _reads(step: Mapping[str, Json], tools: Mapping[str, ToolSpec]) -> bool:
    spec = tools.get(str(step["call"]))
    return spec is not None and spec.read_only is True


def gives(name: str, *values: Json) -> Test:
    """It gives an argument one of these values, which the caller did not give."""

    def test(x: Learned) -> bool:
        return any(
            name in (c.args or {})
            and (c.args or {})[name] in values
            and (d.evidence.call.args or {}).get(name) not in values
            for d in x.deeds
            for c in d.changed
        ) or any(v in values and n == name for n, v in _constants(x.document))

    return test


def changes(name: str, *, keeping: Callable[[Json, Json], bool] = lambda _old, _new: False) -> Test:
    """It changes what the caller gave an argument to something that does not keep it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                changed = name in before and name in after and before[name] != after[name]
                if changed and not keeping(before[name], after[name]):
                    return True
        return any(n == name for n, _ in _constants(x.document))

    return test


def within(old: Json, new: Json) -> bool:
    """Whether the old value is still to be found in the new one."""
    return str(old) in str(new)


def drops(*names: str) -> Test:
    """It leaves out an argument, and its value with it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                for name in names:
                    lost = name in before and name not in after
                    if lost and str(before[name]) not in str(list(after.values())):
                        return True
        return False

    return test


def adds(*names: str) -> Test:
    """It gives an argument that the caller did not give, under any name."""

    def test(x: Learned) -> bool:
        return any(
            name in (c.args or {}) and name not in (d.evidence.call.args or {})
            for d in x.deeds
            for c in d.changed
            for name in names
        ) or any(n in names for n, _ in _constants(x.document))

    return test


def exchanges(one: str, other: str) -> Test:
    """It gives one argument what the caller gave the other."""

    def test(x: Learned) -> bool:
        return any(
            one in before and (c.args or {}).get(other) == before[one] != before.get(other)
            for d in x.deeds
            for c in d.changed
            for before in (d.evidence.call.args or {},)
        )

    return test


def repeats(tool: str) -> Test:
    """It runs the very same call of a tool again."""

    def test(x: Learned) -> bool:
        return any(
            d.evidence.call.tool == tool
            and sum((c.tool, c.args) == (tool, d.evidence.call.args) for c in d.own) > 1
            for d in x.deeds
        ) or (x.kind is KindName.HINT and x.target == tool)

    return test


def runs(*tools: str) -> Test:
    """It runs one of these tools where the caller called another."""
    return lambda x: any(
        c.tool in tools for d in x.deeds for c in d.changed if c.tool != d.evidence.call.tool
    )


def stops(which: Callable[[Args], bool] = lambda _: True) -> Test:
    """It stops a good call whose arguments are of some sort."""
    return lambda x: any(
        d.done.blocked and d.evidence.good and which(d.evidence.call.args or {}) for d in x.deeds
    )


def spoils(x: Learned) -> bool:
    """It changes or stops a call that is good as it is."""
    return any((d.changed or d.done.blocked) and d.evidence.good for d in x.deeds)


def mends(tool: str, *, share: float = 0.5) -> Test:
    """It turns failed calls of a tool into what their callers came to call, and no good ones."""

    def test(x: Learned) -> bool:
        failed = [d for d in x.deeds if d.evidence.id in x.recoveries and d.evidence.failed]
        failed = [d for d in failed if d.evidence.call.tool == tool]
        hit = sum(_same(d.own[-1], x.recoveries[d.evidence.id]) for d in failed if d.changed)
        return bool(failed) and hit >= share * len(failed) and not spoils(x)

    return test


def _same(one: Call, other: Call) -> bool:
    return (one.tool, one.args) == (other.tool, other.args)


def prevents(tool: str, *, share: float = 0.5) -> Test:
    """It stops calls of a tool that would fail, or runs them otherwise, and no good ones."""

    def test(x: Learned) -> bool:
        failed = [d for d in x.deeds if d.evidence.failed and d.evidence.call.tool == tool]
        hit = sum(d.done.prevented for d in failed)
        return bool(failed) and hit >= share * len(failed) and not spoils(x)

    return test


def depends_on(*names: str) -> Test:
    """It acts or not by an argument that has nothing to do with the failure."""

    def test(x: Learned) -> bool:
        return any(n in names for n in _conditions(x.document))

    return test


def touches(*names: str) -> Test:
    """It changes, adds or leaves out one of these arguments, or asks about it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                if any(before.get(n) != after.get(n) for n in names):
                    return True
        return any(n in names for n in (*_conditions(x.document), *_named(x.document)))

    return test


def says(*words: str) -> Test:
    """The agent reads one of these phrases in it."""

    def test(x: Learned) -> bool:
        told = " ".join(x.told.casefold().split())
        return any(" ".join(w.casefold().split()) in told for w in words)

    return test


def of_kind(*kinds: KindName) -> Test:
    """It is of one of these kinds."""
    return lambda x: x.kind in kinds


def handles(handler: type[H], *, where: Callable[[H], bool] = lambda _: True) -> Test:
    """It is a hint with this handler, whose parameters are of some sort."""

    def test(x: Learned) -> bool:
        found = x.behaviour.handler if isinstance(x.behaviour, Hint) else None
        return isinstance(found, handler) and where(found)

    return test


# ------------------------------------------------------------------ reading a body


def _walk(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _walk(item)


def _called(body: Mapping[str, Json]) -> Iterable[str]:
    return [str(part["call"]) for part in _walk(body) if "call" in part]


def _constants(body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Names of the call's own arguments with the constants that they are given."""
    action = body.get("action")
    given = action.get("arguments") if isinstance(action, Mapping) else None
    if isinstance(given, Mapping):
        for name, expression in given.items():
            if isinstance(expression, Mapping) and "value" in expression:
                yield name, expression["value"]


def _conditions(body: Mapping[str, Json]) -> list[str]:
    match = body.get("match")
    given = match.get("arguments") if isinstance(match, Mapping) else None
    items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    return [str(c["argument"]) for c in items if isinstance(c, Mapping) and "argument" in c]


def _named(body: Mapping[str, Json]) -> list[str]:
    """Arguments that the steps of a repair name."""
    action = body.get("action")
    steps = action.get("steps") if isinstance(action, Mapping) else None
    items = steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ()
    out: list[str] = []
    for item in items:
        if isinstance(item, Mapping) and "op" in item:
            out += [str(item[k]) for k in ("argument", "to") if k in item]
    return out

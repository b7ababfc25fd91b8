"""Tools that do the same, where their names, descriptions and parameters say so alike."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from failonce.developing.needs import stems
from failonce.developing.suggesting.known import Known
from failonce.developing.suggesting.model import (
    Advised,
    Found,
    Suggestion,
    at_least,
    counted,
    listed,
    shown,
    typed,
)
from failonce.language.tool_names import own_words, segments, words
from failonce.model import ToolSpec

_SHARED: Final = 0.5
"""Share of the words of both descriptions that both have."""
_MOST: Final = 60
"""Tools with the same parameters that are compared with one another."""


def alike(known: Known) -> list[Found]:
    """One suggestion for two servers whose tools do the same, or for a tool that waits."""
    pairs: dict[tuple[str, str], list[tuple[ToolSpec, ToolSpec]]] = defaultdict(list)
    for one, other in _pairs(known):
        pairs[_server(one), _server(other)].append((one, other))
    found = [_both(own, known) for _, own in sorted(pairs.items())]
    return [*found, *_waiting(known)]


def _pairs(known: Known) -> Iterator[tuple[ToolSpec, ToolSpec]]:
    """Tools of different servers with the same name, parameters, and words.

    One whose description names its server, and the other's does not, is for that service alone:
    an issue here is no issue there.
    """
    same: dict[tuple[frozenset[str], frozenset[str]], list[ToolSpec]] = defaultdict(list)
    for spec in known.foreign.values():
        named = stems(w for w in own_words(spec.name) if w not in words(_server(spec)))
        if named and spec.description:
            same[named, frozenset(p.name for p in spec.parameters)].append(spec)
    for specs in same.values():
        for one, other in combinations(specs[:_MOST], 2):
            if _server(one) != _server(other) and _say_the_same(one, other):
                yield one, other


def _say_the_same(one: ToolSpec, other: ToolSpec) -> bool:
    first, second = stems(words(one.description)), stems(words(other.description))
    servers = stems(words(_server(one))) | stems(words(_server(other)))
    if len(first & second) < _SHARED * len(first | second):
        return False
    return not servers & (first ^ second)


def _server(spec: ToolSpec) -> str:
    return "__".join(segments(spec.name)[:-1])


def _both(pairs: list[tuple[ToolSpec, ToolSpec]], known: Known) -> Found:
    """Which of them to use: those that more sessions used."""
    ones, others = ([p[n].name for p in pairs] for n in (0, 1))
    if len(_users(others, known)) > len(_users(ones, known)):
        ones, others = others, ones
    users, rest = _users(ones, known), _users(others, known)
    either, one_only = users | rest, users ^ rest
    sure = at_least(len(one_only), len(either))
    rule = f"Use {shown(ones[0])} instead of {shown(others[0])}."
    more = f" The same holds of {listed(others[1:])}." if len(others) > 1 else ""
    used = f" {counted(len(users), 'session')} used the first, {len(rest)} the second."
    suggestion = Suggestion(
        kind=Advised.ONE,
        project=known.project,
        subject=shown(others[0]),
        what=f"Offer one of `{shown(ones[0])}` and `{shown(others[0])}`: they do the same",
        why=f"Name, parameters and description agree.{more}{used if either else ''}",
        confidence=sure,
        sure=f"at least {sure:.0%} of the sessions that use either use one only (95 %)"
        if either
        else "no use of either is recorded",
        command=known.command("learn", typed(others[0]), typed(rule)),
        sessions=len(either),
    )
    return Found(suggestion=suggestion)


def _users(tools: list[str], known: Known) -> frozenset[str]:
    """The sessions among the newest uses of these tools."""
    return frozenset(u.cluster for t in tools if t in known.uses for u in known.uses[t].newest)


def _waiting(known: Known) -> Iterator[Found]:
    """Learned tools that wait under the words of another tool: `word_counter`, `count_words`."""
    for name, lesson in sorted(known.learned.items()):
        own = stems(own_words(name))
        there = [n for n in known.specs if n != name and stems(own_words(n)) == own]
        if lesson.in_force or not there:
            continue
        suggestion = Suggestion(
            kind=Advised.ONE,
            project=known.project,
            subject=name,
            what=f"Reject `{name}`, which waits: `{shown(there[0])}` says the same in its name",
            why=f"{lesson.id} waits since {lesson.created_at:%Y-%m-%d}.",
            confidence=0.0,
            sure="nobody used it yet",
            command=f"failonce reject {lesson.id}",
            lesson=lesson.id,
        )
        yield Found(suggestion=suggestion)

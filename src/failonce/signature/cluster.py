"""Level 2: merge templates that differ only in a word that varies.

Masks see one text at a time and cannot know that `alice` in `no home for alice` is a value. With
all templates at hand it shows: the rest stays, that one word changes. The merge here

* works late, over *unique* templates, so that volume neither helps nor hurts;
* looks at one position at a time: templates equal but for one token are joined when there are
  more different tokens than a fixed vocabulary would have;
* decides all positions of a round together and repeats until nothing changes: the order of the
  input cannot matter, and computing over the union of two shards is the merge of both;
* never joins words that end in Error, Exception, Failure, Fault or Warning;
* takes time linear in the number of tokens, for each round.

A cluster is a view, an alias table over fingerprints: recomputed at will, never a join key.
Source: DESIGN section 5. Each threshold stands within the range in which none of the labelled
development systems notices it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from failonce.signature.fingerprint import stable_id
from failonce.signature.skeleton import VARIABLE, Kind, kind, names_failure, skeleton
from failonce.signature.tokens import DELIMITERS

Tokens = tuple[str, ...]

_ENOUGH: Final = {Kind.QUALIFIED: 2, Kind.IDENTIFIER: 4, Kind.WORD: 6}
"""So many different tokens in one place are values, by what they look like."""

_ENOUGH_VALUES: Final = 3
"""So many are, where a value is expected: after `=`, in quotes, or beside a masked value."""

_ENOUGH_FORMS: Final = 6
"""So many templates that differ in identifiers alone, in several places, are one."""

_CONTEXT: Final = 2
"""Fixed words that templates must share to be joined."""

_ROUNDS: Final = 16
_QUOTES: Final = frozenset("\"'")
_ENCLOSES: Final = _QUOTES | frozenset("=:([{|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A template to be clustered: *id* is its fingerprint, *count* how often it was seen.

    Forms of different *scope*, see `scope`, never share a cluster.
    """

    id: str
    template: str
    count: int = 1
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Forms that are one. *pattern* is their common skeleton, *example* the commonest template."""

    id: str
    scope: str
    pattern: str
    example: str
    members: tuple[str, ...]
    count: int


def clusters(forms: Iterable[Form]) -> tuple[Cluster, ...]:
    """Cluster forms; the most frequent cluster first. The same set gives the same answer."""
    by_skeleton: dict[str, dict[Tokens, list[Form]]] = defaultdict(lambda: defaultdict(list))
    for form in forms:
        by_skeleton[form.scope][skeleton(form.template)].append(form)
    found = [
        _cluster(scope, pattern, members)
        for scope, skeletons in by_skeleton.items()
        for pattern, members in _joined(skeletons).items()
    ]
    return tuple(sorted(found, key=lambda c: (-c.count, c.id)))


def scope(component: str, error_type: str) -> str:
    """The scope of a failure's form: other components and types are other failures."""
    return f"{component}\n{error_type}"


def aliases(found: Iterable[Cluster]) -> dict[str, str]:
    """The table fingerprint to cluster id."""
    return {member: cluster.id for cluster in found for member in cluster.members}


def _joined(skeletons: dict[Tokens, list[Form]]) -> dict[Tokens, list[Form]]:
    members: dict[Tokens, list[Form]] = defaultdict(list)
    for tokens, pattern in merge(skeletons).items():
        members[pattern] += skeletons[tokens]
    return members


def _cluster(scope: str, pattern: Tokens, forms: list[Form]) -> Cluster:
    counts: dict[str, int] = defaultdict(int)
    for form in forms:
        counts[form.template] += form.count
    text = " ".join(pattern)
    return Cluster(
        id=stable_id("cluster", scope, text),
        scope=scope,
        pattern=text,
        example=min(counts, key=lambda t: (-counts[t], t)),
        members=tuple(sorted({f.id for f in forms})),
        count=sum(counts.values()),
    )


def merge(skeletons: Iterable[Tokens]) -> dict[Tokens, Tokens]:
    """Find the pattern of each of these skeletons: itself, with more places that vary."""
    current = {tokens: tokens for tokens in skeletons}
    for _ in range(_ROUNDS):
        patterns = set(current.values())
        places: dict[Tokens, set[int]] = defaultdict(set)
        for tokens, at in (*_single(patterns), *_several(patterns)):
            places[tokens].add(at)
        if not places:
            break
        widened = {
            tokens: tuple(VARIABLE if i in varying else t for i, t in enumerate(tokens))
            for tokens, varying in places.items()
        }
        current = {tokens: widened.get(p, p) for tokens, p in current.items()}
    return current


def _single(patterns: Collection[Tokens]) -> Iterator[tuple[Tokens, int]]:
    """Places at which patterns that are otherwise equal hold values."""
    for group in _equal_but_one(patterns):
        tokens, at = group[0]
        if _is_value(tokens, at, {t[at] for t, _ in group}):
            yield from (place for place in group if place[0][at] != VARIABLE)


def _equal_but_one(patterns: Collection[Tokens]) -> Iterator[list[tuple[Tokens, int]]]:
    """Groups of patterns with equal tokens before and after one place; linear in all tokens."""
    before: dict[tuple[int, str], int] = {}
    after: dict[tuple[int, str], int] = {}
    groups: dict[tuple[int, int], list[tuple[Tokens, int]]] = defaultdict(list)
    for tokens in patterns:
        ends = [0]
        for token in reversed(tokens):
            ends.append(after.setdefault((ends[-1], token), len(after) + 1))
        begin = 0
        for at, token in enumerate(tokens):
            if token not in DELIMITERS:
                groups[begin, ends[-2 - at]].append((tokens, at))
            begin = before.setdefault((begin, token), len(before) + 1)
    return (group for group in groups.values() if len(group) > 1)


def _is_value(tokens: Tokens, at: int, found: set[str]) -> bool:
    """Judge whether the tokens found in one place are values of one variable."""
    words = found - {VARIABLE}
    kinds = {kind(word) for word in words}
    if _is_key(tokens, at) or any(map(names_failure, words)):
        return False
    context = sum(kind(t) in _ENOUGH for i, t in enumerate(tokens) if i != at)
    if context < _CONTEXT:
        return False
    if kinds == {Kind.QUALIFIED}:
        return True
    before = tokens[at - 1] if at else ""
    if VARIABLE in found:
        return before in _ENCLOSES or len(found) >= _ENOUGH_VALUES
    if before == "=" or (before in _QUOTES and tokens[at + 1 : at + 2] == (before,)):
        return len(found) >= _ENOUGH_VALUES
    return at > 0 and len(found) >= max(_ENOUGH[k] for k in kinds)


def _several(patterns: Collection[Tokens]) -> Iterator[tuple[Tokens, int]]:
    """Places of identifiers in patterns that differ in nothing else."""
    groups: dict[Tokens, list[Tokens]] = defaultdict(list)
    for tokens in patterns:
        names = {i for i, t in enumerate(tokens) if _is_name(tokens, i, t)}
        if names:
            coarse = tuple(VARIABLE if i in names else t for i, t in enumerate(tokens))
            groups[coarse].append(tokens)
    for coarse, group in groups.items():
        words = sum(kind(token) is Kind.WORD for token in coarse)
        if len(group) >= _ENOUGH_FORMS and words >= _CONTEXT:
            differ = [
                i for i, column in enumerate(zip(*group, strict=True)) if len(set(column)) > 1
            ]
            yield from ((t, i) for t in group for i in differ if t[i] != VARIABLE)


def _is_name(tokens: Tokens, at: int, token: str) -> bool:
    looks = kind(token)
    return (
        (looks is Kind.QUALIFIED or (looks is Kind.IDENTIFIER and at > 0))
        and not _is_key(tokens, at)
        and not names_failure(token)
    )


def _is_key(tokens: Tokens, at: int) -> bool:
    return tokens[at + 1 : at + 2] == ("=",)

"""Why two failures are, or are not, the same: what `failonce why A B` answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from failonce.signature.cluster import Form, aliases, clusters, scope
from failonce.signature.fingerprint import Fingerprint, fingerprint
from failonce.signature.masking import Fired, fired
from failonce.signature.tokens import tokenise

_TOKENS: Final = 256


class Same(StrEnum):
    """The level on which two failures are the same."""

    SIGNATURE = "signature"
    """Equal fingerprints: same component, type and template."""
    CLUSTER = "cluster"
    """Other fingerprints, one cluster: a word varies that no mask knows."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a fingerprint is made of."""

    component: str
    error_type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: its fingerprint, and the masks that fired on its text with their values."""

    fingerprint: Fingerprint
    masks: tuple[Fired, ...]


class Part(StrEnum):
    """The parts of a failure that its fingerprint is made of."""

    COMPONENT = "component"
    ERROR_TYPE = "error type"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where the two differ and in what; in a text, the tokens of the template, "" being none."""

    where: Part
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer: the level on which they are the same, and everything that differs."""

    same: Same
    a: Side
    b: Side
    differences: tuple[Difference, ...]

    def sentences(self) -> tuple[str, ...]:
        """The answer in plain English, one sentence a line."""
        return (_verdict(self.same), *map(_difference, self.differences), *self._masked())

    def _masked(self) -> Iterable[str]:
        for name, side in (("first", self.a), ("second", self.b)):
            for row in side.masks:
                shown = ", ".join(repr(v) for v in row.values[:3])
                yield f"In the {name}, the mask '{row.mask}' matched {shown}."


def why(a: Failure, b: Failure, *, among: Iterable[Form] = ()) -> Explanation:
    """Explain why two failures are or are not the same.

    *among* are the other templates of the history: whether a word varies shows only beside them.
    Their scopes are those that `cluster.scope` makes.
    """
    sides = tuple(Side(fingerprint=_named(f), masks=fired(f.text)) for f in (a, b))
    differences = (
        *_fields(a, b),
        *_tokens(sides[0].fingerprint.template, sides[1].fingerprint.template),
    )
    return Explanation(
        same=_level(a, b, sides, among), a=sides[0], b=sides[1], differences=differences
    )


def _named(failure: Failure) -> Fingerprint:
    return fingerprint(
        component=failure.component, error_type=failure.error_type, text=failure.text
    )


def _level(a: Failure, b: Failure, sides: tuple[Side, ...], among: Iterable[Form]) -> Same:
    first, second = (side.fingerprint for side in sides)
    if first.id == second.id:
        return Same.SIGNATURE
    forms = [
        Form(id=f.id, template=f.template, scope=scope(x.component, x.error_type))
        for f, x in ((first, a), (second, b))
    ]
    table = aliases(clusters([*among, *forms]))
    return Same.CLUSTER if table[first.id] == table[second.id] else Same.NOTHING


def _fields(a: Failure, b: Failure) -> Iterable[Difference]:
    if a.component != b.component:
        yield Difference(where=Part.COMPONENT, a=a.component, b=b.component)
    if a.error_type != b.error_type:
        yield Difference(where=Part.ERROR_TYPE, a=a.error_type, b=b.error_type)


def _tokens(a: str, b: str) -> Iterable[Difference]:
    """The tokens that differ, aligned over the first 256 of each."""
    left, right = ([token for token, _ in tokenise(x)][:_TOKENS] for x in (a, b))
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield Difference(where=Part.TEXT, a=" ".join(left[i:j]), b=" ".join(right[k:m]))


def _verdict(same: Same) -> str:
    match same:
        case Same.SIGNATURE:
            return "They are the same failure: their fingerprints are equal."
        case Same.CLUSTER:
            return "They are two signatures of one cluster: they differ in a word that varies."
        case Same.NOTHING:
            return "They are different failures."


def _difference(found: Difference) -> str:
    if not found.a or not found.b:
        there = "first" if found.a else "second"
        return f"In the {found.where}, only the {there} has {found.a or found.b!r}."
    return f"In the {found.where}, the first has {found.a!r} where the second has {found.b!r}."

"""Why failures are one class: what their name is made of, what was masked, and how parts differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from failonce.model import Evidence
from failonce.signature.explain import Failure, why
from failonce.signature.masking import fired
from failonce.signature.masks import MASKS
from failonce.signature.tokens import ARGUMENT, Placeholder
from failonce.signature.values import mask_values

_SHOWN: Final = 3
"""Values of one placeholder that are shown."""
_CAP: Final = 80
"""Characters of a value that are shown."""
_PLACES: Final = {row.name: row.placeholder for row in MASKS if row.placeholder in set(Placeholder)}
_CUT: Final = re.compile("(" + "|".join([*(re.escape(p) for p in Placeholder), ARGUMENT]) + ")")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a masked text: as it stood, or a placeholder for what varies."""

    text: str
    masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Varies:
    """What stands where a placeholder is, in the newest failures of the class."""

    placeholder: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Why failures are one class: the masked text that they share, and what was masked."""

    pieces: tuple[Piece, ...]
    varies: tuple[Varies, ...]


def named_by(e: Evidence) -> Failure:
    """What the fingerprint of recorded evidence is made of."""
    text = mask_values(e.message, e.call.args).text if e.call.args else e.message
    return Failure(component=e.call.tool, error_type=e.finding.error_type, text=text)


def grouping(template: str, samples: Sequence[Evidence]) -> Grouping:
    """Why these samples of one class have this template."""
    found: dict[str, dict[str, None]] = {}
    for e in samples:
        args = e.call.args or {}
        for name in mask_values(e.message, args).names if args else ():
            found.setdefault(f"<arg:{name}>", {})[str(args.get(name, ""))[:_CAP]] = None
        for row in fired(named_by(e).text):
            if row.mask in _PLACES:
                values = dict.fromkeys(v.strip()[:_CAP] for v in row.values)
                found.setdefault(_PLACES[row.mask], {}).update(values)
    return Grouping(
        pieces=pieces(template),
        varies=tuple(
            Varies(placeholder=place, values=tuple(values)[:_SHOWN])
            for place, values in found.items()
            if place in template
        ),
    )


def pieces(template: str) -> tuple[Piece, ...]:
    """A masked text, cut where placeholders begin and end."""
    parts = _CUT.split(template)
    return tuple(Piece(text=part, masked=i % 2 == 1) for i, part in enumerate(parts) if part)


def differences(one: Failure, other: Failure) -> tuple[str, ...]:
    """How the second differs from the first, in sentences; nothing where it does not."""
    return tuple(
        f"{str(d.where).capitalize()}: “{d.b or 'nothing'}” instead of “{d.a or 'nothing'}”."
        for d in why(one, other).differences
    )

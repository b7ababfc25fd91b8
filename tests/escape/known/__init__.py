"""Attacks by who knows how the sandbox is built, at the places where it could be wrong."""

from tests.escape.attack import Attack
from tests.escape.known import asked, clothes, held, marks, modes, named, shown, special

KNOWN: tuple[Attack, ...] = (
    *asked.ATTACKS,
    *clothes.ATTACKS,
    *held.ATTACKS,
    *marks.ATTACKS,
    *modes.ATTACKS,
    *named.ATTACKS,
    *shown.ATTACKS,
    *special.ATTACKS,
)

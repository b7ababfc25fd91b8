"""Histories by theme, in each of which a naive miner would learn something bad."""

from tests.safety.histories import (
    coincidence,
    deletions,
    hints,
    meaning,
    names,
    other_people,
    sighted,
    simulated,
    sources,
    texts,
    values,
    world,
)
from tests.safety.planting import Planted

PLANTED: tuple[Planted, ...] = (
    *values.PLANTED,
    *deletions.PLANTED,
    *other_people.PLANTED,
    *world.PLANTED,
    *meaning.PLANTED,
    *names.PLANTED,
    *coincidence.PLANTED,
    *sources.PLANTED,
    *texts.PLANTED,
    *simulated.PLANTED,
    *sighted.PLANTED,
    *hints.PLANTED,
)
"""All of them; the last were written with sight of the gate's code."""

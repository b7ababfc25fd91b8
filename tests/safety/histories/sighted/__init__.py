"""Histories written against the gate's code: what its checks may overlook."""

from tests.safety.histories.sighted import guesses, helpers, voices, worn
from tests.safety.planting import Planted

PLANTED: tuple[Planted, ...] = (
    *guesses.PLANTED,
    *voices.PLANTED,
    *helpers.PLANTED,
    *worn.PLANTED,
)
"""All of them."""

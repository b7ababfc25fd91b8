"""Hints that a naive miner would learn: waits, limits, timeouts, breakers and fallbacks.

Written with sight of the gate's code.
"""

from tests.safety.histories.hints import breakers, clocks, fallbacks, limits, timeouts, waits
from tests.safety.planting import Planted

PLANTED: tuple[Planted, ...] = (
    *waits.PLANTED,
    *limits.PLANTED,
    *timeouts.PLANTED,
    *breakers.PLANTED,
    *fallbacks.PLANTED,
    *clocks.PLANTED,
)
"""All of them."""

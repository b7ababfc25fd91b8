"""Bad proposals as a malicious importer or a compromised miner presents them."""

from tests.safety.bodies import fixers, hints, others, sighted
from tests.safety.bodies.body import Body

BODIES: tuple[Body, ...] = (*fixers.BODIES, *others.BODIES, *sighted.BODIES, *hints.BODIES)
"""All of them; the last were written with sight of the gate's code."""

"""Bad proposals as a malicious importer or a compromised miner presents them."""

from tests.safety.bodies import fixers, others
from tests.safety.bodies.body import Body

BODIES: tuple[Body, ...] = (*fixers.BODIES, *others.BODIES)
"""All of them."""

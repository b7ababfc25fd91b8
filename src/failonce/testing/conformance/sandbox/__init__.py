"""What `ports.Sandbox` promises: a sandbox that does not pass is used for nothing.

A sandbox may refuse any grant; what it does not refuse it must hold to. Nothing here tries to
break out by force: that is what the project's escape tests are for.
"""

from failonce.testing.conformance.sandbox.answers import AnswerConformance
from failonce.testing.conformance.sandbox.calls import CallConformance
from failonce.testing.conformance.sandbox.grants import GrantConformance
from failonce.testing.conformance.sandbox.leftovers import LeftoverConformance
from failonce.testing.conformance.sandbox.limits import LimitConformance
from failonce.testing.conformance.sandbox.walls import WallConformance

__all__ = ["SandboxConformance"]


class SandboxConformance(
    AnswerConformance,
    CallConformance,
    LimitConformance,
    WallConformance,
    GrantConformance,
    LeftoverConformance,
):
    """All that `ports.Sandbox` promises. Give it the fixture `sandbox`."""

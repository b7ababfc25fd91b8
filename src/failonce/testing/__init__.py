"""Fakes for the ports, and the suites that every adapter must pass.

Importing this package needs nothing but failonce; `failonce.testing.conformance` needs
pytest and hypothesis.
"""

from failonce.testing.clock import FixedClock
from failonce.testing.memory import MemoryStore
from failonce.testing.world import ScriptedEnvironment, ScriptedWorld, ToolFailed

__all__ = ["FixedClock", "MemoryStore", "ScriptedEnvironment", "ScriptedWorld", "ToolFailed"]

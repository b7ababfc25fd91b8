"""The sandbox over bubblewrap: the suite of all sandboxes, and what is its own."""

from failonce.testing.conformance import SandboxConformance


class TestBubblewrap(SandboxConformance):
    """What every sandbox promises."""

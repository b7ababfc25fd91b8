"""The sandbox that code runs in which nobody has read yet (`ports.Sandbox`)."""

from failonce.adapters.sandbox.bubblewrap import Bubblewrap

__all__ = ["Bubblewrap"]

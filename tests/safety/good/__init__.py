"""Histories with a lesson in them that is worth learning, in the spirit of the bad ones."""

from tests.safety.good import calls, repairs, worlds
from tests.safety.planting import Sound

SOUND: tuple[Sound, ...] = (*repairs.SOUND, *calls.SOUND, *worlds.SOUND)
"""All of them."""

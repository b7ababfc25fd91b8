"""Histories with a lesson in them that is worth learning, in the spirit of the bad ones."""

from tests.safety.good import calls, hints, repairs, worlds
from tests.safety.planting import Sound

SOUND: tuple[Sound, ...] = (*repairs.SOUND, *calls.SOUND, *worlds.SOUND, *hints.SOUND)
"""All of them."""

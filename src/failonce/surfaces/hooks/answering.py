"""What the lessons say of an event: for a hook that is alone, and for the one that stays."""

from typing import Any

from failonce.adapters.whereabouts import Place
from failonce.surfaces.hooks.deliberating import Asking, before, recalled
from failonce.surfaces.hooks.memory import Memory
from failonce.surfaces.hooks.payload import BEFORE, START, Happened

Answer = dict[str, Any]


def answer(happened: Happened, here: Place, mark: str) -> Answer | None:
    """The answer for the client, None where nothing is said; `mark` is that of `before`."""
    memory = Memory(here.store, happened.session)
    if happened.event == BEFORE:
        return before(happened, here, memory, mark)
    if happened.event == START:
        return recalled(happened, here, memory)
    from failonce.surfaces.hooks.afterwards import after  # noqa: PLC0415 - only after a failure

    return after(Asking(happened, here, memory))

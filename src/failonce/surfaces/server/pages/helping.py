"""What would help where nothing answers a failure: one sentence for each reason."""

from collections.abc import Mapping
from typing import Final

from failonce.model import GapReason

_HELPS: Final[Mapping[GapReason, str]] = {
    GapReason.NO_METHOD: "Record calls in which it works in the end, or write a rule yourself.",
    GapReason.NOT_CONNECTED: "Give what it waits for, such as a language model or a sandbox, "
    "and ask again.",
    GapReason.NOT_SATISFIED: "What was tried did not do what was asked. Say more exactly what "
    "is needed.",
    GapReason.GATE_FAILED: "A lesson was found and refused. Read why; an edited one, or more "
    "recorded calls, may pass.",
    GapReason.INSUFFICIENT_SUPPORT: "More sessions that meet it. Nothing is to be done: it is "
    "looked at again when it comes back.",
    GapReason.SELF_CORRECTING: "Nothing: callers mend it by themselves, for less than a lesson "
    "costs them.",
    GapReason.DECLINED: "Somebody decided against it. Reopen the lesson if that was wrong.",
}


def helps(reason: GapReason) -> str:
    """What would help, in one sentence."""
    return _HELPS[reason]

"""A call as it is recorded, whoever asks for it first."""

from datetime import UTC, datetime
from threading import Thread

from failonce.model import Call
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import Session
from tests.surfaces.watching.made import PROJECT, Room


class _Overtaken(Report):
    """Another thread makes the evidence while this one has just begun to."""

    __slots__ = ("overtaken",)

    @property
    def call(self) -> Call:
        if not self.overtaken:
            self.overtaken = True
            other = Thread(target=lambda: self.evidence)
            other.start()
            other.join()
        return super().call


def test_of_two_threads_that_ask_both_make_the_same(room: Room) -> None:
    """The text is let go of once it is in the evidence, and not before all have it."""
    made = _Overtaken(
        room.host, "1", "read", {"a": 1}, Session("s"), PROJECT, datetime.now(UTC), None
    )
    made.overtaken = False
    made.worked("what was read")
    assert made.evidence.message == "what was read"
    assert made.text == ""

"""The two ends of a conversation, as the relay needs them."""

from typing import Protocol

from failonce.surfaces.mcp.proxy.messages import Message


class Link(Protocol):
    """An end that messages are given to. What comes from it goes to a `Hears`."""

    def write(self, message: Message) -> None:
        """Send it; returns at once. Nothing happens where the end is gone."""

    def pause(self) -> None:
        """Let nothing come from it until `resume`: the other end cannot take more."""

    def resume(self) -> None:
        """Go on."""


class Hears(Protocol):
    """Who takes what comes from an end."""

    def message(self, message: Message) -> None:
        """Something came."""

    def garbled(self, line: bytes, why: str) -> None:
        """What came is no message; `line` is its beginning."""

    def full(self) -> None:
        """The end takes no more for now."""

    def drained(self) -> None:
        """It does again."""

    def ended(self) -> None:
        """Nothing comes from it any more."""

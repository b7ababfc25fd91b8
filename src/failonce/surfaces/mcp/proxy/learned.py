"""The tools that were learned, beside the server's own; loaded where somebody first asks.

What they are stands in `surfaces.mcp.tools`, which needs the SDK.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from failonce.surfaces.mcp.proxy.saying import Say

if TYPE_CHECKING:
    from failonce.surfaces.mcp.tools import LearnedAsTools


class Learned:
    """Learned tools in one conversation; none where the SDK is not installed."""

    def __init__(self, project: str, taken: Collection[str], say: Say) -> None:
        self._project = project
        self._taken = taken
        self._say = say
        self._made: LearnedAsTools | None = None
        self._absent = False

    def __contains__(self, name: str) -> bool:
        """Whether `call` answers to it; the server's own tools come first."""
        if name in self._taken:
            return False
        tools = self._tools()
        return tools is not None and name in tools

    def _tools(self) -> "LearnedAsTools | None":
        if self._made is None and not self._absent:
            try:
                from failonce.surfaces.mcp.tools import LearnedAsTools  # noqa: PLC0415 - slow
            except ImportError as error:
                self._absent = True
                self._say(f"learned tools are left out ({error}): pip install 'failonce[mcp]'")
            else:
                self._made = LearnedAsTools(self._project, taken=self._taken)
        return self._made

    def listed(self) -> list[dict[str, Any]]:
        """As they stand in a list of tools."""
        tools = self._tools()
        if tools is None:
            return []
        found = (
            t.model_dump(by_alias=True, exclude_none=True, mode="json") for t in tools.listed()
        )
        return [t for t in found if t["name"] not in self._taken]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run one; what goes wrong is a result that says so."""
        tools = self._tools()
        assert tools is not None  # noqa: S101 - it has the tool
        return _json(await tools.call(name, arguments))

    async def attend(self, announce: Callable[[], None]) -> None:
        """Call `announce` whenever another list of tools holds."""
        tools = await asyncio.to_thread(self._tools)
        if tools is not None:
            async for _ in tools.changes():
                announce()


def _json(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    return found

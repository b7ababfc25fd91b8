"""The tools of our own server: one table, and the one place that calls them.

An agent proposes, reports and asks. It does not approve, undo, restore or switch anything: no
tool of the table can.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio.to_thread
from mcp.types import CallToolResult, Tool, ToolAnnotations

from failonce.compose import Configuration
from failonce.errors import FailonceError
from failonce.surfaces.mcp import capabilities, proposing, recalling
from failonce.surfaces.mcp.answers import refused, shown
from failonce.surfaces.mcp.asking import (
    Asked,
    Failures,
    LearnRule,
    Nothing,
    Recall,
    ReportFailure,
    ReportWrong,
    ToolFailure,
    Unknown,
    Which,
    read,
    schema,
)
from failonce.surfaces.mcp.means import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One of our own tools."""

    name: str
    about: str
    asks: type[Asked]
    does: Callable[[Means, Any], CallToolResult]
    writes: bool = False
    also: tuple[str, ...] = ()
    """Other names that it answers to: a seed's, whose dots some clients refuse in a list."""

    @property
    def tool(self) -> Tool:
        """As clients are told of it."""
        return Tool(
            name=self.name,
            description=self.about,
            input_schema=schema(self.asks),
            annotations=ToolAnnotations(
                read_only_hint=not self.writes,
                destructive_hint=False if self.writes else None,
                open_world_hint=False,
            ),
        )


OFFERED: Final = (
    Offered(
        name="learn_skill_rule",
        about=(
            "Propose a rule for a tool or skill once you found out why something failed, so that "
            "nobody fails so again. A person approves it, unless they chose automatic learning."
        ),
        asks=LearnRule,
        does=proposing.learn,
        writes=True,
    ),
    Offered(
        name="recall",
        about=(
            "What was learned of the tools that you are about to use, or of those in a plan. Call "
            "it before work with a tool that may fail."
        ),
        asks=Recall,
        does=recalling.recall,
    ),
    Offered(
        name="report_failure",
        about=(
            "Report a call of a tool that failed where failonce does not watch. It is recorded "
            "without secrets, and lessons are looked for in it."
        ),
        asks=ReportFailure,
        does=proposing.failed,
        writes=True,
    ),
    Offered(
        name="report_wrong_block",
        about="Report that a lesson stopped or changed a call that was right.",
        asks=ReportWrong,
        does=proposing.wrong,
        writes=True,
    ),
    Offered(
        name="learning_extract_patterns",
        about="Clusters of recent failures by tool and cause, with the hints that answer them.",
        asks=Nothing,
        does=capabilities.extract_patterns,
        also=("learning.extract_patterns",),
    ),
    Offered(
        name="learning_get_failures",
        about="The newest recorded failures, with their ids and classes.",
        asks=Failures,
        does=capabilities.get_failures,
        also=("learning.get_failures",),
    ),
    Offered(
        name="learning_get_failure_stats",
        about="What failed, counted by tool, cause and day.",
        asks=Nothing,
        does=capabilities.get_failure_stats,
        also=("learning.get_failure_stats",),
    ),
    Offered(
        name="learning_analyze_failure",
        about="Why a recorded failure happened, as far as is known.",
        asks=Which,
        does=capabilities.analyze_failure,
        also=("learning.analyze_failure",),
    ),
    Offered(
        name="learning_suggest_improvement",
        about="What to do about a recorded failure.",
        asks=Which,
        does=capabilities.suggest_improvement,
        also=("learning.suggest_improvement",),
    ),
    Offered(
        name="handle_unknown_command",
        about=(
            "Ask for a tool that is missing. It names one that is there already; else a language "
            "model writes one where one is configured, and a person must approve it."
        ),
        asks=Unknown,
        does=capabilities.unknown_command,
        writes=True,
    ),
    Offered(
        name="learn_from_failure",
        about=(
            "Ask for a better version of a learned tool that failed, or for what mends the "
            "failure. A person must approve it."
        ),
        asks=ToolFailure,
        does=capabilities.tool_failure,
        writes=True,
        also=("handle_tool_failure",),
    ),
)
"""Our own tools, in the order in which they are listed."""

_BY_NAME: Final = {name: each for each in OFFERED for name in (each.name, *each.also)}
NAMES: Final = frozenset(_BY_NAME)
"""Every name that `Own.call` answers to."""


class Own:
    """Our own tools, over the store that the settings name."""

    def __init__(self, config: Configuration) -> None:
        self._means = Means(config=config)

    @staticmethod
    def listed() -> list[Tool]:
        """All of them; always the same."""
        return [offered.tool for offered in OFFERED]

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> CallToolResult:
        """Do what one of them does; what goes wrong is a result that says what to do."""
        return await anyio.to_thread.run_sync(lambda: self._call(_BY_NAME[name], arguments))

    def _call(self, offered: Offered, arguments: Mapping[str, Any] | None) -> CallToolResult:
        if self._means.config.off:
            return refused("FAILONCE=off rests failonce in this process; nothing was done.")
        try:
            return offered.does(self._means, read(offered.asks, arguments))
        except FailonceError as error:
            return refused(shown(str(error), 2_000))

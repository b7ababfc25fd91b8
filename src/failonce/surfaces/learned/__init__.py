"""Tools that were learned: generated, approved by a person, and run in the sandbox alone.

    tools = failonce.learned_tools()
    tools["page_title"](url="https://example.org")     run it; recorded like any watched tool
    [t.schema for t in tools.values()]                 as agents are told of tools

What is approved is there at the next look, in every process; a call under way ends with the
version that it began with.
"""

from failonce.surfaces.learned.tools import (
    LearnedFunction,
    LearnedTools,
    granted,
    learned_tools,
    rehearsed,
)

__all__ = ["LearnedFunction", "LearnedTools", "granted", "learned_tools", "rehearsed"]

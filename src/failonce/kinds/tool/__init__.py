"""Tool: a Python function that an agent was missing. It runs in the sandbox, and nowhere else.

source   reading a module without running it: its function, its constants
body     `LearnedTool`: what it may reach, whom it calls, which cases it must pass
lint     what a reader of the code should look at twice; a help, no wall
"""

from failonce.kinds.lint import Finding
from failonce.kinds.tool.body import DeclaredCase, Inner, LearnedTool, identifier
from failonce.kinds.tool.lint import findings

__all__ = ["DeclaredCase", "Finding", "Inner", "LearnedTool", "findings", "identifier"]

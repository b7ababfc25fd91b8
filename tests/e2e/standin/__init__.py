"""Stand-ins of the APIs of models, on the loopback: both programs take one for their model.

script      what the model answers, and what it was asked
messages    the Messages API of Anthropic, as Claude Code speaks it
responses   the Responses API of OpenAI, as Codex speaks it
server      one server for both; it notes who asks for anything else
"""

from tests.e2e.standin.script import Asked, Line, Meanwhile, Say, Use
from tests.e2e.standin.server import standing_in

__all__ = ["Asked", "Line", "Meanwhile", "Say", "Use", "standing_in"]

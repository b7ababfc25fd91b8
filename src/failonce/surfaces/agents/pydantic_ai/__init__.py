"""failonce in agents of pydantic-ai; needs the extra `pydantic-ai`.

capability   what an agent is given, and what stands for it in one run
calls        one call of a tool, from the validation of its arguments to its answer
tool         a tool of an agent, as it is watched
specs        the tools of an agent, as they describe themselves

The decisions are those of `failonce.surfaces.watching`: here stands only how a call comes in,
and what the model hears of it.
"""

from failonce.surfaces.agents.pydantic_ai.capability import Failonce, Named

__all__ = ["Failonce", "Named"]

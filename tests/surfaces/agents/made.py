"""Agents whose model follows a script, and keeps what it was told."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

import failonce


def get_order(order_id: str, verbose: bool = False) -> str:
    """Get an order."""
    if verbose:
        raise ModelRetry("There are no details.")
    return f"order {order_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model reads in one request: answers of tools, what a user says, instructions."""

    answers: tuple[ToolReturnPart, ...]
    words: tuple[str, ...]
    instructions: str

    @property
    def answer(self) -> str:
        """The text of the only answer."""
        (only,) = self.answers
        return only.model_response_str()

    @property
    def outcomes(self) -> list[str]:
        """Of each answer, in order."""
        return [a.outcome for a in self.answers]


Said = str | Sequence[ToolCallPart]
Turn = Said | Callable[[Told], Said]


def call(tool: str, **args: Any) -> ToolCallPart:
    """A call of a tool."""
    return ToolCallPart(tool_name=tool, args=args)


@dataclass
class Script:
    """Says one turn after the other: text, calls, or what a function makes of what it read."""

    turns: Sequence[Turn]
    told: list[Told] = field(default_factory=list)

    @property
    def model(self) -> FunctionModel:
        return FunctionModel(self._answer, stream_function=self._stream)

    @property
    def last(self) -> Told:
        return self.told[-1]

    def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        said = self._next(messages, info)
        return ModelResponse(parts=[TextPart(said)] if isinstance(said, str) else list(said))

    async def _stream(
        self, messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        said = self._next(messages, info)
        if isinstance(said, str):
            yield said
            return
        for n, part in enumerate(said):
            sent = part.args_as_json_str()
            yield {n: DeltaToolCall(part.tool_name, sent, tool_call_id=part.tool_call_id)}

    def _next(self, messages: list[ModelMessage], info: AgentInfo) -> Said:
        new: list[Any] = []
        for message in reversed(messages):
            if not isinstance(message, ModelRequest):
                break
            new[:0] = message.parts
        told = Told(
            answers=tuple(p for p in new if isinstance(p, ToolReturnPart)),
            words=tuple(str(p.content) for p in new if isinstance(p, UserPromptPart)),
            instructions=info.instructions or "",
        )
        turn = self.turns[len(self.told)]
        self.told.append(told)
        return turn(told) if callable(turn) else turn


def agent(script: Script, *tools: Any, **options: Any) -> Agent[Any, Any]:
    """An agent with failonce; `capability` are its options, the others the agent's own."""
    own = options.pop("capability", {})
    return Agent(
        script.model,
        tools=list(tools),
        capabilities=[*options.pop("capabilities", ()), failonce.capability(**own)],
        **options,
    )

"""The Messages API of Anthropic, as much of it as Claude Code asks: answers as events."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.e2e.standin.script import Answer, Asked, Say, Use

USAGE = {
    "input_tokens": 10,
    "output_tokens": 5,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


def of_agent(asked: Asked) -> bool:
    """Whether the agent's own loop asks: it offers a shell."""
    return "Bash" in asked.tools


def message(answer: Answer, *, model: str, number: int) -> dict[str, Any]:
    """The whole answer, as a request without `stream` gets it."""
    block: dict[str, Any]
    match answer:
        case Say(text=text):
            block = {"type": "text", "text": text}
        case Use(name=name, arguments=arguments):
            block = {
                "type": "tool_use",
                "id": f"toolu_{number:024d}",
                "name": name,
                "input": dict(arguments),
            }
    return {
        "id": f"msg_{number:024d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [block],
        "stop_reason": "tool_use" if isinstance(answer, Use) else "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }


def events(whole: Mapping[str, Any], *, dumps: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same answer as the events of a stream, each with its name."""
    (block,) = whole["content"]
    start = {**whole, "content": [], "stop_reason": None}
    yield "message_start", {"type": "message_start", "message": start}
    if block["type"] == "text":
        opened = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": block["text"]}
    else:
        opened = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": dumps(block["input"])}
    yield (
        "content_block_start",
        {"type": "content_block_start", "index": 0, "content_block": opened},
    )
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": ended, "usage": USAGE}
    yield "message_stop", {"type": "message_stop"}

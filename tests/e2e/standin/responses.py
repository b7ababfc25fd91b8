"""The Responses API of OpenAI, as much of it as Codex asks: answers as events."""

from collections.abc import Iterator
from json import dumps
from typing import Any

from tests.e2e.standin.script import Answer, Asked, Say, Use

USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 15,
}


def of_agent(asked: Asked) -> bool:
    """Whether the agent's own loop asks: it offers tools."""
    return bool(asked.tools)


def item(answer: Answer, *, number: int) -> dict[str, Any]:
    """The one item that the model puts out."""
    match answer:
        case Say(text=text):
            return {
                "type": "message",
                "role": "assistant",
                "id": f"msg_{number}",
                "content": [{"type": "output_text", "text": text}],
            }
        case Use(name=name, arguments=arguments, namespace=namespace):
            call = {
                "type": "function_call",
                "id": f"fc_{number}",
                "call_id": f"call_{number}",
                "name": name,
                "arguments": dumps(arguments),
            }
            return {**call, "namespace": namespace} if namespace else call


def events(answer: Answer, *, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The answer as the events of a stream, each with its name."""
    out = item(answer, number=number)
    identity = f"resp_{number}"
    yield "response.created", {"type": "response.created", "response": {"id": identity}}
    added = {"type": "response.output_item.added", "output_index": 0, "item": out}
    yield "response.output_item.added", added
    done = {"type": "response.output_item.done", "output_index": 0, "item": out}
    yield "response.output_item.done", done
    whole = {"id": identity, "status": "completed", "output": [out], "usage": USAGE}
    yield "response.completed", {"type": "response.completed", "response": whole}

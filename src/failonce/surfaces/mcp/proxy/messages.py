"""What goes over the wire: JSON-RPC messages, one a line.

A message keeps the bytes in which it came, so that what is not changed is not written anew.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Key: TypeAlias = tuple[type, object]
"""An id, so that `1`, `"1"` and `true` are three."""

CONNECTION_CLOSED: Final = -32000
METHOD_NOT_FOUND: Final = -32601
INTERNAL_ERROR: Final = -32603


class Message:
    """One message; `data` is not changed once it is made."""

    __slots__ = ("_raw", "data")

    def __init__(self, data: dict[str, Any], raw: bytes | None = None) -> None:
        self.data = data
        self._raw = raw

    @property
    def raw(self) -> bytes:
        """One line, without its end."""
        if self._raw is None:
            self._raw = encoded(self.data)
        return self._raw

    @property
    def method(self) -> str:
        """Empty in an answer."""
        found = self.data.get("method")
        return found if isinstance(found, str) else ""

    @property
    def id(self) -> Any:
        """That of the request; None in a notification."""
        return self.data.get("id")

    @property
    def key(self) -> Key:
        """The id, to look it up by."""
        found = self.data.get("id")
        return type(found), found if isinstance(found, str | int | float) else str(found)

    @property
    def params(self) -> Mapping[str, Any]:
        """Empty where there are none."""
        found = self.data.get("params")
        return found if isinstance(found, dict) else {}

    @property
    def result(self) -> dict[str, Any] | None:
        """What was answered; None where it is no good answer."""
        found = self.data.get("result")
        return found if isinstance(found, dict) else None

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why it was refused; None where it was not."""
        found = self.data.get("error")
        return found if isinstance(found, dict) else None

    def under(self, id: object) -> "Message":
        """The same answer to a request of another id."""
        return self if self.key == _key(id) else Message({**self.data, "id": id})

    def with_params(self, params: Mapping[str, Any]) -> "Message":
        """The same request or notification about something else."""
        return Message({**self.data, "params": dict(params)})

    def with_result(self, result: Mapping[str, Any]) -> "Message":
        """The same answer, saying something else."""
        return Message({**self.data, "result": dict(result)})


def _key(id: object) -> Key:
    return Message({"id": id}).key


def encoded(data: object) -> bytes:
    """One line of JSON; half a character that came as an escape goes as one."""
    try:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(data, separators=(",", ":")).encode()


def decoded(line: bytes) -> "list[Message] | None":
    """The messages of a line: one, several of a batch; None where it is none of these."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # also where an integer has too many digits
        return None
    if isinstance(found, dict):
        return [Message(found, line)] if _speaks(found) else None
    if isinstance(found, list) and found and all(isinstance(f, dict) and _speaks(f) for f in found):
        return [Message(each) for each in found]
    return None


def _speaks(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("method"), str) or ("id" in data and _answers(data))


def _answers(data: Mapping[str, Any]) -> bool:
    return "result" in data or "error" in data


def request(id: object, method: str, params: Mapping[str, Any]) -> Message:
    """A request of our own."""
    return Message({"jsonrpc": "2.0", "id": id, "method": method, "params": dict(params)})


def notification(method: str, params: Mapping[str, Any] | None = None) -> Message:
    """A notification of our own."""
    data: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        data["params"] = dict(params)
    return Message(data)


def answer(id: object, result: Mapping[str, Any]) -> Message:
    """An answer of our own."""
    return Message({"jsonrpc": "2.0", "id": id, "result": dict(result)})


def refusal(id: object, code: int, message: str) -> Message:
    """An answer that says why there is none."""
    return Message({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})

"""MCP results where some program wrote them into a text.

Seen in recordings: the result as JSON, the printed form of the Python object around it, and
one in the other. The text inside and the error flag are what counts.
"""

import ast
import re
from collections.abc import Mapping
from typing import Final

from failonce.adapters.importers.reading import content_text, decode

_PRINTED: Final = re.compile(r"(?:meta=.{0,200}?)?content=\[(?:$|\]|\w{1,40}Content\()", re.DOTALL)
_BLOCK: Final = re.compile(
    r"TextContent\((?:type='text', )?text="
    r"('[^'\\]*(?:\\.[^'\\]*)*'?|\"[^\"\\]*(?:\\.[^\"\\]*)*\"?)",
    re.DOTALL,
)
_FLAG: Final = re.compile(r"\bisError=(True|False)\b[^'\"]{0,200}\Z")


def unwrapped(text: str) -> tuple[str, bool | None]:
    """The text inside and the error flag; as given and None for any other text.

    Nested forms are opened to the innermost; an error on any level is an error.
    """
    flagged: bool | None = None
    for _ in range(3):
        inner = _from_printed(text) or _from_json(text)
        if inner is None:
            break
        text = inner[0]
        if inner[1] is not None:
            flagged = bool(flagged) or inner[1]
    return text, flagged


def _from_printed(text: str) -> tuple[str, bool | None] | None:
    if not text.startswith(("meta=", "content=", "CallToolResult(")):
        return None
    body = text.removeprefix("CallToolResult(")
    if not _PRINTED.match(body):
        return None
    blocks = [_literal(found[1]) for found in _BLOCK.finditer(body)]
    flag = _FLAG.search(body)
    return "\n".join(blocks), flag and flag[1] == "True"


def _literal(source: str) -> str:
    """The value of a Python string literal, also of one that was cut off."""
    quote = source[0]
    closed = len(source) > 1 and source.endswith(quote)
    try:
        return str(ast.literal_eval(source if closed else source.rstrip("\\") + quote))
    except (SyntaxError, ValueError, MemoryError):
        return source[1:]


def _from_json(text: str) -> tuple[str, bool | None] | None:
    if not text.lstrip().startswith("{") or '"content"' not in text or '"isError"' not in text:
        return None
    try:
        result = decode(text)
    except ValueError:
        return None
    if not isinstance(result, Mapping) or not isinstance(result.get("content"), list):
        return None
    flagged = result.get("isError")
    return content_text(result["content"]), flagged if isinstance(flagged, bool) else None

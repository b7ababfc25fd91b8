"""An MCP server over standard input and output with two tools that agents call wrongly.

    python office.py LOG        every call that arrives is a line of LOG, as JSON

`get_entity` has no argument `detailed`, and without it works: agents drop it. `get_report` has no
drafts, ever: there is nothing to mend. Both say so only when called. Needs nothing installed.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TEXT = {"type": "string"}
TOOLS = [
    {
        "name": "get_entity",
        "description": "The state of one entity.",
        "inputSchema": {"type": "object", "properties": {"entity_id": _TEXT}},
    },
    {
        "name": "get_report",
        "description": "The report of a month.",
        "inputSchema": {
            "type": "object",
            "properties": {"month": _TEXT, "draft": {"type": "boolean"}},
        },
    },
]


def called(name: str, args: Mapping[str, Any]) -> tuple[str, bool]:
    """What a tool answers, and whether that is a failure."""
    if name == "get_entity":
        if "detailed" in args:
            return "Invalid arg 'detailed'", True
        return f"{args.get('entity_id')} is on", False
    if args.get("draft"):
        return "drafts are not available", True
    return f"report of {args.get('month')}", False


def answer(method: str, params: Mapping[str, Any], log: Path) -> dict[str, Any] | None:
    """The result of one request; None where the method is not known."""
    match method:
        case "initialize":
            return {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "office", "version": "1"},
            }
        case "ping":
            return {}
        case "tools/list":
            return {"tools": TOOLS}
        case "tools/call":
            args = params.get("arguments") or {}
            with log.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"tool": params["name"], "args": args}) + "\n")
            text, failed = called(params["name"], args)
            return {"content": [{"type": "text", "text": text}], "isError": failed}
    return None


def main(log: Path) -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        result = answer(message["method"], message.get("params") or {}, log)
        said = (
            {"error": {"code": -32601, "message": f"no method {message['method']}"}}
            if result is None
            else {"result": result}
        )
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **said}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What in a tool's code a reader should look at twice, its calls of others among it."""

import ast
from collections.abc import Iterator

from failonce.kinds.lint import Finding, in_order, places
from failonce.kinds.tool.body import LearnedTool
from failonce.kinds.tool.source import module


def findings(tool: LearnedTool) -> tuple[Finding, ...]:
    """The places, in order of lines, each sort once a line."""
    tree = module(tool.source).tree
    found = places(tree, tool.grants)
    called = {name for node in ast.walk(tree) for name in _called(node)}
    found |= {
        Finding(line=1, what=f"it calls `{name}`, which is not among its `CALLS`")
        for name in called - set(tool.calls)
    }
    found |= {
        Finding(line=1, what=f"it declares to call `{name}`, and its code does not name it")
        for name in set(tool.calls) - called
        if not _computed(tree)
    }
    return in_order(found)


def _called(node: ast.AST) -> Iterator[str]:
    """Names of tools in `call("name", …)`."""
    match node:
        case ast.Call(func=ast.Name(id="call"), args=[ast.Constant(value=str(name)), *_]):
            yield name


def _computed(tree: ast.AST) -> bool:
    """Whether the name of a tool is worked out somewhere."""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id == "call"
        and not (n.args and isinstance(n.args[0], ast.Constant))
        for n in ast.walk(tree)
    )

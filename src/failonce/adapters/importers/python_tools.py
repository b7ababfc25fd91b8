"""Tools as the Python source text of an existing toolbox has them: read, never imported or run.

What counts, file by file:

* where functions are marked as tools (`@tool`, `@mcp.tool()`, `@function_tool`, `@failonce.watch`
  and their like), these and no others, wherever they stand;
* else the public functions of the module, those of `__all__` where it has one; `main` is how a
  program begins and no tool.

A function without a mark in a class is left out: how an agent would call it is decided elsewhere.
Names, types, defaults and docstrings become a schema, and go the way of every other one
(`tool_specs`): the same limits, the same refusals.
"""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from failonce.adapters.importers.python_signature import dotted, schema_of
from failonce.adapters.importers.reading import reject
from failonce.adapters.importers.tool_specs import spec_from
from failonce.errors import BadInput
from failonce.language.code import Function, literal, tree
from failonce.language.tool_names import words
from failonce.model import Json, Offer, Reject, ToolSpec
from failonce.ports import Source

LONGEST: Final = 256 << 10
"""Bytes of a file that is read."""
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When code is taken to have said something: whatever a tool says of itself is newer and stays."""

_MARKS: Final = frozenset({"ai_function", "kernel_function", "register_for_llm", "tool_plain"})
"""Decorators of tools whose names do not end with the word."""
_NAMES: Final = ("name", "name_override", "tool")
"""Arguments of decorators that name the tool."""
_TEXTS: Final = ("description", "description_override")
_BODIES: Final = (
    ast.If, ast.Try, ast.TryStar, ast.ExceptHandler, ast.With, ast.AsyncWith, ast.For, ast.While,
    ast.Match, ast.match_case,
)  # fmt: skip
"""What functions of a module may stand in."""


class Why(StrEnum):
    """Why a function or class is no tool."""

    PRIVATE = "private functions"
    UNMARKED = "functions beside those that are marked as tools"
    UNLISTED = "functions that `__all__` does not list"
    MAIN = "functions called `main`"
    CLASS = "classes without a method that is marked as a tool"
    TWIN = "the same tools again in other files"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that might have been a tool, and is none."""

    code: str
    line: int
    name: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """What a decorator says of a tool; a name of None is worked out when it runs."""

    name: str | None = ""
    description: str = ""
    hints: Mapping[str, Json]
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A function, and where it stands."""

    node: Function
    owner: ast.ClassDef | None
    within: bool
    """Whether it stands in another function."""
    mark: _Mark | None


def read_tools(source: Source, code: str) -> Iterator[Offer | Reject | LeftOut]:
    """The tools of one file, named `code` in what is known of them.

    Raises `BadInput` where the file is no Python that can be read.
    """
    text = source.whole()
    if len(text) > LONGEST:
        raise BadInput(f"longer than {LONGEST >> 10:,} KiB; nothing of it was read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what its author wrote, to whoever imports it
            module = tree(text)
    except ValueError as error:
        raise BadInput(str(error)) from error
    functions, classes = _everything(module)
    marked = [f for f in functions if f.mark is not None]
    if marked:
        chosen, left = marked, [f for f in functions if f.mark is None and _open(f)]
        out = [_left(code, f, Why.UNMARKED) for f in left]
    else:
        chosen, out = _public(module, functions, code)
    used = {id(f.owner) for f in chosen}
    out += [
        LeftOut(code=code, line=c.lineno, name=c.name, why=Why.CLASS)
        for c in classes
        if id(c) not in used and not c.name.startswith("_") and _has_methods(c)
    ]
    yield from out
    yield from _offers(source, code, module, chosen)


def _offers(
    source: Source, code: str, module: ast.Module, chosen: Sequence[_Found]
) -> Iterator[Offer | Reject]:
    """An offer for each tool, a reject for each that is not to be trusted; the last of a name."""
    alone = (ast.get_docstring(module) or "") if len(chosen) == 1 else ""
    found: dict[str, ToolSpec] = {}
    for each in chosen:
        node = each.node
        try:
            spec = replace(_spec(each, alone), code=code)
        except (ValueError, RecursionError) as error:
            yield reject(source, node.lineno, f"tool {node.name!r}: {error}", node.name)
            continue
        before = found.pop(spec.name, None)
        if before is not None and before != spec:
            reason = f"tool {spec.name!r} stands there twice; the last one counts"
            yield reject(source, node.lineno, reason, "")
        found[spec.name] = spec
    yield from (Offer(spec=spec, at=LONG_AGO) for spec in found.values())


# ------------------------------------------------------------ what counts


def _everything(module: ast.Module) -> tuple[list[_Found], list[ast.ClassDef]]:
    """Every function in the order of the text, and the classes of the module."""
    functions: list[_Found] = []
    classes: list[ast.ClassDef] = []
    watches = _watches(module)
    level: list[tuple[ast.AST, ast.ClassDef | None, bool]] = [(module, None, False)]
    while level:
        node, owner, within = level.pop()
        for each in ast.iter_child_nodes(node):
            if isinstance(each, Function):
                functions.append(
                    _Found(node=each, owner=owner, within=within, mark=_mark(each, watches=watches))
                )
                level.append((each, None, True))
            elif isinstance(each, ast.ClassDef):
                if owner is None and not within:
                    classes.append(each)
                level.append((each, each, within))
            elif isinstance(each, _BODIES):
                level.append((each, owner, within))
    functions.sort(key=lambda f: (f.node.lineno, f.node.col_offset))
    return [f for f in functions if not _is_overload(f.node)], classes


def _public(
    module: ast.Module, functions: Sequence[_Found], code: str
) -> tuple[list[_Found], list[LeftOut]]:
    """The functions of a module that marks none, and those of them that are no tools."""
    listed = _listed(module)
    chosen: list[_Found] = []
    out: list[LeftOut] = []
    for f in functions:
        if f.owner is not None or f.within:
            continue
        name = f.node.name
        if listed is not None and name not in listed:
            out.append(_left(code, f, Why.PRIVATE if name.startswith("_") else Why.UNLISTED))
        elif listed is None and name.startswith("_"):
            out.append(_left(code, f, Why.PRIVATE))
        elif name == "main":
            out.append(_left(code, f, Why.MAIN))
        else:
            chosen.append(f)
    return chosen, out


def _left(code: str, f: _Found, why: Why) -> LeftOut:
    why = Why.PRIVATE if f.node.name.startswith("_") else why
    return LeftOut(code=code, line=f.node.lineno, name=f.node.name, why=why)


def _open(f: _Found) -> bool:
    return f.owner is None and not f.within


def _has_methods(node: ast.ClassDef) -> bool:
    return any(isinstance(n, Function) and not n.name.startswith("__") for n in node.body)


def _listed(module: ast.Module) -> frozenset[str] | None:
    """The names in `__all__`, None where it is not there or is worked out."""
    for node in module.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=listed)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as listed)
            ):
                names = literal(listed)
                if isinstance(names, list):
                    return frozenset(n for n in names if isinstance(n, str))
    return None


def _is_overload(node: Function) -> bool:
    return any(dotted(d)[-1:] == ["overload"] for d in node.decorator_list)


# ------------------------------------------------------------ marks


def _mark(node: Function, *, watches: bool) -> _Mark | None:
    """What the decorator says that makes a function a tool, None where none does."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        path = dotted(decorator if call is None else call.func)
        ours = path == ["failonce", "watch"] or (path == ["watch"] and watches)
        if not path or not (ours or path[-1] in _MARKS or _says_tool(path[-1])):
            continue
        return _Mark(hints={}, closed=ours) if call is None else _told(call, closed=ours)
    return None


def _says_tool(name: str) -> bool:
    return words(name)[-1:] in (("tool",), ("tools",))


def _watches(module: ast.Module) -> bool:
    """Whether `watch` is failonce's own in this module."""
    return any(
        isinstance(n, ast.ImportFrom) and n.module == "failonce" and any(
            a.name == "watch" and a.asname is None for a in n.names
        )
        for n in module.body
    )  # fmt: skip


def _told(call: ast.Call, *, closed: bool) -> _Mark:
    given = {k.arg: k.value for k in call.keywords if k.arg}
    first = (
        call.args[0]
        if call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        else None
    )
    named = next((given[n] for n in _NAMES if n in given), first)
    described = next((given[n] for n in _TEXTS if n in given), None)
    hints = dict(_hints(given.get("annotations")))
    if "read_only" in given:
        hints["readOnlyHint"] = literal(given["read_only"])
    return _Mark(name=_text(named), description=_text(described) or "", hints=hints, closed=closed)


def _text(node: ast.expr | None) -> str | None:
    """Empty where nothing is said, None where it is worked out."""
    value = "" if node is None else literal(node)
    if node is not None and isinstance(node, ast.Constant) and value is None:
        return ""
    return value if isinstance(value, str) else None


def _hints(node: ast.expr | None) -> Iterator[tuple[str, Json]]:
    """Of `{"readOnlyHint": True}` and `ToolAnnotations(readOnlyHint=True)`."""
    if isinstance(node, ast.Call):
        yield from ((k.arg, literal(k.value)) for k in node.keywords if k.arg)
    elif node is not None:
        value = literal(node)
        yield from value.items() if isinstance(value, Mapping) else ()


# ------------------------------------------------------------ what it takes


def _spec(f: _Found, alone: str) -> ToolSpec:
    """The tool that a function is; raises ValueError saying what is wrong with it."""
    node, mark = f.node, f.mark
    if mark is not None and mark.name is None:
        raise ValueError("its name is not written there, it is worked out when it runs")
    doc = ast.get_docstring(node) or alone
    definition: dict[str, Json] = {
        "name": (mark.name if mark else "") or node.name,
        "description": (mark.description if mark else "") or _paragraph(doc),
        "inputSchema": schema_of(
            node, method=f.owner is not None, strict=f.mark is None or f.mark.closed
        ),
        "annotations": dict(mark.hints) if mark else {},
    }
    return spec_from(definition)


def _paragraph(doc: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(doc.strip().split("\n\n")[0].split())

"""Python text of tools that are put together from recorded calls, and nobody's free words.

What stands in it are names that can be called, values as Python writes them, and a few sentences
of ours: no text of an error or an answer is ever code.
"""

import keyword
import pprint
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from failonce.identity import canonical_json
from failonce.kinds.tool import DeclaredCase, identifier
from failonce.model import Json, Proposal

MOST_INPUTS: Final = 8
"""Parameters of a tool; one with more is no simpler than its calls."""
MOST_JUDGES: Final = 40
"""Callers whose calls, those of one habit of each, tell whether the tool is right."""
DECLARED: Final = 2
"""Cases that a tool declares; all others stay with the judge."""
SHORT: Final = 4_000
"""Characters of the answers of a case that stands in the code."""
_WIDTH: Final = 92
_LONG: Final = 8_000
"""Characters of a case from which on each of its answers stands in one line: else most of the
code is white space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A proposed tool, and recorded calls that tell what it must answer."""

    proposal: Proposal
    cases: tuple[tuple[str, DeclaredCase], ...]
    """(cluster, case) of those that did not teach it."""


def module(
    doc: str,
    *,
    name: str,
    calls: Sequence[str],
    cases: Iterable[DeclaredCase],
    given: Iterable[str],
    returns: str,
    body: Iterable[str],
    imports: bool,
    replaces: Sequence[str] = (),
) -> str:
    """A tool's module; `given` are its parameters with their types, `body` its lines."""
    lines = [f'"""{doc}"""', ""]
    lines += ["import json", ""] if imports else []
    lines += [f"CALLS = {list(calls)!r}"]
    lines += [f"REPLACES = {list(replaces)!r}"] if replaces else []
    lines += ["CASES = [", *map(_indented, cases), "]", "", ""]
    lines += [f"def {name}({', '.join(given)}) -> {returns}:", f'    """{doc}"""']
    lines += [f"    {line}" if line else "" for line in body]
    return "\n".join(lines) + "\n"


def arguments(values: Mapping[str, str]) -> Iterator[str]:
    """The arguments of a call as Python; names that Python has no room for in one dict."""
    odd = {n: v for n, v in values.items() if not n.isidentifier() or keyword.iskeyword(n)}
    yield from (f"{name}={value}" for name, value in values.items() if name not in odd)
    if odd:
        yield "**{" + ", ".join(f"{name!r}: {value}" for name, value in odd.items()) + "}"


def parameter(name: str, tool: str, taken: Collection[str]) -> str:
    """What an argument is called as a parameter, where some names are taken."""
    plain = identifier(name)
    return f"{identifier(tool)}_{plain}" if plain in taken else plain


def annotation(values: Iterable[Json]) -> str:
    """The Python types of the values that callers gave."""
    kinds = {type(v) for v in values}
    names = sorted("None" if k is type(None) else k.__name__ for k in kinds)
    known = {"str", "int", "float", "bool", "list", "dict", "None"}
    return " | ".join(names) if known.issuperset(names) else "object"


def constant(values: Sequence[Json]) -> bool:
    """Whether all callers gave the same; nobody knows that of what was redacted."""
    texts = {canonical_json(v) for v in values}
    return len(texts) == 1 and not any("<redacted:" in t for t in texts)


def _indented(case: DeclaredCase) -> str:
    """The case as it stands in code."""
    answers = [{"tool": a.tool, "arguments": a.args, "answer": a.answer} for a in case.answers]
    whole = {"arguments": case.args, "answers": answers, "result": case.result}
    text = pprint.pformat(whole, width=_WIDTH, sort_dicts=False)
    if len(text) > _LONG:
        listed = "".join(f"  {answer!r},\n" for answer in answers)
        text = f"{{'arguments': {case.args!r},\n 'answers': [\n{listed} ],\n"
        text += f" 'result': {case.result!r}}}"
    return textwrap.indent(text, "    ") + ","

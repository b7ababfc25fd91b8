"""Results and errors as the texts that are recorded."""

from collections.abc import Mapping
from typing import Any, Final

from failonce.adapters.importers.reading import content_text
from failonce.evidence.bounds import TEXT, shortened
from failonce.evidence.snapshot import snapshot
from failonce.identity import canonical_json
from failonce.surfaces.http_facts import NOTHING, HttpFacts, http_facts

_PLAIN: Final = ("builtins", "__main__")
"""Modules whose name Python leaves out before an exception."""


def words(value: object) -> str:
    """A result or an error as text; an exception as Python itself prints it."""
    if isinstance(value, BaseException):
        return wordings(value)[0]
    taken = snapshot(value)
    return taken if isinstance(taken, str) else canonical_json(taken)


def wordings(error: str | BaseException) -> tuple[str, ...]:
    """The texts under which an error may have been recorded.

    An exception stands in recordings with its qualified name, with its name, or alone.
    """
    if not isinstance(error, BaseException):
        return (words(error),)
    message, kind = str(snapshot(error)), type(error)
    full = kind.__name__ if kind.__module__ in _PLAIN else f"{kind.__module__}.{kind.__name__}"
    return tuple(dict.fromkeys((f"{full}: {message}", f"{kind.__name__}: {message}", message)))


def said(value: object) -> tuple[str, bool, HttpFacts]:
    """What a tool returned as text, whether it says itself that it failed, and its status.

    Known are results of MCP (`isError`, `content`) and answers of HTTP.
    """
    if type(value) is str:
        return (value if len(value) <= TEXT else shortened(value, TEXT)), False, NOTHING
    try:
        return _said(value)
    except Exception:  # foreign objects may raise anything
        return words(value), False, NOTHING


def _said(value: object) -> tuple[str, bool, HttpFacts]:
    flag = _part(value, "isError")
    if isinstance(flag, bool):
        dumped = getattr(value, "model_dump", None)
        content = _part(dumped() if callable(dumped) else value, "content")
        taken = snapshot(content)
        text = content_text(taken) if isinstance(taken, list) else words(taken)
        return text, flag, NOTHING
    return words(value), False, http_facts(value)


def _part(value: Any, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)

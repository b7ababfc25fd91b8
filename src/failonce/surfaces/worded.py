"""Results and errors as the texts that are recorded, and the failures in them."""

from collections.abc import Mapping
from typing import Any, Final

from failonce.adapters.importers.reading import content_text
from failonce.evidence.snapshot import TEXT, shortened, snapshot
from failonce.evidence.triage import triage
from failonce.identity import canonical_json
from failonce.model import Call, Failure, Recording, Verdict
from failonce.signature.naming import name_failure
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


def failure_in(
    call: Call, text: str, attempt: int, *, flagged: bool = True, http: HttpFacts = NOTHING
) -> Failure | None:
    """The failure that a text tells of, None where triage calls it something else."""
    recording = Recording(
        call=call,
        text=text,
        flagged=flagged,
        status=http.status,
        retry_after_s=http.retry_after_s,
    )
    finding = triage(recording)
    if finding.verdict is not Verdict.FAILURE:
        return None
    named = name_failure(tool=call.tool, error_type=finding.error_type, text=text, args=call.args)
    return Failure(
        message=text,
        signature=named.id,
        category=finding.category,
        error_type=finding.error_type,
        retry_after_s=finding.retry_after_s,
        attempt=attempt,
        template=named.template,
    )

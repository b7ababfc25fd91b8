"""What an error or an answer says of HTTP in fields: its status, and how long to wait.

Read are the fields that HTTP libraries share (`response`, `status_code`, `status`, `headers`),
by name and without importing any of them; also of the error that another one was raised from.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

DEEP: Final = 3
"""Causes of an error that are looked at."""


class HttpFacts(NamedTuple):
    """A status from 100 to 599, and the pause that the server asked for in seconds."""

    status: int | None = None
    retry_after_s: float | None = None


NOTHING: Final = HttpFacts()


def http_facts(value: object) -> HttpFacts:
    """What an error or an answer says; never raises."""
    try:
        for each in _errors(value) if isinstance(value, BaseException) else (value,):
            found = _facts(each)
            if found.status is not None:
                return found
    except Exception:  # foreign objects may raise anything
        return NOTHING
    return NOTHING


def _errors(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(DEEP):
        if one is None:
            return
        yield one
        one = one.__cause__


def _facts(value: object) -> HttpFacts:
    for place in (getattr(value, "response", None), value):
        if place is None or isinstance(place, Mapping):
            continue
        headers = getattr(place, "headers", None)
        names = ("status_code", "status", "code") if headers is not None else ("status_code",)
        status = next((s for n in names if (s := _status(getattr(place, n, None)))), None)
        if status is not None:
            return HttpFacts(status, _pause(headers))
    return NOTHING


def _status(value: object) -> int | None:
    return value if type(value) is int and 100 <= value < 600 else None


def _pause(headers: Any) -> float | None:
    """Retry-After in seconds, or as a date, which the answer's own date is taken from."""
    get = getattr(headers, "get", None)
    if not callable(get):
        return None
    said = get("Retry-After") or get("retry-after")
    if said is None:
        return None
    text = str(said).strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        due, now = _date(text), _date(str(get("Date") or get("date")))
        return None if due is None or now is None else max(0.0, (due - now).total_seconds())


def _date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - hardly any answer has a date

    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None

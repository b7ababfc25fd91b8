"""The values of surfaces as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from failonce.model import Json


def jsonable(value: Any) -> Json:
    """A frozen value as JSON: fields by name, days and times as ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str | int | float | None):
        return value
    assert isinstance(value, Sequence)  # noqa: S101 - these values hold nothing else
    return [jsonable(item) for item in value]

"""What is kept: until when by its age, and of whom."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final

from failonce.model.call import Json
from failonce.model.evidence import Evidence

FORGOTTEN: Final = "forgotten"
"""What stands where a text was forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The first days, in UTC, of which something is kept. What is older goes.

    Counts are kept at least as long as the events that they count.
    """

    events: date
    counts: date | None = None
    """None where counts stay for ever."""


class By(StrEnum):
    """What somebody is recognised by in what was recorded."""

    SESSION = "session"
    SOURCE = "source"
    TAG = "tag"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose data: a session, a source or a tag of exactly that name, or whatever holds a text.

    A text is found in any case, and however its letters are composed. `project` None means all.
    """

    by: By
    value: str
    project: str | None = None

    def concerns(self, e: Evidence) -> bool:
        """Whether an event is theirs."""
        if self.project not in (None, e.call.project):
            return False
        match self.by:
            case By.SESSION:
                return e.call.session == self.value
            case By.SOURCE:
                return e.source == self.value
            case By.TAG:
                return self.value in e.tags
            case By.TEXT:
                return any(map(self.named, _texts(e)))

    def named(self, text: str | None) -> bool:
        """Whether a text holds the text that they are known by."""
        return bool(text) and self._pattern.search(_composed(text or "")) is not None

    def mentioned(self, text: str) -> bool:
        """Whether a text that others wrote speaks of them: of a name only where it stands alone."""
        if self.by is By.TEXT:
            return self.named(text)
        return re.search(rf"(?<!\w){re.escape(self.value)}(?!\w)", text) is not None

    def without(self, text: str) -> str:
        """The text with `FORGOTTEN` in their place, unchanged where they are not in it."""
        return self._pattern.sub(FORGOTTEN, _composed(text)) if self.named(text) else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(_composed(self.value)), re.IGNORECASE)


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _texts(e: Evidence) -> Iterator[str | None]:
    """Every text of an event, but the name of its project."""
    call = e.call
    yield from (e.message, e.template, call.raw, call.session, call.task, call.trace, call.parent)
    yield from (call.tool, e.source, e.finding.error_type, *e.tags)
    yield from _said(call.args)


def _said(value: Json) -> Iterator[str]:
    """Names and values in JSON; a number as it is written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _said(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _said(inner)
    elif value is not None:
        yield str(value)

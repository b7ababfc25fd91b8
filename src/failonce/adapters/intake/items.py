"""What the foreign formats share: JSON of unknown senders, and the items of a body one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from failonce.adapters.importers.reading import RAW, decode, word
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from failonce.evidence.bounds import shortened
from failonce.evidence.secret_patterns import key_kind
from failonce.model import Json, Recording, Reject

ITEMS: Final = 10_000
"""Items of one body that are read; senders send a few hundred at a time."""
FIELDS: Final = 128
"""Attributes, tags or extra fields of one item that are looked at."""
TAGS: Final = 20
NAME: Final = 200
"""Characters of a component's name or a tag."""
TEXT: Final = 16 << 10
"""Characters of a message; redaction keeps fewer."""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The items of one body while they are read; a bad one does not lose the others."""

    source: str
    recordings: list[Recording] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skipped: int = 0
    _known: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, recording: Recording | None) -> None:
        """A recording, or None for an item that holds nothing to learn from.

        One with the identity of another of this body is told twice, and skipped.
        """
        if recording is None:
            self.skipped += 1
            return
        if recording.id is not None:
            name = (recording.call.project, recording.call.session, recording.id)
            if name in self._known:
                self.skipped += 1
                return
            self._known.add(name)
        self.recordings.append(recording)

    def reject(self, number: int, reason: str, raw: object = "") -> None:
        """The item of that number, from 1, could not be read."""
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        self.rejects.append(Reject(source=self.source, line=number, reason=reason, raw=text[:RAW]))

    def parsed(self) -> Parsed:
        """All of it, as a value."""
        return Parsed(
            recordings=tuple(self.recordings), rejects=tuple(self.rejects), skipped=self.skipped
        )


def json_value(content: bytes, what: str) -> Json:
    """The JSON that these bytes are; raises `BadInput` for all else, also for deep nesting."""
    try:
        return decode(content.decode("utf-8", "replace"))
    except ValueError as error:
        raise BadInput(f"{what} is not JSON ({error}); send it as UTF-8 JSON") from error


def json_object(content: bytes, what: str) -> Mapping[str, Json]:
    """The same where it has to be an object."""
    value = json_value(content, what)
    if not isinstance(value, Mapping):
        raise BadInput(f"{what} is JSON, but no object; send one object")
    return value


def named(text: str) -> str:
    """A name of outside in one line of bounded length."""
    return shortened(" ".join(text[: 4 * NAME].split()), NAME)


def tags(pairs: Iterable[tuple[str, Json]]) -> tuple[str, ...]:
    """Tags as `key:value`, at most 20; without those whose key tells of a secret or a person."""
    kept: list[str] = []
    for key, value in pairs:
        text = word({"": value}, "")
        private = key_kind(key) or key.lower().startswith(("user", "denied"))
        if text and not private and len(kept) < TAGS:
            kept.append(named(f"{key}:{text}"))
    return tuple(kept)


def error_line(kind: str, value: str) -> str:
    """`Type: message`, or what of it there is."""
    return shortened(f"{kind}: {value}" if kind and value else kind or value, TEXT)

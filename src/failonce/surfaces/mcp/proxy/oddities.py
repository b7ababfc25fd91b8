"""What a person should know of the words with which a server describes a tool.

A model reads them as if its own people had written them. These are hints for a person, and no
wall: a description that hides nothing and asks for nothing odd passes in silence.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from failonce.language.visibility import hidden

_TEXTS: Final = 2_000
_LENGTH: Final = 20_000
_SHOWN: Final = 8


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_ALERTS: Final[Sequence[tuple[str, re.Pattern[str]]]] = (
    (
        "asks to keep something from the person",
        _any(
            r"(?:do not|don't|never) (?:tell|mention|inform|show|reveal)[^.]{0,40}"
            r"\b(?:user|person|human|anyone|this)\b"
        ),
    ),
    (
        "asks to forget other instructions",
        _any(
            r"\b(?:ignore|disregard|forget|override)\b[^.]{0,30}"
            r"\b(?:previous|prior|above|other|all|system)\b[^.]{0,20}\b(?:instruction|prompt|rule)"
        ),
    ),
    (
        "speaks in tags that only a model reads",
        _any(r"</?\s{0,3}(?:important|system|secret|hidden|instructions?|assistant)\s{0,3}>"),
    ),
    (
        "names where secrets lie",
        _any(
            r"~/\.ssh",
            r"\bid_rsa\b",
            r"\.aws/credentials",
            r"/etc/(?:passwd|shadow)",
            r"\bmcp\.json\b",
            r"claude_desktop_config",
        ),
    ),
    (
        "says what to do before other tools",
        _any(
            r"\bbefore (?:using|calling|any|every)\b[^.]{0,40}\btools?\b[^.]{0,60}"
            r"\b(?:must|always|first)\b"
        ),
    ),
)
"""What a description has no reason to say."""


def oddities(definition: Mapping[str, Any]) -> list[str]:
    """What is odd about a definition, in words that follow the name of its tool."""
    words = list(_texts(definition))
    unseen = dict.fromkeys(c for text in words for c in hidden(text))
    found = []
    if unseen:
        listed = ", ".join(list(unseen)[:_SHOWN])
        found.append(f"its definition holds characters that nobody sees ({listed})")
    whole = "\n".join(words)[:_LENGTH]
    found += [f"its description {what}" for what, pattern in _ALERTS if pattern.search(whole)]
    return found


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, names too, so many at most."""
    level, count = [value], 0
    while level and count < _TEXTS:
        each = level.pop()
        count += 1
        if isinstance(each, str):
            yield each[:_LENGTH]
        elif isinstance(each, Mapping):
            level += [x for pair in each.items() for x in pair]
        elif isinstance(each, list):
            level += each

"""What comes out of a sandbox is data: read with care, and shown so that it can be seen."""

import json
import re
from typing import Final, NoReturn

from failonce.language.visibility import unseen
from failonce.model import Json

_PLAIN: Final = re.compile(r"[^ -~\n\t]")
_MOST_WORDS: Final = 4096


class Unreadable(ValueError):
    """An answer that is no JSON, or more deeply nested than can be read."""


def visible(text: str) -> str:
    """The text with escapes for what a terminal obeys or an eye passes over."""
    return _PLAIN.sub(_seen, text)


def _seen(match: re.Match[str]) -> str:
    character = match[0]
    if not unseen(character):
        return character
    return character.encode("unicode_escape").decode("ascii")


def printed(kept: bytes, everything: int) -> str:
    """What was printed, with a last line that says how much of it was thrown away."""
    text = visible(kept.decode("utf-8", "backslashreplace"))
    if everything > len(kept):
        text += f"\n[{everything - len(kept):,} more bytes were printed]"
    return text


def read_value(body: bytes) -> Json:
    """The value that was answered. Raises `Unreadable`."""
    try:
        value: Json = json.loads(body.decode("ascii"), parse_constant=_no_number)
        if b"\\ud" in body:  # perhaps half a character, which nobody can write down
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    return value


def read_words(body: bytes) -> str:
    """A text that was answered, cut to a length that people read."""
    value = read_value(body)
    return visible(value[:_MOST_WORDS]) if isinstance(value, str) else ""


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")

"""Match patterns for error texts: made from templates, run by RE2 only.

RE2 takes time linear in the text whatever the pattern, so a pattern of outside origin cannot
stall the host. Patterns are at most 512 characters (DESIGN section 11).
"""

import re
from functools import lru_cache

from failonce.errors import BadInput
from failonce.language.visibility import unseen

MAX_PATTERN = 512
MAX_TEXT = 8_192
"""Only this much of an error text is searched."""

_BLANKS = " \t\n\f\r"
"""White space as RE2 knows it."""
_PLACEHOLDER = re.compile(r"<[a-z_]{1,32}(?::[^<>]{0,80})?>|\s{1,4096}")


def from_template(template: str) -> str:
    """A pattern that finds the texts of a template: its literal parts in order.

    Placeholders match any short run and white space any white space; a template too long
    for a pattern is cut at a literal part, so the pattern still matches its own texts.
    """
    out: list[str] = []
    length = position = 0
    for found in _PLACEHOLDER.finditer(template):
        gap = r"\s+" if not found[0].strip(_BLANKS) else ".{0,200}?"
        piece = escape(template[position : found.start()]) + gap
        position = found.end()
        if length + len(piece) > MAX_PATTERN:
            return "".join(out)
        out.append(piece)
        length += len(piece)
    tail = escape(template[position:])
    if length + len(tail) <= MAX_PATTERN:
        out.append(tail)
    return "".join(out)


def escape(text: str) -> str:
    """The text with every character that RE2 gives a meaning escaped.

    RE2 takes a backslash before ASCII alone. For what nobody can see stands any character, so
    that a reviewer sees all of a pattern.
    """
    return "".join(map(_escaped, text))


def _escaped(c: str) -> str:
    if unseen(c):
        return "."
    plain = c.isalnum() or not c.isascii() or c in " _-'\",:;/@=<>&%#!~`"
    return c if plain else "\\" + c


def check(pattern: str) -> None:
    """Raise `BadInput` where a pattern is not one that we run."""
    if len(pattern) > MAX_PATTERN:
        raise BadInput(
            f"A pattern is at most {MAX_PATTERN} characters; this one is {len(pattern)}."
        )
    try:
        _compiled(pattern)
    except Exception as error:
        raise BadInput(f"Not a pattern that RE2 takes: {error}") from None


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text; an empty pattern never is."""
    if not pattern:
        return False
    return _compiled(pattern).search(text[:MAX_TEXT]) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    import re2  # noqa: PLC0415 - a compiled library that `--help` need not load

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    compiled: re.Pattern[str] = re2.compile(pattern, options)
    return compiled

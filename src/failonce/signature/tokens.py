"""The one tokeniser: what separates tokens, and which placeholders stand for masked values.

Both levels of grouping use these definitions. Level 1 (`masks`) builds its patterns from the
character classes; level 2 (`cluster`) cuts masked templates with `tokenise`.
"""

import re
from enum import StrEnum
from typing import Final

DELIMITERS: Final = ":=,;()[]{}\"'|<>"
"""Characters that end a token and are tokens themselves; white space only ends one."""

TOKEN_CHARS: Final = r"!#-&*+\-./0-9?@A-Z\\^_`a-z~"  # noqa: S105 - no password
"""Body of a character class: printable ASCII without the delimiters.

ASCII only, because Chinese or Japanese text has no white space: a digit inside it must not
swallow the sentence around it.
"""

ALPHABETIC_BEYOND_ASCII: Final = "\u00a1-\u1fff\u200c\u200d"
"""Body of a character class: scripts beyond ASCII that join letters into words."""


class Placeholder(StrEnum):
    """What a mask leaves in place of a value."""

    UUID = "<uuid>"
    EPOCH = "<epoch>"
    INT = "<int>"
    TS = "<ts>"
    URL = "<url>"
    EMAIL = "<email>"
    PATH = "<path>"
    MAC = "<mac>"
    IP = "<ip>"
    HEX = "<hex>"
    ID = "<id>"


ARGUMENT: Final = r"<arg:[^<> ]{1,64}>"
"""Pattern of the placeholder that `values.mask_values` leaves for a call's own argument."""

_PLACEHOLDER: Final = "|".join([*(re.escape(p) for p in Placeholder), ARGUMENT])
_TOKENS: Final = re.compile(
    rf"(?:{_PLACEHOLDER}|[{TOKEN_CHARS}{ALPHABETIC_BEYOND_ASCII}])+"
    rf"|[{re.escape(DELIMITERS)}]"
    rf"|[^\x00-\x7f{ALPHABETIC_BEYOND_ASCII}]+"
    r"|[^ ]"
)
_HOLDS_PLACEHOLDER: Final = re.compile(_PLACEHOLDER)


def tokenise(template: str) -> list[tuple[str, bool]]:
    """Cut a masked template into tokens.

    Returns (token, glued) pairs in order; *glued* is true where no white space stands before the
    token. A run of token characters and placeholders is one token, a delimiter is one token, a
    run of a script without word breaks is one token.
    """
    return [
        (match[0], match.start() > 0 and template[match.start() - 1] != " ")
        for match in _TOKENS.finditer(template)
    ]


def holds_placeholder(token: str) -> bool:
    """Tell whether a token stands, wholly or in part, for a masked value."""
    return _HOLDS_PLACEHOLDER.search(token) is not None

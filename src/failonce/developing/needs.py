"""What a request asks for, by its words: deterministic, and the same for every wording order.

"create a wifi speed test tool" asks for `wifi_speed_test`, which a tool of these words does
already, however it spells them.
"""

import re
from collections.abc import Iterable
from typing import Final

from failonce.identity import digest, gap_id
from failonce.language.tool_names import own_words, words
from failonce.model import ToolSpec

LONGEST: Final = 500
"""Characters of a request that are read."""
_NAMED: Final = 5
"""Words that a name is made of."""
_COVERED: Final = 2 / 3
"""Share of what is wanted that a tool must speak of, where all of its name is wanted."""
_EMPTY: Final = frozenset({
    "a", "all", "an", "and", "any", "are", "at", "by", "can", "could", "for", "force", "from",
    "i", "in", "is", "it", "let", "me", "missing", "my", "need", "needed", "needs", "new", "of",
    "on", "or", "our", "please", "so", "some", "that", "the", "then", "there", "this", "to",
    "us", "want", "we", "which", "will", "with", "would", "you", "your",
})  # fmt: skip
"""Words that say nothing of what is wanted."""
_MAKING: Final = frozenset(
    {"add", "build", "code", "create", "develop", "generate", "give", "implement", "learn", "make",
     "write"}
)  # fmt: skip
"""What a request may begin with; `write a file` means it."""
_TOOL: Final = frozenset(
    {"capabilities", "capability", "command", "function", "functions", "program", "script", "tool",
     "tools"}
)  # fmt: skip
_CAMEL: Final = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)+")
_ENDINGS: Final = ("ers", "ors", "ing", "ies", "er", "or", "ed", "es", "e", "s", "y")


def meant(text: str) -> list[str]:
    """The words of a request that say something, each once, in order."""
    parts = text[:LONGEST].split()
    plain = (p if _CAMEL.search(p) else p.lower() for p in parts)  # `PDFs` is one word
    found = list(dict.fromkeys(w for p in plain for w in words(p) if w not in _EMPTY))
    told = [w for w in found if w not in _TOOL]
    made = len(told) > 2 or len(told) < len(found)
    return told[1:] if made and told and told[0] in _MAKING else told


def name_of(text: str) -> str:
    """The name of the tool that a request asks for: `wifi_speed_test`."""
    plain = [w for w in meant(text) if w.isascii() and w.isalnum()]
    name = "_".join(plain[:_NAMED])[:60].strip("_")
    if not name:
        return f"tool_{digest((text.casefold(),), size=4)}"
    return f"tool_{name}" if name[0].isdigit() else name


def key_of(text: str) -> str:
    """What two wordings of one request share."""
    return " ".join(sorted(stems(meant(text)))) or text.casefold()


def need_id(project: str, text: str) -> str:
    """The id of the gap that a request leaves where no tool came of it."""
    return gap_id(project, f"tool {key_of(text)}")


def failure_id(project: str, tool: str, signature: str) -> str:
    """The same where a better version was asked for, as the tool fails so."""
    return gap_id(project, f"improve {tool} {signature}")


def existing(text: str, specs: Iterable[ToolSpec]) -> ToolSpec | None:
    """The tool that does already what a request asks for, None where none clearly does.

    All that is wanted stands in its name and description; or its whole name is wanted, and most
    of what is wanted stands there. Of several the one whose name says the most.
    """
    wanted = stems(meant(text))
    if not wanted:
        return None
    found: list[tuple[float, float, str, ToolSpec]] = []
    for spec in specs:
        own = stems(w for w in own_words(spec.name) if w not in _EMPTY)
        told = own | stems(meant(spec.description))
        covered = len(wanted & told) / len(wanted)
        named = len(own & wanted) / len(own) if own else 0.0
        whole = covered == 1.0 and (named >= 0.5 or len(wanted) > 2)
        if whole or (named == 1.0 and len(own) > 1 and covered >= _COVERED):
            found.append((named, covered, spec.name, spec))
    return max(found, key=lambda f: f[:3])[3] if found else None


def stems(given: Iterable[str]) -> frozenset[str]:
    """What words share with others of their kind: `merging`, `merger` and `merges` are one."""
    return frozenset(_stem(w) for w in given)


def _stem(word: str) -> str:
    """The word without its endings, never shorter than three letters."""
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
    return _stem(word.removesuffix(ending)) if ending else word

"""Whether a tool only reads, and whether it reaches other people or destroys.

An annotation is a claim, and a verb in a name is a hint. Only the two together, or one of
them with an environment that watched, say that a tool reads; that nothing was ever seen to
change says nothing alone (a login, a message to the support). What speaks of writing is
believed at once, also against a claim.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from typing import Final

from failonce.language.tool_names import own_words, words
from failonce.model import ToolSpec

WATCHED: Final = 5
"""Calls that must be seen to change nothing before a reading verb is believed."""


class Does(StrEnum):
    """What a tool does with the world."""

    READS = "reads"
    WRITES = "writes"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """How we know."""

    DECLARED = "declared"
    """The tool's own annotation, which its words do not contradict."""
    OBSERVED = "observed"
    """An environment saw a call change something, or calls of a reading tool change nothing."""
    WORDS = "words"
    """Its name or the beginning of its description alone."""
    CONTRADICTED = "contradicted"
    """It declares that it reads, and its words say that it does not."""
    NOTHING = "nothing"


class SideEffect(StrEnum):
    """What cannot be taken back, or reaches beyond."""

    OUTWARD = "outward"
    """Something leaves: a message, an order, a payment, a publication."""
    DESTRUCTIVE = "destructive"
    """Something that was there is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What an environment saw of a tool: calls that it compared the state of, and how many
    changed it."""

    calls: int = 0
    changed: int = 0


UNWATCHED: Final = Watched()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a tool does, and how we know. With `WORDS` and `UNKNOWN` its words say it reads."""

    does: Does
    basis: Basis


_READ: Final = frozenset({
    "analyze", "browse", "calculate", "check", "compare", "compute", "count", "describe",
    "detect", "diff", "display", "estimate", "examine", "explain", "fetch", "filter",
    "find", "get", "grep", "inspect", "list", "look", "lookup", "measure", "peek",
    "preview", "query", "read", "recommend", "retrieve", "return", "scan",
    "search", "show", "stat", "suggest", "summarize", "tail", "validate", "verify", "view",
})  # fmt: skip
_WRITE: Final = frozenset({
    "accept", "activate", "add", "adjust", "allocate", "append", "apply", "approve", "archive",
    "assign", "attach", "authenticate", "authorize", "block", "build", "change", "claim", "clone",
    "close", "commit", "configure", "connect", "copy", "create", "cut", "deactivate", "decline",
    "define", "deploy", "disable", "download", "draw", "edit", "enable", "enter", "fill", "fix",
    "format", "generate", "grant", "import", "increment", "init", "initialize", "insert",
    "install", "join", "launch", "lock", "log", "login", "logout", "make", "mark", "merge",
    "modify", "mount", "move", "mute", "open", "paste", "patch", "pause", "pick", "pin", "press",
    "put", "record", "register", "reject", "release", "rename", "reopen", "replace", "reserve",
    "resize", "restart", "restore", "resume", "retweet", "rotate", "save", "schedule", "select",
    "set", "setup", "sign", "split", "star", "start", "stop", "store", "submit", "subscribe",
    "swap", "switch", "sync", "toggle", "touch", "transfer", "trigger", "turn", "type", "undo",
    "unlock", "unmount", "unzip", "update", "upgrade", "upload", "write", "zip",
})  # fmt: skip
_OUTWARD: Final = frozenset({
    "answer", "approve", "authorize", "book", "broadcast", "buy", "call", "charge", "checkout",
    "comment", "contact", "dial", "donate", "email", "forward", "fund", "grant", "hire", "invite",
    "mail", "message", "notify", "order", "pay", "ping", "post", "publish", "purchase", "reply",
    "request", "respond", "retweet", "sell", "send", "share", "ship", "sms", "submit", "subscribe",
    "trade", "tweet", "upload", "withdraw",
})  # fmt: skip
_DESTRUCTIVE: Final = frozenset({
    "abort", "ban", "cancel", "clean", "clear", "close", "delete", "deny", "destroy", "discard",
    "drop", "empty", "erase", "evict", "expire", "kill", "overwrite", "purge", "remove", "reset",
    "revert", "revoke", "rm", "rmdir", "shutdown", "terminate", "truncate", "uninstall", "unlink",
    "unpublish", "unsubscribe", "wipe",
})  # fmt: skip
CHANGES: Final = _WRITE | _OUTWARD | _DESTRUCTIVE
"""Verbs as commands use them: general English, and a few commands of a shell."""
_VERBS: Final = CHANGES | _READ

_LEAD: Final = frozenset({
    "a", "action", "allow", "an", "and", "api", "be", "can", "command", "endpoint", "for",
    "function", "helper", "it", "let", "lets", "method", "operation", "plugin", "server", "that",
    "the", "this", "to", "tool", "use", "used", "utility", "which", "will", "you",
})  # fmt: skip
"""What descriptions begin with before their verb."""
_JOINTS: Final = frozenset({"and", "or", "then"})
"""What joins another verb on."""
_SENTENCE: Final = re.compile(r"[^.!?:\n]{1,300}")
_SENTENCES: Final = 5
"""Sentences of a description in which its verb is looked for; some begin with their server."""
_FIRST: Final = 8
"""Words of a description before which its verb must stand."""


def reads(spec: ToolSpec, watched: Watched = UNWATCHED) -> Reading:
    """Whether the tool only reads, as far as its claims, its words and an environment tell."""
    if watched.changed:
        return Reading(does=Does.WRITES, basis=Basis.OBSERVED)
    if spec.read_only is False or spec.destructive:
        return Reading(does=Does.WRITES, basis=Basis.DECLARED)
    says = _says(spec)
    if spec.read_only:
        if says is Does.WRITES:
            return Reading(does=Does.UNKNOWN, basis=Basis.CONTRADICTED)
        return Reading(does=Does.READS, basis=Basis.DECLARED)
    if says is Does.WRITES:
        return Reading(does=Does.WRITES, basis=Basis.WORDS)
    if says is Does.READS:
        seen = watched.calls >= WATCHED
        return Reading(
            does=Does.READS if seen else Does.UNKNOWN,
            basis=Basis.OBSERVED if seen else Basis.WORDS,
        )
    return Reading(does=Does.UNKNOWN, basis=Basis.NOTHING)


def seems_to_read(spec: ToolSpec) -> bool:
    """Whether the tool reads, or its words say so and nothing speaks against them."""
    said = reads(spec)
    return said.does is Does.READS or (said.does is Does.UNKNOWN and said.basis is Basis.WORDS)


def effects(spec: ToolSpec) -> frozenset[SideEffect]:
    """What calls of the tool may do beyond the here and now, by annotation or by verbs.

    A claim adds and never takes away; a tool that declares nothing and whose words name no
    such verb has none that we know of, which is not the same as none.
    """
    verbs = frozenset(_verbs(spec))
    found: set[SideEffect] = set()
    if spec.destructive or verbs & _DESTRUCTIVE:
        found.add(SideEffect.DESTRUCTIVE)
    asks = spec.read_only or _says(spec) is Does.READS
    if (spec.open_world and not asks) or verbs & _OUTWARD:
        found.add(SideEffect.OUTWARD)
    return frozenset(found)


def _says(spec: ToolSpec) -> Does:
    verbs = _verbs(spec)
    if any(verb in CHANGES for verb in verbs):
        return Does.WRITES
    return Does.READS if any(verb in _READ for verb in verbs) else Does.UNKNOWN


def _verbs(spec: ToolSpec) -> list[str]:
    """The verbs of a tool's name and of the first sentence of its description that has one.

    After a verb come nouns (`get_order`, `list_posts`), until another verb is joined on.
    Before it may stand nouns too (`message_send`, `browser_get_text`).
    """
    name = own_words(spec.name)
    begin = next((at for at, word in enumerate(name) if word in _VERBS), 0)
    said = _phrase(name[begin:])
    for sentence in islice(_SENTENCE.finditer(spec.description.strip()), _SENTENCES):
        text = words(sentence[0])
        first = next((at for at, word in enumerate(text[:_FIRST]) if word not in _LEAD), 0)
        verbs = _phrase(text[first:])
        if verbs:
            return [*said, *verbs]
    return said


def _phrase(text: Sequence[str]) -> list[str]:
    """The verb that a phrase begins with, and those of the same form that are joined on."""
    if not text:
        return []
    verb, form = stem(text[0])
    if verb not in _VERBS:
        return []
    joined = (b for a, b in pairwise(text) if a in _JOINTS)
    return [verb, *(base for base, same in map(stem, joined) if base in CHANGES and same == form)]


def stem(word: str) -> tuple[str, str]:
    """The verb in `gets`, `fetches`, `retrieved`, `listing` with its ending; else the word."""
    for ending, form, instead in _ENDINGS:
        base = word.removesuffix(ending)
        if base + ending != word:
            continue
        doubled = base[:-1] if ending and base[-2:-1] == base[-1:] else base
        for verb in (base + instead, doubled):
            if verb in _VERBS:
                return verb, form
    return word, ""


_ENDINGS: Final = (
    ("", "", ""), ("s", "s", ""), ("es", "s", ""), ("ies", "s", "y"), ("ing", "ing", ""),
    ("ing", "ing", "e"), ("d", "d", ""), ("ed", "d", ""), ("ied", "d", "y"),
)  # fmt: skip

"""What names and literals say of danger: who is meant, what is final, what is secret."""

import re
from collections.abc import Mapping
from typing import Final

from failonce.language.reading import Basis, Does, SideEffect, effects, reads
from failonce.language.tool_names import spec_of
from failonce.model import ToolSpec

_SECRET: Final = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "key", "apikey",
    "auth", "login", "cookie", "session", "otp", "pin", "signature", "ssn", "passport", "cvv",
)  # fmt: skip
"""Names of arguments that prove who somebody is."""

_IDENTITY: Final = (
    *_SECRET, "user", "username", "uid", "account", "card", "owner", "customer", "person", "email",
    "mail", "recipient", "sender", "phone", "address", "iban", "payee", "beneficiary", "role",
    "privilege", "permission",
)  # fmt: skip
"""Names of arguments that say who, or prove it: their values are never changed."""

_DESTRUCTIVE: Final = (
    "delete", "remove", "rm", "rmdir", "unlink", "drop", "truncate", "purge", "destroy", "del",
    "erase", "wipe", "kill", "terminate", "cancel", "revoke", "reset", "overwrite", "send",
    "pay", "charge", "transfer", "refund", "buy", "sell", "order", "post", "publish", "deploy",
    "push", "move", "mv", "rename", "replace", "update", "execute", "exec", "run", "submit",
)  # fmt: skip
"""Words in a tool's name that say it cannot be taken back or reaches outside."""

_STARTS: Final = frozenset({"execute", "exec", "run"})
_SHELL: Final = frozenset({"bash", "cmd", "command", "commands", "shell", "terminal"})
"""With these, a verb that starts things says no more than `Bash` does: all is in the command."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TELLING: Final = 6
"""Letters from which a word is looked for inside joined names too, such as `deletefile`."""
_SECRET_LENGTH: Final = 16
"""Signs without a blank from which letters and digits in no order are taken for a secret."""
_RUN: Final = re.compile(r"[A-Za-z0-9+/=_\-]{16,}")
_CHANGES: Final = re.compile(r"[0-9][A-Za-z]|[A-Za-z][0-9]|[a-z][A-Z]")
_MIXED: Final = 3
"""Changes between letters, digits and capitals from which a run of signs has no order."""


def words(name: str) -> list[str]:
    """The words of an identifier in any case style, lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def destructive(tool: str) -> bool:
    """Whether a tool's name says that it cannot be taken back or reaches outside."""
    said = words(tool)
    if not _SHELL.isdisjoint(said):
        said = [w for w in said if w not in _STARTS]
    joined = "".join(said)
    return any(w in _DESTRUCTIVE for w in said) or any(
        w in joined for w in _DESTRUCTIVE if len(w) >= _TELLING
    )


def identity(argument: str) -> bool:
    """Whether an argument's name says who acts or is acted upon, or proves it."""
    own = words(argument)
    if own == ["to"]:
        return True  # whom it goes to; `travel_to` is a place
    return any(w in _IDENTITY or w.removesuffix("s") in _IDENTITY for w in own)


def proves(argument: str) -> bool:
    """Whether an argument's name says that it is a secret: who holds it is believed."""
    return any(w in _SECRET or w.removesuffix("s") in _SECRET for w in words(argument))


def secret(text: str) -> bool:
    """Whether a text holds what looks like a key: long, without a blank and without order."""
    return "<redacted:" in text or any(
        len(run) >= _SECRET_LENGTH and len(_CHANGES.findall(run)) >= _MIXED
        for run in _RUN.findall(text)
    )


def spec(tool: str, known: Mapping[str, ToolSpec]) -> ToolSpec:
    """What is known of a tool; its name alone where that is all."""
    return spec_of(tool, known) or ToolSpec(name=tool)


def final(tool: ToolSpec) -> bool:
    """Whether what a tool does to a thing cannot be taken back (`rm`, `delete_user`)."""
    return SideEffect.DESTRUCTIVE in effects(tool)


def looks(tool: ToolSpec) -> bool:
    """Whether a tool reads, as far as its claims or its words say."""
    known = reads(tool)
    by_words = known.does is Does.UNKNOWN and known.basis is Basis.WORDS
    return not effects(tool) and (known.does is Does.READS or by_words)


def danger(tool: ToolSpec) -> str:
    """What speaks against calling a tool unasked; empty where it is known to read only."""
    strong = sorted(effects(tool))
    if strong:
        return f"is {' and '.join(strong)}"
    known = reads(tool)
    if known.does is Does.READS:
        return ""
    return "changes something" if known.does is Does.WRITES else "is not known to only read"

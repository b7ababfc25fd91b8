"""Why a call failed: one taxonomy, structure before words.

Sources: requirement D.3.7, the six categories of C6 and their hints C7 to C12, and the
nine result classes of the first seed's classifier, all kept as aliases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from failonce.language.causes import (
    CLASSES,
    CODES,
    EXITS,
    PLAIN_CLASSES,
    STATUS,
    WORDS,
)
from failonce.language.signals import Signals, headline, read, retry_after
from failonce.model import Category

__all__ = [
    "ATTRIBUTES",
    "Attributes",
    "Basis",
    "Signals",
    "categorise",
    "category_of",
    "cause",
    "from_name",
    "retry_after",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What a category means for what to do next.

    `retryable`: the same call may succeed. `transient`: the cause passes by itself.
    `side_effect_possible`: the call may have done something before it failed.
    """

    retryable: bool = False
    transient: bool = False
    side_effect_possible: bool = False
    aliases: tuple[str, ...] = ()


ATTRIBUTES: Mapping[Category, Attributes] = MappingProxyType(
    {
        Category.NETWORK: Attributes(
            retryable=True,
            transient=True,
            side_effect_possible=True,
            aliases=("NetworkError", "retryable_upstream_error", "integration", "connection"),
        ),
        Category.TIMEOUT: Attributes(
            retryable=True, transient=True, side_effect_possible=True, aliases=("TimeoutError",)
        ),
        Category.RATE_LIMIT: Attributes(
            retryable=True, transient=True, aliases=("RateLimitError",)
        ),
        Category.AUTH: Attributes(aliases=("AuthError", "authentication")),
        Category.PERMISSION: Attributes(aliases=("permission_denied", "PermissionError")),
        Category.NOT_FOUND: Attributes(aliases=("NotFoundError", "missing")),
        Category.MISSING_TOOL: Attributes(
            aliases=("MissingCapability", "wrong_tool_or_domain", "unknown_tool")
        ),
        Category.INVALID_ARGS: Attributes(
            aliases=("SchemaError", "invalid_input", "validation", "schema")
        ),
        Category.CONFLICT: Attributes(retryable=True, aliases=("ConflictError",)),
        Category.RESOURCE: Attributes(
            side_effect_possible=True, aliases=("ResourceError", "system")
        ),
        Category.DEPENDENCY: Attributes(aliases=("DependencyError", "module", "manifest")),
        Category.LLM: Attributes(retryable=True, transient=True, aliases=("LLMError",)),
        Category.UNSAFE_STATE: Attributes(side_effect_possible=True, aliases=("StateError",)),
        Category.VERIFICATION: Attributes(
            side_effect_possible=True, aliases=("verification", "AssertionError")
        ),
        Category.RUNTIME: Attributes(
            side_effect_possible=True,
            aliases=(
                "RuntimeError",
                "retryable_runtime_error",
                "non_retryable_runtime_error",
                "logic",
                "business_logic",
                "database",
            ),
        ),
        Category.UNKNOWN: Attributes(side_effect_possible=True, aliases=("other",)),
    }
)

_BY_NAME: Mapping[str, Category] = MappingProxyType(
    {
        name.lower(): category
        for category, attributes in ATTRIBUTES.items()
        for name in (category.value, *attributes.aliases)
    }
)


def from_name(name: str) -> Category | None:
    """The category of that name or of one of the seeds' names for it, else None."""
    return _BY_NAME.get(name.strip().lower())


def categorise(signals: Signals) -> Category:
    """Why a call failed, decided by the most structured fact there is.

    In order: status (HTTP, JSON-RPC), code (errno, SQL, gRPC), exception class, pause
    demanded, exit code, words, and last what a plain class such as `ValueError` suggests.
    """
    return category_of(read(signals))


def category_of(facts: Signals) -> Category:
    """`categorise` for signals that `signals.read` has already filled."""
    return cause(facts)[0]


class Basis(StrEnum):
    """What decided the cause of a failure, in words."""

    STATUS = "its HTTP or JSON-RPC status"
    CODE = "its error code"
    CLASS = "the class of its exception"
    PAUSE = "the pause that the server asked for"
    EXIT = "its exit code"
    WORDS = "its words"
    NAME = "the name of its exception, as its words say nothing"
    NOTHING = "nothing: no code, class or known words"


def cause(facts: Signals) -> tuple[Category, Basis]:
    """`category_of`, with what decided it."""
    name = facts.error_type.lower()
    for basis, found in (
        (Basis.STATUS, _of_status(facts)),
        (Basis.CODE, _of_code(facts)),
        (Basis.CLASS, _of_class(name)),
        (Basis.PAUSE, None if facts.retry_after_s is None else Category.RATE_LIMIT),
        (Basis.EXIT, None if facts.exit_code is None else EXITS.get(facts.exit_code)),
    ):
        if found is not None:
            return found, basis
    said = WORDS.first(headline(facts.text)) or WORDS.first(facts.text)
    if said is not None:
        return said, Basis.WORDS
    plain = PLAIN_CLASSES.get(name)
    if plain is None and name.endswith(("error", "exception")):
        plain = Category.RUNTIME
    return (Category.UNKNOWN, Basis.NOTHING) if plain is None else (plain, Basis.NAME)


def _of_status(facts: Signals) -> Category | None:
    if facts.status is None:
        return None
    if facts.status == 503 and facts.retry_after_s is not None:
        return Category.RATE_LIMIT
    return STATUS.get(facts.status)


def _of_code(facts: Signals) -> Category | None:
    """A program that could not be spawned is a missing tool, not a missing file."""
    if not facts.code:
        return None
    found = _known_code(facts.code)
    if found is Category.NOT_FOUND and "spawn" in facts.text:
        return Category.MISSING_TOOL
    return found


@lru_cache(maxsize=1024)
def _known_code(code: str) -> Category | None:
    return CODES.first(code)


@lru_cache(maxsize=4096)
def _of_class(name: str) -> Category | None:
    return CLASSES.first(name) if name else None

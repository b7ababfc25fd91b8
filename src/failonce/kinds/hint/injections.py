"""Which hints a cause of failures asks for (C7-C12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from failonce.kinds.hint.circuit_breaker import CircuitBreaker
from failonce.kinds.hint.fallback import Fallback
from failonce.kinds.hint.handler import MAX_DELAY_MS, MAX_RETRIES, Handler
from failonce.kinds.hint.metrics import Metrics
from failonce.kinds.hint.rate_limit import RateLimit
from failonce.kinds.hint.retry import Retry
from failonce.kinds.hint.timeout import Timeout
from failonce.model import Category

WANTED: Final[Mapping[Category, tuple[type[Handler], ...]]] = MappingProxyType(
    {
        Category.NETWORK: (Retry, CircuitBreaker),
        Category.TIMEOUT: (Timeout, Retry),
        Category.MISSING_TOOL: (Fallback,),
        Category.INVALID_ARGS: (Metrics,),
        Category.RATE_LIMIT: (RateLimit, Retry),
        Category.LLM: (Fallback, CircuitBreaker),
    }
)
"""The table of seed 003, in its order."""

WAIT_MS: Final = 30_000.0
"""How long a call waits for a token: a throttle that refuses at once only fails sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What history says of parameters; None where it says nothing, and the default holds.

    Values beyond the policy limits are taken as the limit.
    """

    max_retries: int | None = None
    delay_ms: float | None = None
    timeout_ms: float | None = None
    requests_per_second: float | None = None
    burst: int | None = None
    fallback_cap: str | None = None


NOTHING_LEARNED: Final = Learned()


def injections(category: Category, learned: Learned = NOTHING_LEARNED) -> tuple[Handler, ...]:
    """The hints that a cause asks for, all of them, with learned or default parameters.

    A fallback is left out where no tool is known that could answer: that is a gap (C9).
    """
    wanted = WANTED.get(category, ())
    return tuple(_made(handler, learned) for handler in wanted if _possible(handler, learned))


def _possible(handler: type[Handler], learned: Learned) -> bool:
    return handler is not Fallback or bool(learned.fallback_cap)


def _made(handler: type[Handler], learned: Learned) -> Handler:
    given: dict[str, int | float | str | None] = {}
    if handler is Retry:
        given["max_retries"] = _bounded(learned.max_retries, 1, MAX_RETRIES)
        given["delay_ms"] = _bounded(learned.delay_ms, 0, MAX_DELAY_MS)
    elif handler is Timeout:
        given["timeout_ms"] = _bounded(learned.timeout_ms, 1, MAX_DELAY_MS)
    elif handler is RateLimit:
        given["requests_per_second"] = _bounded(learned.requests_per_second, 0.001, 10_000)
        given["burst"] = _bounded(learned.burst, 1, 10_000)
        given["max_wait_ms"] = WAIT_MS
    elif handler is Fallback:
        given["fallback_cap"] = learned.fallback_cap
    return handler.load({name: value for name, value in given.items() if value is not None})


def _bounded(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(max(value, low), high)

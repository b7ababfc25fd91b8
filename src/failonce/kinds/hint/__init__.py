"""Hint: how to run a call that fails for passing reasons (C7-C15, C20-C22).

One file for each handler: metrics, fallback, cache, circuit breaker, rate limit, retry, timeout,
from the outermost to the innermost. `skill.steps` nests those that concern a call.
"""

from failonce.kinds.hint.body import Hint
from failonce.kinds.hint.cache import Cache
from failonce.kinds.hint.circuit_breaker import CircuitBreaker
from failonce.kinds.hint.fallback import Fallback
from failonce.kinds.hint.handler import (
    MAX_DELAY_MS,
    MAX_MULTIPLIER,
    MAX_RETRIES,
    MOST_WAIT_MS,
    Band,
    Handler,
    Scope,
)
from failonce.kinds.hint.injections import WANTED, Learned, injections
from failonce.kinds.hint.metrics import Measured, Meter, Metrics
from failonce.kinds.hint.rate_limit import RateLimit
from failonce.kinds.hint.registry import HANDLERS, HandlerInfo, Registry
from failonce.kinds.hint.retry import Retry
from failonce.kinds.hint.timeout import Timeout

__all__ = [
    "HANDLERS",
    "MAX_DELAY_MS",
    "MAX_MULTIPLIER",
    "MAX_RETRIES",
    "MOST_WAIT_MS",
    "WANTED",
    "Band",
    "Cache",
    "CircuitBreaker",
    "Fallback",
    "Handler",
    "HandlerInfo",
    "Hint",
    "Learned",
    "Measured",
    "Meter",
    "Metrics",
    "RateLimit",
    "Registry",
    "Retry",
    "Scope",
    "Timeout",
    "injections",
]

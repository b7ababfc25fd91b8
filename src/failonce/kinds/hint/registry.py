"""The handlers that hints may name, open to strangers (C20, C22)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from failonce.errors import BadInput
from failonce.kinds.hint.cache import Cache
from failonce.kinds.hint.circuit_breaker import CircuitBreaker
from failonce.kinds.hint.fallback import Fallback
from failonce.kinds.hint.handler import PREFIX, Band, Handler, Limits, limits_of
from failonce.kinds.hint.metrics import Metrics
from failonce.kinds.hint.rate_limit import RateLimit
from failonce.kinds.hint.retry import Retry
from failonce.kinds.hint.timeout import Timeout
from failonce.language.sentence import plain_name
from failonce.model import Json

BUILT_IN: Final[tuple[type[Handler], ...]] = (
    Metrics, Fallback, Cache, CircuitBreaker, RateLimit, Retry, Timeout,
)  # fmt: skip

EXCEPTIONS: Final = frozenset({Cache, CircuitBreaker, RateLimit, Fallback})
"""Handlers whose published place (C15) is outside the band that C22 has for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInfo:
    """A parameter of a handler, for a reader; `limits` say what it may be."""

    name: str
    default: Json
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerInfo:
    """A handler, for a reader. Lower priority: further out."""

    key: str
    priority: float
    band: Band
    description: str
    parameters: tuple[ParameterInfo, ...]


class Registry:
    """Handlers by key. `Registry()` is empty, `with_defaults` holds the seven built-in ones."""

    def __init__(self, *handlers: type[Handler]) -> None:
        self._handlers: dict[str, type[Handler]] = {}
        self.elsewhere: Callable[[], None] | None = None
        """Called once, where a key is not known."""
        for handler in handlers:
            self.register(handler)

    @classmethod
    def with_defaults(cls, *more: type[Handler]) -> Self:
        """The built-in handlers, and these."""
        return cls(*BUILT_IN, *more)

    def register(self, handler: type[Handler]) -> None:
        """Add a handler; raises `BadInput` for a key that is taken, or a place in another band."""
        key = handler.key
        if not plain_name(key) or key != normal(key):
            raise BadInput(f"A handler's key is a plain name with dashes; `{key!r}` is none.")
        if key in self._handlers:
            raise BadInput(f"There is a handler `{key}` already; unregister it first.")
        if not 0 < handler.priority < float("inf"):
            raise BadInput(f"The priority of `{key}` must be a number above 0.")
        band = Band.of(handler.priority)
        if band is not handler.band and handler not in EXCEPTIONS:
            raise BadInput(
                f"`{key}` is for {handler.band}, and priority {handler.priority:g} is for {band}."
            )
        for parameter in fields(handler):
            limits_of(parameter)
        self._handlers[key] = handler

    def unregister(self, key: str) -> None:
        """Take a handler out; raises `BadInput` where there is none of that key."""
        del self._handlers[self.find(key).key]

    def find(self, key: str) -> type[Handler]:
        """The handler of a key, or of the seeds' name for it; raises `BadInput` for another."""
        if normal(key) not in self._handlers and self.elsewhere is not None:
            look, self.elsewhere = self.elsewhere, None
            look()
        found = self._handlers.get(normal(key))
        if found is None:
            known = ", ".join(self.list_handlers())
            raise BadInput(f"A hint's `type` is one of: {known}; not `{key[:40]}`.")
        return found

    def list_handlers(self) -> tuple[str, ...]:
        """The keys, from the outermost handler to the innermost."""
        handlers = sorted(self._handlers.values(), key=lambda h: (h.priority, h.key))
        return tuple(h.key for h in handlers)

    def handler_info(self) -> tuple[HandlerInfo, ...]:
        """What each handler is and takes, in the order of `list_handlers`."""
        return tuple(_info(self._handlers[key]) for key in self.list_handlers())

    def validate(self, key: str, given: Mapping[str, Json]) -> Handler:
        """The handler with these parameters; raises `BadInput` saying what is beyond a limit."""
        return self.find(key).load(given)


def normal(key: str) -> str:
    """A handler's key as bodies spell it: `runtime.learning.rate_limit` is `rate-limit`."""
    return key.removeprefix(PREFIX).replace("_", "-")


def _info(handler: type[Handler]) -> HandlerInfo:
    return HandlerInfo(
        key=handler.key,
        priority=handler.priority,
        band=handler.band,
        description=handler.description,
        parameters=tuple(
            ParameterInfo(name=f.name, default=_plain(f.default), limits=limits_of(f))
            for f in fields(handler)
        ),
    )


def _plain(default: Any) -> Json:
    return str(default) if isinstance(default, str) else default


HANDLERS: Final = Registry.with_defaults()
"""The handlers that lessons in this process may name."""

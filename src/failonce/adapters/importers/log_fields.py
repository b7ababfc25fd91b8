"""Names that logs and tables give to the same few things, and what their levels mean.

| thing | names, in order of preference |
|---|---|
| time | `ts time timestamp @timestamp datetime date asctime created created_at t eventtime` |
| level | `level levelname severity lvl loglevel log.level log_level priority` |
| component | `component logger logger_name loggername name service service.name module source …` |
| message | `error message msg content text log body description event short_message exception …` |
| stack | `stack stack_trace stacktrace traceback exc_info exception error.stack` |
| error type | `error_type exc_type exception_type error.type exception.type error_class` |

Upper and lower case, spaces and `_` do not matter.
"""

import re
from collections.abc import Mapping
from typing import Final

from failonce.adapters.importers.reading import content_text
from failonce.model import Json

TIME: Final = (
    "ts", "time", "timestamp", "@timestamp", "datetime", "date", "asctime", "created",
    "createdat", "t", "eventtime", "realtimetimestamp",
)  # fmt: skip
LEVEL: Final = (
    "level", "levelname", "severity", "severitytext", "lvl", "loglevel", "log.level", "priority",
)  # fmt: skip
COMPONENT: Final = (
    "component", "logger", "loggername", "name", "service", "servicename", "service.name",
    "module", "source", "app", "application", "unit", "program", "container", "syslogidentifier",
)  # fmt: skip
MESSAGE: Final = (
    "error", "message", "msg", "content", "text", "log", "body", "errormessage", "description",
    "shortmessage", "event", "exception", "detail", "reason",
)  # fmt: skip
STACK: Final = (
    "stack", "stacktrace", "traceback", "excinfo", "exception", "error.stack", "exctext",
)  # fmt: skip
ERROR_TYPE: Final = (
    "errortype", "exctype", "exceptiontype", "error.type", "exception.type", "errorclass",
)  # fmt: skip
ERRORS: Final = frozenset({"error", "errormessage", "exception", "stack", "stacktrace"})
"""Fields whose very presence says that something failed."""

_BAD: Final = frozenset(
    "error err e fatal f critical crit severe panic alert emergency emerg failure c".split()  # noqa: SIM905
)
_FINE: Final = frozenset(
    """
    trace debug info information notice warn warning verbose fine finer finest config audit
    success v d i w n t ok default
    """.split()  # noqa: SIM905 - as above, one word after the other reads best
)
_WORDS: Final = re.compile(
    r"\A\s{0,4}(?:traceback \(most recent|panic:|fatal(?: error)?\b|unhandled|uncaught"
    r"|error\b|critical\b"
    r"|exception in thread|[\w.$]{0,120}(?:error|exception|panic)\b[^\n]{0,3}[:(])",
    re.IGNORECASE,
)


def folded(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The fields under names that ignore case, spaces and `_`; one level below `a.b`."""
    flat: dict[str, Json] = {}
    for key, value in fields.items():
        name = key.lower().replace("_", "").replace(" ", "").lstrip("\ufeff")
        flat.setdefault(name, value)
        if isinstance(value, Mapping):
            for inner, item in value.items():
                flat.setdefault(f"{name}.{inner.lower().replace('_', '')}", item)
    return flat


def is_bad(level: Json) -> bool | None:
    """True for error and worse, False for everything milder, None for no known level.

    Numbers are those of bunyan and pino (10 to 60) or of syslog (0 to 7).
    """
    if isinstance(level, str):
        word = level.strip(" []<>:").lower()
        if word in _BAD:
            return True
        if word in _FINE:
            return False
        if not word.isdecimal():
            return None
        level = int(word[:6])
    if isinstance(level, bool) or not isinstance(level, int | float):
        return None
    return level >= 40 and level % 10 == 0 if level > 7 else level <= 3


def reads_as_error(text: str) -> bool:
    """True where a text without a level begins as errors begin."""
    return _WORDS.match(text) is not None


def error_text(value: Json) -> tuple[str, str | None]:
    """An error's text and type; objects as loggers write them (`message`, `type`, `stack`)."""
    if not isinstance(value, Mapping):
        return content_text(value), None
    name = value.get("type") or value.get("name") or value.get("class") or value.get("kind")
    message = content_text(value.get("message") or value.get("msg"))
    stack = content_text(value.get("stack") or value.get("stacktrace") or value.get("traceback"))
    kind = name if isinstance(name, str) else None
    if stack:
        return (stack if message in stack else f"{message}\n{stack}"), kind
    return message or content_text(value), kind

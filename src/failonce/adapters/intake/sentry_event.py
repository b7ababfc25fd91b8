"""One event of a Sentry client as a recording.

Which error: the one that was raised last, as its type and value; those that it came from stand
below it, one a line. A message of a log counts at level error or fatal.

Which component, the first that there is:

1. the function of the app in which it was raised (`shop.payments.charge`): the innermost frame
   that the client marks as the app's own, else that it does not mark as a library's; it is what a
   reviewer would open
2. the logger
3. the transaction, which is the route or the job (`/checkout`)
4. the innermost frame of a library

Kept beside it: the app's own frames (module, function, line), `extra`, the transaction; tags,
environment, release and server as tags. Left out, whatever the client was set to send: variables
of frames, source lines, user, request with its headers, cookies and body, breadcrumbs, contexts,
modules, `sys.argv`.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from failonce.adapters.importers.reading import UNDECODABLE, items, mapping, moment, pick, word
from failonce.adapters.intake.items import FIELDS, TEXT, error_line, named, tags
from failonce.adapters.intake.spans import Span, arguments_of, tool_of
from failonce.errors import BadInput
from failonce.evidence.bounds import shortened
from failonce.model import UNNAMED, Args, Call, Json, Origin, Recording

SOURCE: Final = "sentry"
CHAIN: Final = 4
"""Errors that an error came from that are told with it."""
FRAMES: Final = 8
"""Own frames that are kept, the innermost."""
_LOOKED_AT: Final = 250
"""Frames of one stack that are looked at, from the innermost; clients send 100."""
_NO_NAMES: Final = ("", "?", "<unknown>", "<anonymous>", "<module>", "<lambda>", "anonymous")
_BY_THE_APP: Final = ("", "generic", "chained", "logging")
_OWN_EXTRA: Final = ("sys.argv", "__serialized__", "arguments")


def bad_level(level: Json) -> bool:
    """Whether a level is one of errors; an event without one is an error."""
    return level is None or level in ("error", "fatal", "")


def event_recording(event: Mapping[str, Json]) -> Recording | None:
    """The error that an event tells of, None where it is milder than an error.

    Raises `BadInput` for an event that holds neither an exception nor a message.
    """
    if not bad_level(event.get("level")):
        return None
    chain = _chain(event)
    text = _text(event, chain)
    if not text:
        raise BadInput("the event holds neither an exception nor a message")
    trace = mapping(mapping(event.get("contexts")).get("trace"))
    frames = _frames(event, chain)
    around = {**mapping(trace.get("data")), "sentry.op": word(trace, "op")}
    ended = Span(id="", trace="", name=word(trace, "description"), attributes=around)
    tool = tool_of(ended) if _of_call(chain) else ""
    args, raw = arguments_of(around) if tool else (_about(event, frames), "")
    return Recording(
        call=Call(
            tool=tool or _component(event, frames, bool(chain)),
            args=args,
            raw=raw,
            session=word(trace, "trace_id"),
            trace=word(trace, "span_id") or None,
            parent=word(trace, "parent_span_id") or None,
        ),
        text=text,
        flagged=True,
        at=moment(pick(event, "timestamp")),
        id=word(event, "event_id") or None,
        origin=Origin.CALL if tool else Origin.LOG,
        error_type=named(word(chain[0], "type")).rpartition(".")[2] or None if chain else None,
        tags=(*_tags(event), UNDECODABLE) if raw else _tags(event),
        source=SOURCE,
    )


def _chain(event: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The exceptions, the one that was raised last before those that it came from.

    Clients send the oldest first; of a group, the one with `exception_id` 0 is the group.
    """
    said = event.get("exception")
    values = items(said) or items(mapping(said).get("values")) or [said]
    found = [mapping(one) for one in values[-FIELDS:]]
    chain = [one for one in found if word(one, "type") or word(one, "value")][::-1]
    first = next((n for n, one in enumerate(chain) if _number(one) == 0), 0)
    return [*chain[first : first + 1], *chain[:first], *chain[first + 1 :]][: CHAIN + 1]


def _number(exception: Mapping[str, Json]) -> Json:
    return mapping(exception.get("mechanism")).get("exception_id")


def _of_call(chain: list[Mapping[str, Json]]) -> bool:
    """Whether the error ended what it fell into, and was not only reported from within.

    It left the code that a client wraps, or the client's integration told of it, not the app.
    """
    mechanism = mapping(chain[0].get("mechanism")) if chain else {}
    return mechanism.get("handled") is False or word(mechanism, "type") not in _BY_THE_APP


def _text(event: Mapping[str, Json], chain: list[Mapping[str, Json]]) -> str:
    lines = [error_line(word(one, "type").rpartition(".")[2], word(one, "value")) for one in chain]
    logged = _logged(event)
    if lines and logged and lines[0] not in logged and word(chain[0], "value") != logged:
        lines[0] = f"{logged}: {lines[0]}"
    if not lines:
        return logged
    return shortened("\ncaused by ".join(dict.fromkeys(lines)), TEXT)


def _logged(event: Mapping[str, Json]) -> str:
    for place in ("logentry", "message", "sentry.interfaces.Message"):
        said = event.get(place)
        text = said if isinstance(said, str) else word(mapping(said), "formatted", "message")
        if text:
            return shortened(text, TEXT)
    return ""


def _frames(event: Mapping[str, Json], chain: list[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The frames of the error, the innermost first."""
    stack = chain[0].get("stacktrace") if chain else event.get("stacktrace")
    frames = items(mapping(stack).get("frames"))
    return [mapping(frame) for frame in frames[: -_LOOKED_AT - 1 : -1]]


def _own(frames: list[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The app's frames; clients leave the mark out where they cannot tell."""
    marked = [frame for frame in frames if frame.get("in_app") is True]
    return marked or [frame for frame in frames if frame.get("in_app") is not False]


def _component(event: Mapping[str, Json], frames: list[Mapping[str, Json]], thrown: bool) -> str:
    own = next(filter(None, map(_place, _own(frames))), "")
    logger = word(event, "logger")
    found = (
        (own if thrown else "")
        or ("" if logger == "root" else logger)
        or own
        or word(event, "transaction", "culprit")
        or next(filter(None, map(_place, frames)), "")
        or logger
    )
    return named(found) or UNNAMED


def _place(frame: Mapping[str, Json]) -> str:
    """`module.function`; a script is called by its file."""
    module, function = word(frame, "module"), word(frame, "function")
    if module in ("", "__main__"):
        file = word(frame, "filename", "abs_path")[-4 * FIELDS :].replace("\\", "/")
        module = file.rpartition("/")[2].partition("?")[0].rpartition(".")[0]
    if function in _NO_NAMES:
        return module
    return f"{module}.{function}" if module else function


def _about(event: Mapping[str, Json], frames: list[Mapping[str, Json]]) -> Args | None:
    kept: dict[str, Json] = {
        key: value
        for key, value in islice(mapping(event.get("extra")).items(), FIELDS)
        if key not in _OWN_EXTRA
    }
    own = _own(frames)[:FRAMES]
    places = [f"{_place(f)}, line {word(f, 'lineno') or '?'}" for f in own]
    if places:
        kept["frames"] = places
    if route := word(event, "transaction"):
        kept["transaction"] = route
    return kept or None


def _tags(event: Mapping[str, Json]) -> tuple[str, ...]:
    return tags(_pairs(event))


def _pairs(event: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """What stands at the event itself first; tags come as an object or as pairs."""
    for name in ("environment", "release", "server_name"):
        yield name, event.get(name)
    said = event.get("tags")
    yield from islice(mapping(said).items(), FIELDS)
    for pair in islice(items(said), FIELDS):
        key, value = (*items(pair), None, None)[:2]
        if isinstance(key, str):
            yield key, value

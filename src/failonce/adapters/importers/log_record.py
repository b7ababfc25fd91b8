"""One event of a log as a recording, from fields or from a line of text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from failonce.adapters.importers.log_fields import (
    COMPONENT,
    ERROR_TYPE,
    ERRORS,
    LEVEL,
    MESSAGE,
    STACK,
    TIME,
    error_text,
    folded,
    is_bad,
    reads_as_error,
)
from failonce.adapters.importers.reading import items, moment, pick, word
from failonce.model import UNNAMED, Call, Json, Origin, Recording

_UNUSED: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK: Final = r"\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP: Final = re.compile(
    r"\s{0,2}(?:<\d{1,3}>(?:1 )?)?\[?(?:"
    rf"(?P<iso>\d{{4}}[-/]\d\d[-/]\d\d[T _-]{{1,2}}{_CLOCK}(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d))?)"
    rf"|(?P<short>\d\d[/-]\d\d[/-]\d\d {_CLOCK})"
    rf"|(?P<monthday>\d\d-\d\d {_CLOCK})"
    rf"|(?P<clf>\d\d/{_MONTH}/\d{{4}}[: ]{_CLOCK}(?: [+-]\d{{4}})?)"
    rf"|(?P<ctime>(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?{_MONTH} {{1,2}}\d{{1,2}} {_CLOCK}"
    r"(?: \d{4}\b)?)"
    rf"|(?P<glog>[IWEFD]\d{{4}} {_CLOCK})"
    r"|(?P<epoch>1\d{9}(?:\.\d{1,9})?)(?=[\s\]])"
    r")\]?[\s|:,-]{0,6}"
)
_LEVEL: Final = re.compile(
    r"[\s\[(<|]{0,4}(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRIT(?:ICAL)?|SEVERE|PANIC"
    r"|ALERT|EMERG(?:ENCY)?|FINE|VERBOSE)[\])>|:,]{0,3}(?=\s|$|\[|\()[\s|-]{0,6}",
    re.IGNORECASE,
)
_THREAD: Final = re.compile(r"(?:\[[^\[\]]{1,80}\]|\d{1,7})\s{1,8}")
_COMPONENT: Final = re.compile(
    r"(?:\[(?P<boxed>[\w.$/-]{2,120})\](?:\s?:|\s-)?\s{1,4}"
    r"|(?P<dotted>[\w$/-]{2,60}(?:[.:][\w$/-]{1,60}){1,12})(?:\s{0,30}[:-](?=\s)|:\d{1,6}(?=\s))\s{1,4}"
    r"|(?P<plain>[A-Za-z][\w.$/-]{1,60})(?:\[\d{1,8}\])?\s{0,30}(?::|\s-)\s{1,4})"
)
_SYSLOG: Final = re.compile(
    r"(?P<host>[\w.:-]{1,100}) (?P<program>[\w./()-]{1,60})(?:\[\d{1,8}\])?: "
)
_GLOG: Final = re.compile(r"\s{0,4}\d{1,8} (?P<file>[\w./-]{1,80}):\d{1,6}\] ")
_ANDROID: Final = re.compile(
    r"\s{0,4}\d{1,6}\s{1,4}\d{1,6} (?P<level>[VDIWEFA]) (?P<tag>[^:]{1,80}?)\s{0,30}: "
)
_GLOG_LEVELS: Final = {"I": "info", "W": "warn", "E": "error", "F": "fatal", "D": "debug"}
_NOT_COMPONENTS: Final = re.compile(
    r"(?:error|exception|warning|fatal|panic|traceback|info)\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first line of an event says before its message."""

    at: datetime | None
    level: str | None
    component: str
    message: str
    stamped: bool


def head_of(line: str, modified: datetime) -> Head:
    """The stamp, level, component and message of a line; `modified` gives missing years."""
    stamp = _STAMP.match(line)
    if stamp is None:
        level, rest = _level(line)
        return Head(at=None, level=level, component="", message=rest, stamped=False)
    at = _moment(stamp, modified)
    rest = line[stamp.end() :]
    if stamp["glog"] and (found := _GLOG.match(rest)):
        level = _GLOG_LEVELS[stamp["glog"][0]]
        return Head(
            at=at, level=level, component=found["file"], message=rest[found.end() :], stamped=True
        )
    if stamp["monthday"] and (found := _ANDROID.match(rest)):
        return Head(
            at=at,
            level=found["level"],
            component=found["tag"],
            message=rest[found.end() :],
            stamped=True,
        )
    component = ""
    if (stamp["ctime"] or stamp["iso"]) and (found := _SYSLOG.match(rest)) and _is_host(found):
        component, rest = found["program"], rest[found.end() :]
    level, after = _level(rest)
    if level is None and (thread := _THREAD.match(rest)):
        level, after = _level(rest[thread.end() :])
    if level is None:
        after = rest
    if not component:
        component, after = _component(after, level is not None)
        if level is None and component:
            level, after = _level(after)
    return Head(at=at, level=level, component=component, message=after, stamped=True)


def text_recording(
    head: Head, text: str, source: str, line: int, *, traced: bool = False
) -> Recording:
    """A plain event; without a level its words, or the stack below it, make it an error."""
    bad = is_bad(head.level)
    return Recording(
        call=Call(tool=head.component or UNNAMED),
        text=text,
        flagged=traced or reads_as_error(text) if bad is None else bad,
        at=head.at,
        origin=Origin.LOG,
        source=source,
        line=line,
    )


def fields_recording(fields: Mapping[str, Json], source: str, line: int) -> Recording | None:
    """An event from named fields, None where they hold no message."""
    flat = folded(fields)
    message, error_type = error_text(pick(flat, *MESSAGE))
    error = flat.get("error")
    if error not in (None, "") and (plain := pick(flat, "message", "msg")):
        message = f"{error_text(plain)[0]}: {message}"
    stack = error_text(pick(flat, *STACK))[0]
    if stack and stack not in message:
        message = f"{message}\n{stack}" if message else stack
    if not message:
        return None
    bad = is_bad(pick(flat, *LEVEL))
    if bad is None:
        bad = any(flat.get(name) for name in ERRORS) or reads_as_error(message)
    return Recording(
        call=Call(
            tool=word(flat, *COMPONENT) or UNNAMED,
            session=word(flat, "session", "sessionid"),
            project=word(flat, "project"),
            task=word(flat, "task", "taskid") or None,
            trace=word(flat, "trace", "traceid", "requestid", "correlationid") or None,
        ),
        text=message,
        flagged=bad,
        at=moment_of(flat),
        origin=Origin.LOG,
        error_type=word(flat, *ERROR_TYPE) or error_type,
        tags=tuple(tag for tag in items(flat.get("tags")) if isinstance(tag, str)),
        source=source,
        line=line,
    )


def moment_of(flat: Mapping[str, Json]) -> datetime | None:
    """The time of folded fields, also where date and time stand in two of them."""
    if isinstance(date := flat.get("date"), str) and isinstance(clock := flat.get("time"), str):
        stamp = _STAMP.match(f"{date} {clock} ")
        if stamp is not None and (stamp["iso"] or stamp["short"]):
            return _moment(stamp, _UNUSED)
    value = pick(flat, *TIME)
    found = moment(value)
    if found is None and isinstance(value, str) and (stamp := _STAMP.match(value)):
        found = _moment(stamp, _UNUSED) if stamp["iso"] or stamp["clf"] else None
    return found


def _is_host(found: re.Match[str]) -> bool:
    return is_bad(found["host"]) is None and is_bad(found["program"]) is None


def _level(text: str) -> tuple[str | None, str]:
    found = _LEVEL.match(text)
    if found is None or (found[1].islower() and found[0].strip()[:1] != "["):
        return None, text
    if found[0].rstrip().endswith(":") and not found[1].isupper():
        return None, text
    return found[1], text[found.end() :]


def _component(text: str, levelled: bool) -> tuple[str, str]:
    found = _COMPONENT.match(text)
    if found is None:
        return "", text
    name: str = found["boxed"] or found["dotted"] or found["plain"]
    if _NOT_COMPONENTS.search(name) or (found["plain"] and not levelled):
        return "", text
    return name, text[found.end() :]


def _moment(stamp: re.Match[str], modified: datetime) -> datetime | None:
    try:
        return _parsed(stamp, modified)
    except (ValueError, OverflowError):
        return None


def _parsed(stamp: re.Match[str], modified: datetime) -> datetime | None:
    if iso := stamp["iso"]:
        text = iso.replace("/", "-").replace(",", ".").replace("UTC", "Z").replace("_", " ")
        return moment(text[:10] + "T" + text[11:].strip(" -").replace(" ", ""))
    if short := stamp["short"]:
        first, second, third = (int(part) for part in re.split("[/-]", short[:8]))
        day = (
            (first, second, third) if first > 12 or second <= 12 < third else (third, first, second)
        )
        return _at(2000 + day[0], day[1], day[2], short[9:])
    if clf := stamp["clf"]:
        at = _at(int(clf[7:11]), _month(clf[3:6]), int(clf[:2]), clf[12:].split()[0])
        zone = clf[-5:]
        if zone[0] in "+-":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
            at = at - offset if zone[0] == "+" else at + offset
        return at
    if epoch := stamp["epoch"]:
        return moment(float(epoch))
    if ctime := stamp["ctime"]:
        parts = [part for part in ctime.split() if part.lower()[:3] in _MONTHS or part[0].isdigit()]
        if len(parts) == 4:
            return _at(int(parts[3]), _month(parts[0]), int(parts[1]), parts[2])
        return _this_year(_month(parts[0]), int(parts[1]), parts[2], modified)
    if glog := stamp["glog"]:
        return _this_year(int(glog[1:3]), int(glog[3:5]), glog[6:], modified)
    monthday = stamp["monthday"]
    return _this_year(int(monthday[:2]), int(monthday[3:5]), monthday[6:], modified)


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1


def _at(year: int, month: int, day: int, clock: str) -> datetime:
    hour, minute, second = clock.replace(",", ".").split(":")
    whole, _, fraction = second.partition(".")
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return datetime(year, month, day, int(hour), int(minute), int(whole), micros, UTC)


def _this_year(month: int, day: int, clock: str, modified: datetime) -> datetime:
    """The newest such day that is not after the file was written."""
    for year in range(modified.year, modified.year - 8, -1):
        try:
            at = _at(year, month, day, clock)
        except ValueError:  # 29 February
            continue
        if at <= modified + timedelta(days=1):
            return at
    raise ValueError("no such day")

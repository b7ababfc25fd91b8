"""What an error text says in a fixed form: exception class, status, code, exit, pause.

Structure is read here, words in `category`. Every expression is bounded and searched in
`pattern_table.window` of the text only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import re2

from failonce.language.pattern_table import window

ERROR_ENDS = (
    "Error|Exception|Timeout|Fault|Denied|Interrupt|Exit|NotFound|Refused|Exceeded|UndefinedTable"
    "|UndefinedColumn"
)
"""What the name of a class of errors ends in, as alternatives of an expression."""
_PAUSE = (
    r"\b(?:try again|retry|retrying|wait|available|resets?)(?: (?:in|after|for|at least)){0,2}"
    r"(?: about)? "
)
_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "exit": r"(?i)(?:\bexit(?:ed)?(?: with)?(?: status| code)?|\bexit_code\"?"
        r"|\breturn(?:ed)?(?: code)?|\bnon-zero exit status)[ :=]{1,4}(-?\d{1,9})\b",
        "rpc": r"(?:^|[^\w.])(-32\d{3})\b",
        "http": r"(?i)\bHTTP(?:/[\d.]{1,4}|S)?(?: (?:error|status)(?: code)?)?"
        r"[ :=(]{1,3}([45]\d\d)\b"
        r"|\bstatus(?:[ _]?code)?[\"']?[ :=]{1,4}[\"']?([45]\d\d)\b"
        r"|\b([45]\d\d) (?:Client|Server) Error\b"
        r"|\b([45]\d\d)[ :-]{1,3}(?:Bad Request|Unauthorized|Forbidden|(?:Page )?Not Found"
        r"|Method Not Allowed|Request Timeout|Conflict|Gone|Payload Too Large"
        r"|Unprocessable|Too Many Requests|Internal Server Error|Bad Gateway"
        r"|Service (?:Temporarily )?Unavailable|Gateway Time-?out)\b",
        "errno": r"\b(E(?:ACCES|ADDRINUSE|AGAIN|BUSY|CONNABORTED|CONNREFUSED|CONNRESET|DQUOT|EXIST"
        r"|HOSTUNREACH|INVAL|ISDIR|MFILE|NETUNREACH|NFILE|NOENT|NOMEM|NOSPC|NOTDIR|NOTEMPTY"
        r"|NOTFOUND|PERM|PIPE|ROFS|TIMEDOUT|TIMEOUT|AI_AGAIN))\b",
        "grpc": r"\bcode = ([A-Z][A-Za-z]{2,30})\b|\bStatusCode\.([A-Z_]{2,30})\b",
        "sql": r"\bSQLSTATE[ =:\[(]{1,3}([0-9A-Z]{5})\b|\bERROR \d{4} \(([0-9A-Z]{5})\)"
        r"|\b(SQLITE_[A-Z]{3,20})\b|\b(ORA-\d{5})\b",
        "class": r"(?m)(?:^|[\s(\[\"'>:|])(?:[A-Za-z_][\w$]{0,60}(?:\.|::|\\)){0,8}"
        rf"([A-Z][A-Za-z0-9_]{{0,80}}?(?:{ERROR_ENDS}))(?:[:)\]\s,'\"]|$)",
        "traceback": r"Traceback (\(most recent call last\))",
        "crash": r"(?m)(^panic: |\bpanicked at |\bSegmentation fault\b)",
        "pause": r"(?i)\bretry[-_ ]?after(?P<ms>[-_ ]?ms)?[\"']?(?: header)?"
        r"\s{0,3}[:=]?\s{0,3}[\"']?(?P<n>\d{1,9}(?:\.\d{1,6})?)\s?(?P<unit>[a-z]{0,12})"
        rf"|{_PAUSE}(?P<m>\d{{1,4}})\s?m(?:in(?:ute)?s?)?\s?(?P<s>\d{{1,4}}(?:\.\d{{1,6}})?)\s?s"
        rf"|{_PAUSE}(?P<n2>\d{{1,9}}(?:\.\d{{1,6}})?)\s?(?P<unit2>[a-z]{{1,12}})\b",
    }
)
"""RE2 expressions by the fact they find: the first group that matched is the fact."""

_BLIND = frozenset(("errno", "grpc", "class", "traceback", "crash"))
"""Facts whose expressions take every digit for any other: they stand at the same place in texts
that differ in digits alone."""
_FOLD = str.maketrans("123456789", "0" * 9)
_REMEMBERED = 1024
"""Characters of the longest text whose facts are remembered; more of them are new anyway."""

_TRACEBACK = re.compile(r"^(?:[A-Za-z_]\w{0,60}\.){0,8}([A-Z]\w{0,80})(?:: |$)", re.MULTILINE)
_UNITS = {
    "ms": 0.001, "msec": 0.001, "millisecond": 0.001, "milliseconds": 0.001,
    "": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """The facts of one error; what a source holds as a field beats what its text says.

    `status` is an HTTP status or a JSON-RPC code. `code` is an errno name, a SQLSTATE,
    a SQLite result or a gRPC status. `retry_after_s` is in seconds.
    """

    text: str = ""
    error_type: str = ""
    status: int | None = None
    code: str = ""
    exit_code: int | None = None
    retry_after_s: float | None = None


def read(signals: Signals) -> Signals:
    """The same signals with every unset field filled from the text, where it says so."""
    text = window(signals.text)
    said = _facts(text)
    pause = signals.retry_after_s
    return Signals(
        text=text,
        error_type=signals.error_type or _class(text, said),
        status=signals.status if signals.status is not None else _status(said),
        code=signals.code or said.get("errno") or said.get("grpc") or said.get("sql") or "",
        exit_code=signals.exit_code if signals.exit_code is not None else _int(said.get("exit")),
        retry_after_s=retry_after(text) if pause is None and "pause" in said else pause,
    )


def blind(folded: str) -> Signals | None:
    """What every text says that is this one once its digits are zeros, as far as it is a name.

    None where their digits decide, so that they do not all say the same.
    """
    found = read(Signals(text=folded))
    if found.error_type:
        return None if "0" in found.error_type else Signals(error_type=found.error_type)
    if any(_may_be(name).search(folded) for name in ("exit", "rpc", "http")):
        return None
    return None if "0" in found.code else Signals(code=found.code)


def headline(text: str) -> str:
    """The first line that says something: tags and the line of the exit code passed over."""
    start = text.lstrip()
    if start[:9].lower() == "exit code":
        start = start.partition("\n")[2].lstrip()
    return start.partition("\n")[0][:300]


def exit_code(text: str) -> int | None:
    """The exit status that a text names, None where it names none."""
    return _int(_fact("exit", text))


def retry_after(text: str) -> float | None:
    """Seconds to wait before another try, None where the text names no pause.

    A date is not turned into seconds: that would need a clock.
    """
    match = _expression("pause").search(text)
    if match is None:
        return None
    if match["m"] is not None:
        return int(match["m"]) * 60 + float(match["s"])
    if match["n2"] is not None:
        unit = _UNITS.get(match["unit2"].lower())
        return None if unit is None else float(match["n2"]) * unit
    unit = 0.001 if match["ms"] else _UNITS.get(match["unit"].lower(), 1.0)
    return float(match["n"]) * unit


@cache
def _expression(name: str) -> Any:
    return re2.compile(_SOURCES[name])


@cache
def _may_be(name: str) -> Any:
    """Finds in a folded text what the expression finds in one of those that fold to it."""
    return re2.compile(_SOURCES[name].replace("[45]", "0").replace("-32", "-00"))


@cache
def _all() -> tuple[re2.Set, tuple[str, ...]]:
    table = re2.Set.SearchSet()
    for source in _SOURCES.values():
        table.Add(source)
    table.Compile()
    return table, tuple(_SOURCES)


def _facts(text: str) -> Mapping[str, str]:
    """Every fact of the table that the text holds: one pass, then one for each found."""
    table, names = _all()
    hits = table.Match(text.encode("utf-8", "replace"))
    if not hits:
        return {}
    folded = text.translate(_FOLD) if len(text) <= _REMEMBERED and text.isascii() else ""
    return {names[hit]: found for hit in hits if (found := _looked_up(names[hit], text, folded))}


def _looked_up(name: str, text: str, folded: str) -> str:
    """`_fact`, from what is remembered of a text that is the same but for its digits."""
    if not folded or name not in _BLIND:
        return _fact(name, text)
    found = _folded_fact(name, folded)
    return _fact(name, text) if "0" in found else found


@lru_cache(maxsize=8192)
def _folded_fact(name: str, folded: str) -> str:
    return _fact(name, folded)


def _fact(name: str, text: str) -> str:
    match = _expression(name).search(text)
    return "" if match is None else next((group for group in match.groups() if group), "")


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _status(said: Mapping[str, str]) -> int | None:
    return _int(said.get("rpc") or said.get("http"))


def _class(text: str, said: Mapping[str, str]) -> str:
    """The exception class: the last line of a Python traceback, else the first class."""
    if "traceback" in said:
        start = text.rfind("Traceback (most recent call last)")
        lines = _TRACEBACK.findall(text, start + 33)
        if lines:
            return str(lines[-1])
    return said.get("class") or ("panic" if "crash" in said else "")

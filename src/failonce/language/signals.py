"""What an error text says in a fixed form: exception class, status, code, exit, pause.

Structure is read here, words in `category`. Every expression is bounded and searched in
`pattern_table.window` of the text only.
"""

import re
from dataclasses import dataclass, replace

from failonce.language.pattern_table import window

_EXIT = re.compile(
    r"(?:\bexit(?:ed)?(?: with)?(?: status| code)?|\bexit_code\"?|\breturn(?:ed)?(?: code)?"
    r"|\bnon-zero exit status)[ :=]{1,4}(-?\d{1,10})\b",
    re.IGNORECASE,
)
_RPC = re.compile(r"(?<![\w.])-32\d{3}\b")
_HTTP = re.compile(
    r"\bHTTP(?:/[\d.]{1,4}|S)?(?: (?:error|status)(?: code)?)?[ :=(]{1,3}([1-5]\d\d)\b"
    r"|\bstatus(?:[ _]?code)?[\"']?[ :=]{1,4}[\"']?([1-5]\d\d)\b"
    r"|\b([45]\d\d) (?:Client|Server) Error\b"
    r"|\b([45]\d\d)[ :-]{1,3}(?:Bad Request|Unauthorized|Forbidden|(?:Page )?Not Found"
    r"|Method Not Allowed|Request Timeout|Conflict|Gone|Payload Too Large"
    r"|Unprocessable|Too Many Requests|Internal Server Error|Bad Gateway"
    r"|Service (?:Temporarily )?Unavailable|Gateway Time-?out)\b",
    re.IGNORECASE,
)
_GRPC = re.compile(r"\bcode = ([A-Z][A-Za-z]{2,30})\b|\bStatusCode\.([A-Z_]{2,30})\b")
_ERRNO = re.compile(
    r"\bE(?:ACCES|ADDRINUSE|AGAIN|BUSY|CONNABORTED|CONNREFUSED|CONNRESET|DQUOT|EXIST"
    r"|HOSTUNREACH|INVAL|ISDIR|MFILE|NETUNREACH|NFILE|NOENT|NOMEM|NOSPC|NOTDIR|NOTEMPTY"
    r"|NOTFOUND|PERM|PIPE|ROFS|TIMEDOUT|TIMEOUT|AI_AGAIN)\b"
)
_SQLSTATE = re.compile(
    r"\bSQLSTATE[ =:\[(]{1,3}([0-9A-Z]{5})\b|\bERROR \d{4} \(([0-9A-Z]{5})\)"
    r"|\b(SQLITE_[A-Z]{3,20})\b|\b(ORA-\d{5})\b"
)
_CLASS = re.compile(
    r"(?:^|[\s(\[\"'>:|])((?:[A-Za-z_][\w$]{0,60}(?:\.|::|\\)){0,8}"
    r"[A-Z][A-Za-z0-9_]{0,80}?(?:Error|Exception|Timeout|Fault|Denied|Interrupt|Exit"
    r"|NotFound|Refused|Exceeded|UndefinedTable|UndefinedColumn))(?=[:)\]\s,'\"]|$)",
    re.MULTILINE,
)
_TRACEBACK = re.compile(r"^(?:[A-Za-z_]\w{0,60}\.){0,8}([A-Z]\w{0,80})(?:: |$)", re.MULTILINE)
_CRASH = re.compile(r"^panic: |\bpanicked at |\bSegmentation fault\b", re.MULTILINE)

_PAUSE = (
    r"\b(?:try again|retry|retrying|wait|available|resets?)(?: (?:in|after|for|at least)){0,2}"
    r"(?: about)? "
)
_RETRY_AFTER = re.compile(
    r"\bretry[-_ ]?after(?P<ms>[-_ ]?ms)?[\"']?(?: header)?\s{0,3}[:=]?\s{0,3}[\"']?"
    r"(?P<n>\d{1,9}(?:\.\d{1,6})?)\s?(?P<unit>[a-z]{0,12})"
    rf"|{_PAUSE}(?P<m>\d{{1,4}})\s?m(?:in(?:ute)?s?)?\s?(?P<s>\d{{1,4}}(?:\.\d{{1,6}})?)\s?s"
    rf"|{_PAUSE}(?P<n2>\d{{1,9}}(?:\.\d{{1,6}})?)\s?(?P<unit2>[a-z]{{1,12}})\b",
    re.IGNORECASE,
)
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
    return replace(
        signals,
        text=text,
        error_type=signals.error_type or _class(text),
        status=signals.status if signals.status is not None else _status(text),
        code=signals.code or _code(text),
        exit_code=signals.exit_code if signals.exit_code is not None else exit_code(text),
        retry_after_s=(
            signals.retry_after_s if signals.retry_after_s is not None else retry_after(text)
        ),
    )


def headline(text: str) -> str:
    """The first line that says something: tags and the line of the exit code passed over."""
    start = text.lstrip()
    if start[:9].lower() == "exit code":
        start = start.partition("\n")[2].lstrip()
    return start.partition("\n")[0][:300]


def exit_code(text: str) -> int | None:
    """The exit status that a text names, None where it names none."""
    if "xit" not in text and "eturn" not in text:
        return None
    match = _EXIT.search(text)
    return int(match[1]) if match else None


def retry_after(text: str) -> float | None:
    """Seconds to wait before another try, None where the text names no pause.

    A date is not turned into seconds: that would need a clock.
    """
    match = _RETRY_AFTER.search(text)
    if match is None:
        return None
    if match["m"] is not None:
        return int(match["m"]) * 60 + float(match["s"])
    if match["n2"] is not None:
        unit = _UNITS.get(match["unit2"].lower())
        return None if unit is None else float(match["n2"]) * unit
    unit = 0.001 if match["ms"] else _UNITS.get(match["unit"].lower(), 1.0)
    return float(match["n"]) * unit


def _status(text: str) -> int | None:
    if "-32" in text and (rpc := _RPC.search(text)):
        return int(rpc[0])
    http = _HTTP.search(text)
    if http is None:
        return None
    status = int(next(group for group in http.groups() if group))
    return status if status >= 400 else None


def _code(text: str) -> str:
    for pattern in (_ERRNO, _GRPC, _SQLSTATE):
        if match := pattern.search(text):
            return next((group for group in match.groups() if group), match[0])
    return ""


def _class(text: str) -> str:
    """The exception class: the last line of a Python traceback, else the first class."""
    start = text.rfind("Traceback (most recent call last)")
    if start >= 0:
        last = ""
        for match in _TRACEBACK.finditer(text, start + 33):
            last = match[1]
        if last:
            return last
    if match := _CLASS.search(text):
        return re.split(r"\.|::|\\", match[1])[-1]
    return "panic" if _CRASH.search(text) else ""

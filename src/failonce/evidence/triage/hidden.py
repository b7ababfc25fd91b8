"""Failures that carry no error flag, found by the form of a result.

What a tool shows of files, logs and web pages may talk about errors at length; only a
result that *is* an error counts, and tools that show contents are asked for more.
"""

import re

from failonce.language.patterns import PatternTable
from failonce.model import Recording

SHORT = 400
"""Characters: a longer text is contents, not a message, unless its form says otherwise."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHOWS = frozenset(
    "read cat view show head tail grep rg glob log logs file files diff notebook open contents"
    " content transcript history print terminal output".split()
)
"""Words in the names of tools that show what others wrote."""
_SEEKS = frozenset("search find query lookup list locate glob grep match route retrieve".split())
"""Words in the names of tools for which nothing found is an answer."""

_STARTS = re.compile(
    r"\s{0,8}(?:<(?:tool_use_)?error>|(?:Fatal |Unexpected |Internal )?[Ee]rror(?: \w{1,20}){0,6}[:!]"
    r"|(?:ERROR|FATAL|FAILED|FAILURE)\b[:!]|Error (?:executing|calling|running|invoking|during|while)\b"
    r"|Traceback \(most recent call last\)|MCP error -32\d{3}|Exception(?: in thread)?\b.{0,40}:"
    r"|(?:[A-Za-z_]\w{0,40}\.){0,6}[A-Z]\w{0,60}(?:Error|Exception): |Failed to \w|panic: "
    r"|(?:❌|✗|✖|🚫|⛔) ?\S)"
)
_MARKS = re.compile(
    r"\"(?:isError|is_error)\"\s{0,3}:\s{0,3}true\b|\bisError=True\b", re.IGNORECASE
)
_FALSE = re.compile(
    r"\"(?:success|ok|succeeded)\"\s{0,3}:\s{0,3}(?:false|0)\b"
    r"|\"(?:status|result|state)\"\s{0,3}:\s{0,3}\"(?:error|failed|failure|fail)\"",
    re.IGNORECASE,
)
_ERROR_KEY = re.compile(
    r"\"(?:error|errors|error_message|errorMessage)\"\s{0,3}:\s{0,3}"
    r"(?!null\b|false\b|\"\"|\[\s{0,3}\]|\{\s{0,3}\}|0\b|\"(?:none|no error|ok)\")[\"\[{\w-]",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"(?:\A|[^\\])[\"'\]]?text[\"']?\s{0,2}[:=]\s{0,2}(?P<q>[\"'])(?P<inner>.{0,1600})", re.DOTALL
)
_PAGE = re.compile(
    r"<title>\s{0,20}(?:Error )?([45]\d\d)\b|<h1>\s{0,20}([45]\d\d) \w|<title>[^<]{0,60}"
    r"\b(?:404|403|429|500|502|503|Not Found|Access Denied|Bad Gateway|Service Unavailable|"
    r"Just a moment|Attention Required|Too Many Requests|Forbidden)",
    re.IGNORECASE,
)

_SENTENCES: PatternTable[str] = PatternTable(
    (
        (
            "failed",
            (
                r"\A\W{0,4}(?:failed|failure|could not|cannot|can't|unable|invalid|unknown|unsupported|"
                r"access denied|permission denied|unauthori[sz]ed|forbidden|not authorized|request failed|"
                r"timeout|timed out|connection (?:refused|reset|error|timeout)|rate limit|too many requests"
                r"|not authenticated|authentication (?:failed|required))\b",
                r"\b(?:permission denied|access denied|timed out|connection refused|unauthori[sz]ed|"
                r"invalid (?:api key|credentials?|token)|status code [45]\d\d|rate limit exceeded)\W{0,8}\z",
            ),
        ),
        ("absent", (r"\b(?:does not exist|doesn't exist|(?:is|was|were|are)? ?not found|no such file)\W{0,8}\z",
                    r"\A\W{0,4}no such\b", r"\A[^.:]{0,60}\bnot found\b")),
    )
)  # fmt: skip
_NEGATED = re.compile(r"\b(?:no|0|zero|without) (?:\w{1,20} ){0,2}(?:errors?|issues?|problems?)\b")


def failed(recording: Recording) -> str:
    """The message of a failure that the source did not flag, empty where there is none."""
    text = recording.text
    if not text or text.isspace():
        return ""
    words = frozenset(_words(recording.call.tool))
    inner = _inner(text)
    if inner != text and _MARKS.search(text, 0, 400) or _MARKS.search(text, max(0, len(text) - 400)):
        return inner
    if inner[:1] in "{[" or inner[:8].lstrip()[:1] in ("{", "["):
        return inner if _json_failed(inner, words) else ""
    if words & _SHOWS:
        return ""
    if _STARTS.match(inner):
        return inner
    if inner[:200].lstrip()[:9].lower() in ("<!doctype", "<html><he") or "<html" in inner[:100]:
        return inner if _PAGE.search(inner, 0, 1500) else ""
    return inner if _sentence(inner, words) else ""


def _words(tool: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(tool[-80:])]


def _inner(text: str) -> str:
    """The message inside a printed or encoded MCP result, else the text itself."""
    start = text[:600]
    if not ("TextContent(" in start or ('"content"' in start and '"type"' in start)):
        return text
    found = start
    for _ in range(2):
        match = _WRAPPED.search(text, text.find(found[:40]) if found is not start else 0)
        if match is None:
            break
        inner = match["inner"]
        cut = re.search(r"(?<!\\)" + match["q"], inner)
        text = inner if cut is None else inner[: cut.start()]
        if "\\n" in text or '\\"' in text:
            text = text.replace('\\\\"', '"').replace('\\"', '"').replace("\\n", "\n")
        found = start = text[:600]
        if '"content"' not in start:
            break
    return text


def _json_failed(text: str, words: frozenset[str]) -> bool:
    """Whether a JSON result says at its own level, and first of all, that it failed."""
    head = text[:300]
    if words & _SHOWS and not head.lstrip().startswith(('{"error"', '{"errors"')):
        return False
    if not head.lstrip().startswith("{"):
        return False
    top = _top(text[:1500])
    return bool(_ERROR_KEY.search(top) or _FALSE.search(top) or _MARKS.search(top))


def _top(text: str) -> str:
    """The text of an object with the contents of nested values left out."""
    kept: list[str] = []
    depth = 0
    for part in re.split(r"(\"(?:[^\"\\]|\\.){0,400}\"|[{}\[\]])", text):
        if part in ("}", "]"):
            depth -= 1
        if depth == 1 or part in ("{", "["):
            kept.append(part)
        if part in ("{", "["):
            depth += 1
    return "".join(kept)


def _sentence(text: str, words: frozenset[str]) -> bool:
    """Whether a short text is one message that says that the call failed."""
    if len(text) > SHORT or text.count("\n") > 3 or _NEGATED.search(text):
        return False
    said = _SENTENCES.first(text)
    if said == "absent":
        return not words & _SEEKS
    return said is not None

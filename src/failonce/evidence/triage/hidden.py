"""Failures that carry no error flag, found by the form of a result.

What a tool shows of files, logs and web pages may talk about errors at length; only a
result that *is* an error counts, and tools that show contents are asked for more.
"""

import re
from functools import lru_cache

from failonce.evidence.triage.shell import command_of, culprits
from failonce.language.pattern_table import PatternTable
from failonce.model import Recording

SHORT = 400
"""Characters: a longer text is contents, not a message, unless its form says otherwise."""

LONGEST_MESSAGE = 4000
"""Characters of a wrapped result that are unwrapped."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHOWS = re.compile(
    r"\b(?:read|cat|view|show|head|tail|grep|rg|glob|logs?|files?|diff|notebook|open|contents?"
    r"|transcript|history|print|terminal|output)\b"
)
"""Words in the names of tools that show what others wrote."""
_SEEKS = re.compile(r"\b(?:search|find|query|lookup|list|locate|glob|grep|match|retrieve)\b")
"""Words in the names of tools for which nothing found is an answer."""

_STARTS = re.compile(
    r"\s{0,8}(?:<(?:tool_use_)?error>|(?:Fatal |Unexpected |Internal )?[Ee]rror(?: \w{1,20}){0,6}"
    r"[:!]|(?:ERROR|FATAL|FAILED|FAILURE)\b[:!]|Error (?:executing|calling|running|invoking|"
    r"during|while)\b|Traceback \(most recent call last\)|MCP error -32\d{3}"
    r"|Exception(?: in thread)?\b.{0,40}:"
    r"|(?:[A-Za-z_]\w{0,40}\.){0,6}[A-Z]\w{0,60}(?:Error|Exception): |Failed to \w|panic: "
    r"|(?:❌|✗|✖|🚫|⛔) ?\S)"
)
_SHELL_LINE = re.compile(
    r"(?:\(eval\):|[\w./+-]{1,60}: ).{0,300}\b(?:No such file or directory|[Nn]ot found"
    r"|[Pp]ermission denied|Is a directory|Not a directory|[Ii]nvalid option.{0,40}"
    r"|[Uu]nrecogni[sz]ed .{0,60}|not a git repository.{0,60}|Connection refused)\W{0,3}$"
)
_SHELL_NAMES = frozenset(("bash", "sh", "zsh", "dash", "ksh", "-bash", "fish", "command not found"))
_MARKS = re.compile(
    r"\"(?:isError|is_error)\"\s{0,3}:\s{0,3}true\b|\bisError=True\b", re.IGNORECASE
)
_FALSE = re.compile(
    r"\"(?:success|ok|succeeded)\"\s{0,3}:\s{0,3}(?:false|0)\b"
    r"|\"(?:status|result|state)\"\s{0,3}:\s{0,3}\"(?:error|failed|failure|fail)\"",
    re.IGNORECASE,
)
_TRUE = re.compile(r"\"(?:success|ok|succeeded)\"\s{0,3}:\s{0,3}true\b", re.IGNORECASE)
_ITEMS = re.compile(r"\s{0,8}\{\s{0,8}\"(?:results|items|outcomes)\"\s{0,3}:\s{0,3}\[\s{0,8}\{")
"""A result that is a list of the results of several parts."""
_ERROR_KEY = re.compile(
    r"\"(?:error|errors|error_message|errorMessage)\"\s{0,3}:\s{0,3}"
    r"(?!null\b|false\b|\"\"|\[\s{0,3}\]|\{\s{0,3}\}|0\b|\"(?:none|no error|ok)\")[\"\[{\w-]",
    re.IGNORECASE,
)
_PRINTED = re.compile(
    r"\bTextContent\(.{0,60}?\btext=(?P<q>['\"])(?P<inner>(?:(?!(?P=q))[^\\]|\\.)*)", re.DOTALL
)
_ENCODED = re.compile(
    r"\A\s{0,8}[\[{].{0,200}?\"text\"\s{0,3}:\s{0,3}\"(?P<inner>(?:[^\"\\]|\\.)*)", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": ""}
_PAGE = re.compile(
    r"<title>\s{0,20}(?:Error:? )?[45]\d\d\b|<h1>\s{0,20}[45]\d\d \w"
    r"|<title>\s{0,20}(?:Page )?(?:Not Found|Access Denied|Bad Gateway|Service Unavailable"
    r"|Just a moment|Attention Required|Too Many Requests|Forbidden|Internal Server Error)\b",
    re.IGNORECASE,
)
_SENTENCES: PatternTable[str] = PatternTable(
    (
        (
            "failed",
            r"""
            \A\W{0,4}(?:failed|failure|could not|cannot|can't|unable|invalid|unknown|unsupported
                |access denied|permission denied|unauthori[sz]ed|forbidden|not authorized
                |request failed|timeout|timed out|connection (?:refused|reset|error|timeout)
                |rate limit|too many requests|not authenticated
                |authentication (?:failed|required))\b
            \b(?:permission denied|access denied|timed out|connection refused|unauthori[sz]ed
                |invalid (?:api key|credentials?|token)|status code [45]\d\d
                |rate limit exceeded)\W{0,8}\z
            <error>[^<]{1,200}</error>\s{0,8}\z
            """,
        ),
        (
            "absent",
            r"""
            \b(?:does not exist|doesn't exist|not found|no such file)\W{0,8}\z
            \A\W{0,4}no such\b|\A[^.:\n]{0,60}\bnot found\b
            """,
        ),
    )
)
_NEGATED = re.compile(r"\b(?:no|0|zero|without) (?:\w{1,20} ){0,2}(?:errors?|issues?|problems?)\b")


def failed(recording: Recording) -> str:
    """The message of a failure that the source did not flag, empty where there is none."""
    text = recording.text
    if not text or text.isspace():
        return ""
    words = _words(recording.call.tool)
    inner = _inner(text) if "text" in text[:400] else text
    if inner is not text and (_MARKS.search(text, 0, 400) or _MARKS.search(text[-400:])):
        return inner
    if inner[:8].lstrip()[:1] in ("{", "["):
        return inner if _json_failed(inner, words) else ""
    if _SHOWS.search(words):
        return ""
    if _STARTS.match(inner):
        return inner
    if "<html" in inner[:200].lower():
        return inner if _PAGE.search(inner, 0, 1500) else ""
    return inner if _sentence(inner, words) else ""


def shell_failed(recording: Recording) -> str:
    """The output of a command that is nothing but its own error, empty for any other.

    Such are commands whose exit code a pipe swallowed, or which no exit code came with.
    A command that provides for failure (`||`) has said that it may fail.
    """
    text = recording.text.strip()
    if not text or len(text) > SHORT or text.count("\n") > 2:
        return ""
    lines = [line for line in text.split("\n") if line.strip()]
    if not all(_SHELL_LINE.match(line) for line in lines):
        return ""
    command = command_of(recording.call.args)
    if "||" in command:
        return ""
    names = {program.name for program in culprits(command, pipefail=True)}
    return text if all(_complains(line, names) for line in lines) else ""


def _complains(line: str, names: set[str]) -> bool:
    """Whether the line is a shell's own, or of one of these programs."""
    name = line.partition(": ")[0].rsplit("/", 1)[-1]
    return name in names or name in _SHELL_NAMES or name.startswith("(eval)")


@lru_cache(maxsize=4096)
def _words(tool: str) -> str:
    """The words of a tool's name: `mcp__db__readRows` is "mcp db read rows"."""
    return " ".join(_WORD.findall(tool[-80:])).lower()


def _inner(text: str) -> str:
    """The message inside a printed or encoded MCP result, else the text itself.

    A printed result may hold an encoded one, each with its own escapes.
    """
    for pattern in (_PRINTED, _ENCODED):
        if match := pattern.search(text[:LONGEST_MESSAGE]):
            text = _unescaped(match["inner"])
    return text


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)


def _json_failed(text: str, words: str) -> bool:
    """Whether a JSON result says at its own level, and first of all, that it failed."""
    head = text[:300]
    if _SHOWS.search(words) and not head.lstrip().startswith(('{"error"', '{"errors"')):
        return False
    if not head.lstrip().startswith("{"):
        return False
    top = _top(text[:1500])
    if _ITEMS.match(text) and _FALSE.search(text) and not _TRUE.search(text):
        return True
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


def _sentence(text: str, words: str) -> bool:
    """Whether a short text is one message that says that the call failed."""
    if len(text) > SHORT or text.count("\n") > 3 or _NEGATED.search(text):
        return False
    said = _SENTENCES.first(text)
    if said == "absent":
        return not _SEEKS.search(words)
    return said is not None

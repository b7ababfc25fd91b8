"""Real tools on the standard library alone: files, SQLite, git, commands, HTTP.

The scripted agent (`sample.agent`) worked with these very tools when `calls.jsonl.gz` was
recorded, and the demo calls them again, so a call that failed then fails now with the same words.
Nothing is invented: unknown arguments are refused by Python, SQL by SQLite, commits by git.
"""

import fnmatch
import inspect
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import sysconfig
import types
import typing
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

SHOWN_ROOT = "/workspace"
LOCK_WAIT_SECONDS = 0.05
COMMAND_TIMEOUT_SECONDS = 30
ROWS_AT_MOST = 20
_STANDARD_LIBRARY = sysconfig.get_path("stdlib")
_TOOLS_OWN_ERRORS = (
    TypeError,
    ValueError,
    OSError,
    re.error,
    sqlite3.Error,
    subprocess.TimeoutExpired,
)


class ToolError(Exception):
    """The answer to a call that failed; its text is what the agent reads."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A folder that the tools see as `/workspace`, as if it were mounted there.

    `hosts` maps an origin that the agent writes to the one that answers, e.g.
    `{"http://stock.internal": "http://127.0.0.1:40123"}`. `now` dates commits.
    """

    root: Path
    hosts: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = _now

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.resolve())

    def locate(self, path: str) -> Path:
        """Return the real file of a path as the agent writes it; ValueError if it is outside."""
        written = PurePosixPath(path)
        if written.is_absolute() and written.is_relative_to(SHOWN_ROOT):
            written = written.relative_to(SHOWN_ROOT)
        found = (self.root / written).resolve()
        if not found.is_relative_to(self.root):
            raise ValueError(f"path '{path}' is outside the workspace '{SHOWN_ROOT}'")
        return found

    def show(self, text: str) -> str:
        """Return the text with real paths and hosts as the agent knows them."""
        shown = text.replace(str(self.root), SHOWN_ROOT)
        shown = shown.replace(_STANDARD_LIBRARY, "/usr/lib/python3").replace(
            sys.executable, "python3"
        )
        for name, origin in self.hosts.items():
            shown = shown.replace(origin, name)
        return shown


def call(workspace: Workspace, tool: str, args: Mapping[str, object]) -> str:
    """Run one tool and return its answer; ToolError when it fails."""
    function = TOOLS.get(tool)
    if function is None:
        raise ToolError(f"Unknown tool: {tool}")
    try:
        _check_types(function, args)
        return workspace.show(function(workspace, **args))
    except _TOOLS_OWN_ERRORS as error:
        raise ToolError(workspace.show(f"{_error_name(error)}: {error}")) from error
    except ToolError as error:
        raise ToolError(workspace.show(str(error))) from error


def schema(tool: str) -> dict[str, object]:
    """Return the JSON schema of a tool's arguments; KeyError if there is no such tool."""
    signature = inspect.signature(TOOLS[tool])
    hints = typing.get_type_hints(TOOLS[tool])
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    return {
        "type": "object",
        "properties": {name: {"type": _JSON_NAMES[_plain_type(hints[name])]} for name in named},
        "required": [name for name, part in named.items() if part.default is part.empty],
        "additionalProperties": False,
    }


@contextmanager
def another_writer(workspace: Workspace, database: str) -> Iterator[None]:
    """Hold a write lock on a database, as a nightly job of somebody else would."""
    with closing(sqlite3.connect(workspace.locate(database), isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        yield
        writer.execute("ROLLBACK")


# Files -----------------------------------------------------------------------------------------


def read_file(
    workspace: Workspace, /, *, path: str, first_line: int = 1, line_count: int = 200
) -> str:
    """Return lines of a text file."""
    lines = workspace.locate(path).read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[first_line - 1 : first_line - 1 + line_count])


def write_file(workspace: Workspace, /, *, path: str, content: str) -> str:
    """Create or replace a text file; its folder must exist."""
    workspace.locate(path).write_text(content, encoding="utf-8")
    return f"wrote {len(content)} characters to {path}"


def edit_file(workspace: Workspace, /, *, path: str, old_text: str, new_text: str) -> str:
    """Replace a piece of text that occurs exactly once in a file."""
    file = workspace.locate(path)
    text = file.read_text(encoding="utf-8")
    found = text.count(old_text)
    if found == 0:
        raise ValueError(f"old_text was not found in {path}")
    if found > 1:
        raise ValueError(f"old_text occurs {found} times in {path}; give more of its surroundings")
    file.write_text(text.replace(old_text, new_text), encoding="utf-8")
    return f"replaced 1 passage in {path}"


def make_directory(workspace: Workspace, /, *, path: str) -> str:
    """Create a folder and the folders above it."""
    workspace.locate(path).mkdir(parents=True, exist_ok=True)
    return f"created {path}"


def list_files(workspace: Workspace, /, *, path: str = ".", pattern: str = "*") -> str:
    """List the entries of one folder, folders with a slash."""
    folder = workspace.locate(path)
    names = (entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    shown = sorted(name for name in names if fnmatch.fnmatch(name.rstrip("/"), pattern))
    return "\n".join(name for name in shown if name != ".git/")


def search_text(workspace: Workspace, /, *, pattern: str, path: str = ".") -> str:
    """List the lines below a folder that match a regular expression."""
    wanted = re.compile(pattern)
    top = workspace.locate(path)
    files = sorted(file for file in top.rglob("*.*") if file.is_file() and ".git" not in file.parts)
    hits = []
    for file in files:
        if file.suffix not in {".py", ".md", ".txt", ".toml", ".csv"}:
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if wanted.search(line):
                hits.append(f"{file.relative_to(workspace.root)}:{number}: {line.strip()}")
    return "\n".join(hits) if hits else "no match"


# SQLite ----------------------------------------------------------------------------------------


def query(
    workspace: Workspace, /, *, database: str, sql: str, parameters: list[object] | None = None
) -> str:
    """Run one SQL statement; rows come back as JSON, one a line."""
    file = workspace.locate(database)
    if not file.exists():
        raise FileNotFoundError(f"no database at {database}")
    with closing(sqlite3.connect(file, timeout=LOCK_WAIT_SECONDS)) as connection, connection:
        connection.row_factory = sqlite3.Row
        cursor = connection.execute(sql, parameters or [])
        if cursor.description is None:
            return f"{max(cursor.rowcount, 0)} rows changed"
        rows = [json.dumps(dict(row)) for row in cursor.fetchmany(ROWS_AT_MOST)]
        return "\n".join(rows) if rows else "0 rows"


# Programs --------------------------------------------------------------------------------------


def git(workspace: Workspace, /, *, arguments: list[str], directory: str = ".") -> str:
    """Run git in a folder of the workspace."""
    return _run(workspace, ["git", *arguments], workspace.locate(directory))


def run_command(workspace: Workspace, /, *, command: str, directory: str = ".") -> str:
    """Run a program without a shell."""
    words = shlex.split(command)
    if words[0] == "python3":
        words[0] = sys.executable
    return _run(workspace, words, workspace.locate(directory))


def run_tests(workspace: Workspace, /, *, file_path: str, directory: str = ".") -> str:
    """Run the unit tests of one file."""
    words = [sys.executable, "-m", "unittest", file_path]
    return _run(workspace, words, workspace.locate(directory))


def _run(workspace: Workspace, words: list[str], directory: Path) -> str:
    done = subprocess.run(
        words,
        cwd=directory,
        env=_environment(workspace),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ToolError(f"exit code {done.returncode}\n{done.stdout.strip()}")
    return done.stdout.strip() or "(no output)"


def _environment(workspace: Workspace) -> dict[str, str]:
    """The same for everybody: no settings of this machine's git, no compiled files."""
    moment = workspace.now().strftime("%Y-%m-%dT%H:%M:%S+0000")
    settings = {"user.useConfigOnly": "true", "init.defaultBranch": "main", "gc.auto": "0"}
    numbered: dict[str, str] = {}
    for number, (key, value) in enumerate(settings.items()):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return numbered | {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(workspace.root),
        "LC_ALL": "C",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(workspace.root.parent),
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_DATE": moment,
    }


# HTTP ------------------------------------------------------------------------------------------


def fetch(workspace: Workspace, /, *, url: str, parameters: dict[str, str] | None = None) -> str:
    """Get a resource of one of the workspace's hosts."""
    parts = urllib.parse.urlsplit(url)
    origin = workspace.hosts.get(f"{parts.scheme}://{parts.netloc}")
    if origin is None:
        raise ValueError(f"unknown host in {url}")
    question = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    target = f"{origin}{parts.path}{question}"
    try:
        with urllib.request.urlopen(target, timeout=10) as answer:  # noqa: S310 - known hosts only
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        lines = [f"HTTP {error.code} {error.reason}"]
        if wait := error.headers.get("Retry-After"):
            lines.append(f"Retry-After: {wait}")
        raise ToolError("\n".join([*lines, error.read().decode()])) from error


# How arguments are checked ---------------------------------------------------------------------

TOOLS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        read_file,
        write_file,
        edit_file,
        make_directory,
        list_files,
        search_text,
        query,
        git,
        run_command,
        run_tests,
        fetch,
    )
}

_JSON_NAMES = {str: "string", int: "integer", list: "array", dict: "object"}


def _plain_type(hint: object) -> type:
    """`list[str] | None` is a list, as far as the caller's JSON is concerned."""
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    origin = typing.get_origin(hint) or hint
    return next(plain for plain in _JSON_NAMES if plain is origin)


def _check_types(function: Callable[..., str], args: Mapping[str, object]) -> None:
    """TypeError in Python's own words for a known argument of another JSON type."""
    hints = typing.get_type_hints(function)
    for name, value in args.items():
        if name not in hints or value is None:
            continue
        wanted = _plain_type(hints[name])
        if not isinstance(value, wanted) or isinstance(value, bool):
            words = f"argument '{name}' must be {wanted.__name__}, not {type(value).__name__}"
            raise TypeError(f"{function.__name__}() {words}")


def _error_name(error: Exception) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"

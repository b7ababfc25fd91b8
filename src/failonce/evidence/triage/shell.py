"""Which program of a shell command may have produced its exit status, and its trade.

A command is split as a POSIX shell would list it: `;` and newline separate lists, `&&` and
`||` chain pipelines, `|` pipes programs. The status is that of the last list (of any,
under `set -e`), and of the last program of a pipeline (of any, under `pipefail`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from failonce.evidence.triage.trades import Program, trade
from failonce.model import Args

LONGEST_COMMAND = 8000
"""Characters of a command that are looked at; the rest is usually a here-document."""


_COMMAND_KEYS = ("command", "cmd", "script", "shell_command", "commandLine", "CommandLine")
_COMMANDS = frozenset(_COMMAND_KEYS)

_TOKEN = re.compile(
    r"\\\n|(?P<op>&&|\|\||;;|\|&?|;|\n|&(?!>)(?<!>&)|[(){}](?=\s|$|;)|(?<=\s)[({](?=\s)|^\()"
    r"|(?P<space>[ \t]+)|(?P<comment>(?<![^\s;&|(])\#[^\n]*)"
    r"|(?P<word>(?:[^\s\\'\"|&;<>()`$\#]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\$\([^()]*\)|\$|`[^`]*`"
    r"|(?<=[^\s|&;])\#)+)|(?P<redirect>\d*(?:>>|>&|<&|&>>?|<<<|>\||>|<)[ \t]*)|(?P<rest>.)",
    re.DOTALL,
)
_HERE = re.compile(r"(?<!<)<<-?[ \t]*(['\"]?)(\w{1,40})\1([^\n]*)\n")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WRAPPERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "sudo": frozenset({"-u", "-g"}),
        "env": frozenset({"-u"}),
        "time": frozenset(),
        "timeout": frozenset({"-k", "-s"}),
        "gtimeout": frozenset({"-k", "-s"}),
        "nice": frozenset({"-n"}),
        "nohup": frozenset(),
        "exec": frozenset(),
        "command": frozenset(),
        "builtin": frozenset(),
        "xargs": frozenset({"-n", "-I", "-P", "-d", "-L"}),
        "npx": frozenset({"-p"}),
        "pnpx": frozenset(),
        "bunx": frozenset(),
        "stdbuf": frozenset(),
        "unbuffer": frozenset(),
        "caffeinate": frozenset(),
        "arch": frozenset(),
        "rtk": frozenset(),
        "doas": frozenset(),
        "then": frozenset(),
        "do": frozenset(),
        "else": frozenset(),
        "if": frozenset(),
        "while": frozenset(),
        "!": frozenset(),
    }
)
"""Programs and words that run what follows them, with their options that take a value."""

_RUNNERS = _names(
    "uv poetry pipenv pdm hatch rye bundle pnpm yarn npm bun mise asdf direnv conda mamba"
    " docker podman nix dotenv"
)
"""Programs that run another after `run` or `exec`."""

_SHELLS = _names("bash sh zsh dash ksh fish")
_INTERPRETERS = _names("python python2 python3 py pypy pypy3")

_CLOSERS = (["done"], ["fi"], ["esac"], ["wait"])


def command_of(args: Args | None) -> str:
    """The shell command among the arguments, empty where there is none."""
    if not args or _COMMANDS.isdisjoint(args):
        return ""
    for key in _COMMAND_KEYS:
        value = args.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, (list, tuple)):
            return _joined([str(word) for word in value])
    return ""


def _joined(words: list[str]) -> str:
    """A command given as a list of words: `bash -lc X` is X, the rest is quoted."""
    if len(words) == 3 and words[1].startswith("-") and words[1].endswith("c"):
        return words[2]
    return " ".join(word if word.isalnum() else "'" + word.replace("'", "") + "'" for word in words)


@lru_cache(maxsize=1024)
def culprits(command: str, *, pipefail: bool = False) -> tuple[Program, ...]:
    """The programs of a command that may have set its exit status, in order.

    `pipefail` is for shells that were started with that option.
    """
    lists, strict, own_pipefail = _lists(command[:LONGEST_COMMAND])
    pipefail = pipefail or own_pipefail
    chosen = lists if strict else _last(lists)
    found: list[Program] = []
    for chain in chosen:
        for pipeline in chain:
            words = pipeline if pipefail else pipeline[-1:]
            found.extend(program for each in words if (program := _program(each)))
    return tuple(found)


def _last(lists: list[list[list[list[str]]]]) -> list[list[list[list[str]]]]:
    """The last list; those before it too where it only hands on their status."""
    start = len(lists) - 1
    while start > 0 and lists[start][-1][-1][:1] in _CLOSERS:
        start -= 1
    if lists and lists[-1][-1][-1][:1] == ["exit"]:
        start = 0
    return lists[max(start, 0) :]


def _lists(command: str) -> tuple[list[list[list[list[str]]]], bool, bool]:
    """Lists of chains of pipelines of words; and whether `-e` and `pipefail` are set."""
    lists: list[list[list[list[str]]]] = [[[[]]]]
    skip = False
    for kind, value in _tokens(command):
        if kind == "redirect":
            skip = True
        elif kind == "word":
            if skip:
                skip = False
            else:
                lists[-1][-1][-1].append(value)
        elif value in ("&&", "||"):
            lists[-1].append([[]])
        elif value in ("|", "|&"):
            lists[-1][-1].append([])
        else:
            lists.append([[[]]])
    kept = [
        chain
        for each in lists
        if (chain := [p for pipe in each if (p := [words for words in pipe if words])])
    ]
    flags = [w for chain in kept for pipe in chain for w in pipe if w[0] == "set"]
    strict = any(w.startswith("-") and "e" in w for flag in flags for w in flag[1:2])
    return kept, strict, any("pipefail" in flag for flag in flags)


def _without_here(command: str) -> str:
    """The command without its here-documents, whose text is data."""
    kept, position = [], 0
    while match := _HERE.search(command, position):
        kept.append(command[position : match.start()] + match[3] + "\n")
        end = re.compile(rf"^[ \t]*{match[2]}\b", re.MULTILINE).search(command, match.end())
        position = end.end() if end else len(command)
    return "".join(kept) + command[position:]


def _tokens(command: str) -> Iterator[tuple[str, str]]:
    """Words, operators and redirections; here-documents and comments are passed over."""
    for match in _TOKEN.finditer(_without_here(command)):
        if match.lastgroup in ("op", "redirect", "word"):
            yield match.lastgroup, match[0]


def _program(words: Sequence[str]) -> Program | None:
    """The program that these words run, wrappers and assignments taken off."""
    rest = list(words)
    while rest:
        name = _bare(rest[0])
        if _ASSIGNMENT.match(rest[0]):
            rest = rest[1:]
        elif name == "command" and rest[1:2] and rest[1] in ("-v", "-V"):
            break
        elif name in _WRAPPERS:
            rest = _unwrapped(rest[1:], _WRAPPERS[name])
        elif name in _RUNNERS and (inner := _inner(rest)):
            rest = inner
        elif name in _INTERPRETERS and rest[1:2] == ["-m"] and len(rest) > 2:
            rest = rest[2:]
        elif name in _SHELLS and (script := _script(rest)):
            return (culprits(script) or (Program(name=name),))[-1]
        else:
            break
    if not rest:
        return None
    name, args = _bare(rest[0]), tuple(_unquoted(word) for word in rest[1:])
    return Program(name=name, args=args, trade=trade(name, args))


def _inner(words: list[str]) -> list[str]:
    """What `uv run X` and `docker compose exec app X` run; empty for a named task."""
    if words[1:2] not in (["run"], ["exec"], ["x"]) or len(words) < 3:
        return []
    rest = [word for word in words[2:] if not word.startswith("-")]
    if not rest:
        return []
    if words[0] in ("npm", "pnpm", "yarn", "bun", "mise") and words[1] == "run":
        return []
    if words[0] in ("docker", "podman"):
        return rest[1:]
    return rest


def _unwrapped(words: list[str], valued: frozenset[str]) -> list[str]:
    """The words after a wrapper's own options, durations and assignments."""
    index = 0
    while index < len(words):
        word = words[index]
        if word in valued:
            index += 2
        elif word.startswith("-") or word[:1].isdigit() or _ASSIGNMENT.match(word):
            index += 1
        else:
            break
    return words[index:]


def _script(words: list[str]) -> str:
    """The script in `bash -lc '…'`, else empty."""
    for index, word in enumerate(words[1:3], start=1):
        if word.startswith("-") and word.endswith("c") and len(words) > index + 1:
            return _unquoted(words[index + 1])
    return ""


def _unquoted(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return word[1:-1]
    return word


def _bare(word: str) -> str:
    """The base name of a program, without folders, `.exe` and `.cmd`."""
    name = _unquoted(word).replace("\\", "/").rsplit("/", 1)[-1]
    return name.removesuffix(".exe").removesuffix(".cmd")

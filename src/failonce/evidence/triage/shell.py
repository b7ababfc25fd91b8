"""Which program of a shell command may have produced its exit status, and its trade.

A command is split as a POSIX shell would list it: `;` and newline separate lists, `&&` and
`||` chain pipelines, `|` pipes programs. The status is that of the last list (of any,
under `set -e`), and of the last program of a pipeline (of any, under `pipefail`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

LONGEST_COMMAND = 8000
"""Characters of a command that are looked at; the rest is usually a here-document."""


class Trade(StrEnum):
    """What a non-zero exit of a program means."""

    CHECK = "check"
    """Tests, lints, compiles or audits the work: a non-zero exit reports findings."""
    SEARCH = "search"
    """Searches, compares or asks: exit 1 means no, none or different."""
    MERGE = "merge"
    """Combines lines of work: may stop at a conflict, which is news about the work."""
    PLAIN = "plain"
    """Fails only with a message of its own."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program of a command: its base name, its arguments, its trade."""

    name: str
    args: tuple[str, ...] = ()
    trade: Trade = Trade.OTHER


_TOKEN = re.compile(
    r"\\\n|(?P<here><<-?\s*(?P<q>['\"]?)(?P<tag>\w+)(?P=q))"
    r"|(?P<op>&&|\|\||;;|\|&?|;|\n|&(?!>)(?<!>&)|[(){}](?=\s|$|;)|(?<=\s)[({](?=\s)|^\()"
    r"|(?P<space>[ \t]+)|(?P<comment>(?<![^\s;&|(])\#[^\n]*)"
    r"|(?P<word>(?:[^\s\\'\"|&;<>()`$\#]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\$\([^()]*\)|\$|`[^`]*`"
    r"|(?<=[^\s|&;])\#)+)|(?P<redirect>\d*(?:>>|>&|<&|&>>?|<<<|>\||>|<)[ \t]*)|(?P<rest>.)",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")

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

_RUNNERS = frozenset(
    "uv poetry pipenv pdm hatch rye bundle pnpm yarn npm bun mise asdf direnv conda mamba"
    " docker podman nix dotenv".split()
)
"""Programs that run another after `run` or `exec`."""

_SHELLS = frozenset("bash sh zsh dash ksh fish".split())
_INTERPRETERS = frozenset("python python2 python3 py pypy pypy3".split())

_CHECKERS = frozenset(
    # tests
    "pytest py.test unittest nose2 tox nox jest vitest mocha ava tap tape karma cypress playwright"
    " rspec cucumber minitest phpunit pest codecept ctest gtest busted bats shunit2 pester behave"
    " robot hypothesis nextest cargo-nextest gotestsum ginkgo surefire scalatest munit"
    # linters, formatters in check mode, type checkers, scanners
    " ruff flake8 pylint pyflakes pycodestyle pydocstyle mypy pyright basedpyright pyre pytype ty"
    " black isort bandit vulture eslint tslint xo standard biome oxlint stylelint prettier tsc vue-tsc"
    " svelte-check golangci-lint staticcheck gofmt gofumpt goimports gosec govulncheck errcheck revive"
    " shellcheck shfmt hadolint yamllint markdownlint markdownlint-cli2 actionlint rubocop standardrb"
    " brakeman sorbet srb phpstan psalm phpcs ktlint detekt checkstyle spotbugs pmd swiftlint"
    " swiftformat clang-tidy clang-format cppcheck cpplint rustfmt clippy-driver credo dialyzer hlint"
    " ormolu terraform-lint tflint tfsec checkov ansible-lint sqlfluff buf spectral vale codespell"
    " typos semgrep trivy gitleaks detect-secrets commitlint lint-staged pre-commit lychee vacuum"
    " import-linter lint-imports deptry nilaway vet jsonlint xmllint cfn-lint kubeconform kubeval"
    # compilers and builders of the project
    " gcc g++ cc c++ clang clang++ rustc javac kotlinc scalac swiftc ghc dmd ldc2 nvcc zig csc fsc"
    " make gmake ninja cmake meson bazel bazelisk buck buck2 gradle gradlew mvn mvnw ant sbt lein"
    " webpack rollup esbuild vite tsup swc turbo nx xcodebuild msbuild rebar3 stack cabal"
    " pdflatex xelatex latexmk tectonic sphinx-build mkdocs hugo jekyll".split()
)
"""Programs whose trade is to report on the work."""

_SEARCHERS = frozenset(
    "grep egrep fgrep zgrep rg ripgrep ag ack ugrep git-grep diff cmp comm colordiff difft test [ [["
    " which type whereis pgrep pidof fuser lsof expr let false mountpoint findmnt getent compgen"
    " dpkg-query locate command-v".split()
)
"""Programs whose exit 1 is an answer."""

_PLAIN = frozenset(
    "echo printf cd pushd popd export set unset source . true : cat head tail wc sort uniq cut tr tee"
    " sed awk gawk ls mkdir rm cp mv ln touch chmod chown pwd date sleep basename dirname find xxd"
    " column less more nl od seq stat file du df realpath readlink local declare typeset readonly alias"
    " return trap wait fi done esac ulimit umask shopt setopt eval mktemp tac rev fold fmt paste".split()
)
"""Programs that fail only with a message of their own."""

_CHECK_TASK = re.compile(
    r"(?:^|[-_:./])(?:e2e|ci|cov|fmt)(?:$|[-_:./])"
    r"|test|spec|lint|check|vet|type|tsc|build|compile|format|verify|validate|audit|cover|clippy",
    re.IGNORECASE,
)
"""Names of tasks that report on the work, for whatever runs tasks."""

_TASK_RUNNERS = frozenset(
    "make gmake npm pnpm yarn bun mise just task rake invoke inv nox tox hatch pdm poe poetry uv turbo"
    " nx lerna gradle gradlew mvn mvnw ant sbt lein mage earthly dagger moon deno composer grunt gulp"
    " pixi doit mix rush ng expo".split()
)
_CHECK_VERBS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "go": frozenset("test build vet fix generate install".split()),
        "cargo": frozenset(
            "test t build b check c clippy fmt nextest bench doc audit deny miri".split()
        ),
        "dotnet": frozenset("test build format publish pack".split()),
        "swift": frozenset("test build".split()),
        "zig": frozenset("build test fmt build-exe build-lib".split()),
        "deno": frozenset("test lint check fmt bench".split()),
        "bun": frozenset("test build".split()),
        "mix": frozenset("test compile format credo dialyzer".split()),
        "stack": frozenset("test build".split()),
        "cabal": frozenset("test build check".split()),
        "flutter": frozenset("test analyze build".split()),
        "dart": frozenset("test analyze format compile".split()),
        "terraform": frozenset("validate fmt plan".split()),
        "tofu": frozenset("validate fmt plan".split()),
        "rails": frozenset("test".split()),
        "ng": frozenset("test build lint e2e".split()),
        "helm": frozenset("lint template".split()),
        "npm": frozenset("t test audit outdated".split()),
        "pnpm": frozenset("t test audit outdated".split()),
        "yarn": frozenset("test audit outdated lint build tsc jest eslint".split()),
        "pip": frozenset("check".split()),
        "pip3": frozenset("check".split()),
        "uv": frozenset("check".split()),
        "poetry": frozenset("check".split()),
        "brew": frozenset("audit test doctor".split()),
        "gem": frozenset("build".split()),
        "node": frozenset(("--test", "--check")),
        "manage.py": frozenset("test check".split()),
        "crystal": frozenset("spec build".split()),
        "nim": frozenset("c check compile".split()),
        "elm": frozenset("make".split()),
        "gleam": frozenset("test build check".split()),
        "forge": frozenset("test build fmt".split()),
        "hardhat": frozenset("test compile".split()),
        "dbt": frozenset("test build compile".split()),
        "perl": frozenset(("-c",)),
        "ruby": frozenset(("-c",)),
        "php": frozenset(("-l",)),
        "bash": frozenset(("-n",)),
        "sh": frozenset(("-n",)),
        "zsh": frozenset(("-n",)),
    }
)
_ASK_VERBS: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("git", "grep"): frozenset(),
        ("git", "diff"): frozenset({"--exit-code", "--quiet", "--check", "--no-index"}),
        ("git", "diff-index"): frozenset(),
        ("git", "diff-files"): frozenset(),
        ("git", "config"): frozenset(),
        ("git", "check-ignore"): frozenset(),
        ("git", "merge-base"): frozenset(),
        ("git", "ls-files"): frozenset({"--error-unmatch"}),
        ("git", "show-ref"): frozenset(),
        ("git", "symbolic-ref"): frozenset({"-q", "--quiet"}),
        ("git", "rev-parse"): frozenset({"-q", "--quiet"}),
        ("git", "ls-remote"): frozenset({"--exit-code"}),
        ("gh", "pr"): frozenset({"checks"}),
        ("gh", "run"): frozenset({"--exit-status"}),
        ("systemctl", "is-active"): frozenset(),
        ("systemctl", "is-enabled"): frozenset(),
        ("systemctl", "is-failed"): frozenset(),
        ("systemctl", "status"): frozenset(),
        ("service", ""): frozenset({"status"}),
        ("command", "-v"): frozenset(),
        ("command", "-V"): frozenset(),
        ("jq", "-e"): frozenset(),
        ("dpkg", "-s"): frozenset(),
        ("dpkg", "-l"): frozenset(),
        ("rpm", "-q"): frozenset(),
        ("brew", "list"): frozenset(),
        ("npm", "ls"): frozenset(),
        ("npm", "list"): frozenset(),
        ("kubectl", "diff"): frozenset(),
        ("hg", "diff"): frozenset(),
    }
)
"""Questions a program can be asked, and the words of which one must be there (if any)."""

_MERGE_VERBS = frozenset(
    "merge rebase cherry-pick revert stash pull am apply checkout switch restore".split()
)


_CLOSERS = (["done"], ["fi"], ["esac"], ["wait"])


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


def _tokens(command: str) -> Iterator[tuple[str, str]]:
    """Words, operators and redirections; here-documents and comments are passed over."""
    position, pending = 0, ""
    while position < len(command):
        match = _TOKEN.match(command, position)
        if match is None:
            return
        position = match.end()
        if match["here"]:
            pending = match["tag"]
        elif match["op"]:
            if match["op"] == "\n" and pending:
                end = re.compile(rf"^\s*{pending}\s*$", re.MULTILINE).search(command, position)
                position, pending = (end.end() if end else len(command)), ""
            yield "op", match["op"]
        elif match["redirect"]:
            yield "redirect", match["redirect"]
        elif match["word"]:
            yield "word", match["word"]


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
    return Program(name=name, args=args, trade=_trade(name, args))


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


def _trade(name: str, args: tuple[str, ...]) -> Trade:
    verb = next((arg for arg in args if not arg.startswith("-")), "")
    if _asks(name, verb, args) or name in _SEARCHERS:
        return Trade.SEARCH
    if name in ("git", "hg", "jj", "svn") and verb in _MERGE_VERBS:
        return Trade.MERGE
    verbs = _CHECK_VERBS.get(name, frozenset())
    if name in _CHECKERS or verb in verbs or (args[:1] and args[0] in verbs):
        return Trade.CHECK
    if name in _TASK_RUNNERS and any(_CHECK_TASK.search(arg) for arg in args[:4]):
        return Trade.CHECK
    return Trade.PLAIN if name in _PLAIN else Trade.OTHER


def _asks(name: str, verb: str, args: tuple[str, ...]) -> bool:
    for key in ((name, verb), (name, args[0] if args else ""), (name, "")):
        needed = _ASK_VERBS.get(key)
        if needed is not None and (not needed or needed.intersection(args)):
            return True
    return False

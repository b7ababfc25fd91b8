"""What a non-zero exit means, by the trade of the program that gave it.

The tables name the programs of many ecosystems; a program that is not in them is `OTHER`,
and what it printed decides.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


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


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHECKERS = _names(
    """
    pytest py.test unittest nose2 tox nox jest vitest mocha ava tap tape karma cypress
    playwright rspec cucumber minitest phpunit pest codecept ctest gtest busted bats shunit2
    pester behave robot hypothesis nextest cargo-nextest gotestsum ginkgo surefire scalatest
    munit ruff flake8 pylint pyflakes pycodestyle pydocstyle mypy pyright basedpyright pyre
    pytype ty black isort bandit vulture eslint tslint xo standard biome oxlint stylelint
    prettier tsc vue-tsc svelte-check golangci-lint staticcheck gofmt gofumpt goimports
    gosec govulncheck errcheck revive shellcheck shfmt hadolint yamllint markdownlint
    markdownlint-cli2 actionlint rubocop standardrb brakeman sorbet srb phpstan psalm phpcs
    ktlint detekt checkstyle spotbugs pmd swiftlint swiftformat clang-tidy clang-format
    cppcheck cpplint rustfmt clippy-driver credo dialyzer hlint ormolu terraform-lint tflint
    tfsec checkov ansible-lint sqlfluff buf spectral vale codespell typos semgrep trivy
    gitleaks detect-secrets commitlint lint-staged pre-commit lychee vacuum import-linter
    lint-imports deptry nilaway vet jsonlint xmllint cfn-lint kubeconform kubeval gcc g++ cc
    c++ clang clang++ rustc javac kotlinc scalac swiftc ghc dmd ldc2 nvcc zig csc fsc make
    gmake ninja cmake meson bazel bazelisk buck buck2 gradle gradlew mvn mvnw ant sbt lein
    webpack rollup esbuild vite tsup swc turbo nx xcodebuild msbuild rebar3 stack cabal
    pdflatex xelatex latexmk tectonic sphinx-build mkdocs hugo jekyll
    """
)
"""Test runners; linters, formatters, type checkers and scanners; compilers and builders."""

_SEARCHERS = _names(
    """
    grep egrep fgrep zgrep rg ripgrep ag ack ugrep git-grep diff cmp comm colordiff difft
    test [ [[ which type whereis pgrep pidof fuser lsof expr let false mountpoint findmnt
    getent compgen dpkg-query locate command-v
    """
)
"""Programs whose exit 1 is an answer."""

_PLAIN = _names(
    """
    echo printf cd pushd popd export set unset source . true : cat head tail wc sort uniq
    cut tr tee sed awk gawk ls mkdir rm cp mv ln touch chmod chown pwd date sleep basename
    dirname find xxd column less more nl od seq stat file du df realpath readlink local
    declare typeset readonly alias return trap wait fi done esac ulimit umask shopt setopt
    eval mktemp tac rev fold fmt paste
    """
)
"""Programs that fail only with a message of their own."""

_CHECK_TASK = re.compile(
    r"(?:^|[-_:./])(?:e2e|ci|cov|fmt)(?:$|[-_:./])"
    r"|test|spec|lint|check|vet|type|tsc|build|compile|format|verify|validate|audit|cover|clippy",
    re.IGNORECASE,
)
"""Names of tasks that report on the work, for whatever runs tasks."""

_TASK_RUNNERS = _names(
    """
    make gmake npm pnpm yarn bun mise just task rake invoke inv nox tox hatch pdm poe poetry
    uv turbo nx lerna gradle gradlew mvn mvnw ant sbt lein mage earthly dagger moon deno
    composer grunt gulp pixi doit mix rush ng expo
    """
)
_CHECK_VERBS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "go": _names("test build vet fix generate install"),
        "cargo": _names("test t build b check c clippy fmt nextest bench doc audit deny miri"),
        "dotnet": _names("test build format publish pack"),
        "swift": _names("test build"),
        "zig": _names("build test fmt build-exe build-lib"),
        "deno": _names("test lint check fmt bench"),
        "bun": _names("test build"),
        "mix": _names("test compile format credo dialyzer"),
        "stack": _names("test build"),
        "cabal": _names("test build check"),
        "flutter": _names("test analyze build"),
        "dart": _names("test analyze format compile"),
        "terraform": _names("validate fmt plan"),
        "tofu": _names("validate fmt plan"),
        "rails": _names("test"),
        "ng": _names("test build lint e2e"),
        "helm": _names("lint template"),
        "npm": _names("t test audit outdated"),
        "pnpm": _names("t test audit outdated"),
        "yarn": _names("test audit outdated lint build tsc jest eslint"),
        "pip": _names("check"),
        "pip3": _names("check"),
        "uv": _names("check"),
        "poetry": _names("check"),
        "brew": _names("audit test doctor"),
        "gem": _names("build"),
        "node": frozenset(("--test", "--check")),
        "manage.py": _names("test check"),
        "crystal": _names("spec build"),
        "nim": _names("c check compile"),
        "elm": _names("make"),
        "gleam": _names("test build check"),
        "forge": _names("test build fmt"),
        "hardhat": _names("test compile"),
        "dbt": _names("test build compile"),
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

_MERGE_VERBS = _names("merge rebase cherry-pick revert stash pull am apply checkout switch restore")


def trade(name: str, args: tuple[str, ...]) -> Trade:
    """The trade of a program that was run with these arguments."""
    verb = next(_positional(name, args), "")
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


def _positional(name: str, args: tuple[str, ...]) -> Iterator[str]:
    """The arguments that are no options; `git -C DIR` takes a value."""
    skip = False
    for arg in args:
        if skip:
            skip = False
        elif name in ("git", "hg", "kubectl", "make") and arg in ("-C", "-c", "-R", "-n"):
            skip = True
        elif not arg.startswith(("-", "+")):
            yield arg


def _asks(name: str, verb: str, args: tuple[str, ...]) -> bool:
    for key in ((name, verb), (name, args[0] if args else ""), (name, "")):
        needed = _ASK_VERBS.get(key)
        if needed is not None and (not needed or needed.intersection(args)):
            return True
    return False

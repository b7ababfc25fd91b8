"""What a patch did to the files of a repository, and what no patch may do.

The files are compared here, outside: what a script says that it changed is not asked.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Final

from failonce.language.visibility import hidden
from failonce.model import Edits, File, Tree

MOST_FILES: Final = 100
MOST_BYTES: Final = 1_000_000
"""Of all files that it leaves changed: more than that nobody reads."""

_DERIVED: Final = re.compile(
    r"(.*/)?(__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.hypothesis)/.*|.*\.py[co]"
)
"""What running code leaves beside it."""

_SETTINGS: Final = r"(json|ya?ml|toml|ini|cfg|conf|txt|xml|env|properties)"
_PROTECTED: Final = {
    "what runs on a build server": (
        r"(.*/)?\.(github|gitlab|gitea|forgejo|circleci|buildkite|semaphore|tekton|ci)/.*",
        r"(.*/)?\.(gitlab-ci|travis|drone|appveyor|woodpecker|cirrus)\.ya?ml",
        r"(.*/)?(appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|buildspec)\.ya?ml",
        r"(.*/)?jenkinsfile[^/]*",
    ),
    "a hook, or what git and editors run by themselves": (
        r"(.*/)?\.(git|husky|githooks|lefthook|devcontainer|vscode|idea|direnv)/.*",
        r"(.*/)?\.(git|gitattributes|gitmodules|gitconfig|envrc)",
        r"(.*/)?(\.pre-commit-(config|hooks)|\.?lefthook(-local)?)\.(ya?ml|toml|json)",
    ),
    "a lock file": (
        r".*\.lock(b|\.hcl)?",
        r".*[-.]lock\.(json|ya?ml|toml|txt)",
        r"(.*/)?(go\.sum|npm-shrinkwrap\.json|package\.resolved|gradle\.lockfile)",
    ),
    "what tells an agent what to do": (
        r"(.*/)?(agents|claude|gemini|copilot-instructions|skill)(\.local)?\.md",
        r"(.*/)?\.(claude|codex|cursor|gemini|continue|windsurf|roo|agents|aider)[^/]*(/.*)?",
        r"(.*/)?\.(cursorrules|clinerules|windsurfrules|roomodes)(/.*)?",
        r"(.*/)?\.?mcp(\.[^/]*)?\.json",
        r"(.*/)?(failonce\.toml|\.failonce/.*)",
    ),
    "a place of secrets": (
        r"(.*/)?\.env(\.[^/]*)?",
        r"(.*/)?[^/]*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)",
        r"(.*/)?id_(rsa|dsa|ecdsa|ed25519)[^/]*",
        r"(.*/)?(\.netrc|_netrc|\.npmrc|\.pypirc|\.htpasswd|\.pgpass|\.dockercfg|kubeconfig)",
        r"(.*/)?\.(ssh|aws|gnupg|kube)/.*",
        rf"(.*/)?\.?(credentials|secrets?)(\.{_SETTINGS})?",
    ),
}
_KINDS: Final = {what: re.compile("|".join(ways)) for what, ways in _PROTECTED.items()}
SECRETS: Final = _KINDS["a place of secrets"]


def protected(path: str) -> str:
    """What a path is that no patch may change, in words; empty where it may."""
    name = path.casefold()
    found = (what for what, pattern in _KINDS.items() if pattern.fullmatch(name))
    unseen = "a name with characters that nobody sees" if hidden(path) or "\n" in path else ""
    return unseen or next(found, "")


def secret(path: str) -> bool:
    """Whether a file is not shown to any script: its name says that it holds secrets."""
    return SECRETS.fullmatch(path.casefold()) is not None


def edits(before: Tree, after: Tree) -> Edits:
    """What became of the files, in order of paths; without what running code leaves beside it."""
    paths = sorted({p for p in (*before, *after) if not _DERIVED.fullmatch(p)})
    return {p: after.get(p) for p in paths if before.get(p) != after.get(p)}


def edited(tree: Tree, done: Edits) -> Tree:
    """The files with these edits."""
    kept = {path: file for path, file in tree.items() if path not in done}
    return kept | {path: file for path, file in done.items() if file is not None}


def counted(tree: Tree, done: Edits) -> str:
    """`2 files: a.py +3 −1, b.py gone`."""
    told = [f"{path} {_count(tree.get(path), file)}" for path, file in done.items()]
    more = f", and {len(told) - 5} more" if len(told) > 5 else ""
    return f"{len(told)} file{'s' * (len(told) != 1)}: {', '.join(told[:5])}{more}"


def unified(tree: Tree, done: Edits) -> Iterator[str]:
    """The edits as `git` and `patch` read them, line by line without line ends.

    Lines may hold any characters: who shows them escapes them. What is no text in UTF-8 is
    named and not shown.
    """
    for path, file in done.items():
        old = tree.get(path)
        names = f"a/{path}" if old else "/dev/null", f"b/{path}" if file else "/dev/null"
        if old and file and old.executable != file.executable:
            yield f"{path}: {'is' if file.executable else 'is no longer'} a program"
        one, other = _lines(old), _lines(file)
        if one is None or other is None:
            yield f"Binary files {names[0]} and {names[1]} differ"
            continue
        for line in difflib.unified_diff(one, other, *names, lineterm=""):
            text = line.removesuffix("\n")
            yield text
            if text == line and line[:3] not in ("---", "+++", "@@ "):
                yield "\\ No newline at end of file"


def _count(old: File | None, new: File | None) -> str:
    if new is None:
        return "gone"
    one, other = _lines(old), _lines(new)
    if one is None or other is None:
        return "changed"
    lines = list(difflib.unified_diff(one, other, lineterm="", n=0))[2:]
    return f"+{sum(x[0] == '+' for x in lines)} −{sum(x[0] == '-' for x in lines)}"


def _lines(file: File | None) -> list[str] | None:
    """Lines with their ends, None where it is no text."""
    try:
        text = "" if file is None else file.content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    parts = text.split("\n")
    return [f"{p}\n" for p in parts[:-1]] + ([parts[-1]] if parts[-1] else [])

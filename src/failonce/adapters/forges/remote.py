"""A git remote: its branches are read and added to without a checkout.

Nothing of the user's is touched: no file, no index, not `HEAD`, no branch and no reference of
theirs. What is fetched stands beneath `refs/failonce`, commits are made in an index of their own,
and no hook or program of the repository's choice is started.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from failonce.errors import BadInput, BadSetting, RemoteError

PATIENCE_S: Final = 120
"""Longest that one talk with a remote may take."""
MOST_FILES: Final = 10_000
_GIT: Final = (
    "git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0",
    "-c", "maintenance.auto=false", "-c", "core.quotePath=false", "-c", "log.showSignature=false",
)  # fmt: skip
_OF_CALLER: Final = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE",
)  # fmt: skip
"""Variables by which a hook that started us would lead git elsewhere."""
_REF: Final = "refs/failonce"
_BEGIN: Final = "\x02"
_FORMAT: Final = "--format=%x02%H%x03%an%x03%ae%x03%cn%x03%ce%x03%ct"
"""A commit in a log. Git lets no name hold these characters."""
_NONE: Final = "0" * 40
_ADDRESS: Final = re.compile(
    r"(?:https?://|ssh://)(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+?)(?:\.git)?/?"
)
_SCP: Final = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?P<path>[^/].*?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The commit that changed a file last, by the word of whoever made it."""

    commit: str
    who: str
    """`Ada <ada@example.org>`: git asks for no proof of it."""
    at: datetime


class Remote:
    """A remote of a repository on this disk, as of the last `fetch`."""

    def __init__(self, folder: Path, name: str, *, prefix: str) -> None:
        """`prefix` is what our branches begin with. Raises `BadInput` for no git repository."""
        self.folder = folder
        self.name = name
        self.prefix = prefix
        self._own = f"{_REF}/{name}/ours/"
        self._base = f"{_REF}/{name}/base"
        try:
            self.address = self._git("remote", "get-url", name).strip()
        except RemoteError:
            raise BadInput(
                f"{folder} is no git repository with a remote `{name}`. Run this in a clone, or "
                "name the remote in the setting pr.remote."
            ) from None
        self.base = ""

    # ------------------------------------------------------------- reading

    def fetch(self, base: str = "") -> str:
        """Bring what is known of the remote up to date; the commit that its base stands at.

        `base` is the branch that lessons are merged into, by default the remote's own choice.
        Raises `RemoteError` where the remote cannot be reached.
        """
        self.base = base or self.base or self._chosen()
        self._git(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
            "--prune", "--refmap=", self.name,
            f"+refs/heads/{self.base}:{self._base}",
            f"+refs/heads/{self.prefix}/*:{self._own}*",
        )  # fmt: skip
        return self._git("rev-parse", "--verify", f"{self._base}^{{commit}}").strip()

    def _chosen(self) -> str:
        for line in self._git("ls-remote", "--symref", self.name, "HEAD").splitlines():
            if line.startswith("ref: refs/heads/"):
                return line.removeprefix("ref: refs/heads/").partition("\t")[0]
        raise BadSetting(
            f"The remote {self.name} does not say which branch is its first. Name it: pr.base."
        )

    def branches(self) -> Mapping[str, str]:
        """Our branches there, each with the commit that it stands at."""
        told = self._git("for-each-ref", "--format=%(refname) %(objectname)", self._own)
        pairs = (line.split(" ") for line in told.splitlines())
        return {f"{self.prefix}/{name.removeprefix(self._own)}": at for name, at in pairs}

    def files(self, commit: str, folder: str) -> Mapping[str, bytes]:
        """The YAML files of a folder in a commit, and of the folders in it; links are left out."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/")
        blobs: dict[str, str] = {}
        for entry in filter(None, listed.split("\0")):
            about, _, path = entry.partition("\t")
            mode, kind, name = about.split()
            if kind == "blob" and mode != "120000" and path.endswith(".yaml"):
                blobs[path] = name
        if len(blobs) > MOST_FILES:
            raise BadInput(f"{folder} holds more than {MOST_FILES:,} files. Name another folder.")
        return dict(zip(blobs, self._blobs(tuple(blobs.values())), strict=True))

    def _blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        given = "".join(f"{name}\n" for name in names).encode()
        told = self._run(("cat-file", "--batch"), given) if names else b""
        at = 0
        for _ in names:
            head, _, _ = told[at : at + 200].partition(b"\n")
            size = int(head.split()[-1])
            begin = at + len(head) + 1
            yield told[begin : begin + size]
            at = begin + size + 1

    def contains(self, commit: str, other: str) -> bool:
        """Whether `other` is part of what led to `commit`."""
        try:
            self._git("merge-base", "--is-ancestor", other, commit)
        except RemoteError:
            return False
        return True

    def alike(self, one: str, other: str, folder: str) -> bool:
        """Whether a folder holds the very same in two commits."""
        try:
            told = self._git("rev-parse", f"{one}:{folder}", f"{other}:{folder}").split()
        except RemoteError:  # one of them has no such folder
            return False
        return told[0] == told[1]

    def changed(self, commit: str, path: str) -> Change | None:
        """Who brought a file's newest form to a branch; a merge counts as the merger's."""
        told = self._git(
            "log", "-1", "--first-parent", "--no-renames", "--diff-filter=AM", _FORMAT, commit,
            "--", f":(top,literal){path}",
        )  # fmt: skip
        return _change(told.strip("\0\n")) if told.strip() else None

    def gone(self, commit: str, folder: str, *, within: bool = False) -> Mapping[str, Change]:
        """The files that were taken out of a folder, each with who did so last.

        `commit` may be a range of them. With `within` also those that were taken out of a branch
        before it was merged.
        """
        line = () if within else ("--first-parent",)
        told = self._git(
            "log", *line, "--no-renames", "--diff-filter=D", "--name-only", "-z",
            f"{_FORMAT}%x01", commit, "--", f":(top,literal){folder}",
        )  # fmt: skip
        found: dict[str, Change] = {}
        for part in told.split(_BEGIN)[1:]:
            head, _, names = part.partition("\x01")
            for path in filter(None, names.replace("\n", "\0").split("\0")):
                found.setdefault(path, _change(head))
        return found

    # ------------------------------------------------------------- writing

    def commit(self, parent: str, changes: Mapping[str, bytes | None], message: str) -> str:
        """A commit on `parent` with these files changed or (None) taken away; none sees it yet."""
        with tempfile.TemporaryDirectory(prefix="failonce-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            self._run(("read-tree", parent), env=index)
            lines = []
            for path, content in changes.items():
                blob = _NONE
                if content is not None:
                    blob = self._run(("hash-object", "-w", "--stdin"), content).decode().strip()
                lines.append(f"{'100644' if content is not None else '0'} {blob}\t{path}\0")
            self._run(("update-index", "-z", "--index-info"), "".join(lines).encode(), env=index)
            tree = self._run(("write-tree",), env=index).decode().strip()
        who = {f"GIT_{x}_{y}": z for x in ("AUTHOR", "COMMITTER") for y, z in _OURSELVES}
        told = self._run(("commit-tree", tree, "-p", parent), message.encode(), env=who)
        return told.decode().strip()

    def push(self, commit: str, branch: str, *, expected: str) -> tuple[str, ...]:
        """Make a branch of the remote stand at `commit`, where it stands at `expected` now (empty:
        where there is none); what the remote says of where to open a request.

        Raises `RemoteError` where somebody else was quicker.
        """
        told = self._run(
            ("push", "--porcelain", "--no-verify",
             f"--force-with-lease=refs/heads/{branch}:{expected}",
             _NAMELESS, f"{commit}:refs/heads/{branch}"),
            env=_another(_NAMELESS, self._git("remote", "get-url", "--push", self.name).strip()),
            told_by_remote=True,
        )  # fmt: skip
        lines = told.decode("utf-8", "replace").splitlines()
        said = (line.partition("remote:")[2].strip() for line in lines)
        return tuple(x for x in said if x.startswith(("http://", "https://")))

    # ----------------------------------------------------------------- git

    def _git(self, *args: str) -> str:
        return self._run(args).decode("utf-8", "surrogateescape")

    def _run(
        self,
        args: Sequence[str],
        given: bytes = b"",
        *,
        env: Mapping[str, str] | None = None,
        told_by_remote: bool = False,
    ) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - git, and names that it checks itself
                [*_GIT, *args],
                cwd=self.folder,
                input=given,
                capture_output=True,
                check=False,
                timeout=PATIENCE_S,
                env=_environment() | dict(env or {}),
            )
        except FileNotFoundError:
            raise BadInput("git is missing. Install it.") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RemoteError(f"git {args[0]} did not end: {error}. Try again.") from error
        if done.returncode:
            raise RemoteError(f"{_refused(args[0], self.name, done.stderr)}")
        return done.stderr if told_by_remote else done.stdout


def _change(told: str) -> Change:
    """A commit as it is told; one of our own is whoever committed it anew."""
    sha, name, mail, other, address, at = told.lstrip(_BEGIN).split("\x03")
    who = f"{other} <{address}>" if name == _NAME else f"{name} <{mail}>"
    return Change(commit=sha[:12], who=who, at=datetime.fromtimestamp(int(at), UTC))


_NAME: Final = "failonce"
_OURSELVES: Final = (("NAME", _NAME), ("EMAIL", "failonce@localhost"))
"""Who makes our commits: no person, so that nobody is taken for having written them."""


def _environment() -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in _OF_CALLER}
    return plain | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


_NAMELESS: Final = "failonce-push"
"""A remote without branches that git keeps track of: the user's own records stay as they are."""


def _another(name: str, address: str) -> dict[str, str]:
    """A remote for one command; in the environment, as an address may hold a password."""
    there = int(os.environ.get("GIT_CONFIG_COUNT", "0") or 0)
    return {
        "GIT_CONFIG_COUNT": str(there + 1),
        f"GIT_CONFIG_KEY_{there}": f"remote.{name}.url",
        f"GIT_CONFIG_VALUE_{there}": address,
    }


def _refused(verb: str, remote: str, told: bytes) -> str:
    """What git says of a failure, in one line and without what stands in an address."""
    lines = told.decode("utf-8", "replace").splitlines()
    said = [x.partition(": ")[2] for x in lines if x.startswith(("fatal:", "error:"))] or lines[-1:]
    words = re.sub(r"//[^/@\s]*@", "//", " ".join(said[0].split()) if said else "no reason given")
    where = f" of the remote {remote}" if verb in ("fetch", "push", "ls-remote") else ""
    return f"git {verb}{where} failed: {words[:300].rstrip('.')}. Run the command again then."


def slug_of(address: str) -> tuple[str, str]:
    """The host and `owner/name` of a remote's address; both empty where it is a folder."""
    found = _ADDRESS.fullmatch(address) or _SCP.fullmatch(address)
    if found is None or "://" in found["host"]:
        return "", ""
    return found["host"].lower(), found["path"]

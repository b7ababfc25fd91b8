"""What the agent does again and again at its desk: read, edit, test, commit, push, query.

Each routine is a handful of calls, good habits and bad ones alike: `git add` is forgotten, a
folder is not made, a push names no upstream. What follows is the tool's to say.
"""

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from sample.content import Function
from sample.harness import Answer, Session, Wanted
from sample.recorder import Args
from sample.worlds import Firm

HOST = "http://stock.internal"
RED = "test/red"
LINT = "lint/findings"
NO_MATCH = "grep/no-match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A session of a firm's project about one function; `number` varies the task."""

    session: Session
    firm: Firm
    function: Function
    number: int

    def path(self, relative: str) -> str:
        """Write a path the one way or the other; both are fine with the tools."""
        return f"/workspace/{relative}" if self.session.chance(0.2) else relative

    def read(self, relative: str) -> Answer:
        """Read a file, sometimes only a part of it."""
        if self.session.chance(0.35):
            first = self.session.rng.randrange(1, 8)
            return self.session.do(
                "read_file", path=self.path(relative), first_line=first, line_count=40
            )
        return self.session.do("read_file", path=self.path(relative))

    def read_all(self, *relatives: str) -> None:
        """Read several files in one batch."""
        calls = [Wanted(tool="read_file", args={"path": self.path(name)}) for name in relatives]
        self.session.together(*calls)

    def edit(self, relative: str, old: str, new: str) -> Answer:
        """Replace a passage of a file."""
        return self.session.do("edit_file", path=self.path(relative), old_text=old, new_text=new)

    def run_tests(self, module: str) -> Answer:
        """Run a module's tests; red is an answer, not a failure."""
        return self.session.check(
            RED,
            "run_tests",
            file_path=f"tests/test_{module}.py",
            directory=self.firm.repository,
        )

    def lint(self, module: str) -> Answer:
        """Check a module's style."""
        return self.command(LINT, f"python3 tools/lint.py src/{module}.py")

    def command(self, informative: str, command: str) -> Answer:
        """Run a program in the repository whose exit code 1 has a meaning."""
        return self.session.check(
            informative, "run_command", command=command, directory=self.firm.repository
        )

    def git(self, *arguments: str) -> Answer:
        """Run git in the repository."""
        return self.session.do("git", arguments=list(arguments), directory=self.firm.repository)

    def again(self, *arguments: str) -> Answer:
        """Run git once more after the obstacle is out of the way."""
        args: Args = {"arguments": list(arguments), "directory": self.firm.repository}
        return self.session.try_patiently("git", args, attempt=2)

    def branch(self, name: str) -> None:
        """Start a branch."""
        self.git("checkout", "-b", name)

    def commit(self, message: str, *files: str) -> Answer:
        """Commit some files, having added them or not."""
        if self.session.chance(0.15):
            words = ["commit", "-a", "-m", message]
        else:
            words = ["commit", "-m", message]
            if not self.session.forgets(0.14):
                self.git("add", *files)
        answer = self.git(*words)
        if "Author identity unknown" in answer.text and self.session.chance(0.9):
            self.git("config", "user.name", "Agent")
            self.git("config", "user.email", "agent@example.com")
            answer = self.again(*words)
        if "added to commit" in answer.text and self.session.chance(0.92):
            if self.session.chance(0.15):
                self.git("status", "--short")
            self.git("add", *files)
            answer = self.again(*words)
        return answer

    def push(self, branch: str) -> None:
        """Push a new branch, having named its upstream or not."""
        if not self.session.forgets(0.18):
            self.git("push", "-u", "origin", branch)
            return
        answer = self.git("push")
        if "no upstream" in answer.text and self.session.chance(0.92):
            self.again("push", "--set-upstream", "origin", branch)

    def deliver(self, branch: str, message: str, *files: str) -> None:
        """Commit on a branch of its own and push it; now and then a second commit follows."""
        self.branch(branch)
        if not self.commit(message, *files).ok:
            return
        self.push(branch)
        if self.session.chance(0.25):
            self.edit(
                f"{self.firm.repository}/CHANGELOG.md", "# Changes\n", f"# Changes\n\n- {message}\n"
            )
            if self.commit("Mention it in the changes", "CHANGELOG.md").ok:
                self.git("push")

    def sql(self, statement: str, *parameters: object) -> Answer:
        """Run a statement on the firm's database."""
        args: dict[str, object] = {"database": self.firm.database, "sql": statement}
        if parameters:
            args["parameters"] = list(parameters)
        return self.session.do("query", **args)

    def ticket(self) -> None:
        """Look up what is to be done."""
        like = f"{self.function.name}%"
        self.sql("SELECT id, title, state FROM tickets WHERE title LIKE ?", like)

    def close_ticket(self) -> None:
        """Say that it is done."""
        like = f"{self.function.name}%"
        self.sql("UPDATE tickets SET state = 'review' WHERE title LIKE ?", like)

    def write(self, relative: str, content: str) -> Answer:
        """Write a file into a folder that may have to be made first."""
        folder = str(PurePosixPath(relative).parent)
        if not self.session.forgets(0.22):
            self.session.do("make_directory", path=folder)
        path = self.path(relative)
        answer = self.session.do("write_file", path=path, content=content)
        if "No such file or directory" in answer.text and self.session.chance(0.93):
            self.session.do("make_directory", path=folder)
            args: Args = {"path": path, "content": content}
            answer = self.session.try_patiently("write_file", args, attempt=2)
        return answer

    def fetch(self, resource: str, **parameters: str) -> Answer:
        """Ask the stock service."""
        args: dict[str, object] = {"url": HOST + resource}
        if parameters:
            args["parameters"] = parameters
        return self.session.do("fetch", **args)


def look(tool: str, args: Args) -> Wanted | None:
    """Which call tells more about what a failed one was to touch."""
    folder = str(PurePosixPath(str(args.get("path", "."))).parent)
    if tool == "edit_file":
        return Wanted(tool="read_file", args={"path": args["path"]})
    if tool in ("read_file", "write_file", "list_files", "search_text"):
        return Wanted(tool="list_files", args={"path": folder})
    if tool == "query":
        sql = "SELECT name, sql FROM sqlite_master"
        return Wanted(tool="query", args={"database": args["database"], "sql": sql})
    if tool in ("git", "run_tests", "run_command"):
        return Wanted(tool="list_files", args={"path": "."})
    return None


def otherwise(tool: str, args: Args) -> Wanted | None:
    """How the agent helps itself when a tool does not take what it says."""
    words = args.get("arguments")
    if tool == "git" and isinstance(words, list):
        command = shlex.join(["git", *words])
        return Wanted(tool="run_command", args={"command": command, "directory": args["directory"]})
    if tool == "read_file":
        path = str(args["path"]).removeprefix("/workspace/")
        return Wanted(tool="run_command", args={"command": f"cat {path}"})
    return None


def risky(tool: str, args: Args) -> bool:
    """What the person at the screen is asked about."""
    words = args.get("arguments")
    if tool == "git" and isinstance(words, list):
        return "push" in words
    return tool == "query" and str(args.get("sql", "")).startswith(("UPDATE", "DELETE"))

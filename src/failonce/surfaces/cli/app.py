"""The commands by name, the first page of help, and what becomes of errors.

Nothing here imports more than Typer: a command's module is imported when it is called, so
the first page of help costs no more than printing it.
"""

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

import failonce
from failonce.errors import FailonceError

DEBUG: Final = "FAILONCE_DEBUG"
"""The environment variable that shows where an unexpected error came from."""


class ExitCode(IntEnum):
    """What a command's exit status says; `docs/command-line.md` explains each."""

    OK = 0
    """Done."""
    NEGATIVE = 1
    """Done, and the answer is bad news; or a bug in failonce."""
    INPUT = 2
    """Something given is wrong: an argument, a file, a setting, a name."""
    STORE = 3
    """The store or the machine cannot do its work, or a remote cannot be reached."""
    REFUSED = 4
    """Understood, and not allowed."""
    STOPPED = 130
    """Stopped by Ctrl-C."""
    NO_READER = 141
    """Whoever read the output has gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command: its name, the module that holds it, and what it does."""

    name: str
    module: str
    summary: str


FIRST: Final = (
    Entry(name="import", module="importing", summary="Read recorded calls, transcripts or logs."),
    Entry(name="failures", module="exploring", summary="List what fails, the worst first."),
    Entry(name="lessons", module="lessons", summary="List lessons, each headed by its proof."),
    Entry(name="show", module="lessons", summary="Show one lesson with all that speaks for it."),
    Entry(name="approve", module="deciding", summary="Put a waiting lesson in force."),
    Entry(name="reject", module="deciding", summary="Turn a waiting lesson down."),
    Entry(name="undo", module="deciding", summary="Take a lesson out of force."),
    Entry(name="why", module="explaining", summary="Say why two failures are the same, or not."),
    Entry(name="report", module="report", summary="Show what failed and what lessons changed."),
    Entry(name="status", module="reporting", summary="Show the store, the mode and what waits."),
    Entry(
        name="serve",
        module="serving",
        summary="Serve the dashboard, its API, and the ways in for errors.",
    ),
    Entry(
        name="proxy",
        module="proxying",
        summary="Stand before an MCP server: record its calls, apply lessons.",
    ),
    Entry(name="doctor", module="machine", summary="Check that everything works on this machine."),
    Entry(name="install", module="installing", summary="Put failonce into a coding agent."),
)
"""The commands on the first page of help."""

MORE: Final = (
    Entry(name="group", module="grouping", summary="Group the lines of a file, without a store."),
    Entry(name="mine", module="mining", summary="Look for lessons in what was imported."),
    Entry(
        name="collect", module="hooking", summary="Take what hooks of agents recorded to the store."
    ),
    Entry(
        name="propose",
        module="proposing",
        summary="Write what waits into files, or into a pull request.",
    ),
    Entry(name="pr", module="proposing", summary="Take up what people did to pull requests."),
    Entry(name="replay", module="replaying", summary="Try the lessons on recorded calls."),
    Entry(name="learn", module="deciding", summary="Write down a rule yourself."),
    Entry(name="wrong", module="deciding", summary="Report that a lesson did harm."),
    Entry(name="reopen", module="deciding", summary="Put a decided lesson back in the queue."),
    Entry(name="snooze", module="deciding", summary="Put a waiting lesson off until a day."),
    Entry(name="edit", module="editing", summary="Change the text of a lesson."),
    Entry(name="merge", module="regrouping", summary="Call classes of failures one from now on."),
    Entry(
        name="split", module="regrouping", summary="Take back that a class of failures was merged."
    ),
    Entry(name="audit", module="auditing", summary="List every decision, or verify the record."),
    Entry(
        name="gaps", module="exploring", summary="List failures that no lesson answers, and why."
    ),
    Entry(name="tools", module="tools", summary="List tools: what is known of each."),
    Entry(
        name="patches",
        module="patches",
        summary="List scripts that mend a repository, or apply one.",
    ),
    Entry(name="files", module="files", summary="List the files that lessons stand in."),
    Entry(name="try", module="trying", summary="Try a lesson, whether it waits or is in force."),
    Entry(
        name="explain", module="classifying", summary="Say what a failure is taken for, and why."
    ),
    Entry(name="recall", module="planning", summary="Say what was learned of a tool."),
    Entry(name="plan", module="planning", summary="Write what was learned into a plan."),
    Entry(name="outcomes", module="outcomes", summary="Show whether lessons in force helped."),
    Entry(
        name="health", module="outcomes", summary="List tools by how they fare, the weakest first."
    ),
    Entry(
        name="uninstall", module="installing", summary="Take failonce out of a coding agent again."
    ),
    Entry(name="config", module="configuring", summary="Show the settings, or set the mode."),
    Entry(name="mcp", module="mcp", summary="Serve what was learned to an agent, over MCP."),
    Entry(name="token", module="tokens", summary="Make or revoke what lets programs in."),
    Entry(name="account", module="accounts", summary="Make or disable what lets people in."),
    Entry(name="pack", module="packing", summary="Give lessons to somebody, or take theirs."),
    Entry(name="promote", module="packing", summary="Try one project's lesson for everyone."),
    Entry(name="schedule", module="scheduling", summary="Print how to mine by the clock."),
    Entry(
        name="store",
        module="storing",
        summary="Back up, restore or copy the store, or prepare its database.",
    ),
    Entry(name="prune", module="keeping", summary="Remove what is older than is kept."),
    Entry(name="forget", module="keeping", summary="Remove a person's data."),
    Entry(name="export", module="exporting", summary="Write out calls, lessons or the ledger."),
)
"""The commands that `--help --all` adds."""

EPILOGUE: Final = """\
Begin with:  failonce import ~/.claude/projects
Then:        failonce mine, failonce lessons, failonce approve ID

Exit codes: 0 done, 1 done with bad news, 2 wrong input, 3 the store or the machine,
4 not allowed, 130 stopped by Ctrl-C."""


class Commands(TyperGroup):
    """The commands, each imported on its first use."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Typer looks at the names alone, for what a typo may have meant.
        self.commands = dict.fromkeys(e.name for e in (*FIRST, *MORE))  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the same for everybody
        """All names, the first page's first."""
        return [entry.name for entry in (*FIRST, *MORE)]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002
        """The command of a name, from its module."""
        entry = next((e for e in (*FIRST, *MORE) if e.name == cmd_name), None)
        if entry is None:
            return None
        module = importlib.import_module(f"{__package__}.{entry.module}")
        group = typer.main.get_group(module.app)
        found = group.commands[entry.name]
        assert isinstance(found, TyperCommand | TyperGroup)  # noqa: S101 - Typer makes no others
        return found

    def invoke(self, ctx: Any) -> Any:
        """Run the command. A reader that left ends it quietly, Ctrl-C with a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _forget_output()
            raise typer.Exit(ExitCode.NO_READER) from None
        except KeyboardInterrupt:
            _say("Stopped. Nothing was half written.")
            raise typer.Exit(ExitCode.STOPPED) from None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The first page; with `--all` every command."""
        shown = (*FIRST, *MORE) if ctx.params.get("everything") else FIRST
        formatter.write_usage(ctx.command_path, "COMMAND [OPTIONS]")
        formatter.write_text("\nLearn from failed tool calls, with proof, so that each fails once.")
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.summary) for entry in shown])
        with formatter.section("Options"):
            formatter.write_dl(
                [
                    ("--help --all", "Show every command. COMMAND --help shows one."),
                    ("--version", "Show the version."),
                    ("--install-completion", "Complete commands in this shell from now on."),
                    ("--show-completion", "Print the completion for this shell."),
                ]
            )
        formatter.write("\n" + EPILOGUE + "\n")


app = typer.Typer(cls=Commands, add_completion=True, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", is_eager=True)] = False,  # noqa: ARG001 - read by format_help
    version: Annotated[bool, typer.Option("--version")] = False,
) -> None:
    """Learn from failed tool calls, with proof, so that each fails once."""
    if version:
        typer.echo(f"failonce {failonce.__version__}")
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def run(argv: Sequence[str] | None) -> int:
    """Run one command; every error becomes a line and an exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if "--all" in args and "--help" in args:
        args.remove("--all")
        args.insert(0, "--all")  # so that it is read before --help prints
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stand-in for the stream, which can print anything
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return ExitCode.NO_READER
    except OSError as error:
        _forget_output()
        _say(f"The output could not be written: {error.strerror}. Make room and run it again.")
        return ExitCode.STORE
    return code


def _open_streams() -> None:
    """Python has no stream where a caller closed one; then nobody reads, and that is fine."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end


def _run(args: list[str]) -> int:
    try:
        answer = typer.main.get_command(app)(args, prog_name="failonce", standalone_mode=False)
    except FailonceError as error:
        _say(str(error))
        return error.code
    except TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "failonce")
        _say(f"{error.format_message().rstrip('.')}. See {command} --help.")
        return ExitCode.INPUT
    except typer.Abort:
        return ExitCode.STOPPED
    except KeyboardInterrupt:
        _say("Stopped.")
        return ExitCode.STOPPED
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        return _bug(error)
    except Exception as error:
        return _bug(error)
    return answer if isinstance(answer, int) else ExitCode.OK


def _bug(error: Exception) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    else:
        what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        _say(f"This is a bug in failonce ({what}). {DEBUG}=1 shows where; please report it.")
    return ExitCode.NEGATIVE


def _say(message: str) -> None:
    from failonce.surfaces.cli.output import visible  # noqa: PLC0415 - only where there is something

    print(f"failonce: {visible(message)}", file=sys.stderr)


def _forget_output() -> None:
    """Let the interpreter flush into nothing at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

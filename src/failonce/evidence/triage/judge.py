"""The verdict on a result that its source flags as an error."""

from failonce.evidence.triage.phrases import EVIDENCE, HOST, MISUSE, NOT_STARTED, Said
from failonce.evidence.triage.shell import command_of, culprits
from failonce.evidence.triage.trades import Program, Trade
from failonce.kinds.words import PASSABLE
from failonce.language.pattern_table import window
from failonce.model import Origin, Recording, Verdict

HOST_HEAD = 300
"""Characters in which a host program says that it did not run the call."""

_FATAL_FROM = {
    "golangci-lint": 3, "pytest": 3, "py.test": 3, "eslint": 2, "ruff": 2, "shellcheck": 2,
    "prettier": 2, "stylelint": 2, "rubocop": 2, "black": 2,
}  # fmt: skip
"""Exit codes from which a checker says that it could not check."""
_ONE_OFF = frozenset({"-c", "-e", "-E", "--eval", "-ne", "-pe", "-", "/dev/stdin", "-p"})


def judge(recording: Recording, exit_code: int | None, *, after: Verdict | None) -> Verdict:
    """What became of a flagged call; `after` is the verdict on the call before, if known."""
    if recording.origin is Origin.LOG:
        return Verdict.FAILURE
    text = recording.text.strip()
    if PASSABLE in text:  # a block of ours, as a client wrote it down: the tool was not asked
        return Verdict.CASCADE
    if (tagged := _tagged(recording.tags, text)) is not None:
        return tagged
    if exit_code is None:
        said = HOST.first(text[:HOST_HEAD])
        if said is Said.REFUSED:
            return Verdict.REJECTION
        if said is Said.CUT_OFF:
            return Verdict.CASCADE
        if _bare_cancel(text):
            return Verdict.CASCADE if _fell(after) else Verdict.REJECTION
        return _tool(recording.call.tool, text)
    command = command_of(recording.call.args)
    if command:
        return _shell(command, window(text), exit_code)
    return _tool(recording.call.tool, text)


def _tagged(tags: tuple[str, ...], text: str) -> Verdict | None:
    """What an importer found in the structure of a host's record, None where nothing.

    A standing rule or a hook that denies will deny again: a lesson can tell of it.
    """
    decider = next((tag[10:] for tag in tags if tag.startswith("denied-by:")), "")
    if decider:
        return Verdict.REJECTION if decider.startswith("user") else Verdict.FAILURE
    if "interrupted" in tags and "timed out" not in text:
        return Verdict.REJECTION
    return None


def _fell(verdict: Verdict | None) -> bool:
    return verdict in (Verdict.FAILURE, Verdict.REJECTION, Verdict.CASCADE)


def _bare_cancel(text: str) -> bool:
    """A text that says that the call was cancelled, and nothing of why."""
    bare = text.strip(" .[]<>!").lower()
    return bare in ("cancelled", "canceled", "aborted", "interrupted", "tool call cancelled",
                    "tool call aborted", "tool call canceled")  # fmt: skip


def _tool(name: str, text: str) -> Verdict:
    """A tool that is no shell failed, unless it is a checker that reports findings."""
    lowered = name.lower()
    if any(
        word in lowered for word in ("test", "lint", "diagnos", "compile", "typecheck", "check")
    ):
        said = EVIDENCE.first(window(text))
        if said is not None:
            return Verdict.INFORMATIVE
    return Verdict.FAILURE


def _shell(command: str, text: str, exit_code: int) -> Verdict:
    if exit_code in (124, 126, 127, 137) or NOT_STARTED.first(text):
        return Verdict.FAILURE
    if exit_code == 130:
        return Verdict.REJECTION
    programs = culprits(command)
    if all(program.trade is Trade.PLAIN for program in programs) and not _own(programs, text):
        programs = culprits(command, pipefail=True)
    said = EVIDENCE.first(text)
    verdict = _check(programs, text, said, exit_code)
    if verdict is None:
        verdict = _others(programs, text, said, exit_code)
    return verdict


def _check(
    programs: tuple[Program, ...], text: str, said: Said | None, exit_code: int
) -> Verdict | None:
    """The verdict where a checker or a merge may have set the exit code, else None."""
    checkers = [program for program in programs if program.trade is Trade.CHECK]
    if checkers:
        if said is Said.TESTS:
            return Verdict.INFORMATIVE
        if any(exit_code >= _FATAL_FROM.get(program.name, 1000) for program in checkers):
            return Verdict.FAILURE
        if said is Said.FINDINGS:
            return Verdict.INFORMATIVE
        if MISUSE.first(text) or _own(programs, text):
            return Verdict.FAILURE
        silent = said is None and programs[-1].trade is Trade.OTHER
        return Verdict.FAILURE if silent else Verdict.INFORMATIVE
    if said is Said.CONFLICT and any(program.trade is Trade.MERGE for program in programs):
        return Verdict.INFORMATIVE
    return None


def _others(programs: tuple[Program, ...], text: str, said: Said | None, exit_code: int) -> Verdict:
    """The verdict where no checker ran by name: a question, or a program of the project."""
    if _own(programs, text):
        return Verdict.FAILURE
    asked = bool(programs) and programs[-1].trade is Trade.SEARCH
    if asked and (exit_code == 1 or programs[-1].name == "systemctl"):
        return Verdict.FAILURE if MISUSE.first(text) else Verdict.INFORMATIVE
    one_off = any(_ONE_OFF.intersection(program.args) for program in programs)
    news = said in (Said.TESTS, Said.FINDINGS) and not one_off and MISUSE.first(text) is None
    return Verdict.INFORMATIVE if news else Verdict.FAILURE


def _own(programs: tuple[Program, ...], text: str) -> bool:
    """Whether one of the programs itself complains, as `name: message` at a line's start."""
    for program in programs:
        mark = f"{program.name}: "
        if text.startswith(mark) or f"\n{mark}" in text:
            return program.trade is not Trade.CHECK or f"\n{mark}***" not in text
    return False

"""Tells failures from noise before anything is learned from them (DESIGN section 4).

About half of what agents report as errors is no failure of a tool, and some failures
carry no flag. Pure: a recording in, a finding out.
"""

from collections.abc import Sequence
from dataclasses import replace

from failonce.evidence.triage.hidden import failed, shell_failed
from failonce.evidence.triage.judge import judge
from failonce.evidence.triage.shell import command_of
from failonce.language.category import category_of
from failonce.language.classification import first
from failonce.language.signals import Signals, exit_code, read
from failonce.model import Category, Finding, Origin, Recording, Verdict

__all__ = ["triage"]

EXIT_HEAD = 120
"""Characters in which a host program states the exit code of a command."""


def triage(
    recording: Recording,
    *,
    previous: Finding | None = None,
    own: Sequence[tuple[str, Category]] = (),
) -> Finding:
    """The verdict, the cause and whether it was hidden, of one recording.

    `previous` is the finding on the call that ended just before in the same session; it
    decides only what a bare "cancelled" means. `own` are the operator's patterns for causes,
    read first (S25); then structure, then words.
    """
    code = recording.exit_code
    shell = bool(command_of(recording.call.args))
    if code is None and shell:
        code = exit_code(recording.text[:EXIT_HEAD])
    if recording.flagged or (not recording.flagged and _says_so(recording, code)):
        verdict = judge(recording, code, after=previous.verdict if previous else None)
        found = _finding(recording, verdict, recording.text, code, hidden=False)
        return _as_told(found, own, recording.text)
    if recording.origin is Origin.LOG:
        return Finding(verdict=Verdict.GOOD)
    message = shell_failed(recording) if shell else failed(recording)
    if not message:
        return Finding(verdict=Verdict.GOOD)
    return _as_told(_finding(recording, Verdict.FAILURE, message, code, hidden=True), own, message)


def _as_told(found: Finding, own: Sequence[tuple[str, Category]], text: str) -> Finding:
    """The finding with the cause that the operator's patterns give it."""
    if not own or found.verdict is not Verdict.FAILURE:
        return found
    return replace(found, category=first(own, text) or found.category)


def _says_so(recording: Recording, code: int | None) -> bool:
    """Whether a field of the source says that the call failed, though no flag does."""
    if recording.flagged is None and code not in (None, 0):
        return True
    status = recording.status
    return bool(recording.error_type) or (status is not None and (status >= 400 or status < 0))


def _finding(
    recording: Recording, verdict: Verdict, text: str, code: int | None, *, hidden: bool
) -> Finding:
    if verdict is Verdict.INFORMATIVE:
        return Finding(verdict=verdict, category=Category.VERIFICATION)
    if verdict is not Verdict.FAILURE:
        return Finding(verdict=verdict)
    signals = read(
        Signals(
            text=text,
            error_type=recording.error_type or "",
            status=recording.status,
            exit_code=code,
            retry_after_s=recording.retry_after_s,
        )
    )
    return Finding(
        verdict=verdict,
        category=Category.PERMISSION if "denied" in recording.tags else category_of(signals),
        hidden=hidden,
        error_type=_type(signals),
        retry_after_s=signals.retry_after_s,
    )


def _type(signals: Signals) -> str:
    """The name of the error: class, then code, then status, then exit code."""
    if signals.error_type:
        return signals.error_type
    if signals.status is not None:
        return f"{'HTTP' if signals.status > 0 else 'MCP'} {signals.status}"
    if signals.code:
        return signals.code
    return "" if signals.exit_code in (None, 0) else f"exit {signals.exit_code}"

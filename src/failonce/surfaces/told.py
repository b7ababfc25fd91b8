"""Entries of the audit as sentences: who did what."""

from collections.abc import Mapping
from typing import Final

from failonce.model import Action, Event

_SAID: Final[Mapping[Action, str]] = {
    Action.PROPOSE: "proposed {it}",
    Action.AUTO_APPLY: "applied {it} without a person",
    Action.APPROVE: "approved {it}",
    Action.REJECT: "rejected {it}",
    Action.UNDO: "undid {it}",
    Action.REOPEN: "reopened {it}",
    Action.PROMOTE: "found {it} proven",
    Action.PROBATION: "put {it} on probation",
    Action.SUPERSEDE: "replaced {it}",
    Action.RETIRE: "retired {it}",
    Action.REQUEUE: "put {it} back in the queue",
    Action.REPORT_WRONG: "reported {it} as wrong",
    Action.SNOOZE: "put off {it}",
    Action.MERGE: "merged failures into one class",
    Action.SPLIT: "made failures a class of their own",
    Action.SET_MODE: "set learning to {mode} for {it}",
    Action.OVERRIDE: "went past {it}",
    Action.APPLY_FAILED: "could not write the skill files",
    Action.MINED: "looked for lessons in {it}",
    Action.MIGRATE: "named the failures of {it} anew",
    Action.GENERATED: "asked a language model for a tool",
    Action.REFUSED: "refused a tool that a language model wrote",
    Action.WANTED: "asked for a tool",
    Action.PATCHED: "changed files with {it}",
    Action.GRANT: "granted {it}",
    Action.REVOKE: "revoked {it}",
    Action.SIGN_IN: "signed in",
}


def label(action: Action) -> str:
    """What is done, as a choice in a list: `report wrong`."""
    return action.replace("_", " ")


def told(event: Event, name: str = "") -> str:
    """What was done, as it follows who did it: `approved Rule for crm`.

    `name` is that of the lesson that it is about, where it is about one.
    """
    said = _SAID.get(event.action, f"{label(event.action)} {{it}}")
    return said.format(it=name or _subject(event), mode=event.mode or "what it was")


def _subject(event: Event) -> str:
    kind, _, rest = event.subject.partition(":")
    match kind:
        case "*" if event.action is Action.SET_MODE:
            return "everyone"
        case "token" | "account" if rest:
            return f"the {kind} {rest}"
        case _:
            return event.subject or "something"

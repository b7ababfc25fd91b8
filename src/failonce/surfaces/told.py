"""Entries of the audit as sentences: who did what."""

from collections.abc import Mapping
from typing import Final

from failonce.model import Action, Event, Scope
from failonce.surfaces.access.granting import A_LINK, NEW_PASSWORD

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
    Action.TURNED_AWAY: "turned {it} away, which came from elsewhere",
    Action.PATCHED: "changed files with {it}",
    Action.GRANT: "changed {it}",
    Action.REVOKE: "revoked {it}",
    Action.SIGN_IN: "signed in",
    Action.NOTICED: "noticed something about {it}",
    Action.PRUNED: "removed what was older than is kept",
    Action.FORGOTTEN: "removed a person's data",
}
_CHOICES: Final[Mapping[Action, str]] = {
    Action.SET_MODE: "set the learning mode",
    Action.MINED: "looked for lessons",
    Action.MIGRATE: "named failures anew",
    Action.TURNED_AWAY: "turned a lesson from elsewhere away",
    Action.PATCHED: "changed files",
    Action.GRANT: "gave access",
    Action.REVOKE: "took access away",
}
"""Where the sentence without its subject is none."""


def label(action: Action) -> str:
    """What is done, as a choice in a list: `reported a lesson as wrong`."""
    return _CHOICES.get(action) or _SAID[action].format(it="a lesson")


def told(event: Event, name: str = "") -> str:
    """What was done, as it follows who did it: `approved Rule for crm`.

    `name` is that of the lesson or the token that it is about, where it is about one.
    """
    said = _access(event) or _SAID[event.action]
    return said.format(it=name or _subject(event), mode=event.mode or "what it was")


def _access(event: Event) -> str:
    """What was done to a token or an account; the entry's reason tells which it was."""
    kind, _, rest = event.subject.partition(":")
    if kind == "token" and event.action is Action.GRANT:
        return "made {it}"
    if kind != "account":
        return ""
    if event.action is Action.REVOKE:
        return "disabled {it}"
    if event.action is not Action.GRANT:
        return ""
    if event.reason == NEW_PASSWORD:
        return "set a new password" + ("" if event.actor == rest else " for {it}")
    if event.reason == A_LINK:
        return "made a sign-in link for {it}"
    words = event.reason.split()
    return "made {it}" if words and set(words) <= set(Scope) else "changed {it}"


def _subject(event: Event) -> str:
    kind, _, rest = event.subject.partition(":")
    match kind:
        case "*" if event.action is Action.SET_MODE:
            return "everyone"
        case "token" | "account" if rest:
            return f"the {kind} {rest}"
        case _:
            return event.subject or "something"

"""Classes of failures merged and split by a person: one is called like another from now on.

A merge gives a fingerprint another name; nothing that is recorded changes, so it can be taken
back. Lessons that name a class by its old name answer it under the new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from failonce.errors import NotFound, Refused
from failonce.model import Action, Change, Event
from failonce.ports import Member, SignatureQuery
from failonce.weighing import Weighing


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouped:
    """What was merged or split, by fingerprint; empty where that had been done before."""

    changed: tuple[str, ...]
    now: str
    """What they are called now; of what was split its own name."""
    warnings: tuple[str, ...] = ()


class Regrouping:
    """Merges and splits classes of failures over one store. Not shared between threads."""

    def __init__(self, weighing: Weighing) -> None:
        self._weighing = weighing
        self._store = weighing.store

    def find(self, ref: str) -> str:
        """The fingerprint of an id, or of the only one that begins like it, also of a part."""
        digits = ref.replace("-", "").lower()
        every = {s.id for s in self._store.signatures(SignatureQuery())} | set(
            self._store.aliases()
        )
        near = sorted(x for x in every if digits and x.replace("-", "").startswith(digits))
        if ref in near or len(near) == 1:
            return ref if ref in near else near[0]
        if near:
            raise NotFound(f"`{ref}` could be {', '.join(near[:5])}. Name one.")
        raise NotFound(f"No failure has the id `{ref}`. `failonce failures` lists them.")

    def merge(self, signatures: Sequence[str], into: str, *, reason: str = "") -> Regrouped:
        """Let classes be one with another from now on; what is one already is left as it is.

        Raises `NotFound` for an id of which nothing is recorded; nothing is written then.
        """
        names = self._store.aliases()
        target = names.get(into, into)
        there = self._members(target)
        joined = dict.fromkeys(names.get(s, s) for s in signatures)
        joined.pop(target, None)
        warnings = [w for s in joined for w in _unlike(self._members(s), there)]
        told = f"into {target}: {reason}" if reason else f"into {target}"
        if joined:
            events = tuple(self._event(Action.MERGE, s, told) for s in joined)
            aliases = dict.fromkeys(joined, target)
            self._store.commit(Change(aliases=aliases, events=events))
            self._weighing.reconcile()
        return Regrouped(changed=tuple(joined), now=target, warnings=tuple(dict.fromkeys(warnings)))

    def split(self, signature: str, *, reason: str = "") -> Regrouped:
        """Let what somebody merged into another class be one of its own again.

        Raises `Refused` for all else: the failures of one fingerprint have one and the same
        masked text, and there is nothing to tell them apart by.
        """
        last = next(iter(self._last(signature)), None)
        if signature not in self._store.aliases():
            members = self._members(signature)
            if last is not None and last.action is Action.SPLIT:
                return Regrouped(changed=(), now=signature)
            raise Refused(_single(signature, members))
        if last is None or last.action is not Action.MERGE:
            raise Refused(
                f"{signature} was not merged by a person: by the masks of this version its text "
                "is the same as that of the class it is in, and it would be joined to it again."
            )
        event = self._event(Action.SPLIT, signature, reason)
        self._store.commit(Change(split=(signature,), events=(event,)))
        self._weighing.reconcile()
        return Regrouped(changed=(signature,), now=signature)

    def _members(self, signature: str) -> Sequence[Member]:
        found = self._store.members(signature)
        if not found:
            raise NotFound(f"No failure has the id `{signature}`. `failonce failures` lists them.")
        return found

    def _last(self, signature: str) -> list[Event]:
        return [e.event for e in self._store.recent(subject=signature, limit=1)]

    def _event(self, action: Action, signature: str, reason: str) -> Event:
        return self._weighing.event(action, subject=signature, reason=reason)


def _unlike(some: Sequence[Member], others: Sequence[Member]) -> list[str]:
    """What speaks against calling two classes one, in sentences."""
    found: list[str] = []
    tools, beside = {m.tool for m in some}, {m.tool for m in others}
    if not tools & beside:
        found.append(
            f"{_named(tools)} and {_named(beside)} are different tools: a lesson for one of them "
            "says nothing to the other."
        )
    if not {m.project for m in some} & {m.project for m in others}:
        found.append("They were recorded in different projects, and are mined apart.")
    return found


def _named(tools: set[str]) -> str:
    return ", ".join(f"`{tool}`" for tool in sorted(tools)[:3])


def _single(signature: str, members: Sequence[Member]) -> str:
    """Why a class cannot be split."""
    parts = sorted({m.id for m in members} - {signature})
    if parts:
        return (
            f"{signature} gives its class the name. Split off what was merged into it: "
            f"{', '.join(parts[:5])}"
        )
    hits, text = sum(m.hits for m in members), members[0].template
    return (
        f"{signature} cannot be split: its {hits:,} failures all have one and the same text once "
        f"values are masked, and nothing tells them apart: {text[:200]}"
    )

"""failonce: import, mine, and everything that the gate does not refuse taken as approved."""

from collections.abc import Iterator
from pathlib import Path

from desktop import as_recorded, observe, product
from failonce.adapters.sql_store import open_store, store_url
from failonce.gate.results import Replayed, Result
from failonce.model import AdviceAction, KindName, Lesson
from transfer import HELPED, PROJECT, STANDING, admitted, recorded, tried, words

from .learner import Act, Answer, Learned, main

CHANGES = (AdviceAction.RUN, AdviceAction.RETRY)


class Ours:
    """A store in a file, as on anybody's disk."""

    package = "failonce"

    def __init__(self) -> None:
        self._lessons: list[Lesson] = []

    def learn(self, calls: Path) -> Learned:
        """Import, mine, approve."""
        desktop = product(store=open_store(store_url(Path("failonce.db"))))
        observe(desktop, calls, PROJECT)
        desktop.loop.mine(PROJECT)
        lessons = list(desktop.store.lessons(project=PROJECT, states=STANDING))
        history = recorded(desktop.store.calls(project=PROJECT))
        self._lessons = admitted(lessons, history)
        rules = [x for x in self._lessons if x.proposal.kind is KindName.RULE]
        kinds = sorted(str(x.proposal.kind) for x in self._lessons)
        return Learned(
            lessons=len(lessons),
            in_force=len(self._lessons),
            words=sum(len(words(rule).split()) for rule in rules),
            note=", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)),
        )

    def answers(self, calls: Path) -> Iterator[Answer]:
        """What the lessons would have done, in the order of the file."""
        rows = as_recorded(calls, PROJECT)
        desktop = product()
        desktop.loop.keep(rows)
        there = recorded(desktop.store.calls(project=PROJECT))
        known = {
            signature
            for lesson in self._lessons
            if lesson.proposal.kind is KindName.RULE
            for signature in lesson.proposal.signatures
        }
        acts = {r.evidence.id: _act(r) for r in tried(self._lessons, there)}
        for e in rows:
            yield Answer(act=acts.get(e.id, Act.NOTHING), shown=e.signature in known)


def _act(replayed: Replayed) -> Act:
    """What was done before the call, or, where it could be repaired, after it failed."""
    action = replayed.decision.advice.action
    if action is AdviceAction.BLOCK:
        return Act.BLOCK
    if action in CHANGES:
        return Act.REPAIR if replayed.result in HELPED else Act.CHANGE
    if action is AdviceAction.WARN:
        return Act.WARN
    return Act.NOTHING if replayed.result is Result.UNTOUCHED else Act.TIP


if __name__ == "__main__":
    main(Ours())

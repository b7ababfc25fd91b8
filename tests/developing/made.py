"""What develops tools over a store in memory, with an author whose answers a test writes."""

from collections.abc import Sequence

from failonce.developing import Budget, Developing
from failonce.making import Making
from failonce.model import Limits
from failonce.policy import Policy
from failonce.ports import Brief, Draft
from tests.looped import World
from tests.sandboxed import the_sandbox

QUICK = Policy(limits=Limits(seconds=1.0))


class Scripted:
    """An author whose answers are written beforehand; an error among them is raised."""

    name = "scripted"

    def __init__(self, *answers: str | Exception, cost: float | None = 0.01) -> None:
        self._answers = answers
        self._cost = cost
        self.briefs: list[Brief] = []

    def write(self, brief: Brief) -> Draft:
        """The next answer; the last one again where there are no more."""
        self.briefs.append(brief)
        answer = self._answers[min(len(self.briefs), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Draft(
            source=answer,
            model=self.name,
            tokens_in=100,
            tokens_out=50,
            cost=self._cost,
            ms=5.0,
        )


class Desk(World):
    """A loop, and what develops tools over its store."""

    def __init__(self, author: Scripted | None = None, *, budget: Budget | None = None) -> None:
        super().__init__(policy=QUICK)
        self.author = author
        self.developing = Developing(
            making=Making(review=self.review, sandbox=the_sandbox()),
            review=self.review,
            taking=self.loop.taking,
            clock=self.clock,
            author=author,
            budget=budget,
        )

    def actions(self) -> Sequence[str]:
        """What the audit says was done, oldest first."""
        return [e.event.action for e in self.store.entries()]


def pure(name: str, code: str, cases: str, *, before: str = "") -> str:
    """A module with one function of a text."""
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    head = f"{before}CASES = {cases}\n\n\n"
    return f'{head}def {name}(text: str) -> object:\n    """Does it."""\n{lines}\n'

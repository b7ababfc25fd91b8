"""A store and the plain model of one live through the same life: any steps, in any order."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from failonce.adapters.sql_store import open_store
from failonce.audit import verify
from failonce.errors import RefusedMove
from failonce.lifecycle import MOVES
from failonce.model import Action, Arm, Change, Closing, Effect, Lesson, Mode, ToolSpec
from failonce.ports import SignatureOrder, SignatureQuery, Store
from failonce.testing import MemoryStore
from failonce.testing.samples import START, evidence, exposure, gap, lesson, moved, proposed

NUMBERS = st.integers(1, 6)
SIGNATURES = st.sampled_from([None, "f1", "f2", "f3"])
PROJECTS = st.sampled_from(["shop", "bank"])


class Life(RuleBasedStateMachine):
    """What is done to both; after each step they must answer the same."""

    make: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store: Store = type(self).make()
        self.model = MemoryStore()

    def both(self, act: Callable[[Store], object]) -> None:
        """Do it to each: the same answer, or the same refusal."""
        answers: list[object] = []
        for store in (self.store, self.model):
            try:
                answers.append(act(store))
            except RefusedMove:
                answers.append(RefusedMove)
        assert answers[0] == answers[1]

    @rule(
        numbers=st.lists(st.integers(1, 40), max_size=8),
        signature=SIGNATURES,
        project=PROJECTS,
        days=st.integers(-20, 20),
    )
    def record(self, numbers: list[int], signature: str | None, project: str, days: int) -> None:
        """Evidence comes in, some of it again."""
        batch = [
            evidence(
                n,
                signature=signature,
                project=project,
                session=f"s{n % 3}",
                at=START + timedelta(days=days, minutes=n),
            )
            for n in numbers
        ]
        self.both(lambda store: store.add(batch))

    @rule(n=NUMBERS, mode=st.sampled_from(Mode))
    def propose(self, n: int, mode: Mode) -> None:
        """A lesson, or the next version of one."""
        known = self.model.lesson(lesson(n).id)
        version = 1 if known is None else known.version + 1
        new = lesson(n, version=version, body=f"tool: get_item\n# {version}\n", mode=mode)
        before = None if known is None else (known.version, known.state)
        change = replace(proposed(new), expects={new.id: before}, gaps=(gap(n),))
        self.both(lambda store: list(store.commit(change)))

    @rule(n=NUMBERS, action=st.sampled_from(sorted(MOVES)))
    def decide(self, n: int, action: Action) -> None:
        """Any move that the lifecycle allows."""
        known = self.model.lesson(lesson(n).id)
        if known is not None:
            with suppress(RefusedMove):
                change = moved(known, action)
                self.both(lambda store: list(store.commit(change)))

    @rule(n=NUMBERS, action=st.sampled_from(sorted(MOVES)))
    def decide_late(self, n: int, action: Action) -> None:
        """A decision on what a lesson was when it was made."""
        with suppress(RefusedMove):
            change = moved(lesson(n, body="tool: get_item\n# 1\n"), action)
            self.both(lambda store: list(store.commit(change)))

    @rule(
        n=st.integers(1, 10), of=NUMBERS, arm=st.sampled_from(Arm), effect=st.sampled_from(Effect)
    )
    def meet(self, n: int, of: int, arm: Arm, effect: Effect) -> None:
        """A call meets a lesson; its session ends."""
        told = exposure(n, lesson=lesson(of).id, arm=arm, effect=effect)
        over = Closing(project="shop", session=f"s{n % 3}", at=START + timedelta(minutes=n))
        self.both(lambda store: list(store.commit(Change(exposures=(told,), closings=(over,)))))

    @rule(old=st.sampled_from(["f1", "f2", "f3"]), new=st.sampled_from(["f1", "f2", "f3", "f4"]))
    def rename(self, old: str, new: str) -> None:
        """Classes are put together, or parted again."""
        self.both(lambda store: store.add_aliases({old: new}))

    @rule(n=NUMBERS, project=PROJECTS)
    def describe(self, n: int, project: str) -> None:
        """A tool says of itself something."""
        spec = ToolSpec(name=f"tool{n % 2}", description=f"as of {n}")
        at = START + timedelta(hours=n)
        self.both(lambda store: store.add_tools(project, [spec], at))

    @rule(holder=st.sampled_from("ab"), at=st.integers(0, 5), long=st.integers(1, 3))
    def take_the_lease(self, holder: str, at: int, long: int) -> None:
        """Whoever holds it, until that is over."""
        now = START + timedelta(minutes=at)
        until = now + timedelta(minutes=long)
        self.both(lambda store: store.acquire("mine", holder, until=until, now=now))

    @invariant()
    def they_answer_the_same(self) -> None:
        """In all that is asked of a store."""
        query = SignatureQuery(order=SignatureOrder.RECENCY)
        for ask in (
            lambda s: list(s.calls()),
            lambda s: (s.signatures(query), s.count(query), s.ranked(query)),
            lambda s: (s.daily(), s.projects(), s.aliases(), s.tools("shop"), s.gaps()),
            lambda s: [list(s.versions(x.id)) for x in s.lessons()],
            lambda s: (list(s.entries()), s.head()),
            lambda s: (s.exposures(), s.closings("shop", ["s0", "s1", "s2"])),
        ):
            assert ask(self.store) == ask(self.model)

    def teardown(self) -> None:
        """The chain holds at the end."""
        versions: list[Lesson] = [
            v for x in self.store.lessons() for v in self.store.versions(x.id)
        ]
        report = verify(self.store.entries(), versions)
        assert report.intact, report.problem
        self.store.close()


@pytest.mark.parametrize("lives", [10, pytest.param(100, marks=pytest.mark.torture)])
def test_a_store_lives_as_its_model_does(new_store: Callable[[], str], lives: int) -> None:
    """Fifty steps each."""

    class Lived(Life):
        make = staticmethod(lambda: open_store(new_store()))

    run_state_machine_as_test(
        Lived, settings=settings(max_examples=lives, stateful_step_count=50, deadline=None)
    )

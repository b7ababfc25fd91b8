"""Whose word counts: people's, each once; told by a forge of the test's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from failonce.compose import configure, opened
from failonce.ports import Decider, Pull, PullState
from failonce.surfaces.pulls import Ground, Settled, Wanted, ground, put, settle
from failonce.surfaces.pulls.ground import machine
from tests.forge import People
from tests.surfaces.cli.made import Shell

pytestmark = pytest.mark.usefixtures("shell")


@dataclass
class Told:
    """A forge that knows what the test says."""

    by: Decider = Decider(name="ada", person=True)
    known: list[Pull] = field(default_factory=list)

    def pulls(self, prefix: str) -> Sequence[Pull]:
        return [x for x in self.known if x.branch.startswith(prefix)]

    def decider(self, pull: Pull) -> Decider:  # noqa: ARG002 - the same for all
        return self.by

    def open(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        number = len(self.known) + 1
        made = Pull(
            number=number, url=f"https://forge.test/pull/{number}", branch=branch, base=base,
            title=title, body=body, state=PullState.OPEN, author="bot", at=datetime.now(UTC),
        )  # fmt: skip
        self.known.append(made)
        return made

    def rewrite(self, pull: Pull, *, title: str, body: str) -> None:
        self.known[pull.number - 1] = replace(pull, title=title, body=body)

    def close(self, pull: Pull) -> None:
        self.over(PullState.CLOSED, pull.number)

    def over(self, state: PullState, number: int = 1, **more: str) -> None:
        """It is merged or closed now."""
        now = datetime.now(UTC)
        self.known[number - 1] = replace(self.known[number - 1], state=state, at=now, **more)


@contextmanager
def grounded(forge: Told) -> Iterator[Ground]:
    with opened(configure()) as parts:
        yield replace(ground(parts), forge=forge)


def waiting(there: Ground) -> int:
    return sum(x.state == "proposed" for x in there.lessons().values())


def test_a_program_reviews_nothing(people: People) -> None:
    """What closes stale pull requests, or merges what passed, is no person."""
    forge = Told(by=Decider(name="stale[bot]", person=False))
    with grounded(forge) as there:
        put(there, Wanted())
        forge.over(PullState.CLOSED)
        found = settle(there)
        assert not found.done
        assert all("stale[bot], which is no person" in x.why for x in found.left)
        put(there, Wanted())
        people.merge("failonce/waiting")
        forge.over(PullState.MERGED, 2)
        assert not settle(there).done
        assert waiting(there) == 2


def test_what_a_program_closed_a_person_may_still_take_up(people: People) -> None:
    """The branch is merged by hand: then the commit tells who took it up."""
    forge = Told(by=Decider(name="stale[bot]", person=False))
    with grounded(forge) as there:
        put(there, Wanted())
        forge.over(PullState.CLOSED)
        people.merge("failonce/waiting")
        assert {x.by for x in settle(there).done} == {people.who}


@pytest.mark.parametrize(
    ("name", "program"),
    [("Иван Петров <ivan@x>", False), ("李雷", False), ("renovate[bot]", True), ("FailOnce", True),
     ("", True), (" <a@b>", True)],
)  # fmt: skip
def test_people_of_any_alphabet_are_people(name: str, program: bool) -> None:
    assert machine(name) is program


def test_nobody_known_reviews_nothing() -> None:
    forge = Told(by=Decider(name="", person=False))
    with grounded(forge) as there:
        put(there, Wanted())
        forge.over(PullState.CLOSED)
        assert not settle(there).done


def test_one_that_was_merged_into_another_branch_says_nothing() -> None:
    forge = Told()
    with grounded(forge) as there:
        put(there, Wanted())
        forge.over(PullState.MERGED, base="elsewhere")
        found = settle(there)
        assert found == Settled()


def test_who_opened_it_does_not_approve_it_where_two_are_wanted(
    shell: Shell, people: People
) -> None:
    shell.set("FAILONCE_REVIEW__SELF_APPROVAL", "false")
    forge = Told(by=Decider(name="bot", person=True))
    with grounded(forge) as there:
        put(there, Wanted())
        people.merge("failonce/waiting")
        forge.over(PullState.MERGED)
        assert not settle(there).done
        forge.by = Decider(name="ada", person=True)
        assert len(settle(there).done) == 2


@pytest.mark.parametrize("body", ["", "Looks good to me", "<!-- failonce:lessons -->"])
def test_a_text_that_somebody_emptied_names_nothing(people: People, body: str) -> None:
    """Then the commit tells, as it would without a forge."""
    forge = Told()
    with grounded(forge) as there:
        put(there, Wanted())
        people.merge("failonce/waiting")
        forge.over(PullState.MERGED, body=body)
        assert {x.by for x in settle(there).done} == {people.who}


def test_a_tick_is_read_by_nobody() -> None:
    forge = Told()
    with grounded(forge) as there:
        put(there, Wanted())
        forge.known[0] = replace(forge.known[0], body=forge.known[0].body.replace("[ ]", "[x]"))
        assert not settle(there).done
        assert waiting(there) == 2

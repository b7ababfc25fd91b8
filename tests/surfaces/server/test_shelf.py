"""The lessons of a store at hand: never another answer than the store's own."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Mode, Proposer
from failonce.surfaces.server.shelf import Shelf
from tests.looped import World

_STEPS = st.lists(
    st.tuples(st.sampled_from(["learn", "approve", "undo", "look"]), st.integers(0, 3))
)


@given(_STEPS)
def test_it_says_what_the_store_says(steps: list[tuple[str, int]]) -> None:
    """Whatever is decided between two looks, by whomever."""
    world = World()
    shelf = Shelf(world.store)
    world.review.set_mode(Mode.MANUAL, project="p")
    for what, which in steps:
        known = world.store.lessons()
        if what == "learn":
            world.review.learn(
                "reading",
                f"Read file {which} first.",
                reason="",
                proposer=Proposer.AGENT,
                project="p",
            )
        elif what == "look":
            shelf.lessons()
        elif which < len(known):
            lesson = known[which]
            if what == "approve" and lesson.state == "proposed":
                world.review.approve(lesson.id)
            if what == "undo" and lesson.in_force:
                world.review.undo(lesson.id)
    assert list(shelf.lessons()) == list(world.store.lessons())

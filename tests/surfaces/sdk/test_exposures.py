"""Who met a lesson, what came of it, and who went without."""

from dataclasses import replace
from pathlib import Path

from failonce.model import AdviceAction, Arm, Effect, Mode
from failonce.policy import Policy
from tests.looped import renamed
from tests.surfaces.sdk.made import BLOCKED, World


def test_an_exposure_is_told_before_the_call_and_again_with_what_came_of_it(world: World) -> None:
    """Whoever dies in between was exposed all the same."""
    advice = world.advisor.advise("read", {"path": "a.txt"}, session="s", project="p")
    (told,) = world.store.exposures()
    assert (told.effect, told.evidence) == (Effect.UNKNOWN, None)
    assert (told.project, told.session, told.unit, told.tool) == ("p", "s", "s", "read")
    world.advisor.observe("read", advice.args, "fine", session="s", project="p")
    (known,) = world.store.exposures()
    (call,) = world.store.calls(sessions=["s"])
    assert known == replace(told, effect=Effect.REPAIRED, evidence=call.id)


def test_the_task_is_the_unit_where_it_is_named(world: World) -> None:
    for session in ("s1", "s2"):
        world.advisor.advise("get_entity", BLOCKED, session=session, project="p", task="t")
    assert [(x.session, x.unit) for x in world.store.exposures()] == [("s1", "t"), ("s2", "t")]


def test_a_failure_that_is_tried_again_is_told_of_once(world: World) -> None:
    """Two attempts fail, the third works: one exposure, and the lesson recovered it."""
    args, where = {"sql": "select 97"}, {"session": "s", "project": "p"}
    error = "database is locked"
    effects = []
    for _ in range(2):
        world.advisor.observe("query", args, error=error, **where)
        effects.append(world.effects())
        assert world.advisor.advise_failure("query", args, error, **where).action is (
            AdviceAction.RETRY
        )
    world.advisor.observe("query", args, "fine", **where)
    assert effects == [[], [Effect.NO_EFFECT]]
    (told,) = world.store.exposures()
    assert (told.effect, told.after, told.share) == (Effect.RECOVERED, True, 0.0)


def test_a_session_can_be_said_to_be_over(world: World) -> None:
    world.advisor.finish(session="s", project="p")
    assert world.store.closings("p", ["s"]) == {"s": world.clock.now()}
    world.review.set_mode(Mode.OFF)
    world.advisor.finish(session="t", project="p")
    assert world.store.closings("p", ["t"]) == {}


def test_what_is_withheld_is_withheld_from_a_share_of_the_sessions(tmp_path: Path) -> None:
    """One in ten after a person's approval; a session stays on its side all week."""
    world = World(tmp_path, policy=Policy())
    world.learn_from(*renamed(12))
    withheld = set()
    for n in range(400):
        actions = {
            world.advisor.advise("read", {"path": "a"}, session=f"n{n}", project="p").action
            for _ in range(3)
        }
        assert len(actions) == 1
        withheld |= {n} if actions == {AdviceAction.ALLOW} else set()
    assert 20 <= len(withheld) <= 62
    held = [x for x in world.store.exposures() if x.arm is Arm.HOLDOUT]
    assert {x.share for x in held} == {0.1}
    assert len(held) == len(withheld), "told once, however often it asks"

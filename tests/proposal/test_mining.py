"""From a study to proposals: every miner asked in order, and nothing from one task alone."""

from collections.abc import Callable, Sequence
from random import Random

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from failonce.identity import body_digest
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.registry import behaviour
from failonce.model import Call, KindName, Proposal
from failonce.proposal.mining import mine
from tests.proposal.made import Plain
from tests.proposal.worlds import ARCHIVE, KILN, Recorded, Story, call, given, many, shelf


def proposals(recorded: Recorded) -> list[Proposal]:
    return mine(recorded.study(), Plain())


# ------------------------------------------------------------------------ stories of a kiln


def doors(n: int) -> Story:
    open_ = ["left", "right"][: 1 + n % 2]
    fire = call("fire", heat=700 + n)
    shut = [call("shut", door=d) for d in open_]
    return given(open=open_, held=True), [fire, *shut, fire]


def pedal(n: int) -> Story:
    fire = call("fire", heat=700 + n)
    return {}, [fire, call("hold", down=True), fire, call("hold", down=False)]


def tank(n: int) -> Story:
    calls = [
        call("pour", amount=60 + n),
        call("get_gauge", what="litres"),
        call("pour", amount=40 - n),
    ]
    return given(litres=10 + n), calls


def quiet(n: int) -> Story:
    """Nothing fails."""
    calls = [call("pour", amount=n), call("get_gauge", what="heat"), call("fire", heat=n)]
    return given(held=True), calls


def stuck(n: int) -> Story:
    """Nobody knows how."""
    return {}, [call("unshut"), call("get_gauge", what="dust"), call("pour", amount=51 + n)]


STORIES: tuple[Callable[[int], Story], ...] = (doors, pedal, tank, quiet, stuck)
plans = st.lists(
    st.tuples(st.sampled_from(STORIES), st.integers(1, 6)), min_size=1, max_size=4
).map(lambda kinds: [story for story, count in kinds for _ in range(count)])


def recorded_of(plan: Sequence[Callable[[int], Story]]) -> Recorded:
    return Recorded(KILN, [story(n) for n, story in enumerate(plan)])


def test_a_world_of_several_mistakes_teaches_a_repair_for_each() -> None:
    made = proposals(recorded_of([doors, pedal, tank, quiet] * 6))
    does = [(p.kind, p.target, behaviour(p).summary()) for p in made]
    for kind, target, words in (
        (KindName.FIXER, "fire", "call hold(down=true); then the same call; then back with hold"),
        (KindName.FIXER, "fire", "call shut(door=each) for each of the list that the error ends"),
        (KindName.FIXER, "pour", "then the call with amount = 50 - get_gauge_litres.litres"),
        (KindName.GUARDRAIL, "pour", "`amount` + get_gauge_litres.litres is above 50"),
    ):
        (found,) = [d for k, t, d in does if (k, t) == (kind, target) and words in d]
        does.remove((kind, target, found))
    assert does == []


def test_of_a_class_that_its_arguments_tell_no_look_is_taken_beforehand() -> None:
    def entering(n: int) -> Story:
        calls = [
            call("view", file=f"box-{n}/note-{n}"),
            call("go", folder=f"box-{n}"),
            call("view", file=f"note-{n}"),
        ]
        return shelf(n), calls

    made = proposals(Recorded(ARCHIVE, many(6, entering)))
    (guard,) = [p for p in made if p.kind is KindName.GUARDRAIL]
    assert "has slash" in behaviour(guard).summary()


# ------------------------------------------------------------------------------------ laws


@settings(max_examples=30, deadline=None)
@drawn(plans)
def test_nothing_is_proposed_from_one_task_alone_but_what_tools_say_of_themselves(
    plan: list[Callable[[int], Story]],
) -> None:
    for p in proposals(recorded_of(plan)):
        static = p.kind is KindName.FIXER and p.target == ANY_TOOL
        assert static or len(p.support_clusters) >= 2
        assert len(p.support) == len(set(p.support))


@settings(max_examples=30, deadline=None)
@drawn(plans)
def test_every_body_reads_back_to_the_same_bytes(plan: list[Callable[[int], Story]]) -> None:
    for p in proposals(recorded_of(plan)):
        assert behaviour(p).render() == p.body


@settings(max_examples=15, deadline=None)
@drawn(plans, st.integers(0, 99))
def test_mining_again_and_in_another_order_of_sessions_teaches_the_same(
    plan: list[Callable[[int], Story]], seed: int
) -> None:
    """The sessions of a study come in the store's order; what they teach does not hang on it."""
    recorded = recorded_of(plan)
    study = recorded.study()
    one = mine(study, Plain())
    assert mine(study, Plain()) == one
    assert proposals(recorded_of(plan)) == one
    sessions: dict[str, list] = {}
    for e in recorded.calls:
        sessions.setdefault(e.call.session, []).append(e)
    order = Random(seed).sample(sorted(sessions), len(sessions))
    recorded.calls = [e for name in order for e in sessions[name]]
    assert {body_digest(p) for p in proposals(recorded)} == {body_digest(p) for p in one}


@settings(max_examples=15, deadline=None)
@drawn(plans, st.sets(st.integers(0, 13)))
def test_a_lab_that_knows_the_whole_teaches_of_a_part_what_a_fresh_one_does(
    plan: list[Callable[[int], Story]], out: set[int]
) -> None:
    """What was tried for the whole study must not leak into the study without a part."""
    whole = recorded_of(plan)
    left_out = {f"s{n}" for n in out}
    mine(whole.study(), Plain())
    known = mine(whole.study().without(left_out.__contains__), Plain())
    fresh = mine(recorded_of(plan).study().without(left_out.__contains__), Plain())
    assert known == fresh


def test_calls_that_never_failed_teach_nothing() -> None:
    made: list[Call] = [call("get_gauge", what="heat")] * 9
    assert proposals(Recorded(KILN, [({}, made)])) == []
    assert proposals(Recorded(KILN, [])) == []

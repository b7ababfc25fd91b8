"""Mining of a whole project: the ends of every call, and proof where nothing was learned."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from failonce import history, mining
from failonce.accounting import Mined
from failonce.gate.judge import Case
from failonce.identity import body_digest
from failonce.kinds.decision import Decider
from failonce.model import Args, Call, Judgement, KindName, Origin, Proposal, Recording, Verdict
from failonce.policy import Policy
from tests.looped import World, call, detailed, renamed
from tests.proposal.worlds import KILN, TOOLS, Recorded, Story, many
from tests.proposal.worlds import call as call_of

# -------------------------------------------------------------------- every call has one end

KINDS = {
    "good": ("fine", False),
    "failed": ("Error: no such thing", True),
    "told": ("Error: it is locked", True),
    "hidden": ('{"error": "no such city"}', False),
    "refused": ("The user doesn't want to proceed with this tool use.", True),
    "fell": ("<tool_use_error>Sibling tool call errored</tool_use_error>", True),
    "red": ("3 failed, 2 passed in 0.2s", True),
}
"""What a result says, and whether its source flags it."""

happenings = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 2), st.integers(0, 4)), max_size=60
)
"""Kind, tool, session."""


def told(events: Iterable[tuple[str, int, int]]) -> list[Recording]:
    """Recordings of these happenings; what is red came of a test run."""
    out: list[Recording] = []
    for n, (kind, tool, session) in enumerate(events):
        text, flagged = KINDS[kind]
        name = "run_tests" if kind == "red" else f"tool_{tool}"
        made = call(name, {"a": session}, session=f"s{session}", n=n)
        out.append(replace(made, text=text, flagged=flagged))
    return out


@settings(max_examples=40, deadline=None)
@given(happenings, st.integers(1, 3), st.integers(1, 4), st.integers(0, 3), st.floats(0, 8))
def test_every_call_has_exactly_one_end_whatever_happened(
    events: list[tuple[str, int, int]], hits: int, clusters: int, top: int, cost: float
) -> None:
    """Counted beside the store: what was generated, import's words, and mining's."""
    policy = Policy(min_hits_7d=hits, min_clusters=clusters, top=top, lesson_cost=cost)
    world = World(policy=policy)
    recordings = told(events)
    (seen,) = [*world.loop.observe(recordings, modified=world.clock.now(), project="p")] or [None]
    run = world.loop.mine("p")
    kinds = Counter(kind for kind, _, _ in events)
    failed = kinds["failed"] + kinds["told"] + kinds["hidden"]
    assert run.supported + run.gaps + run.below == run.failures == failed
    assert run.hidden == kinds["hidden"]
    assert run.contrast == kinds["good"]
    assert sum(run.ignored.values()) == kinds["refused"] + kinds["fell"] + kinds["red"]
    assert run.ignored.get(Verdict.INFORMATIVE, 0) == kinds["red"]
    assert run.calls == len(events)
    if seen is not None:
        assert (seen.failures, seen.hidden, seen.ignored) == (run.failures, run.hidden, run.ignored)
        in_the_open = seen.failures - seen.hidden
        ends = in_the_open + seen.hidden + sum(seen.ignored.values()) + seen.verdicts[Verdict.GOOD]
        assert ends == seen.calls == len(events)


@settings(max_examples=25, deadline=None)
@given(happenings)
def test_the_reasons_of_gaps_cover_exactly_the_failures_that_taught_nothing(
    events: list[tuple[str, int, int]],
) -> None:
    world = World(policy=Policy(min_hits_7d=1, min_clusters=1))
    world.take(told(events))
    run = world.loop.mine("p")
    hits = Counter(e.signature for e in world.store.calls() if e.failed)
    assert run.gaps == sum(hits[gap.need] for gap in run.open_gaps)
    assert len({gap.need for gap in run.open_gaps}) == len(run.open_gaps)
    assert all(gap.detail for gap in run.open_gaps)
    lessons = {s for x in run.new for s in x.proposal.signatures}
    assert not lessons & {gap.need for gap in run.open_gaps}


def test_good_lines_of_logs_are_counted_at_import_and_are_no_contrast() -> None:
    """A log's good lines are not kept: they teach nothing, and mining does not see them."""
    world = World()
    line = Recording(call=Call(tool="web", project="p"), text="up", flagged=False)
    lines = [replace(line, origin=Origin.LOG), replace(line, text="down", flagged=True)]
    (seen,) = world.loop.observe(lines, modified=world.clock.now(), project="p")
    assert (seen.calls, seen.verdicts[Verdict.GOOD], seen.new) == (2, 1, 1)
    run = world.loop.mine("p")
    assert (run.calls, run.failures, run.contrast) == (1, 1, 0)


# --------------------------------------------------- proof where a lesson was not learned from


def wrong_name(n: int, file: str) -> list[tuple[str, Args, str]]:
    """`path` where it should be `file`."""
    return [
        ("read", {"path": file}, "Error: unexpected argument 'path'"),
        ("read", {"file": file}, ""),
        ("read", {"file": f"{n}.md"}, ""),
    ]


def absolute(n: int, file: str) -> list[tuple[str, Args, str]]:
    """A path from the root, where only relative ones are taken."""
    return [
        ("open", {"at": f"/w/{file}"}, f"Error: /w/{file} is outside"),
        ("open", {"at": file}, ""),
        ("open", {"at": f"{n}.md"}, ""),
    ]


def busy(n: int, file: str) -> list[tuple[str, Args, str]]:
    """What works when it is tried again."""
    return [("query", {"q": file}, "Error: timed out"), ("query", {"q": file}, "")] * (1 + n % 2)


def unprepared(_: int, file: str) -> list[tuple[str, Args, str]]:
    """What works once another tool was called."""
    return [
        ("send", {"to": file}, "Error: not connected"),
        ("connect", {}, ""),
        ("send", {"to": file}, ""),
    ]


def never(_: int, file: str) -> list[tuple[str, Args, str]]:
    """What nobody gets to work, tried again in vain."""
    return [("print", {"what": file}, "Error: no printer")] * 3


Telling = Callable[[int, str], list[tuple[str, Args, str]]]
STORIES: tuple[Telling, ...] = (wrong_name, absolute, busy, unprepared, never)
stories = st.lists(
    st.lists(st.sampled_from(STORIES), max_size=3, unique=True), min_size=2, max_size=14
)
"""What happens in each session."""
EVERYTHING = Policy(min_hits_7d=1, min_clusters=1, lesson_cost=0)


def sessions(plan: Sequence[Sequence[Telling]]) -> list[list[Recording]]:
    """The recordings of each session."""
    out: list[list[Recording]] = []
    for s, story in enumerate(plan):
        calls = [c for part in story for c in part(s, f"note-{s}.txt")]
        out.append(
            [
                call(tool, args, error, session=f"s{s}", n=n)
                for n, (tool, args, error) in enumerate(calls)
            ]
        )
    return out


def mined(recorded: Iterable[Sequence[Recording]], policy: Policy = EVERYTHING) -> Mined:
    """One run over these sessions."""
    world = World(policy=policy)
    for one in recorded:
        world.take(one)
    return world.loop.mine("p")


def exams(run: Callable[[], object]) -> dict[str, frozenset[str]]:
    """By a lesson's bytes the clusters that judged it, taken where the gate is asked."""
    found: dict[str, frozenset[str]] = {}
    judge = mining.gate.judge

    def listening(proposal: Proposal, case: Case, decider: Decider) -> Judgement:
        found[body_digest(proposal)] = case.exam or frozenset()
        return judge(proposal, case, decider)

    with patch.object(mining.gate, "judge", listening):
        run()
    return found


@settings(max_examples=12, deadline=None)
@given(stories)
def test_a_lesson_is_judged_only_by_clusters_without_which_it_is_learned_all_the_same(
    plan: list[list[Telling]],
) -> None:
    recorded = sessions(plan)
    failing = {one[0].call.session for one in recorded if any(r.flagged for r in one)}
    folds = history.deal(failing)
    found = exams(lambda: mined(recorded))
    for k in range(history.FOLDS):
        left = [one for one in recorded if one and folds.fold(one[0].call.session) != k]
        if len(left) == sum(map(bool, recorded)):
            continue
        without = exams(partial(mined, left))
        for digest, exam in found.items():
            assert (digest in without) == any(folds.fold(cluster) == k for cluster in exam)


def test_every_session_may_teach_and_none_judges_what_it_alone_taught() -> None:
    """Of two that teach, leaving one out leaves nothing to learn: no proof, and that is said."""
    run = mined(sessions([[wrong_name], [wrong_name], [], []]))
    (lesson,) = run.new
    assert lesson.proposal.support_clusters == ("s0", "s1")
    assert (lesson.judgement.proof.wins, lesson.judgement.proof.tally.failures) == (0, 0)
    assert lesson.judgement.proof.line.startswith("Not tried yet")
    run = mined(sessions([[wrong_name]] * 7))
    (lesson,) = run.new
    assert lesson.judgement.proof.wins == 7


# ------------------------------------------------------ where calls can be executed again


def holding(n: int) -> Story:
    """The kiln's pedal is held, and let go of; every fourth caller does it at once."""
    fire, hold = call_of("fire", heat=700 + n), call_of("hold", down=True)
    calls = [hold, fire] if n % 4 == 3 else [fire, hold, fire]
    return {}, [*calls, call_of("hold", down=False)]


def run_again(recorded: Recorded, left: Collection[str] | None = None) -> Mined:
    """One run over what was recorded in a world, of these sessions alone where given."""
    world = World(policy=EVERYTHING, environment=recorded.environment)
    calls = [e for e in recorded.calls if left is None or e.call.session in left]
    world.loop.keep(calls)
    world.store.add_tools("p", list(TOOLS.values()), world.clock.now())
    return world.loop.mine("p")


def test_in_a_world_a_repair_is_proven_where_it_was_not_learned() -> None:
    recorded = Recorded(KILN, many(24, holding))
    run = run_again(recorded)
    (fixer,) = [x for x in run.new if x.proposal.kind is KindName.FIXER]
    proof = fixer.judgement.proof
    assert (proof.wins, proof.losses, proof.tally.repaired) == (18, 0, 18)
    assert proof.tally.good == 24
    assert (proof.tally.wrongly_changed, proof.tally.spoilt) == (0, 0)
    assert (run.supported, run.gaps, run.below, run.contrast) == (18, 0, 0, 72)


def test_in_a_world_too_only_parts_judge_without_which_it_is_learned() -> None:
    recorded = Recorded(KILN, many(8, holding))
    sessions_ = sorted({e.call.session for e in recorded.calls})
    folds = history.deal({e.call.session for e in recorded.calls if e.failed})
    found = exams(lambda: run_again(recorded))
    assert found
    for k in range(history.FOLDS):
        without = exams(partial(run_again, recorded, [s for s in sessions_ if folds.fold(s) != k]))
        for digest, exam in found.items():
            assert (digest in without) == any(folds.fold(cluster) == k for cluster in exam)


# ------------------------------------------------------------------------ the same for the same


@settings(max_examples=12, deadline=None)
@given(stories, st.integers(0, 99))
def test_sessions_in_another_order_teach_the_same_lessons_with_the_same_proof(
    plan: list[list[Telling]], seed: int
) -> None:
    recorded = sessions(plan)
    shuffled = Random(seed).sample(recorded, len(recorded))
    one, other = mined(recorded), mined(shuffled)
    assert one == other


@settings(max_examples=12, deadline=None)
@given(stories)
def test_mining_twice_finds_nothing_new_and_moves_nothing(plan: list[list[Telling]]) -> None:
    world = World(policy=EVERYTHING)
    for one in sessions(plan):
        world.take(one)
    first = world.loop.mine("p")
    lessons = world.store.lessons()
    again = world.loop.mine("p")
    assert again.new == ()
    assert set(again.known) == {x.id for x in first.new}
    assert world.store.lessons() == lessons
    assert replace(again, new=first.new, known=first.known) == first


# ------------------------------------------------------------- one lesson for one thing


def test_no_guard_is_proposed_where_a_repair_changes_the_call_before_it_runs() -> None:
    world = World()
    world.take(renamed(12))
    (lesson,) = world.loop.mine("p").new
    assert lesson.proposal.kind is KindName.FIXER


def test_where_a_person_refuses_the_repair_the_guard_is_proposed() -> None:
    world = World()
    world.take(detailed(12))
    (fixer,) = world.loop.mine("p").new
    world.review.reject(fixer.id, reason="the argument means something")
    (guard,) = world.loop.mine("p").new
    assert guard.proposal.kind is KindName.GUARDRAIL
    assert guard.proposal.signatures == fixer.proposal.signatures

# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What holds for every store, whatever is put in: hypothesis tries to find an exception."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from failonce.audit import verify
from failonce.lifecycle import MOVES
from failonce.model import Action, AuditEntry, Change, Event, Evidence, Lesson, Mode, State
from failonce.ports import SignatureOrder, SignatureQuery, Store, Windows
from failonce.testing.memory import MemoryStore
from failonce.testing.samples import START, evidence, lesson, moved, proposed

MakeStore = Callable[[], Store]

TRY = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # each example makes a store of its own
        HealthCheck.differing_executors,  # one suite, inherited for each kind of store
    ],
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence over two months, in few projects, sessions and signatures, so that they meet."""
    return evidence(
        draw(st.integers(1, 10_000)),
        signature=draw(st.sampled_from([None, "f1", "f2", "f3"])),
        project=draw(st.sampled_from(["p1", "p2"])),
        session=draw(st.sampled_from(["s1", "s2", "s3"])),
        source=draw(st.sampled_from(["a.log", "b.log"])),
        tags=tuple(draw(st.sets(st.sampled_from(["x", "y"])))),
        at=START + timedelta(hours=12 * draw(st.integers(-120, 2))),
    )


histories = st.lists(evidences(), max_size=40, unique_by=lambda e: e.id)
decisions = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(sorted(MOVES))), max_size=15)


class LawConformance:
    """Rollups, batches and the chain."""

    @TRY
    @given(history=histories, data=st.data())
    def test_rollups_equal_a_recount(
        self, make_store: MakeStore, history: list[Evidence], data: st.DataObject
    ) -> None:
        """In any order, cut into any batches, with any of them given again, under aliases."""
        recount = MemoryStore()
        recount.add(history)
        store = make_store()
        for batch in _batches(data, data.draw(st.permutations(history))):
            store.add(batch)
            store.add(batch[: data.draw(st.integers(0, len(batch)))])
        names = st.sampled_from(["f1", "f2", "f3", "f4"])
        for renamed in data.draw(st.lists(st.dictionaries(names, names, max_size=2), max_size=3)):
            recount.add_aliases(renamed)
            store.add_aliases(renamed)
        query = SignatureQuery(
            project=data.draw(st.sampled_from([None, "p1"])),
            as_of=data.draw(st.sampled_from([None, START - timedelta(days=9)])),
            min_hits_7d=data.draw(st.integers(0, 2)),
            order=data.draw(st.sampled_from(SignatureOrder)),
            limit=data.draw(st.sampled_from([None, 2])),
            windows=data.draw(st.sampled_from([Windows(), Windows(week=1, month=3)])),
            ids=data.draw(st.sampled_from([(), ("f1", "f4")])),
        )
        assert store.signatures(query) == recount.signatures(query)
        assert store.daily() == recount.daily()
        assert store.projects() == recount.projects()
        assert store.aliases() == recount.aliases()

    @TRY
    @given(history=histories, data=st.data())
    def test_adding_again_changes_nothing(
        self, make_store: MakeStore, history: list[Evidence], data: st.DataObject
    ) -> None:
        """However it is cut the second time."""
        store = make_store()
        assert store.add(history).new == len(history)
        before = _view(store)
        for batch in _batches(data, history + history):
            assert store.add(batch).new == 0
        assert _view(store) == before

    @TRY
    @given(steps=decisions)
    def test_the_audit_of_any_decisions_verifies(
        self, make_store: MakeStore, steps: list[tuple[int, Action]]
    ) -> None:
        """And every lesson stands where the fold of its entries says."""
        store = make_store()
        _decide(store, steps)
        report = verify(store.entries(), _all_versions(store))
        assert report.intact, report.problem
        assert report.head == store.head()

    @TRY
    @given(steps=decisions, data=st.data())
    def test_a_changed_entry_is_found(
        self, make_store: MakeStore, steps: list[tuple[int, Action]], data: st.DataObject
    ) -> None:
        """Whichever character of whichever field is another."""
        store = make_store()
        _decide(store, steps)
        entries = list(store.entries())
        place = data.draw(st.integers(0, len(entries) - 1))
        entries[place] = _tampered(entries[place], data)
        assert verify(entries).broken_seq == place + 1

    @TRY
    @given(steps=decisions, data=st.data())
    def test_a_missing_entry_is_found(
        self, make_store: MakeStore, steps: list[tuple[int, Action]], data: st.DataObject
    ) -> None:
        """In the middle by the chain, at the end by the lesson that it moved."""
        store = make_store()
        _decide(store, steps)
        entries = list(store.entries())
        place = data.draw(st.integers(0, len(entries) - 1))
        # A remark cut off the very end moved nothing: only a head noted elsewhere tells.
        assume(place < len(entries) - 1 or entries[place].event.after is not None)
        del entries[place]
        assert not verify(entries, _all_versions(store)).intact


def _batches(data: st.DataObject, history: Sequence[Evidence]) -> list[Sequence[Evidence]]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(history)), max_size=4)))
    ends = [*cuts, len(history)]
    return [history[a:b] for a, b in zip([0, *cuts], ends, strict=True)]


def _view(store: Store) -> tuple[object, ...]:
    return (
        store.signatures(SignatureQuery()),
        store.daily(),
        store.projects(),
        list(store.calls()),
    )


def _decide(store: Store, steps: Sequence[tuple[int, Action]]) -> None:
    """Three lessons, every step that the lifecycle allows, and a remark about each other."""
    made = {n: lesson(n) for n in (1, 2, 3)}
    for new in made.values():
        store.commit(proposed(new))
    for n, action in steps:
        now = store.lesson(made[n].id) or made[n]
        if now.state in MOVES[action][0]:
            store.commit(moved(now, action))
        else:
            remark = Event(at=START, actor="anna", action=Action.REPORT_WRONG, subject=now.id)
            store.commit(Change(events=(remark,)))


def _all_versions(store: Store) -> list[Lesson]:
    return [version for newest in store.lessons() for version in store.versions(newest.id)]


def _tampered(entry: AuditEntry, data: st.DataObject) -> AuditEntry:
    """The entry with one field another."""
    e = entry.event
    events = [
        replace(e, at=e.at + timedelta(microseconds=1)),
        replace(e, actor=_flipped(e.actor, data)),
        replace(e, action=Action.MIGRATE),
        replace(e, subject=_flipped(e.subject, data)),
        replace(e, version=e.version + 1),
        replace(e, before=_other(e.before)),
        replace(e, after=_other(e.after)),
        replace(e, mode=Mode.OFF),
        replace(e, digest=_flipped(e.digest, data)),
        replace(e, reason=_flipped(e.reason, data)),
    ]
    entries = [
        replace(entry, seq=entry.seq + 1),
        replace(entry, previous=_flipped(entry.previous, data)),
        replace(entry, hash=_flipped(entry.hash, data)),
    ]
    return data.draw(st.sampled_from([*(replace(entry, event=e) for e in events), *entries]))


def _flipped(text: str, data: st.DataObject) -> str:
    raw = bytearray(text.encode() or b"?")
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1
    return raw.decode()


def _other(state: State | None) -> State:
    return State.RETIRED if state is not State.RETIRED else State.STABLE

# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.Lessons`, `Audit`, `Modes` and `Lease` promise."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from failonce.audit import verify
from failonce.errors import RefusedMove
from failonce.identity import GENESIS
from failonce.model import (
    Action,
    Arm,
    Change,
    Closing,
    Effect,
    Event,
    GapStatus,
    Mode,
    State,
)
from failonce.ports import Store
from failonce.testing.samples import (
    START,
    evidence,
    exposure,
    gap,
    lesson,
    moved,
    proposed,
)

_DAY = timedelta(days=1)


class DecisionConformance:
    """A change happens whole or not at all, and is on record."""

    def test_a_lesson_comes_back_as_it_went_in(self, store: Store) -> None:
        """With its judgement, its dates and half a surrogate pair."""
        full = lesson(
            1,
            body="says: half \ud83d\n",
            reviewed_at=START,
            valid_until=START + _DAY,
            snoozed_until=START + 2 * _DAY,
            approved_digest="d",
            wrong_reports=1,
        )
        store.commit(proposed(full))
        assert store.lesson(full.id) == full
        assert store.lesson("GR-FFFFFFFF") is None

    def test_lessons_are_the_newest_versions_in_order_of_creation(self, store: Store) -> None:
        """Versions are told apart by state and body."""
        first, second = lesson(2), lesson(1)
        newer = lesson(2, version=2, body="tool: other\n")
        for new in (first, second, newer):
            store.commit(proposed(new))
        store.commit(moved(second, Action.REJECT))
        rejected = store.lesson(second.id)
        assert rejected is not None
        assert store.versions(first.id) == [first, newer]
        assert store.lessons() == [newer, rejected]
        assert store.lessons(states=[State.PROPOSED, State.CANARY]) == [newer]
        assert store.lessons(project="shop", states=[State.REJECTED]) == [rejected]
        assert store.lessons(project="elsewhere") == []

    def test_a_version_is_never_rewritten(self, store: Store) -> None:
        """Another body under the same version is refused, and nothing of the change stays."""
        store.commit(proposed(lesson(1)))
        rewritten = proposed(lesson(1, body="tool: other\n"))
        with pytest.raises(RefusedMove, match="version 1"):
            store.commit(replace(rewritten, gaps=(gap(1),)))
        assert store.lesson(lesson(1).id) == lesson(1)
        assert store.gaps() == []
        assert len(list(store.entries())) == 1

    def test_the_second_of_two_decisions_is_told(self, store: Store) -> None:
        """Optimistic locking: all of the late change is left out."""
        seen = lesson(1)
        store.commit(proposed(seen))
        store.commit(moved(seen, Action.REJECT))
        late = replace(moved(seen, Action.APPROVE), gaps=(gap(1),))
        with pytest.raises(RefusedMove, match="rejected"):
            store.commit(late)
        with pytest.raises(RefusedMove):
            store.commit(Change(expects={"GR-FFFFFFFF": (1, State.PROPOSED)}))
        assert [e.event.action for e in store.entries()] == [Action.PROPOSE, Action.REJECT]
        assert store.gaps() == []

    def test_of_two_that_cannot_be_in_force_together_the_second_is_told(self, store: Store) -> None:
        """Neither had seen the other one; a lesson for something else is no hindrance."""
        first, second, other = lesson(1), lesson(2), lesson(3)
        other = replace(other, proposal=replace(other.proposal, target="elsewhere"))
        for x in (first, second, other):
            store.commit(proposed(x))
        for x in (first, other):
            store.commit(replace(moved(x, Action.APPROVE), alone=(x.id,)))
        late = replace(moved(second, Action.APPROVE), alone=(second.id,), gaps=(gap(1),))
        with pytest.raises(RefusedMove, match=first.id):
            store.commit(late)
        assert store.lesson(second.id) == second
        assert store.gaps() == []
        approved = store.lesson(first.id)
        assert approved is not None
        gone = moved(approved, Action.SUPERSEDE)
        swap = replace(late, lessons=(*gone.lessons, *late.lessons), expects={})
        store.commit(replace(swap, events=(*gone.events, *late.events)))
        assert [x.id for x in store.lessons(states=[State.CANARY])] == [second.id, other.id]

    def test_entries_are_chained(self, store: Store) -> None:
        """From the genesis on, in UTC, and the head is the newest."""
        assert store.head() == GENESIS
        away = lesson(1, created_at=START.astimezone(timezone(timedelta(hours=5))))
        added = [*store.commit(proposed(away)), *store.commit(moved(away, Action.APPROVE))]
        assert list(store.entries()) == added
        assert [e.seq for e in added] == [1, 2]
        assert [e.previous for e in added] == [GENESIS, added[0].hash]
        assert store.head() == added[1].hash
        assert list(store.entries(subject=away.id)) == added
        assert list(store.entries(subject="other")) == []
        assert list(store.entries(after=1)) == added[1:]
        assert list(store.entries(after=2)) == []
        assert list(store.entries(actions=(Action.APPROVE, Action.UNDO))) == added[1:]
        assert store.recent(limit=9, actions=(Action.PROPOSE,)) == added[:1]
        assert store.recent(limit=9, actions=(Action.UNDO,)) == []
        assert verify(store.entries(), store.versions(away.id)).intact

    def test_an_undecodable_reason_does_not_break_the_chain(self, store: Store) -> None:
        """A shell may hand over bytes that are no text."""
        event = Event(
            at=START, actor="anna", action=Action.OVERRIDE, reason="caf\udce9", via="caf\udce9"
        )
        store.commit(Change(events=(event,)))
        assert verify(store.entries()).entries == 1

    def test_a_gap_found_again_is_the_same_gap(self, store: Store) -> None:
        """One more attempt, since its first day; to close it is no attempt."""
        store.commit(Change(gaps=(gap(2), gap(1), gap(9, project="b"))))
        store.commit(Change(gaps=(gap(2, at=START + _DAY, detail="again"), gap(0, at=None))))
        assert [g.id for g in store.gaps()] == ["g0", "g1", "g2", "g9"]
        assert [g.id for g in store.gaps(needs=(gap(1).need, "none"))] == [
            g.id for g in store.gaps() if g.need == gap(1).need
        ]
        assert store.gaps(needs=()) == []
        again = store.gaps(project="shop")[-1]
        assert (again.attempts, again.at, again.detail) == (2, gap(2).at, "again")
        store.commit(Change(gaps=(replace(again, status=GapStatus.CLOSED),)))
        assert store.gaps(project="shop")[-1] == replace(again, status=GapStatus.CLOSED)

    def test_exposures_come_in_order_of_time(self, store: Store) -> None:
        """Of all lessons, or of one; every field as it went in."""
        full = exposure(
            2,
            lesson="GR-1",
            project="half \ud83d",
            session="s \ud83d",
            unit="task \ud83d",
            tool="get \ud83d",
            arm=Arm.HOLDOUT,
            share=0.1,
            after=True,
            evidence="e1",
        )
        bare = exposure(1, lesson="GR-2")
        store.commit(Change(exposures=(full, bare)))
        escaped = ("project", "session", "unit", "tool")
        assert [x.id for x in store.exposures()] == ["x1", "x2"]
        assert store.exposures(lesson="GR-2") == [bare]
        (found,) = store.exposures(lesson="GR-1")
        for name in escaped:
            assert getattr(found, name).startswith(getattr(full, name)[:-1])
        texts = {name: getattr(full, name) for name in escaped}
        assert replace(found, **texts) == full

    def test_an_exposure_told_again_is_the_same_one(self, store: Store) -> None:
        """What came of it is taken over, unless it says nothing; the rest is as told first."""
        first = exposure(1, share=0.5)
        store.commit(Change(exposures=(first,)))
        later = exposure(1, share=0.1, minutes=9, effect=Effect.REPAIRED, evidence="e7")
        store.commit(Change(exposures=(later,)))
        known = replace(first, effect=Effect.REPAIRED, evidence="e7")
        assert store.exposures() == [known]
        store.commit(Change(exposures=(exposure(1, share=0.1, minutes=9),)))
        assert store.exposures() == [known]
        store.commit(Change(exposures=(exposure(2), exposure(2, effect=Effect.WRONG))))
        assert [x.effect for x in store.exposures()] == [Effect.REPAIRED, Effect.WRONG]

    def test_effects_are_exposures_counted_by_day(self, store: Store) -> None:
        """By lesson, arm and effect, of one project or all, from a time on."""
        store.commit(
            Change(
                exposures=(
                    exposure(1),
                    exposure(2, arm=Arm.HOLDOUT),
                    exposure(3),
                    exposure(4, lesson="FX-1", effect=Effect.REPAIRED),
                    exposure(5, at=START + _DAY, project="b"),
                )
            )
        )
        rows = [
            (x.day, x.lesson, x.arm, x.effect, x.count) for x in store.effects(since=START - _DAY)
        ]
        one = "GR-00000001"
        assert rows == [
            ("2026-03-01", "FX-1", Arm.APPLIED, Effect.REPAIRED, 1),
            ("2026-03-01", one, Arm.APPLIED, Effect.UNKNOWN, 2),
            ("2026-03-01", one, Arm.HOLDOUT, Effect.UNKNOWN, 1),
            ("2026-03-02", one, Arm.APPLIED, Effect.UNKNOWN, 1),
        ]
        assert [x.day for x in store.effects(project="b", since=START)] == ["2026-03-02"]
        assert [x.count for x in store.effects(since=START + timedelta(minutes=3))] == [1, 1, 1]

    def test_recent_entries_come_newest_first_page_by_page(self, store: Store) -> None:
        """Of everything, or of one subject."""
        for n in (1, 2, 3):
            store.commit(proposed(lesson(n)))
        entries = list(store.entries())
        assert store.recent(limit=9) == entries[::-1]
        first = store.recent(limit=2)
        assert first == [entries[2], entries[1]]
        assert store.recent(limit=2, before=first[-1].seq) == [entries[0]]
        assert store.recent(limit=2, subject=lesson(2).id) == [entries[1]]
        assert store.recent(limit=2, subject="no") == []

    def test_a_refused_change_renames_nothing(self, store: Store) -> None:
        """Aliases are a part of the change."""
        store.add([evidence(1, signature="f1")])
        store.commit(Change(aliases={"f1": "f2"}))
        late = Change(
            aliases={"f2": "f3"}, split=("f1",), expects={"GR-FFFFFFFF": (1, State.PROPOSED)}
        )
        with pytest.raises(RefusedMove):
            store.commit(late)
        assert store.aliases() == {"f1": "f2"}

    def test_a_session_that_is_over_is_over_since_the_last_word(self, store: Store) -> None:
        """Also one of which nothing is recorded; evidence that comes later opens nothing."""

        def close(session: str, days: int, project: str = "shop") -> None:
            closing = Closing(project=project, session=session, at=START + days * _DAY)
            store.commit(Change(closings=(closing,)))

        names = ["s1", "s2", "half \ud83d", "never"]
        assert store.closings("shop", names) == {}
        store.add([evidence(1, session="s1")])
        close("s1", 2)
        close("s1", 1)
        close("s2", 0, project="elsewhere")
        close("half \ud83d", 3)
        store.add([evidence(2, session="s1"), evidence(3, session="s2")])
        assert store.closings("shop", names) == {
            "s1": START + 2 * _DAY,
            "half \ud83d": START + 3 * _DAY,
        }
        assert store.closings("shop", []) == {}
        assert [e.id for e in store.calls(project="shop", sessions=["s1"])] == ["e1", "e2"]

    def test_the_newest_mode_of_the_project_holds(self, store: Store) -> None:
        """Else that of everyone, else none; a mode can be taken back."""

        def put(subject: str, mode: Mode | None) -> None:
            event = Event(
                at=START, actor="anna", action=Action.SET_MODE, subject=subject, mode=mode
            )
            store.commit(Change(events=(event,)))

        assert store.mode("shop") is None
        put("*", Mode.AUTO)
        assert store.mode("shop") is Mode.AUTO
        put("shop", Mode.OFF)
        put("*", Mode.MANUAL)
        assert (store.mode("shop"), store.mode("b")) == (Mode.OFF, Mode.MANUAL)
        put("shop", None)
        assert store.mode("shop") is Mode.MANUAL

    def test_a_lease_has_one_holder(self, store: Store) -> None:
        """Until it ends, is given back, or is taken on by its holder."""
        later = START + timedelta(minutes=10)
        assert store.acquire("mine", "a", until=later, now=START)
        assert not store.acquire("mine", "b", until=later, now=START)
        assert store.acquire("other", "b", until=later, now=START)
        assert store.acquire("mine", "a", until=later, now=START)
        store.release("mine", "b")
        assert not store.acquire("mine", "b", until=later, now=START)
        store.release("mine", "a")
        assert store.acquire("mine", "b", until=later, now=START)
        assert store.held(START) == {"mine": "b", "other": "b"}
        assert store.held(later) == {}, "it has ended, though nobody gave it back"
        assert store.acquire("mine", "a", until=later + _DAY, now=later)

# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.Keeping` promises: what goes, what stays, and that nothing comes again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from failonce.model import (
    FORGOTTEN,
    Action,
    By,
    Call,
    Change,
    Evidence,
    GapStatus,
    Horizon,
    Origin,
    Trust,
    Whose,
)
from failonce.ports import Added, DayCount, Prunable, SignatureQuery, Store, Summed, Traces
from failonce.testing.conformance.laws import TRY, MakeStore, histories
from failonce.testing.memory import MemoryStore
from failonce.testing.samples import START, evidence, exposure, gap, lesson, moved, proposed

_DAY = timedelta(days=1)
_TODAY = START.date()
_ALL = SignatureQuery()
_MONTH = Horizon(events=_TODAY - 30 * _DAY)
"""What is older than thirty days goes."""


def aged(n: int, days: int, **fields: Any) -> Evidence:
    """Evidence of id `e<n>`, so many days before `START`."""
    return evidence(n, at=START - days * _DAY, **fields)


def pruned(store: Store, horizon: Horizon) -> tuple[int, int]:
    """Prune to the end; how many events and counts went."""
    steps = list(store.prune(horizon))
    return sum(s.events for s in steps), sum(s.counts for s in steps)


def ids(store: Store) -> set[str]:
    """Of all events that are kept."""
    return {e.id for e in store.calls()}


class KeepingConformance:
    """By age, and by whom."""

    def test_what_is_older_goes_and_stays_counted(self, store: Store) -> None:
        """Up to midnight before the first day that is kept; counts and totals hold."""
        midnight = START.replace(hour=0) - 30 * _DAY
        store.add([aged(n, n, signature="f1", session=f"s{n}") for n in range(1, 60)])
        store.add(
            [
                evidence(100, at=midnight, signature="f1"),
                evidence(101, at=midnight - timedelta(microseconds=1), signature="f1"),
                aged(102, 50, origin=Origin.LOG, signature="f1"),
                aged(103, 2, project="b"),
            ]
        )
        before = store.signatures(_ALL), store.daily(), store.projects(), store.members("f1")
        (found,) = store.prunable(_MONTH)
        assert replace(found, size=0) == Prunable(
            project="shop", events=31, calls=30, oldest=midnight
        )
        assert found.size > 31 * len("no item 1")
        assert pruned(store, _MONTH) == (31, 0)
        assert ids(store) == {f"e{n}" for n in (*range(1, 31), 100, 103)}
        assert (
            store.signatures(_ALL), store.daily(), store.projects(), store.members("f1")
        ) == before  # fmt: skip
        assert store.prunable(_MONTH) == []
        assert pruned(store, _MONTH) == (0, 0)

    def test_what_went_does_not_come_again(self, store: Store) -> None:
        """Nor anything of its project that is as old; other projects are open."""
        old = [aged(n, 40, signature="f1") for n in (1, 2)]
        store.add([*old, aged(3, 1)])
        pruned(store, _MONTH)
        before = store.signatures(_ALL), store.daily(), store.projects()
        assert store.add([*old, aged(3, 1)]) == Added(duplicates=1, gone=2)
        assert store.add([aged(4, 31), aged(5, 30)]) == Added(new=1, gone=1)
        assert store.add([aged(6, 400, project="b")]) == Added(new=1)
        assert ids(store) == {"e3", "e5", "e6"}
        assert store.signatures(_ALL) == before[0]
        pruned(store, Horizon(events=_TODAY - 300 * _DAY))
        assert store.add(old) == Added(gone=2), "a longer time brings nothing back"

    def test_the_text_of_a_failure_that_went_is_not_shown_as_a_sample(self, store: Store) -> None:
        """The masked text is; a newer failure speaks for itself."""
        store.add([aged(1, 40, signature="f1"), aged(2, 40, signature="f2")])
        store.add([aged(3, 1, signature="f2")])
        pruned(store, _MONTH)
        samples = {s.id: s.sample for s in store.signatures(_ALL)}
        assert samples == {"f1": "no item <n>", "f2": "no item 3"}
        assert store.samples("f1") == []

    def test_a_sample_that_is_not_taken_in_is_not_shown_either(self, store: Store) -> None:
        """Counted elsewhere, with the text of one that went by its age, or was forgotten."""
        store.add([aged(1, 40, signature="f0"), aged(2, 1, session="anna", signature="f0")])
        pruned(store, _MONTH)
        for _ in store.forget(Whose(by=By.SESSION, value="anna"), at=START):
            pass
        old, theirs = aged(3, 50, signature="f1"), aged(2, 1, signature="f2")
        recent = aged(5, 1, signature="f3")
        day = DayCount(hits=4, first=START, last=START)
        summed = [
            Summed(project="shop", signature=name, days=[day], samples=samples)
            for name, samples in (("f1", [old]), ("f2", [theirs]), ("f3", [old, recent]))
        ]
        store.add_summed(summed, [], at=START)
        shown = {s.id: s.sample for s in store.signatures(_ALL)}
        assert shown == {
            "f0": "no item <n>", "f1": "no item <n>", "f2": FORGOTTEN, "f3": "no item 5",
        }  # fmt: skip

    def test_what_is_counted_elsewhere_does_not_bring_back_what_was_forgotten(
        self, store: Store
    ) -> None:
        """No mask hides a name; where only forgotten events could speak, the class is silent."""
        said = "user anna 7 refused"
        theirs = replace(aged(1, 1, signature="f1", message=said), template="user anna <n> refused")
        store.add([theirs])
        anna = Whose(by=By.TEXT, value="anna")
        for _ in store.forget(anna, at=START):
            pass
        day = DayCount(hits=4, first=START, last=START)
        for name in ("f1", "f2"):
            sample = replace(theirs, signature=name)
            given = Summed(project="shop", signature=name, days=[day], samples=[sample])
            assert store.add_summed([given], [], at=START) == Added(new=4)
        found = {s.id: (s.template, s.sample, s.hits) for s in store.signatures(_ALL)}
        assert found == {
            "f1": (f"user {FORGOTTEN} <n> refused",) * 2 + (5,),
            "f2": (FORGOTTEN, FORGOTTEN, 4),
        }
        assert store.traces(anna, lambda _: None) == []

    def test_a_class_stays_silent_also_where_some_of_it_went_by_its_age(self, store: Store) -> None:
        """Of what is old nobody knows whose it was; the name of a tool may be theirs as well."""
        old = aged(1, 40, signature="f1", tool="svc.anna", template="user anna <n> refused")
        theirs = aged(2, 1, signature="f1", tool="svc.anna", template="user anna <n> refused")
        store.add([old, theirs])
        pruned(store, _MONTH)
        anna = Whose(by=By.TEXT, value="anna")
        for _ in store.forget(anna, at=START):
            pass
        day = DayCount(hits=4, first=START, last=START)
        for name in ("f1", "f2"):
            samples = [replace(e, signature=name) for e in (old, theirs)]
            given = Summed(project="shop", signature=name, days=[day], samples=samples)
            store.add_summed([given], [], at=START)
        assert {s.template for s in store.signatures(_ALL)} == {
            f"user {FORGOTTEN} <n> refused",
            FORGOTTEN,
        }
        assert {s.tool for s in store.signatures(_ALL)} == {f"svc.{FORGOTTEN}", FORGOTTEN}
        assert store.traces(anna) == []

    def test_where_only_counts_went_they_do_not_come_again(self, store: Store) -> None:
        """Failures that were counted elsewhere, of days that are kept no more."""
        old, recent = (
            DayCount(hits=3, first=START - n * _DAY, last=START - n * _DAY) for n in (40, 1)
        )
        store.add([aged(n, 1, signature="f1") for n in range(1, 11)])
        summed = Summed(
            project="shop",
            signature="f1",
            days=[old, recent],
            samples=[aged(20, 40, signature="f1")],
        )
        store.add_summed([summed], [], at=START)
        assert pruned(store, replace(_MONTH, counts=_TODAY - 30 * _DAY)) == (0, 1)
        assert store.add_summed([summed], [], at=START) == Added(new=3, gone=3)

    def test_what_is_cited_stays(self, store: Store) -> None:
        """What a lesson was learned from, what an exposure names, sessions that met a lesson that
        stands, and the newest five of a class that an open gap is about."""
        store.add([aged(n, 100 + n, session="a") for n in (1, 2, 3)])
        store.add([aged(n, 90, session="met") for n in (4, 5)])
        store.add([aged(n, 90, session="other") for n in (6, 7)])
        store.add([aged(n, 80 + n, signature="f8", session="gap") for n in range(10, 20)])
        store.add([aged(n, 70, signature="f9", session="shut") for n in range(20, 23)])
        store.commit(proposed(lesson(1)))
        met = exposure(1, session="met", lesson=lesson(1).id)
        gone = exposure(2, session="other", lesson="GR-none", evidence="e6")
        shut = gap(9, status=GapStatus.CLOSED)
        store.commit(Change(exposures=(met, gone), gaps=(gap(8), shut)))
        stay = {"e1", "e2", "e4", "e5", "e6", *(f"e{n}" for n in range(10, 15))}
        (found,) = store.prunable(_MONTH)
        assert (found.events, found.cited) == (10, len(stay))
        assert found.oldest == aged(2, 102).at
        assert pruned(store, _MONTH) == (10, 0)
        assert ids(store) == stay
        now = store.lesson(lesson(1).id)
        assert now is not None
        store.commit(moved(now, Action.REJECT))
        assert pruned(store, _MONTH)[0] == 2, "nothing is measured of a lesson that is rejected"
        assert {"e1", "e2", "e6"} <= ids(store)
        assert not {"e4", "e5"} & ids(store)

    def test_counts_go_later_and_not_while_an_event_of_their_day_stays(self, store: Store) -> None:
        """A class of which nothing is left goes; calls and failures by day stay for ever."""
        year = Horizon(events=_TODAY - 30 * _DAY, counts=_TODAY - 365 * _DAY)
        store.add([aged(1, 400, signature="f1"), aged(3, 401, signature="f1", session="s2")])
        store.add([aged(4, 366, signature="f2"), aged(5, 365, signature="f2", source="b.log")])
        store.add([aged(6, 500, signature="f3", tags=("x",)), aged(7, 0)])
        store.commit(proposed(lesson(1)))  # learned from e1
        daily, projects = store.daily(), store.projects()
        (found,) = store.prunable(year)
        assert (found.events, found.counts, found.cited) == (4, 3, 1)
        assert pruned(store, year) == (4, 3)
        assert (store.daily(), store.projects()) == (daily, projects)
        left = {s.id: (s.hits, s.first_seen) for s in store.signatures(_ALL)}
        assert left == {"f1": (1, START - 400 * _DAY), "f2": (1, START - 365 * _DAY)}
        assert store.count(_ALL) == 2
        assert {x.id for x in store.sightings(30)} == {"f1", "f2"}
        assert store.members("f3") == []
        assert pruned(store, year) == (0, 0)
        again = store.add([aged(8, 1, signature="f3", session="s9")])
        assert again == Added(new=1)
        (f3,) = store.signatures(replace(_ALL, ids=("f3",)))
        assert (f3.hits, f3.sessions, f3.tags) == (1, 1, ())

    @TRY
    @given(history=histories, data=st.data())
    def test_pruning_keeps_what_it_must(
        self, make_store: MakeStore, history: list[Evidence], data: st.DataObject
    ) -> None:
        """Never what is cited or younger; twice is once; counts are those of a recount; the same
        history again adds nothing."""
        stores: list[Store] = [make_store(), MemoryStore()]
        some = [e.id for e in history]
        support = tuple(data.draw(st.lists(st.sampled_from(some), max_size=3))) if some else ()
        session = data.draw(st.sampled_from(["s1", "nowhere"]))
        days = data.draw(st.integers(0, 60))
        more = data.draw(st.none() | st.integers(0, 20))
        counts = None if more is None else _TODAY - (days + more) * _DAY
        horizon = Horizon(events=_TODAY - days * _DAY, counts=counts)
        made = lesson(1)
        made = replace(made, proposal=replace(made.proposal, support=support))
        views = []
        for store in stores:
            store.add(history)
            store.commit(proposed(made))
            met = exposure(1, lesson=made.id, session=session, project="p1")
            store.commit(Change(exposures=(met,), gaps=(gap(2, need="f2"),)))
            before = {e.id: e for e in store.calls()}
            told = store.prunable(horizon)
            gone = pruned(store, horizon)
            assert gone == (sum(p.events for p in told), sum(p.counts for p in told))
            left = {e.id: e for e in store.calls()}
            assert left.items() <= before.items()
            for e in history:
                met_it = (e.call.project, e.call.session) == ("p1", session)
                if e.at.date() >= horizon.events or e.id in support or met_it:
                    assert e.id in left
            view = _view(store)
            assert pruned(store, horizon) == (0, 0)
            assert store.add(history).new == 0
            assert _view(store) == view
            views.append((told_without_size(told), view))
        assert views[0] == views[1]

    def test_a_session_is_forgotten_whatever_rests_on_it(self, store: Store) -> None:
        """Its events go for good, its name is nowhere, and what was counted stays counted."""
        theirs = [evidence(n, signature="f1", session="anna") for n in (1, 2)]
        store.add([*theirs, evidence(3, signature="f1", session="s3")])
        store.commit(proposed(lesson(1)))
        met = [exposure(n, session="anna", unit="anna", lesson=lesson(1).id) for n in (1, 2)]
        store.commit(Change(exposures=(replace(met[0], evidence="e1"), met[1])))
        anna = Whose(by=By.SESSION, value="anna")
        assert store.traces(anna) == [Traces(project="shop", events=2, sessions=1, exposures=2)]
        assert store.traces(replace(anna, project="b")) == []
        assert sum(g.events for g in store.forget(anna, at=START)) == 2
        assert ids(store) == {"e3"}
        assert store.traces(anna) == []
        assert store.forgotten(["e1", "e3", "e2"]) == ["e1", "e2"]
        (f1,) = store.signatures(_ALL)
        assert (f1.hits, f1.sessions) == (3, 1)
        assert store.daily() == [(_TODAY.isoformat(), 3, 3)]
        told = store.exposures()
        assert [(x.session, x.unit, x.evidence) for x in told] == [
            ("forgotten:x1", "forgotten:x1", None)
        ] * 2
        assert store.add(theirs) == Added(gone=2)
        assert store.add([evidence(9, session="anna")]) == Added(new=1), "others are taken in"

    def test_names_that_outlive_their_events_are_found(self, store: Store) -> None:
        """What is removed by its age leaves its session, and a class its sources and tags."""
        theirs = aged(1, 40, session="anna", source="laptop of anna", tags=("user:anna",))
        good = aged(2, 40, session="anna 2", source="anna")
        store.add([replace(theirs, signature="f1"), good, aged(3, 40, signature="f1")])
        pruned(store, _MONTH)
        text = Whose(by=By.TEXT, value="Anna")
        assert store.traces(text) == [
            Traces(project="", names=1),
            Traces(project="shop", sessions=2, names=2),
        ]
        assert store.traces(replace(text, project="b")) == []
        for by, value, found in (
            (By.SESSION, "anna", Traces(project="shop", sessions=1)),
            (By.SOURCE, "laptop of anna", Traces(project="shop", names=1)),
            (By.SOURCE, "anna", Traces(project="", names=1)),
            (By.TAG, "user:anna", Traces(project="shop", names=1)),
        ):
            whose = Whose(by=by, value=value)
            assert store.traces(whose) == [found]
            assert sum(g.events for g in store.forget(whose, at=START)) == 0
            assert store.traces(whose) == []
        (left,) = store.traces(text)
        assert left == Traces(project="shop", sessions=1)

    def test_a_text_is_found_wherever_it_was_recorded(self, store: Store) -> None:
        """In any case, in arguments however deep, in names of sessions, sources and tags, and
        however its letters are composed."""
        cc = [{"cc": "Anna@Example.org"}]
        held = [
            evidence(1, message="Mail to ANNA@example.org bounced", signature="f1"),
            evidence(2, call=Call(tool="t", args={"to": cc}, session="s")),
            evidence(3, call=Call(tool="t", args={"anna@example.org": 1}, session="s")),
            evidence(4, session="run of anna@example.org"),
            evidence(5, source="/home/anna@example.org/log"),
            evidence(6, tags=("user:anna@example.org",), signature="f2"),
            evidence(7, call=Call(tool="t", args=None, raw='{"a": "anna@example.org', session="s")),
            evidence(8, template="<x> anna@example.org", signature="f3", message="zu"),
        ]
        store.add([*held, evidence(20, message="Joanna"), evidence(21, signature="f3")])
        store.commit(
            Change(gaps=(gap(1, need="mail anna@example.org", detail="Anna@example.org asks"),))
        )
        anna = Whose(by=By.TEXT, value="anna@example.org")
        seen: list[int] = []
        found = store.traces(anna, seen.append)
        assert sum(t.events for t in found) == 8
        assert sum(t.gaps for t in found) == 1
        assert sum(t.classes for t in found) == 1  # f1 has it in its sample, f3 has a newer text
        for _ in store.forget(anna, at=START):
            pass
        assert ids(store) == {"e20", "e21"}
        assert store.traces(anna) == []
        (told,) = store.gaps()
        assert (told.need, told.detail) == ("mail forgotten", "forgotten asks")
        assert {(s.id, s.sample, s.tags) for s in store.signatures(_ALL)} == {
            ("f1", "no item <n>", ()),
            ("f2", "no item <n>", ()),
            ("f3", "no item 21", ()),
        }
        store.add([evidence(30, message="Zoe\u0301 failed", signature="f4")])
        (zoe,) = store.traces(Whose(by=By.TEXT, value="ZO\u00c9"))
        assert zoe.events == 1
        store.add([evidence(31, tags=("Zo\u00e9",))])
        assert sum(t.events for t in store.traces(Whose(by=By.TEXT, value="Zo\u00e9"))) == 2

    def test_a_source_and_a_tag_are_forgotten(self, store: Store) -> None:
        """Of exactly that name, in one project where one is named."""
        store.add([evidence(1, source="a.log", signature="f1"), evidence(2, source="a.log.1")])
        store.add([evidence(3, source="a.log", project="b", signature="f1", tags=("anna", "x"))])
        store.add([evidence(4, tags=("anna",), trust=Trust.UNTRUSTED, signature="f2")])
        for _ in store.forget(Whose(by=By.SOURCE, value="a.log", project="shop"), at=START):
            pass
        assert ids(store) == {"e2", "e3", "e4"}
        sources = {(s.project, s.id): s.sources for s in store.signatures(_ALL)}
        assert sources == {("shop", "f1"): 0, ("b", "f1"): 1, ("shop", "f2"): 1}
        for _ in store.forget(Whose(by=By.TAG, value="anna"), at=START):
            pass
        assert ids(store) == {"e2"}
        assert {s.tags for s in store.signatures(_ALL)} == {(), ("x",)}

    def test_what_others_remember_of_rows_that_are_gone_does_no_harm(self, store: Store) -> None:
        """A store that numbers its names looks them up again."""
        store.add([aged(1, 400, signature="f1", session="anna"), aged(2, 1, signature="f2")])
        pruned(store, Horizon(events=_TODAY - 30 * _DAY, counts=_TODAY - 30 * _DAY))
        for _ in store.forget(Whose(by=By.SESSION, value="anna"), at=START):
            pass
        new = aged(3, 0, signature="f3", session="ben")
        old = aged(4, 0, signature="f1", session="anna")
        store.add([new, old])
        assert store.evidence(["e3", "e4"]) == [new, old]
        assert {s.id: s.hits for s in store.signatures(_ALL)} == {"f1": 1, "f2": 1, "f3": 1}

    def test_a_store_can_be_scrubbed_at_any_time(self, store: Store) -> None:
        """Nothing that is kept changes."""
        store.add([evidence(1, signature="f1")])
        store.scrub()
        assert ids(store) == {"e1"}


def told_without_size(told: object) -> list[Prunable]:
    """Each database measures in its own way."""
    assert isinstance(told, list)
    return [replace(p, size=0) for p in told]


def _view(store: Store) -> object:
    month = SignatureQuery(as_of=START - 9 * _DAY)
    return (
        store.signatures(_ALL),
        store.signatures(month),
        store.daily(),
        store.projects(),
        list(store.calls()),
        sorted(store.sightings(60), key=lambda s: (s.project, s.id)),
        [store.members(name) for name in ("f1", "f2", "f3")],
        store.trend(["f1", "f2"], 40),
        store.count(_ALL),
    )

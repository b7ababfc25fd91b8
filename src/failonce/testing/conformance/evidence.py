# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.EvidenceLog` promises."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from failonce.errors import BadInput
from failonce.model import (
    Call,
    Category,
    Change,
    Evidence,
    Finding,
    Origin,
    Outcome,
    Trust,
    Verdict,
)
from failonce.ports import Added, SignatureOrder, SignatureQuery, Store, Weights, Windows
from failonce.testing.samples import START, evidence

_DAY = timedelta(days=1)
_ALL = SignatureQuery()


class EvidenceConformance:
    """Evidence goes in once, comes back whole, and is counted right."""

    def test_evidence_comes_back_as_it_went_in(self, store: Store) -> None:
        """Every field, also those that databases like to bend."""
        full = Evidence(
            id="0f" * 16,
            at=datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=-3))),
            call=Call(
                tool="find_order",
                args={"b": [1, 2.5, None, True], "a": {"ü": "日本 \ud83d \x00"}},
                session="s1",
                project="p1",
                task="t1",
                trace="tr",
                parent="pa",
            ),
            outcome=Outcome.BLOCKED,
            flagged=True,
            finding=Finding(
                verdict=Verdict.FAILURE,
                category=Category.RATE_LIMIT,
                hidden=True,
                error_type="HTTPError",
                retry_after_s=2.5,
            ),
            message="zu viele Anfragen \u202e…",
            signature="f" * 36,
            template="zu viele <n>",
            origin=Origin.LOG,
            duration_ms=12.25,
            attempt=3,
            read_only=False,
            trust=Trust.UNTRUSTED,
            tags=("a", "ß"),
            source="dir/file.log",
            lessons=("GR-1", "FX-2"),
        )
        bare = evidence(1, call=Call(tool="t", args=None, raw="{'größe': 1"), at=START)
        assert store.add([full, bare]) == Added(new=2)
        assert store.evidence([bare.id, full.id]) == [full, bare]
        (again,) = store.evidence([full.id])
        assert list(again.call.args or ()) == ["b", "a"]
        assert [e.at.utcoffset() for e in store.evidence([full.id])] == [timedelta(0)]

    def test_a_text_that_is_no_unicode_does_not_stop_the_batch(self, store: Store) -> None:
        """Half a surrogate pair, as broken programs print it, and bytes that were a name."""
        broken = evidence(1, message="half \ud83d", tool="t\udc80", session="\udcff")
        assert store.add([broken, evidence(2)]).new == 2
        assert store.add([broken]) == Added(duplicates=1)
        assert {e.id for e in store.calls()} == {"e1", "e2"}

    def test_known_evidence_is_a_duplicate(self, store: Store) -> None:
        """Between batches and within one; the first to arrive stays."""
        twice = [evidence(1, signature="f1"), evidence(1, signature="f1", message="other")]
        assert store.add(twice) == Added(new=1, duplicates=1)
        assert store.evidence(["e1"]) == twice[:1]
        before = store.signatures(_ALL), store.daily(), store.projects()
        again = store.add([evidence(1, signature="f1", message="other")])
        assert again == Added(duplicates=1)
        assert (store.signatures(_ALL), store.daily(), store.projects()) == before
        assert store.add([]) == Added()

    def test_several_batches_are_one_after_the_other(self, store: Store) -> None:
        """Each is told of by itself; what is in two of them belongs to the first."""
        one, two, three = (evidence(n, signature="f1") for n in (1, 2, 3))
        added = store.add_all([[one, one], [], [two, one], [three]])
        assert added == [
            Added(new=1, duplicates=1),
            Added(),
            Added(new=1, duplicates=1),
            Added(new=1),
        ]
        assert sum(s.hits for s in store.signatures(_ALL)) == 3
        assert store.add_all([[], []]) == [Added(), Added()]
        with pytest.raises(BadInput, match="time zone"):
            store.add_all([[evidence(4)], [evidence(5, at=START.replace(tzinfo=None))]])
        assert not store.evidence(["e4"])

    def test_a_time_without_a_zone_is_refused_with_all_of_its_batch(self, store: Store) -> None:
        """Nobody can say which day it is."""
        with pytest.raises(BadInput, match="time zone"):
            store.add([evidence(1), evidence(2, at=START.replace(tzinfo=None))])
        assert not store.evidence(["e1", "e2"])

    def test_calls_come_by_project_session_time_and_arrival(self, store: Store) -> None:
        """The order that miners read in."""
        batch = [
            evidence(1, project="b"),
            evidence(5, session="s2", at=START),
            evidence(4, session="s2", at=START),
            evidence(3),
            evidence(2, tool="put_item"),
        ]
        store.add(batch[:2])
        store.add(batch[2:])
        assert [e.id for e in store.calls()] == ["e1", "e2", "e3", "e5", "e4"]
        assert [e.id for e in store.calls(project="shop")] == ["e2", "e3", "e5", "e4"]
        assert [e.id for e in store.calls(tools=["put_item", "x"])] == ["e2"]
        assert [e.id for e in store.calls(project="b", tools=["put_item"])] == []

    def test_of_long_sessions_the_newest_calls_are_read(self, store: Store) -> None:
        """Of all tools, whichever is asked for; those of one moment stand or fall together."""
        late = START + timedelta(hours=1)
        store.add([evidence(n, session="long", at=START + timedelta(minutes=n)) for n in range(5)])
        store.add([evidence(n, session="two", at=late) for n in (10, 11)])
        store.add([evidence(20, session="long", project="b"), evidence(21, session="")])
        read = store.calls(project="shop", newest=1)
        assert [e.id for e in read] == ["e21", "e4", "e10", "e11"]
        assert len([*store.calls(newest=2)]) == 6
        assert [*store.calls(newest=9)] == [*store.calls()]
        of_one = store.calls(project="shop", sessions=["long"], newest=2)
        assert [e.id for e in of_one] == ["e3", "e4"]

    def test_sessions_come_with_the_newest_first(self, store: Store) -> None:
        """By their last call; of one moment, the one that came later."""
        hours = [START + timedelta(hours=n) for n in range(3)]
        store.add([evidence(1, session="a", at=hours[2]), evidence(2, session="b", at=hours[0])])
        store.add([evidence(3, session="b", at=hours[1]), evidence(4, session="c", at=hours[1])])
        store.add([evidence(5, session="d", project="other")])
        assert [(s.id, s.calls) for s in store.sessions("shop")] == [("a", 1), ("c", 1), ("b", 2)]
        assert store.sessions("nobody") == []

    def test_evidence_by_id_is_oldest_first(self, store: Store) -> None:
        """Whatever order it is asked for in."""
        store.add([evidence(n) for n in (3, 1, 2)])
        assert [e.id for e in store.evidence(["e3", "e9", "e1"])] == ["e1", "e3"]
        assert [e.id for e in store.evidence([f"e{n}" for n in range(1200)])] == ["e1", "e2", "e3"]

    def test_calls_can_be_those_of_some_sessions(self, store: Store) -> None:
        """Of one project or of each, in order; of no session there are none."""
        store.add([evidence(n, session=f"s{n % 3}") for n in range(6)])
        store.add([evidence(9, session="s1", project="b")])
        wanted = ["s2", "s1", "nowhere", *(f"x{n}" for n in range(1200))]
        assert [e.id for e in store.calls(sessions=wanted)] == ["e9", "e1", "e4", "e2", "e5"]
        assert [e.id for e in store.calls(project="b", sessions=["s1"])] == ["e9"]
        assert list(store.calls(tools=["other"], sessions=["s1"])) == []
        assert list(store.calls(sessions=[])) == []

    def test_uses_of_tools_are_counted_and_the_newest_kept(self, store: Store) -> None:
        """By project and tool; what a person refused, was called off or logged is no use."""
        refused = Finding(verdict=Verdict.REJECTION)
        news = Finding(verdict=Verdict.INFORMATIVE)
        store.add(
            [
                evidence(1, tool="a"),
                evidence(2, tool="a", signature="f1", session="s2"),
                evidence(3, tool="a", finding=refused),
                evidence(4, tool="a", origin=Origin.LOG, signature="f1"),
                evidence(5, tool="a", finding=news),
                evidence(6, tool="a", at=evidence(5).at),
                evidence(7, project="b", tool="a"),
                evidence(8, tool="z", call=Call(tool="z", project="shop", session="s", task="t")),
            ]
        )
        b, first, second = store.uses(newest=3)
        assert [(u.project, u.tool, u.calls, u.failures) for u in (b, first, second)] == [
            ("b", "a", 1, 0),
            ("shop", "a", 4, 1),
            ("shop", "z", 1, 0),
        ]
        assert [(u.at, u.failed) for u in first.newest] == [
            (evidence(5).at, False),
            (evidence(5).at, False),
            (evidence(2).at, True),
        ]
        assert first.newest[-1].cluster == "s2"
        assert second.newest[0].cluster == "t"
        assert [u.tool for u in store.uses(project="shop", newest=1)] == ["a", "z"]
        assert [len(u.newest) for u in store.uses(project="shop", newest=1)] == [1, 1]
        (only,) = store.uses(newest=3, sessions=["s2", *(f"x{n}" for n in range(1200))])
        assert (only.tool, only.calls, only.failures, len(only.newest)) == ("a", 1, 1, 1)
        assert store.uses(newest=3, sessions=[]) == []

    def test_samples_are_the_newest(self, store: Store) -> None:
        """Those of an older name of the signature too."""
        store.add([evidence(n, signature="f1") for n in (1, 3)])
        store.add([evidence(n, signature="f2") for n in (2, 4)])
        assert [e.id for e in store.samples("f1")] == ["e3", "e1"]
        store.add_aliases({"f1": "f2"})
        for name in ("f1", "f2"):
            assert [e.id for e in store.samples(name, limit=3)] == ["e4", "e3", "e2"]
        assert [e.signature for e in store.samples("f1", limit=2)] == ["f2", "f1"]

    def test_windows_end_with_the_newest_day_of_the_project(self, store: Store) -> None:
        """Seven and thirty days, that day counted; the newest event may be a good one."""
        failures = [
            evidence(n, signature="f1", at=START - days * _DAY)
            for n, days in enumerate((0, 6, 7, 29, 30), start=1)
        ]
        other = evidence(8, signature="f1", project="old", at=START - 300 * _DAY)
        store.add([*failures, other])
        shop, old = store.signatures(replace(_ALL, order=SignatureOrder.RECENCY))
        assert (shop.hits, shop.hits_7d, shop.hits_30d) == (5, 2, 4)
        assert (shop.first_seen, shop.last_seen) == (START - 30 * _DAY, START)
        assert (old.project, old.hits_7d, old.hits_30d) == ("old", 1, 1)
        store.add([evidence(9, at=START + _DAY)])
        assert [(s.hits_7d, s.hits_30d) for s in store.signatures(_ALL)] == [(1, 3), (1, 1)]

    def test_windows_can_have_other_lengths(self, store: Store) -> None:
        """The counts, the least hits and the impact are those of the windows asked for."""
        failures = [
            evidence(n, signature="f1", at=START - days * _DAY)
            for n, days in enumerate((0, 1, 6, 13, 14), start=1)
        ]
        store.add(failures)
        query = replace(_ALL, windows=Windows(week=2, month=14), min_hits_7d=2)
        (found,) = store.signatures(query)
        assert (found.hits_7d, found.hits_30d) == (2, 4)
        assert found.impact == pytest.approx(0.7 * 2 + 0.3 * 4)
        assert store.signatures(replace(query, windows=Windows(week=1, month=14))) == []

    def test_as_of_sees_nothing_that_came_later(self, store: Store) -> None:
        """A window can end on any day."""
        store.add([evidence(n, signature="f1", at=START + n * _DAY) for n in range(10)])
        store.add([evidence(20, signature="f2", at=START + 9 * _DAY)])
        (seen,) = store.signatures(replace(_ALL, as_of=START + 7 * _DAY))
        assert (seen.hits, seen.hits_7d, seen.hits_30d) == (8, 7, 8)
        assert seen.last_seen == START + 7 * _DAY

    def test_a_signature_sums_up_its_evidence(self, store: Store) -> None:
        """Texts of the newest evidence, distinct sessions and sources, all tags."""
        newest = evidence(
            3, signature="f1", session="s2", source="log-2", tags=("b",), message="newest"
        )
        store.add([newest])
        store.add(
            [
                evidence(1, signature="f1", tags=("c", "b")),
                evidence(2, signature="f1", session="s2"),
            ]
        )
        (found,) = store.signatures(_ALL)
        assert (found.id, found.project, found.tool) == ("f1", "shop", "get_item")
        assert (found.error_type, found.template) == ("KeyError", "no item <n>")
        assert (found.sample, found.tags) == ("newest", ("b", "c"))
        assert (found.hits, found.sessions, found.sources) == (3, 2, 2)
        assert found.impact == pytest.approx(3.0)

    def test_of_two_of_one_moment_the_greater_id_gives_the_texts(self, store: Store) -> None:
        """So that no order of arrival makes another signature."""
        for n in (1, 3, 2):
            store.add([evidence(n, signature="f1", at=START)])
        assert [s.sample for s in store.signatures(_ALL)] == ["no item 3"]

    def test_signatures_are_chosen_and_ranked(self, store: Store) -> None:
        """By impact, recency or hits; by project, name, least hits; the weights can be set."""
        often = [evidence(n, signature="often", at=START - 20 * _DAY) for n in range(6)]
        lately = [evidence(10 + n, signature="lately", at=START - _DAY) for n in range(2)]
        last = [evidence(20, signature="last", at=START)]
        there = [evidence(30, signature="there", project="b")]
        store.add([*often, *lately, *last, *there])

        def names(
            *,
            order: SignatureOrder = SignatureOrder.IMPACT,
            weights: Weights = Weights(),  # noqa: B008 - frozen
            least: int = 0,
            limit: int | None = None,
            ids: tuple[str, ...] = (),
        ) -> list[str]:
            query = SignatureQuery(
                project="shop",
                order=order,
                weights=weights,
                min_hits_7d=least,
                limit=limit,
                ids=ids,
            )
            return [s.id for s in store.signatures(query)]

        assert names() == ["lately", "often", "last"]
        assert names(weights=Weights(week=0.0, month=1.0)) == ["often", "lately", "last"]
        assert names(order=SignatureOrder.HITS) == ["often", "lately", "last"]
        assert names(order=SignatureOrder.RECENCY) == ["last", "lately", "often"]
        assert names(least=1, limit=1) == ["lately"]
        assert names(least=1) == ["lately", "last"]
        assert names(ids=("last", "there")) == ["last"]
        assert len(store.signatures(_ALL)) == 4
        assert [s.impact for s in store.signatures(replace(_ALL, ids=("often",)))] == [
            pytest.approx(0.3 * 6)
        ]

    def test_days_and_projects_are_counted(self, store: Store) -> None:
        """By the day of the event, in UTC."""
        store.add([evidence(1, signature="f1"), evidence(2)])
        store.add([evidence(3, at=START + _DAY, project="b")])
        assert store.daily() == [("2026-03-01", 2, 1), ("2026-03-02", 1, 0)]
        assert store.daily(project="b") == [("2026-03-02", 1, 0)]
        assert store.projects() == {"shop": 2, "b": 1}

    def test_it_is_known_on_which_of_the_last_days_a_class_was_seen(self, store: Store) -> None:
        """Days end with the newest of the project, with or without a failure; parts of a class
        are put together."""
        late = START + 9 * _DAY
        store.add([evidence(1, signature="f1"), evidence(2, signature="f1", at=START + 8 * _DAY)])
        store.add([evidence(3, signature="f2", at=START + 6 * _DAY), evidence(4, at=late)])
        store.add([evidence(5, signature="f1", project="b", at=START)])
        store.add_aliases({"f2": "f1"})
        shop, b = sorted(store.sightings(7), key=lambda x: x.project, reverse=True)
        assert (shop.project, shop.id, shop.days) == ("shop", "f1", 0b1010)
        assert (shop.first, shop.last) == (evidence(1).at, START + 8 * _DAY)
        assert (shop.newest, b.newest, b.days) == (late.date(), START.date(), 1)
        assert store.sightings(7, project="b") == [b]
        assert store.sightings(20, project="shop")[0].days == 0b1000001010
        assert store.sightings(7, project="c") == []

    def test_what_is_asked_for_can_be_ranked_alone(self, store: Store) -> None:
        """As `signatures` has it."""
        store.add([evidence(n, signature=f"f{n % 3}", project="ab"[n % 2]) for n in range(1, 12)])
        for order in SignatureOrder:
            query = SignatureQuery(order=order, min_hits_7d=2)
            ranked = [(s.project, s.id) for s in store.signatures(query)]
            assert store.ranked(query) == ranked
            assert store.ranked(replace(query, project="b"))

    def test_aliases_orphan_nothing(self, store: Store) -> None:
        """An old name finds what the new one is, through any number of changes of masks."""
        store.add([evidence(1, signature="f1", session="s1"), evidence(2, signature="f1")])
        store.add([evidence(3, signature="f2", session="s2", message="newest")])
        store.add_aliases({"f1": "f2"})
        (one,) = store.signatures(_ALL)
        assert (one.id, one.hits, one.sessions, one.sample) == ("f2", 3, 2, "newest")
        store.add_aliases({"f2": "f3"})
        for name in ("f1", "f2", "f3"):
            (found,) = store.signatures(replace(_ALL, ids=(name,)))
            assert (found.id, found.hits) == ("f3", 3)
        assert store.aliases() == {"f1": "f3", "f2": "f3"}
        store.add([evidence(4, signature="f1"), evidence(5, signature="f2", project="b")])
        assert [(s.project, s.id, s.hits) for s in store.signatures(_ALL)] == [
            ("shop", "f3", 4),
            ("b", "f3", 1),
        ]

    def test_a_page_is_a_part_of_the_whole_list(self, store: Store) -> None:
        """In every order, also with aliases, days that are over, and least hits; the count is
        that of the whole."""
        batch = [
            evidence(
                10 * n + k, signature=f"f{n % 7}", project="ab"[n % 2], at=START - k * n * _DAY
            )
            for n in range(20)
            for k in range(n % 5 + 1)
        ]
        store.add(batch)
        store.add_aliases({"f1": "f2"})
        queries = [
            SignatureQuery(order=order, min_hits_7d=least, as_of=as_of, project=project)
            for order in SignatureOrder
            for least in (0, 2)
            for as_of in (None, START - 3 * _DAY)
            for project in (None, "a")
        ]
        for query in queries:
            whole = store.signatures(query)
            assert store.count(query) == len(whole)
            pages = [
                store.signatures(replace(query, offset=n, limit=3)) for n in range(0, len(whole), 3)
            ]
            assert [s for page in pages for s in page] == list(whole), query
            assert store.signatures(replace(query, offset=2)) == whole[2:]

    def test_signatures_are_found_by_what_is_shown_of_them(self, store: Store) -> None:
        """A text in tool or template, a tool, a cause; of a class that is of the newest."""
        finding = Finding(
            verdict=Verdict.FAILURE, category=Category.TIMEOUT, error_type="TimeoutError"
        )
        store.add([evidence(1, signature="f1", template="No 100% of <n>_x")])
        store.add([evidence(2, signature="f2", tool="Put_Item", finding=finding)])
        store.add([evidence(3, signature="f3", tool="other")])

        def names(**asked: object) -> list[str]:
            query = replace(_ALL, **asked, order=SignatureOrder.RECENCY)  # type: ignore[arg-type]
            found = [s.id for s in store.signatures(query)]
            assert [s.id for s in store.signatures(replace(query, limit=9))] == found
            assert store.count(query) == len(found)
            return found

        assert names(text="no ") == ["f3", "f2", "f1"]
        assert names(text="put_ITEM") == ["f2"]
        assert names(text="100%") == ["f1"]
        assert names(text="0%o") == names(text="itemx") == names(text="a_x") == []
        assert names(tool="other") == ["f3"]
        assert names(category=Category.TIMEOUT, text="item") == ["f2"]
        assert names(category=Category.TIMEOUT, tool="other") == []
        store.add_aliases({"f2": "f3"})
        assert names(tool="other") == ["f3"]
        assert names(tool="Put_Item") == names(category=Category.TIMEOUT) == []

    def test_a_trend_has_every_day_to_the_newest(self, store: Store) -> None:
        """Days without failures too; aliases are followed, and nobody is left out."""
        assert store.trend(["f1"], 3) == {"f1": []}
        store.add([evidence(n, signature="f1", at=START - n * _DAY) for n in (1, 1, 4)])
        store.add([evidence(7, signature="f2", at=START), evidence(8, at=START)])
        store.add([evidence(9, signature="f1", project="b", at=START - 9 * _DAY)])
        days = ["2026-02-27", "2026-02-28", "2026-03-01"]
        assert store.trend(["f1", "f2", "no"], 3) == {
            "f1": list(zip(days, (0, 1, 0), strict=True)),
            "f2": list(zip(days, (0, 0, 1), strict=True)),
            "no": list(zip(days, (0, 0, 0), strict=True)),
        }
        assert store.trend(["f1"], 1, project="b") == {"f1": [("2026-02-20", 1)]}
        store.add_aliases({"f2": "f1"})
        both = list(zip(days, (0, 1, 1), strict=True))
        assert store.trend(["f2", "f1"], 3) == {"f2": both, "f1": both}

    def test_the_members_of_a_class_are_its_fingerprints(self, store: Store) -> None:
        """Each with its own text and hits; a change can join and part them."""
        store.add([evidence(n, signature="f1") for n in (1, 2)])
        store.add([evidence(3, signature="f2", message="newest"), evidence(4, signature="f3")])
        assert [m.id for m in store.members("f1")] == ["f1"]
        assert store.members("no") == []
        store.commit(Change(aliases={"f1": "f2", "f3": "f2"}))
        assert store.aliases() == {"f1": "f2", "f3": "f2"}
        assert [(m.id, m.hits, m.sample) for m in store.members("f3")] == [
            ("f1", 2, "no item 2"),
            ("f2", 1, "newest"),
            ("f3", 1, "no item 4"),
        ]
        store.commit(Change(split=("f1", "no")))
        assert store.aliases() == {"f3": "f2"}
        assert {s.id: s.hits for s in store.signatures(_ALL)} == {"f1": 2, "f2": 2}

    def test_the_last_alias_wins(self, store: Store) -> None:
        """Masks may be changed back; an alias of itself says nothing."""
        store.add([evidence(1, signature="f1"), evidence(2, signature="f2")])
        store.add_aliases({"f1": "f2", "f3": "f3"})
        store.add_aliases({"f2": "f1"})
        assert store.aliases() == {"f2": "f1"}
        assert [(s.id, s.hits) for s in store.signatures(_ALL)] == [("f1", 2)]

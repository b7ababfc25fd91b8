# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What `ports.EvidenceLog` promises of failures that were counted elsewhere."""

from dataclasses import replace
from datetime import timedelta

from failonce.model import Evidence
from failonce.ports import Added, DayCount, SignatureQuery, Store, Summed, Taken
from failonce.testing.samples import START, evidence

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_ALL = SignatureQuery()


def _piece(n: int, parent: str = "root") -> Taken:
    return Taken(key=f"k{n}", parent=parent, length=n * (1 << 40), digest=f"d{n}")


def _summed(signature: str, hits: tuple[int, ...], *samples: Evidence) -> Summed:
    return Summed(
        project="shop",
        signature=signature,
        days=tuple(
            DayCount(hits=n, first=START + k * _DAY - _HOUR, last=START + k * _DAY + _HOUR)
            for k, n in enumerate(hits)
        ),
        samples=samples,
    )


class SummedConformance:
    """Rollups and samples of failures come in once, and are counted like all others."""

    def test_they_are_counted_beside_what_is_recorded(self, store: Store) -> None:
        """By day, with the first and last time; samples do not count a second time."""
        store.add([evidence(1, signature="f1", session="live")])
        one, two = (evidence(n, signature="f1", session=f"s{n}") for n in (2, 3))
        added = store.add_summed([_summed("f1", (5, 7), one, two)], [_piece(1)], at=START)
        assert added == Added(new=12)
        (found,) = store.signatures(_ALL)
        assert (found.hits, found.sessions) == (13, 2)
        assert found.first_seen == START - _HOUR
        assert found.last_seen == START + _DAY + _HOUR
        assert [n for _, n in store.trend(["f1"], 2)["f1"]] == [6, 7]
        assert [n for _, *n in store.daily()] == [[6, 6], [7, 7]]
        assert store.projects() == {"shop": 13}
        assert [m.hits for m in store.members("f1")] == [13]
        (sighted,) = store.sightings(30)
        assert (sighted.last, sighted.days) == (START + _DAY + _HOUR, 0b11)

    def test_a_class_that_nobody_recorded_is_made_of_its_samples(self, store: Store) -> None:
        """The texts are those of the first."""
        one = evidence(1, signature="f1", message="the first", template="<t>")
        other = evidence(2, signature="f1", message="the second", template="<t>")
        store.add_summed([_summed("f1", (3,), one, other)], [_piece(1)], at=START)
        (found,) = store.signatures(_ALL)
        assert (found.sample, found.template, found.tool) == ("the first", "<t>", "get_item")
        assert list(store.samples("f1")) == [other, one]
        assert store.evidence([one.id]) == [one]

    def test_the_same_piece_again_adds_nothing_at_all(self, store: Store) -> None:
        """Whoever was second finds all of it as it was, also beside a piece that is new."""
        summed = [_summed("f1", (2,), evidence(1, signature="f1"))]
        store.add_summed(summed, [_piece(1)], at=START)
        before = store.signatures(_ALL), store.daily(), store.taken(["root", "k1"])
        more = [*summed, _summed("f2", (4,), evidence(2, signature="f2"))]
        again = store.add_summed(more, [_piece(2, "k1"), _piece(1)], at=START)
        assert again == Added(duplicates=6)
        assert (store.signatures(_ALL), store.daily(), store.taken(["root", "k1"])) == before

    def test_pieces_are_found_by_what_they_follow_on(self, store: Store) -> None:
        """Shorter ones first."""
        pieces = [_piece(3), _piece(2), _piece(4, "k2")]
        assert store.add_summed([], pieces, at=START) == Added()
        assert list(store.taken(["root", "x"])) == [_piece(2), _piece(3)]
        assert list(store.taken(["k2"])) == [_piece(4, "k2")]
        assert list(store.taken([])) == []

    def test_a_class_keeps_no_more_samples_than_came_at_once(self, store: Store) -> None:
        """However often something comes."""
        for n in range(4):
            samples = [evidence(10 * n + k, signature="f1") for k in range(3)]
            added = store.add_summed([_summed("f1", (50,), *samples)], [_piece(n)], at=START)
            assert added.new == 50
        assert len(store.samples("f1", limit=99)) == 3
        assert [s.hits for s in store.signatures(_ALL)] == [200]

    def test_recorded_failures_of_the_class_go_on_counting(self, store: Store) -> None:
        """Whatever came first."""
        sample = evidence(1, signature="f1")
        store.add_summed([_summed("f1", (2,), sample)], [_piece(1)], at=START)
        late = replace(evidence(2, signature="f1", message="newest"), at=START + 5 * _DAY)
        store.add([late, sample])
        (found,) = store.signatures(_ALL)
        assert (found.hits, found.sample) == (3, "newest")

"""What goes by its age or at somebody's wish, on real databases: killed, raced, in raw bytes."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.model import By, Change, Evidence, Horizon, Whose
from failonce.ports import Added, SignatureQuery, Store
from failonce.testing import MemoryStore
from failonce.testing.samples import START, evidence, exposure, lesson, proposed
from tests.adapters.keeping_program import ANNA, HORIZON
from tests.crash import seeded, start

NewUrl = Callable[[], str]
PROGRAM = Path(__file__).parent / "keeping_program.py"
_DAY = timedelta(days=1)


def history() -> list[Evidence]:
    """Ninety days of calls in sixty sessions, some of which name a person."""
    return [
        evidence(
            n,
            at=START - timedelta(hours=4 * n + 1),
            signature=f"f{n % 7}" if n % 3 else None,
            session=f"s{n // 13}",
            project=f"p{n % 2}",
            message=f"item {n}" + (" of Anna" if n % 5 == 0 else ""),
        )
        for n in range(480)
    ]


def fill(store: Store) -> None:
    store.add(history())
    store.commit(proposed(lesson(1)))  # learned from e1 and e2
    met = [exposure(n, lesson=lesson(1).id, session=f"s{n}", project="p0") for n in range(20, 30)]
    store.commit(Change(exposures=(*met, exposure(1, evidence="e470", lesson="gone"))))


def view(store: Store) -> object:
    return (
        store.signatures(SignatureQuery()),
        store.daily(),
        store.projects(),
        list(store.calls()),
        store.exposures(),
    )


def finish(store: Store, what: str) -> None:
    for _ in store.prune(HORIZON) if what == "prune" else store.forget(ANNA, at=START):
        pass


@pytest.mark.parametrize("what", ["prune", "forget"])
@pytest.mark.parametrize(
    "cycles", [2, pytest.param(20, marks=pytest.mark.torture)], ids=["few", "many"]
)
def test_killed_anywhere_nothing_is_half_gone_and_the_next_run_goes_on(
    new_url: NewUrl, what: str, cycles: int
) -> None:
    """Totals hold after every kill; at the end all is as if nobody had been killed."""
    rng = seeded()
    whole = MemoryStore()
    fill(whole)
    first = whole.daily(), whole.projects()
    finish(whole, what)
    killed = 0
    for _ in range(cycles):
        url = new_url()
        with closing(open_store(url)) as store:
            fill(store)
        victim = start([sys.executable, PROGRAM, url, what])
        said = victim.kill_after(rng.uniform(0, 0.15), ready="ready")
        done = sum(int(line.split()[1]) for line in said if line.startswith("gone"))
        with closing(open_store(url)) as store:
            left = len(list(store.calls()))
            step = 480 - done - left
            assert 0 <= step <= 40, "a step that was not told is whole, or did not begin"
            killed += len(list(whole.calls())) < left
            assert (store.daily(), store.projects()) == first
            finish(store, what)
            assert view(store) == view(whole)
    print(f"{killed} of {cycles} were killed half way")


def test_others_who_remember_numbers_go_on(new_url: NewUrl) -> None:
    """Of two processes one adds, and the other removes what the first one had numbered."""
    url = new_url()
    with closing(open_store(url)) as one, closing(open_store(url)) as other:
        one.add([evidence(1, at=START - 400 * _DAY, signature="f1", session="anna")])
        one.add([evidence(2, signature="f2", session="anna", source="a.log")])
        horizon = Horizon(events=START.date() - 9 * _DAY, counts=START.date() - 9 * _DAY)
        for _ in other.prune(horizon):
            pass
        for by, value in ((By.SESSION, "anna"), (By.SOURCE, "a.log")):
            for _ in other.forget(Whose(by=by, value=value), at=START):
                pass
        other.add([evidence(3, signature="f3", session="ben", source="b.log")])
        new = evidence(4, signature="f1", session="anna", source="a.log")
        assert one.add([new]) == Added(new=1)
        assert one.evidence(["e4"]) == [new]
        hits = {s.id: (s.hits, s.sessions, s.sources) for s in one.signatures(SignatureQuery())}
        assert hits == {"f1": (1, 1, 1), "f2": (1, 0, 0), "f3": (1, 1, 1)}
        assert [e.call.session for e in other.calls()] == ["anna", "ben"]


@pytest.fixture
def secret_file(tmp_path: Path) -> Iterator[Path]:
    """A store in whose file a mail address stands wherever one can."""
    path = tmp_path / "failonce.db"
    with closing(open_store(store_url(path))) as store:
        # What other rows pushed around in the file, before they went without anybody's care.
        store.add([evidence(n, message=f"anna@example.org {n}" * 9) for n in range(500, 900)])
        for _ in store.prune(Horizon(events=START.date() + 2 * _DAY)):
            pass
        late = START + 3 * _DAY
        held = [
            evidence(n, at=late, message="to anna@example.org", signature="f1") for n in range(40)
        ]
        store.add(held)
        store.add([evidence(50, at=late, session="anna@example.org", tags=("anna@example.org",))])
        store.add([evidence(51, at=late, source="/home/anna@example.org/a", signature="f2")])
        store.add([evidence(60, at=late)])
        yield path


def raw(path: Path) -> bytes:
    """The bytes of a store's file, and of those beside it."""
    return b"".join(p.read_bytes() for p in sorted(path.parent.glob(f"{path.name}*")))


def test_no_byte_of_a_forgotten_text_is_left_in_the_file(secret_file: Path) -> None:
    """Nor in the log beside it, nor where rows lay before."""
    assert b"anna@example.org" in raw(secret_file)
    with closing(open_store(store_url(secret_file))) as store:
        for _ in store.forget(Whose(by=By.TEXT, value="Anna@example.org"), at=START):
            pass
        assert store.scrub()
        assert b"anna@example.org" not in raw(secret_file)
        assert [e.id for e in store.calls()] == ["e60"]


def test_whoever_reads_the_store_keeps_its_log(secret_file: Path) -> None:
    """Then it is said that the bytes may still be there; afterwards they go."""
    whose = Whose(by=By.TEXT, value="anna@example.org")
    with closing(open_store(store_url(secret_file), patience_s=0.1)) as store:
        with closing(sqlite3.connect(secret_file)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM evidence").fetchone()
            for _ in store.forget(whose, at=START):
                pass
            assert not store.scrub()
        assert store.scrub()
    assert b"anna@example.org" not in raw(secret_file)


def test_pruning_goes_on_while_others_write(new_url: NewUrl) -> None:
    """Between two steps anything may come in, also what makes old events cited."""
    url = new_url()
    with closing(open_store(url)) as one, closing(open_store(url)) as other:
        one.add([evidence(n, at=START - 50 * _DAY, session=f"s{n}") for n in range(9000)])
        steps = one.prune(Horizon(events=START.date() - 30 * _DAY))
        assert next(steps).events == 500
        other.add([evidence(9100)])
        kept = lesson(1)
        other.commit(proposed(kept))  # learned from e1, which has gone, and e2
        met = exposure(1, lesson=kept.id, session="s8000", evidence="e8001")
        other.commit(Change(exposures=(met,)))
        for _ in steps:
            pass
        assert {e.id for e in one.calls()} == {"e2", "e8000", "e8001", "e9100"}
    assert store_path(url).exists()

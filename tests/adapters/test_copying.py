"""All of one store into another one: from a file to a server, and back."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.adapters.sql_store.copying import copy
from failonce.audit import verify
from failonce.errors import BadInput, StoreError
from failonce.model import Action, Change
from failonce.ports import SignatureQuery, Store
from failonce.testing.samples import START, evidence, exposure, gap, lesson, moved, proposed
from tests.crash import seeded, start

NewUrl = Callable[[], str]
PROGRAM = """
import sys
from failonce.adapters.sql_store import copying
copying.AT_ONCE = 50
def tell(what, done, of):
    print(what, flush=True)
copying.copy(sys.argv[1], sys.argv[2], tell=tell)
print("whole", flush=True)
"""


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A file with something of everything, in more than one chunk."""
    url = store_url(tmp_path / "source.db")
    with closing(open_store(url)) as store:
        for begin in range(0, 1500, 500):
            batch = [
                evidence(n, signature=f"f{n % 7}" if n % 3 else None, session=f"s{n % 50}")
                for n in range(begin, begin + 500)
            ]
            store.add(batch)
        for n in range(3):
            store.commit(proposed(lesson(n)))
            store.commit(moved(lesson(n), Action.APPROVE))
        store.add_aliases({"f1": "f2"})
        store.commit(Change(gaps=(gap(1),), exposures=(exposure(1), exposure(2))))
        store.acquire("mine", "me", until=START, now=START)
    return url


def same(one: str, other: str) -> None:
    """They answer the same, and take the same from now on."""
    query = SignatureQuery()
    asks: tuple[Callable[[Store], object], ...] = (
        lambda s: list(s.calls()),
        lambda s: s.signatures(query),
        lambda s: (s.daily(), s.projects(), s.aliases(), s.gaps(), s.exposures()),
        lambda s: (list(s.entries()), s.lessons()),
    )
    with closing(open_store(one)) as first, closing(open_store(other)) as second:
        for ask in asks:
            assert ask(first) == ask(second)
        assert verify(second.entries(), second.lessons()).intact
        for store in (first, second):
            store.add([evidence(9001, signature="new", session="new", source="new")])
            store.commit(proposed(lesson(9)))
        for ask in asks:
            assert ask(first) == ask(second)


def test_a_copy_is_the_same_store(source: str, new_url: NewUrl) -> None:
    """Into each kind of database, and from there into a file again."""
    there, back = new_url(), store_url(store_path(source).with_name("back.db"))
    told: list[tuple[int, int]] = []
    found = copy(source, there, tell=lambda _, done, of: told.append((done, of)))
    assert {x.table: x.rows for x in found}["evidence"] == 1500
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (told[-1][1], told[-1][1])
    assert copy(there, back) == found
    same(there, back)


def test_a_copy_that_was_killed_goes_on(source: str, new_url: NewUrl) -> None:
    """Wherever it was; nothing is there twice."""
    rng = seeded()
    target = new_url()
    for _ in range(4):
        victim = start([sys.executable, "-c", PROGRAM, source, target])
        victim.kill_after(rng.uniform(0.3, 1.2))
    copy(source, target)
    same(source, target)


def test_what_holds_something_else_is_left_as_it_is(source: str, new_url: NewUrl) -> None:
    target = new_url()
    with closing(open_store(target)) as other:
        other.add([evidence(1)])
    with pytest.raises(BadInput, match="holds something already"):
        copy(source, target)
    with closing(open_store(target)) as other:
        assert len(list(other.calls())) == 1
    with pytest.raises(BadInput, match="same store"):
        copy(source, source)


def test_a_copy_of_another_store_is_not_gone_on_with(
    source: str, new_url: NewUrl, tmp_path: Path
) -> None:
    """Nor is a copy taken that is not whole."""
    target, other = new_url(), store_url(tmp_path / "other.db")
    victim = start([sys.executable, "-c", PROGRAM, source, target])
    victim.kill_after(0, ready="evidence")
    open_store(other).close()
    with pytest.raises(BadInput, match="holds something already"):
        copy(other, target)
    with pytest.raises(BadInput, match="not finished"):
        copy(target, other)


def test_what_a_file_alone_can_hold_is_copied_as_every_database_holds_it(
    source: str, new_url: NewUrl
) -> None:
    """NUL, which an older failonce kept."""
    with sqlite3.connect(store_path(source)) as connection:
        connection.execute("UPDATE evidence SET message = 'a' || char(0) || 'b' WHERE seq = 1")
    target = new_url()
    copy(source, target)
    with closing(open_store(target)) as store:
        assert store.evidence(["e0"])[0].message == r"a\u0000b"


def test_a_copy_that_differs_is_told(
    source: str, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody wrote it between the last step and the comparison."""
    from failonce.adapters.sql_store import copying

    target, whole = new_url(), copying._finish

    def finish(*given: object) -> None:
        whole(*given)  # type: ignore[arg-type]
        with closing(open_store(target)) as store:
            store.add([evidence(9999)])

    monkeypatch.setattr(copying, "_finish", finish)
    with pytest.raises(StoreError, match="not what it was copied from"):
        copy(source, target)

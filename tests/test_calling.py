"""A host's way in and out, put together from the settings."""

import time
from collections.abc import Callable
from pathlib import Path

from failonce.adapters.in_force import file_beside
from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.compose import SystemClock, configure, opened
from failonce.compose.calling import calling
from failonce.model import Action, Mode
from failonce.testing.samples import evidence, moved, proposed
from tests.adapters.in_force.made import guardrail, said
from tests.place import Place


def test_the_path_of_a_url_is_that_of_its_path(tmp_path: Path) -> None:
    """With any characters in it."""
    path = tmp_path / "a b#%?ü" / "store.db"
    assert store_path(store_url(path)) == path


def test_a_host_reports_and_learns_what_is_in_force(tmp_path: Path) -> None:
    """Also what somebody decided who died before he published it, or where the file is gone."""
    config = configure(store=store_url(tmp_path / "s.db"), environ={}, directory=tmp_path)
    host = calling(config, SystemClock())
    assert host.in_force.now().id == ""
    assert host.writer.put(lambda: [evidence(1)])
    assert host.writer.flush(30)
    store = open_store(config.url)
    assert [e.id for e in store.calls()] == ["e1"]
    store.commit(proposed(guardrail(1)))
    store.commit(moved(guardrail(1), Action.APPROVE))
    _until(lambda: [p.watches for p in said(host.in_force.now())] == [False])
    file_beside(tmp_path / "s.db").unlink()
    _until(lambda: len(said(host.in_force.now())) == 1)
    host.writer.close()
    store.close()


def test_every_decision_is_published(tmp_path: Path) -> None:
    """Learn, undo, reopen, the mode: the file is as new as the store once the verb returns."""
    config = configure(store=store_url(tmp_path / "s.db"), environ={}, directory=tmp_path)
    in_force = calling(config, SystemClock()).in_force
    with opened(config) as parts:
        parts.store.commit(proposed(guardrail(1)))
        seen = []
        for decide in (
            lambda: parts.review.approve("GR-00000001"),
            lambda: parts.review.undo("GR-00000001"),
            lambda: parts.review.reopen("GR-00000001"),
            lambda: parts.review.set_mode(Mode.OFF),
            lambda: parts.review.set_mode(Mode.MANUAL, project="shop"),
        ):
            decide()
            in_force.look(SystemClock().now())
            seen.append([p.watches for p in said(in_force.now())])
    assert seen == [[False], [], [True], [], [True]]


LOOKING = """
import sys, threading
from pathlib import Path
from failonce.compose import SystemClock, configure
from failonce.compose.calling import calling
host = calling(configure(store=sys.argv[1], environ={}, directory=Path(sys.argv[2])), SystemClock())
host.in_force.now().placed("p", "read", SystemClock().now())
print("sqlalchemy" in sys.modules, threading.active_count())
"""


def test_whoever_only_asks_opens_nothing(place: Place) -> None:
    """No thread, no database, no file."""
    url = store_url(place.folder / "s.db")
    assert place.run("-c", LOOKING, url, str(place.folder)) == "False 1\n"
    assert not list(place.folder.iterdir())


def _until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)

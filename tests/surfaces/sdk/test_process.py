"""The functions of the package: their names, their store, and processes that use them."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

import failonce
from failonce.adapters.sql_store import open_store, store_url
from tests.place import Place


def test_the_public_names_are_these() -> None:
    assert failonce.__all__ == [
        "Advice",
        "AdviceAction",
        "Blocked",
        "FailonceError",
        "Ingested",
        "Lesson",
        "LogHandler",
        "Status",
        "advice",
        "advise",
        "advise_failure",
        "capability",
        "close",
        "finish",
        "ingest_error",
        "install_excepthook",
        "learn",
        "learned_tools",
        "learning",
        "observe",
        "override",
        "session",
        "status",
        "watch",
        "watching",
    ]
    for name in failonce.__all__:
        assert getattr(failonce, name).__doc__


SCRIPT = """
import failonce, pathlib, sys
advice = failonce.advise("read", {"path": "a"}, session="s")
failonce.observe("read", {"path": "a"}, error="boom", session="s")
after = failonce.advise_failure("read", {"path": "a"}, "boom", session="s")
print(advice == failonce.Advice() == after)
"""


@pytest.mark.proves("F3")
def test_off_for_a_process_opens_no_store_and_makes_no_file(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    env |= {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env | {"FAILONCE": "off"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.proves("S5", "N6")
def test_an_error_and_a_rule_come_in_by_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILONCE_STORE__URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.chdir(tmp_path)
    failonce.close()
    event = {"error": "KeyError: 'partner_id'", "component": "sale.order", "tags": ["sale"]}
    first, second = failonce.ingest_error(event), failonce.ingest_error(event)
    assert first.norm_error == "KeyError: 'partner_id'"
    assert first.fingerprint == second.fingerprint
    rule = failonce.learn("homeassistant", "Call it plainly.", reason="Invalid arg 'detailed'")
    assert (rule.proposal.target, rule.state) == ("homeassistant", "proposed")
    failonce.close()


def test_a_busy_store_delays_the_host_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILONCE_STORE__URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.chdir(tmp_path)
    failonce.close()
    failonce.observe("read", {"file": "a"}, "fine")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        start = perf_counter()
        failonce.observe("read", {"file": "b"}, "fine")
        assert perf_counter() - start < 5
        other.execute("rollback")
    failonce.close()


FORK = """
import os, sys, threading, failonce
failonce.observe("read", {"file": "a"}, "fine")
from failonce.surfaces import default
default._lock.acquire()  # as if another thread were inside
child = os.fork()
if not child:
    failonce.observe("read", {"file": "b"}, "fine")
    failonce.close()
    os._exit(0)
default._lock.release()
print(os.waitpid(child, 0)[1])
failonce.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_starts_anew(place: Place) -> None:
    assert place.run("-c", FORK) == "0\n"
    with closing(open_store(store_url(place.folder / "store.db"))) as store:
        assert len(list(store.calls())) == 2

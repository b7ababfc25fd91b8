"""`failonce import --engine`: what is counted, what is kept, what is told."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.batch.made import entries, json_log, parquet, text_log
from tests.surfaces.cli.made import Shell


@pytest.fixture
def logs(shell: Shell) -> Path:
    folder = shell.project / "logs"
    folder.mkdir()
    (folder / "a.log").write_text(text_log(400))
    parquet(folder / "b.parquet", entries(3_000))
    return folder


@pytest.mark.parametrize("engine", ["inline", "pool"])
def test_it_ends_with_one_object_and_a_second_run_adds_nothing(
    shell: Shell, logs: Path, engine: str
) -> None:
    first = shell.ok("import", logs, "--engine", engine, "--json").json
    assert first["new"] == first["failures"] > 1_000
    assert first["good"] + first["failures"] == first["calls"]
    again = shell.ok("import", logs, "--engine", engine, "--json").json
    assert (again["new"], again["calls"]) == (0, 0)
    assert again["duplicates"] > 3_000
    with (logs / "a.log").open("a") as file:
        file.write("2026-03-02 12:00:00 ERROR app.a: disk 7 is full\n")
    assert shell.ok("import", logs, "--engine", engine, "--json").json["new"] == 1


def test_it_counts_what_an_import_without_an_engine_counts(shell: Shell, logs: Path) -> None:
    """Class by class and day by day; only the samples are fewer."""
    path = logs / "a.log"
    classes = []
    for n, more in enumerate([("--engine", "inline"), ()]):
        store = ("--store", f"sqlite:///{shell.home}/{n}.db")
        shell.ok("import", path, *more, *store)
        listed = shell.ok("failures", "--json", *store).json
        rows = listed if isinstance(listed, list) else listed["failures"]
        classes.append({(row["id"], row["hits"], row["last_seen"]) for row in rows})
    assert classes[0] == classes[1]
    assert len(classes[0]) > 10


def test_the_miners_read_what_it_kept(shell: Shell, logs: Path) -> None:
    """Rollups say how often, samples what."""
    shell.ok("import", logs, "--engine", "inline")
    said = shell.ok("mine").out
    assert re.search(r"\d", said)


def test_rejects_are_named_counted_and_kept(shell: Shell) -> None:
    path = shell.project / "b.jsonl"
    path.write_text(json_log(400))
    run = shell.ok("import", path, "--engine", "inline", "--json")
    assert run.json["rejected"] == 48
    assert "b.jsonl:5: not JSON" in run.err
    assert "kept in" in run.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--workers", "2"), "go with --engine"),
        (("--engine", "pool", "--scheduler", "tcp://x:1"), "goes with --engine dask"),
        (("--engine", "dask", "--scheduler", "tcp://x:1", "--workers", "2"), "has its own"),
        (("--engine", "inline", "--format", "codex"), "import that without"),
        (("--engine", "spark"), "inline"),
    ],
)
def test_what_does_not_go_together_is_told(shell: Shell, logs: Path, args, said: str) -> None:
    run = shell.run("import", logs, *args)
    assert run.code == 2
    assert said in run.err


def test_a_file_that_cannot_be_read_is_told_and_the_others_count(shell: Shell, logs: Path) -> None:
    (shell.project / "bad.parquet").write_bytes(b"PAR1 is not enough")
    run = shell.run("import", "bad.parquet", "nowhere.log", logs, "--engine", "inline", "--json")
    assert run.code == 2
    assert "bad.parquet: no Parquet, or damaged" in run.err
    assert "nowhere.log: there is no such file" in run.err
    assert "Traceback" not in run.err
    assert run.json["new"] > 1_000


def test_nothing_is_read_where_learning_is_off(shell: Shell, logs: Path) -> None:
    shell.ok("config", "mode", "off")
    run = shell.ok("import", logs, "--engine", "inline", "--json")
    assert run.json["calls"] == 0
    assert "learning is off" in run.err


def test_ctrl_c_leaves_no_process_and_says_how_to_go_on(shell: Shell) -> None:
    """In the middle of counting."""
    path = shell.project / "big.log"
    path.write_text(text_log(40_000))
    run = subprocess.Popen(
        [sys.executable, "-m", "failonce", "import", str(path), "--engine", "pool",
         "--workers", "1"],
        stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not _children(run.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = _children(run.pid)
    assert workers
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "stopped" in err
    assert "Traceback" not in err
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]

"""`failonce import`: what is counted, what is kept, what is told."""

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.surfaces.cli.made import PROJECT, Shell, call, history, renamed, write


def test_it_ends_with_one_object_and_a_second_run_adds_nothing(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", history())
    first = shell.ok("import", path, "--json")
    assert first.json == {
        "calls": 384,
        "flagged": 24,
        "failures": 24,
        "hidden": 0,
        "ignored": {},
        "good": 360,
        "new": 384,
        "duplicates": 0,
        "gone": 0,
        "rejected": 0,
        "tools": 0,
    }
    assert first.out.count("\n") == 1
    again = shell.ok("import", path, "--json").json
    assert (again["new"], again["duplicates"]) == (0, 384)


def test_the_summary_says_what_came_of_it_and_what_is_next(shell: Shell) -> None:
    said = shell.ok("import", write(shell.project / "calls.jsonl", history())).out
    assert "Read 384 calls from 1 file" in said
    assert "taking out secrets took" in said
    assert "384 new, 0 known already, 0 unreadable" in said
    assert "24 flagged as errors" in said
    assert "24 failure" in said
    assert "failonce mine" in said


def test_verdicts_that_are_no_failures_are_told_apart(shell: Shell) -> None:
    refused = "The user doesn't want to proceed with this tool use. The tool use was rejected."
    path = write(
        shell.project / "calls.jsonl",
        [*renamed(1), call("Bash", {"command": "rm x"}, refused, session="z")],
    )
    run = shell.ok("import", path, "--json").json
    assert (run["flagged"], run["failures"]) == (2, 1)
    assert "1 rejection" in shell.ok("import", path).out


def test_a_grown_and_compressed_copy_adds_its_growth(shell: Shell) -> None:
    calls = history()
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    grown = shell.project / "calls.jsonl.gz"
    grown.write_bytes(
        gzip.compress("".join(json.dumps(c) + "\n" for c in [*calls, *renamed(1, "open")]).encode())
    )
    assert shell.ok("import", grown, "--json").json["new"] == 22


def test_a_folder_is_read_and_what_is_no_recording_passed_over(shell: Shell) -> None:
    folder = shell.project / "recorded"
    folder.mkdir()
    write(folder / "a.jsonl", renamed(1))
    write(folder / "b.jsonl", renamed(1, "open"))
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    run = shell.ok("import", folder, "--json")
    assert (run.json["calls"], run.json["rejected"]) == (44, 0)
    assert "1 file of no known format passed over" in run.err


def test_standard_input_is_a_path(shell: Shell) -> None:
    data = "".join(json.dumps(c) + "\n" for c in renamed(1)).encode()
    run = shell.program("import", "-", "--json", stdin=data)
    assert (run.code, run.json["new"]) == (0, 22)


def test_calls_without_a_project_take_the_one_that_is_named(shell: Shell) -> None:
    calls = renamed(1)
    for c in calls:
        del c["project"]
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    assert shell.ok("status", "--json").json["projects"] == {str(shell.project): 22}
    other = ("--store", f"sqlite:///{shell.home}/other.db")
    shell.ok("import", shell.project / "calls.jsonl", "--project", "depot", *other)
    assert shell.ok("status", "--json", *other).json["projects"] == {"depot": 22}


# ------------------------------------------------------- what cannot be read


def test_malformed_lines_are_named_kept_and_the_rest_goes_on(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", renamed(3))
    lines = path.read_text().splitlines()
    lines[60:60] = ["{broken", "[]", '{"args": {}}']
    path.write_text("\n".join(lines))
    run = shell.ok("import", path, "--json")
    assert (run.json["calls"], run.json["rejected"]) == (66, 3)
    for number in (61, 62, 63):
        assert f"{path}:{number}: " in run.err
    (kept,) = (shell.data / "rejects").iterdir()
    assert str(kept) in run.err
    records = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [r["line"] for r in records] == [61, 62, 63]
    assert records[0]["raw"] == "{broken"
    assert kept.stat().st_mode & 0o077 == 0


def test_the_same_rejects_again_are_the_same_file(shell: Shell) -> None:
    path = shell.project / "calls.jsonl"
    path.write_text("{broken\n" + json.dumps(call("read", {})) + "\n")
    for _ in range(2):
        shell.ok("import", path)
    assert len(list((shell.data / "rejects").iterdir())) == 1


def test_many_rejects_are_counted_and_secrets_in_them_taken_out(shell: Shell) -> None:
    path = shell.project / "calls.jsonl"
    secret = "ghp_" + "a1B2" * 9
    good = json.dumps(call("read", {})) + "\n"
    path.write_text(good * 30 + f"{{broken {secret}\n" * 30)
    run = shell.ok("import", path, "--json")
    assert run.json["rejected"] == 30
    assert run.err.count("not JSON") == 5
    assert "25 more" in run.err
    (kept,) = (shell.data / "rejects").iterdir()
    assert secret not in kept.read_text()
    assert secret not in run.err


def test_a_path_that_is_not_there_is_named_and_the_others_are_read(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", renamed(1))
    run = shell.run("import", "missing.jsonl", path, "--json")
    assert run.code == 2
    assert "missing.jsonl: there is no such file or folder" in run.err
    assert run.json["new"] == 22


def test_where_not_one_line_can_be_read_the_command_fails(shell: Shell) -> None:
    path = shell.project / "calls.jsonl"
    path.write_text("{broken\n" * 3)
    run = shell.run("import", path, "--format", "calls", "--json")
    assert run.code == 2
    assert run.json["rejected"] == 3


def test_good_lines_of_logs_are_counted_and_not_stored(shell: Shell) -> None:
    path = shell.project / "app.log"
    lines = [f"2026-03-01 12:00:0{i} INFO app: user {i} came" for i in range(9)]
    path.write_text("\n".join([*lines, "2026-03-01 12:00:09 ERROR app: disk full"]) + "\n")
    run = shell.ok("import", path, "--json").json
    assert (run["calls"], run["failures"], run["new"]) == (10, 1, 1)
    assert "9 good lines of logs not kept" in shell.ok("import", path).out


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("picture.jsonl", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a binary file"),
        ("zeros.jsonl", bytes(4096), "a binary file"),
        ("prose.txt", b"Dear diary,\nnothing failed.\n", "--format"),
    ],
)
def test_files_that_are_no_recordings_are_refused_by_name(
    shell: Shell, name: str, content: bytes, says: str
) -> None:
    path = shell.project / name
    path.write_bytes(content)
    run = shell.run("import", path, "--json")
    assert run.code == 2
    assert says in run.err
    assert str(path) in run.err
    assert run.json["new"] == 0
    assert "Traceback" not in run.err


def test_of_damaged_data_what_can_be_read_is_read(shell: Shell) -> None:
    path = shell.project / "calls.jsonl.gz"
    whole = write(shell.project / "calls.jsonl", history() * 20).read_bytes()
    path.write_bytes(gzip.compress(whole, 1)[:-4000])
    run = shell.run("import", path, "--json")
    assert run.code == 2
    assert "damaged or cut off" in run.err
    assert 0 < run.json["new"] < 7680


def test_an_unknown_format_is_answered_with_those_there_are(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", renamed(1))
    run = shell.run("import", path, "--format", "xml")
    assert run.code == 2
    assert "claude-code" in run.err


def test_a_folder_without_permission_is_named_and_the_rest_goes_on(shell: Shell) -> None:
    """As root every folder can be read, so the program runs without that right."""
    locked = shell.project / "recorded" / "locked"
    locked.mkdir(parents=True)
    write(locked / "a.jsonl", renamed(1))
    write(shell.project / "recorded" / "b.jsonl", renamed(1))
    locked.chmod(0)
    try:
        argv = list(shell.argv("import", shell.project / "recorded", "--json"))
        if os.geteuid() == 0:
            argv = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", *argv]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    finally:
        locked.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert f"{locked}: no permission to read it" in done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["new"], last["rejected"]) == (22, 1)


@pytest.mark.torture
def test_a_line_of_a_gigabyte_is_rejected_and_the_lines_around_it_are_read(shell: Shell) -> None:
    path = shell.project / "calls.jsonl"
    first, *_, last = renamed(1)
    with path.open("wb") as file:
        file.write(json.dumps(first).encode() + b"\n")
        file.write(b'{"tool": "read", "text": "')
        for _ in range(1024):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n' + json.dumps(last).encode() + b"\n")
    argv = [
        "bash",
        "-c",
        'ulimit -v 1000000; exec "$@"',
        "-",
        *shell.argv("import", path, "--json"),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["new"], result["rejected"]) == (2, 1)
    assert f"{path}:2: longer than" in done.stderr


# ----------------------------------------------------------- stopped half way


def test_ctrl_c_says_what_is_stored_and_a_second_run_completes(
    shell: Shell, tmp_path: Path
) -> None:
    """The rest of the recording comes only after the interrupt, so it strikes in the middle."""
    padding = "x" * 1000
    calls = [call("read", {"file": f"{i}", "pad": padding}, session=f"s{i}") for i in range(4000)]
    lines = [json.dumps(c).encode() + b"\n" for c in calls]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    argv = shell.argv("import", pipe, "--format", "calls", "--json")
    with (
        subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_heeding,  # noqa: PLW1509 - no thread of this process holds a lock here
        ) as running,
        pipe.open("wb") as out,
    ):
        out.write(b"".join(lines[:3500]))
        out.flush()
        _wait_for_rows(shell, 1000)
        running.send_signal(signal.SIGINT)
        said, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert b"calls of this run are stored; the same command again reads the rest" in told
    assert b"Traceback" not in told
    assert said == b""
    stored = int(told.split(b"stopped. ")[1].split()[0].replace(b",", b""))
    assert 1000 <= stored < 4000
    pipe.unlink()
    (tmp_path / "pipe").write_bytes(b"".join(lines))
    again = shell.ok("import", pipe, "--format", "calls", "--json").json
    assert (again["new"], again["duplicates"]) == (4000 - stored, stored)
    assert shell.ok("status", "--json").json["projects"] == {PROJECT: 4000}


def _heeding() -> None:
    """What is started in the background, as these tests may be, ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for_rows(shell: Shell, count: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if shell.store.exists():
            run = shell.run("status", "--json")
            if run.code == 0 and run.json["calls"] >= count:
                return
        time.sleep(0.1)
    raise AssertionError("nothing was stored")


@pytest.mark.parametrize("field", ["project", "session", "tool", "task", "id", "trace", "tags"])
def test_a_name_with_half_a_surrogate_pair_is_stored_escaped(shell: Shell, field: str) -> None:
    name = ["\ud800"] if field == "tags" else "\ud800"
    path = shell.project / "calls\udcff.jsonl"
    write(path, [{**call("get", {"\ud800": "\udc00"}, "Error: no"), field: name}])
    counts = shell.ok("import", path, "--json").json
    assert (counts["new"], counts["failures"], counts["rejected"]) == (1, 1, 0)
    exported = shell.ok("export", "calls").out
    assert json.loads(exported)["args"] == {r"\ud800": r"\udc00"}
    if field in ("project", "session", "tool", "task", "trace"):
        assert json.loads(exported)[field] == r"\ud800"


@pytest.mark.parametrize(
    "fields",
    [
        {"ts": "9999-12-31T23:59:59-14:00"},
        {"ts": "0001-01-01T00:00:00+14:00"},
        {"ts": "0001-01-01T00:00:00Z"},
        {"ts": 1e300},
        {"ts": float("nan")},
        {"ts": True},
        {"text": " " * 20_000},
        {"attempt": 10**30, "exit_code": 10**30, "status": 2**40, "duration_ms": 1e308},
    ],
    ids=str,
)
def test_a_strange_value_is_no_reason_to_stop(shell: Shell, fields: dict[str, object]) -> None:
    strange = {**call("get", {"a": 1}, "Error: no"), **fields}
    path = write(shell.project / "calls.jsonl", [strange, *renamed(1)])
    counts = shell.ok("import", path, "--format", "calls", "--json").json
    assert (counts["new"], counts["rejected"]) == (23, 0)
    for command in (["mine", "--project", PROJECT], ["failures"], ["report"], ["status"]):
        shell.ok(*command)


def test_a_log_cut_inside_a_traceback_is_one_failure_once_it_has_grown(shell: Shell) -> None:
    path = shell.project / "app.log"
    whole = (
        "2026-01-02 03:04:05 ERROR app: failed\nTraceback (most recent call last):\n"
        "  File \"/srv/a.py\", line 3, in f\n    g()\nKeyError: 'x'\n"
    )
    early = "2026-01-02 03:04:04 ERROR app: disk full\n"
    path.write_text(early + whole[: whole.index("    g()")])
    first = shell.ok("import", path, "--json").json
    assert (first["new"], first["rejected"]) == (1, 1)
    path.write_text(early + whole)
    again = shell.ok("import", path, "--json").json
    assert (again["new"], again["duplicates"], again["rejected"]) == (1, 1, 0)

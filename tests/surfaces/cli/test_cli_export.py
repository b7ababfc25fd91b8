"""What `failonce export calls` writes, `import` reads back: nothing lost, nothing twice."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import failonce
from failonce.adapters.sql_store import open_store
from failonce.model import Evidence
from failonce.ports import SignatureQuery
from tests.surfaces.cli.made import Shell, call, renamed, stopped, write

SAMPLE = Path(__file__).resolve().parents[3] / "sample" / "calls.jsonl.gz"
COUNTS = ("calls", "flagged", "failures")
MCP = '{"content": [{"type": "text", "text": "ValueError: no such row"}], "isError": true}'

ODD: list[dict[str, Any]] = [
    call("read", {"z": 1, "a": [True, None, 2.5, "é"]}) | {"id": "own", "duration_ms": 12},
    call("read", {}, n=1) | {"is_error": None},
    call("run", {}, n=2) | {"text": MCP},
    call("put", {}, "no", n=3) | {"status": 429, "retry_after_s": 7},
    call("put", {}, "no", n=4) | {"is_error": None, "status": 503},
    call("put", {}, "no", n=4) | {"is_error": None, "exit_code": 9},
    call("put", {}, "no", n=4) | {"is_error": False, "status": -32601},
    call("put", {}, "no", n=4) | {"error_type": "Refused", "attempt": 3, "read_only": False},
    call("bash", {"command": "deploy"}, "it broke", n=5) | {"exit_code": 2},
    call("bash", {"command": "ls x"}, n=6) | {"text": "ls: x: No such file or directory"},
    call("other", {}, "cancelled", n=7) | {"tags": ["a"], "trace": "t", "parent": "p"},
    call("other", {}, n=8) | {"args": None, "text": "", "task": "shop/1"},
    call("cron", {}, "disk full", n=9) | {"origin": "log"},
]


def recorded(url: str) -> list[Evidence]:
    """All evidence of a store; where it was read from is another file each time."""
    with closing(open_store(url)) as store:
        return [replace(e, source="") for e in store.calls()]


def moved(shell: Shell, given: Path) -> tuple[Any, Any, str]:
    """Import a file, and its export into another store: both counts, and that store."""
    first = shell.ok("import", given, "--json").json
    (shell.project / "again.jsonl").write_text(shell.ok("export", "calls").out)
    url = f"sqlite:///{shell.home}/other.db"
    return first, shell.ok("import", "again.jsonl", "--json", "--store", url).json, url


@pytest.mark.parametrize("calls", [ODD, [*renamed(3), *stopped(3)]], ids=["odd", "plain"])
def test_an_export_is_read_back_as_the_same_evidence(
    shell: Shell, calls: list[dict[str, Any]]
) -> None:
    first, second, url = moved(shell, write(shell.project / "calls.jsonl", calls))
    assert first == second
    assert recorded(url) == recorded(f"sqlite:///{shell.store}")
    assert shell.ok("export", "calls", "--store", url).out == shell.ok("export", "calls").out


def test_the_odd_calls_are_odd(shell: Shell) -> None:
    """Each of them loses something where an export leaves out what the words do not say."""
    shell.ok("import", write(shell.project / "calls.jsonl", ODD))
    found = recorded(f"sqlite:///{shell.store}")
    assert [e.finding.hidden for e in found].count(True) == 2
    assert {e.outcome for e in found} >= {"success", "unverified", "failure"}
    assert {"HTTP 429", "HTTP 503", "Refused", "exit 2", "ValueError"} <= {
        e.finding.error_type for e in found
    }
    assert list(found[0].call.args or ()) == ["z", "a"]


def test_an_export_into_its_own_store_adds_nothing(shell: Shell) -> None:
    first, _, _ = moved(shell, write(shell.project / "calls.jsonl", ODD))
    again = shell.ok("import", "again.jsonl", "--json").json
    assert (again["new"], again["duplicates"]) == (0, first["calls"])


def test_what_the_words_say_is_left_to_whoever_reads_them(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", ODD))
    lines: list[Mapping[str, Any]] = shell.ok("export", "calls").lines
    assert ["error_type" in line for line in lines if line["tool"] == "run"] == [False]
    refused = [line for line in lines if line.get("error_type") == "Refused"]
    assert [line["attempt"] for line in refused] == [3]
    assert [line["ts"] for line in lines] == sorted(line["ts"] for line in lines)


def test_the_sample_comes_back_as_it_was(shell: Shell) -> None:
    first, second, url = moved(shell, SAMPLE)
    assert [first[name] for name in COUNTS] == [second[name] for name in COUNTS]
    assert first["flagged"] > 500
    ours = f"sqlite:///{shell.store}"
    assert recorded(url) == recorded(ours)
    with closing(open_store(url)) as one, closing(open_store(ours)) as other:
        query = SignatureQuery()
        assert _sums(one.signatures(query)) == _sums(other.signatures(query))
    again = shell.ok("import", SAMPLE, "--json", "--store", url).json
    assert (again["new"], again["duplicates"]) == (0, first["calls"])


def _sums(signatures: Any) -> set[tuple[object, ...]]:
    return {(s.project, s.id, s.hits, s.sessions, s.category, s.template) for s in signatures}


def test_what_was_observed_can_be_exported_and_read_back(shell: Shell) -> None:
    """Reported from inside a program, twice under one id, and packed for somebody else."""
    shell.set("FAILONCE_STORE__URL", f"sqlite:///{shell.store}")
    failonce.close()
    for _ in range(2):
        failonce.observe("put", {"a": 1}, error=KeyError("b"), session="s", project="p", id="1")
    failonce.observe("put", {"a": 1}, "fine", session="s", project="p", attempt=2)
    failonce.close()
    lines = shell.ok("export", "calls").lines
    assert [(x["is_error"], x.get("attempt", 1)) for x in lines] == [(True, 1), (False, 2)]
    assert lines[0]["text"].startswith("KeyError: ")
    (shell.project / "calls.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    url = f"sqlite:///{shell.home}/other.db"
    shell.ok("import", "calls.jsonl", "--store", url)
    assert recorded(url) == recorded(f"sqlite:///{shell.store}")

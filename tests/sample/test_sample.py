"""The recording is what its README says, and the live tools still answer as they did then."""

import getpass
import gzip
import json
import re
import socket
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import failonce
from sample import agent, census, live, worlds
from sample.recorder import Clock, Label, Reporting, Truth, exported, write_calls, write_labels
from sample.service import StockService, serving

README = (census.HERE / "README.md").read_text(encoding="utf-8")
CALLS = census.calls()
TRUTH = census.truth()
FIRMS = {firm.project: firm for firm in (worlds.SHOP, worlds.BOOKS)}
STATELESS = (
    "read_file/argument-name",
    "read_file/leading-slash",
    "read_file/number-as-text",
    "read_file/tool-name",
    "edit_file/argument-name",
    "write_file/argument-name",
    "query/argument-name",
    "query/list-as-json-text",
    "query/no-database",
    "git/list-as-text",
)


def recorded(mistake: str) -> list[dict[str, Any]]:
    return [call for call in CALLS if TRUTH.get(call["id"], ("", ""))[1] == mistake]


@pytest.fixture
def workspaces(tmp_path: Path) -> dict[str, live.Workspace]:
    made = {}
    for project, firm in FIRMS.items():
        (tmp_path / project).mkdir()
        worlds.build_firm(tmp_path / project, firm, broken=None, identity=True)
        made[project] = live.Workspace(root=tmp_path / project)
    return made


def test_counts_are_those_of_the_readme() -> None:
    sessions = {call["session"] for call in CALLS}
    tasks = {call["task"] for call in CALLS}
    flagged = sum(call["is_error"] for call in CALLS)
    assert f"{len(CALLS):,} tool calls ({flagged} flagged as errors)" in README
    assert f"{len(sessions)} sessions of {len(tasks)} tasks" in " ".join(README.split())


def test_recording_is_small_and_its_bytes_do_not_depend_on_the_day() -> None:
    packed = (census.HERE / "calls.jsonl.gz").read_bytes()
    assert len(packed) < 400_000
    assert packed[4:8] == b"\0\0\0\0"


def test_every_call_has_the_neutral_fields_and_sessions_run_forward() -> None:
    last: dict[str, str] = defaultdict(str)
    fields = {"project", "session", "task", "id", "ts", "tool", "args", "is_error", "duration_ms"}
    for call in CALLS:
        assert set(call) - {"attempt", "text"} == fields
        assert isinstance(call["args"], dict)
        assert call["ts"] >= last[call["session"]]
        last[call["session"]] = call["ts"]
    assert len({call["id"] for call in CALLS}) == len({call["ts"] for call in CALLS}) == len(CALLS)
    assert max(len(call.get("text", "")) for call in CALLS) == 4096
    assert not any("<redacted:" in json.dumps(call) for call in CALLS)


def test_nothing_of_the_machine_is_in_the_recording() -> None:
    text = gzip.decompress((census.HERE / "calls.jsonl.gz").read_bytes()).decode()
    traces = ["/home/", "/root", "/tmp", "pyenv", "site-packages", "node_modules", "registry"]
    traces += ["127.0.0.1", "agent/", f"/{getpass.getuser()}/"]
    assert [trace for trace in traces if trace in text] == []
    assert re.search(rf"\b{re.escape(socket.gethostname())}\b", text) is None
    assert re.search(r"(?i)(password|secret|token|api.?key)\W{1,4}\w{6}", text) is None
    addresses = set(re.findall(r"[\w.]+@[\w.]+\w", text))
    assert {address.partition("@")[2] for address in addresses} == {"example.com"}


def test_recurring_mistakes_are_spread_and_rare_ones_are_rare() -> None:
    counts = census.count()
    recurring = {name for name, entry in counts.items() if entry.calls >= 8}
    assert len(recurring) >= 45
    thin = {n for n in recurring if min(len(counts[n].sessions), len(counts[n].tasks)) < 8}
    assert thin == set()
    assert sum(entry.calls <= 2 for entry in counts.values()) >= 15
    assert {entry.truth for entry in counts.values()} == {
        "failure",
        "hidden",
        "informative",
        "rejection",
        "cascade",
    }


def test_most_calls_are_good_and_hidden_failures_carry_no_flag() -> None:
    failures = [call for call in CALLS if TRUTH.get(call["id"], ("",))[0] in ("failure", "hidden")]
    assert 0.10 < len(failures) / len(CALLS) < 0.17
    hidden = [call for call in failures if TRUTH[call["id"]][0] == "hidden"]
    assert hidden
    assert not any(call["is_error"] for call in hidden)
    assert all(call["is_error"] for call in CALLS if call["id"] in TRUTH and call not in hidden)


@pytest.mark.parametrize("mistake", STATELESS)
def test_live_tools_fail_with_the_recorded_words(
    mistake: str, workspaces: dict[str, live.Workspace]
) -> None:
    for call in recorded(mistake):
        with pytest.raises(live.ToolError) as caught:
            live.call(workspaces[call["project"]], call["tool"], call["args"])
        assert str(caught.value).startswith(call["text"])


def test_a_locked_database_refuses_as_recorded_and_answers_afterwards(
    workspaces: dict[str, live.Workspace],
) -> None:
    call = recorded("query/locked")[0]
    workspace = workspaces[call["project"]]
    args = {"database": FIRMS[call["project"]].database, "sql": "SELECT count(*) AS n FROM tickets"}
    with live.another_writer(workspace, args["database"]), pytest.raises(live.ToolError) as caught:
        live.call(workspace, "query", args)
    assert str(caught.value) == call["text"]
    assert json.loads(live.call(workspace, "query", args))["n"] > 0


def test_the_service_limits_its_callers_until_the_wait_is_over(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 10, 20, 9, tzinfo=UTC))
    with serving(StockService(now=lambda: clock.now)) as origin:
        workspace = live.Workspace(root=tmp_path, hosts={"http://stock.internal": origin})
        args = {"url": "http://stock.internal/products/MUG-103"}
        answers = [live.call(workspace, "fetch", args) for _ in range(3)]
        with pytest.raises(live.ToolError, match="Retry-After: 21"):
            live.call(workspace, "fetch", args)
        clock.advance(21)
        assert live.call(workspace, "fetch", args) == answers[0]


@pytest.fixture
def recorder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> Iterator[Reporting]:
    folder = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("FAILONCE_STORE__URL", f"sqlite:///{folder}/store.db")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    failonce.close()
    yield Reporting()
    failonce.close()


@pytest.mark.parametrize("name", ["shop-fix-bug-03-a", "shop-restock-05-a", "ledger-page-02-a"])
def test_the_agent_makes_a_recorded_session_again(
    name: str, tmp_path: Path, recorder: Reporting
) -> None:
    job = next(job for day in agent.schedule() for job in day if job.session == name)
    clock = Clock(agent.FIRST_DAY + timedelta(days=40))
    service = StockService(now=lambda: clock.now)
    with serving(service) as origin:
        office = agent.Office(
            recorder=recorder, labels=[], clock=clock, service=service, origin=origin
        )
        agent.do(job, tmp_path, office)
    then = [call for call in CALLS if call["session"] == name]
    oddities = [call for call in then if TRUTH.get(call["id"], ("", ""))[1].startswith("odd/")]
    assert [essence(call) for call in exported()] == [
        essence(call) for call in then if call not in oddities
    ]


def essence(call: dict[str, object]) -> tuple[object, ...]:
    """What does not depend on the day: commit hashes do."""
    text = re.sub(r"\b[0-9a-f]{7}\b", "HASH", str(call.get("text", "")))
    return call["tool"], call["args"], call["is_error"], text, call.get("attempt", 1)


def test_what_is_reported_is_what_is_shipped(recorder: Reporting, tmp_path: Path) -> None:
    said = {"tool": "t", "args": {"b": [1, None, 2.5], "a": {"c": True}}, "project": "p"}
    for minute, (session, is_error) in enumerate((("z", False), ("a", True), ("z", True))):
        started = agent.FIRST_DAY + timedelta(minutes=minute)
        ended = started + timedelta(milliseconds=7)
        recorder.record(
            **said, text=f"answer {minute}", is_error=is_error, started=started, ended=ended,
            session=session, task="p/t", attempt=minute + 1,
        )  # fmt: skip
    calls = exported()
    assert [(c["session"], c["text"], c["is_error"], c.get("attempt", 1)) for c in calls] == [
        ("a", "answer 1", True, 2),
        ("z", "answer 0", False, 1),
        ("z", "answer 2", True, 3),
    ]
    assert all(json.dumps(c["args"]) == json.dumps(said["args"]) for c in calls)
    assert all(c["duration_ms"] == 7 for c in calls)
    write_calls(tmp_path / "calls.jsonl.gz", calls)
    assert census.calls(tmp_path) == calls
    labels = [Label(truth=truth) for truth in (Truth.GOOD, Truth.REJECTION, Truth.FAILURE)]
    write_labels(tmp_path / "truth.csv", calls, labels)
    assert census.truth(tmp_path) == {
        calls[0]["id"]: ("rejection", ""),
        calls[2]["id"]: ("failure", ""),
    }
    with pytest.raises(ValueError, match="shorter"):
        write_labels(tmp_path / "truth.csv", calls, labels[:2])


def test_schemas_of_live_tools_name_what_the_recording_uses() -> None:
    good = [call for call in CALLS if call["id"] not in TRUTH and call["tool"] in live.TOOLS]
    for call in good:
        schema: dict[str, Any] = live.schema(call["tool"])
        assert set(schema["required"]) <= set(call["args"]) <= set(schema["properties"])

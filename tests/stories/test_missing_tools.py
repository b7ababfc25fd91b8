"""The three tests of a seed (H31a–c), with a server that answers what a model would."""

import json

import pytest

from tests.endpoint import Server, coded, serving
from tests.place import Place
from tests.sandboxed import the_sandbox

pytestmark = pytest.mark.slow

ASKS = """
import json, sys
import failonce
learned = failonce.learning(project="shop")
found = getattr(learned, sys.argv[1])(*json.loads(sys.argv[2]), **json.loads(sys.argv[3]))
print(json.dumps({
    "came": found.came, "tool": found.tool, "reason": found.reason, "attempts": found.attempts,
    "lesson": found.lesson and found.lesson.id,
}))
"""

MONITOR = '''"""Tells how the machine fares."""

import os

PERMISSIONS = {"reads": ["FOLDER"]}
CASES = [{"arguments": {"source": ""}, "raises": "ValueError"}]


def system_performance_monitor(source: str) -> dict:
    """Tells the load and memory of the `machine`, or what a file of measurements holds."""
    if source == "machine":
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return {"load": os.getloadavg()[0], "memory_bytes": pages}
    try:
        with open(source) as file:
            return {"measured": file.read().split()}
    except (OSError, ValueError) as error:
        raise ValueError(f"{source} cannot be read") from error
'''

MONITORING = "create system performance monitor"

DENIED = "permission denied"
ADD = ("tools", "add", "old_tool.py", "--project", "shop", "--json")
OLD = '''"""Tells how full a folder is."""

from pathlib import Path

CASES = [{"arguments": {"folder": "here"}, "raises": "ValueError"}]


def old_tool(folder: str) -> int:
    """Tells how many bytes the files of a folder take."""
    if not folder.startswith("/"):
        raise ValueError("give the whole path")
    return sum(p.stat().st_size for p in Path(folder).iterdir())
'''

MERGER = '''"""Puts documents together."""

PERMISSIONS = {"packages": ["tinypdf"]}
CASES = [{"arguments": {"documents": ["%one", "%two"]}, "result": "%one+two"}]


def pdf_merger(documents: list[str]) -> str:
    """Merges PDF documents, given as text, into one."""
    import tinypdf

    if not all(isinstance(d, str) for d in documents):
        raise ValueError("a document is a text")
    return tinypdf.merge(documents)
'''

PACKAGE = """def merge(documents):
    return "%" + "+".join(d.removeprefix("%") for d in documents)
"""


def around(server: Server, **more: str) -> dict[str, str]:
    """The environment of a process that has a model."""
    return {
        "FAILONCE_MODEL__NAME": "scripted",
        "FAILONCE_MODEL__URL": server.url,
        "FAILONCE_MODEL__KEY": "THE_KEY",
        "THE_KEY": "k-1",
        **more,
    }


def ask(
    place: Place, env: dict[str, str], verb: str, *args: str, **more: object
) -> dict[str, object]:
    out = place.run("-c", ASKS, verb, json.dumps(args), json.dumps(more), **env)
    found: dict[str, object] = json.loads(out.strip().splitlines()[-1])
    return found


def run(place: Place, tool: str, env: dict[str, str] | None = None, **args: object) -> object:
    words = ("-m", "failonce", "tools", "run", tool, json.dumps(args), "--project", "shop")
    return json.loads(place.run(*words, **(env or {})))


@pytest.mark.proves("H13", "H19", "H28", "H31a", "H32")
def test_a_request_for_something_unknown_becomes_a_tool(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    the_sandbox()
    folder, secret = (tmp_path_factory.mktemp(name) for name in ("measured", "secret"))
    for each in (folder, secret):
        (each / "today.txt").write_text("0.5 0.7")
    with serving(coded(MONITOR.replace("FOLDER", str(folder)))) as server:
        found = ask(
            place, around(server), "handle_unknown_command", "create system performance monitor"
        )
        again = ask(place, around(server), "handle_unknown_command", "monitor system performance")
        assert server.keys == ["Bearer k-1"], "the second time it is there"
    assert (found["came"], found["tool"]) == ("lesson", "system_performance_monitor")
    assert again["lesson"] == found["lesson"]
    place.failonce("tools", "run", "system_performance_monitor", "--project", "shop", wrong=True)
    place.failonce("approve", str(found["lesson"]))
    machine = run(place, "system_performance_monitor", source="machine")
    assert isinstance(machine, dict)
    assert machine["memory_bytes"] > 0
    read = run(place, "system_performance_monitor", source=str(folder / "today.txt"))
    assert read == {"measured": ["0.5", "0.7"]}
    other = json.dumps({"source": str(secret / "today.txt")})
    said = place.failonce(
        "tools", "run", "system_performance_monitor", other, "--project", "shop", wrong=True
    )
    assert "cannot be read" in said, "it reads only what it was granted"
    assert "k-1" not in place.failonce("audit", "list", "--json")


@pytest.mark.proves("H20", "H29", "H31b", "H32")
def test_a_tool_that_was_denied_gets_a_version_with_the_permission(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    the_sandbox()
    folder = tmp_path_factory.mktemp("disk")
    (folder / "a").write_bytes(b"x" * 300)
    (place.folder / "old_tool.py").write_text(OLD)
    added = json.loads(place.failonce(*ADD))
    place.failonce("approve", added["id"])
    given = json.dumps({"folder": str(folder)})
    place.failonce("tools", "run", "old_tool", given, "--project", "shop", wrong=True)
    better = f'PERMISSIONS = {{"reads": ["{folder}"]}}\n' + OLD
    with serving(coded(better)) as server:
        env = around(server)
        found = ask(place, env, "handle_tool_failure", "old_tool", DENIED, "check disk usage")
        told = server.prompt()
    assert "permission denied" in told
    assert "check disk usage" in told
    assert "give the whole path" in told, "the version that failed"
    place.failonce("approve", str(found["lesson"]))
    assert run(place, "old_tool", folder=str(folder)) == 300


@pytest.mark.proves("H30", "H31c")
def test_what_is_learned_by_hand_may_use_an_allowed_package(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Before the operator allowed it, it is a gap."""
    the_sandbox()
    packages = tmp_path_factory.mktemp("packages")
    (packages / "tinypdf").mkdir(parents=True)
    allowed = {"FAILONCE_PATHS__PACKAGES": str(packages)}
    with serving(coded(MERGER)) as server:
        without = ask(place, around(server), "manual_learn_capability", "pdf merger tool")
        assert (without["came"], without["attempts"]) == ("gap", 3)
        (packages / "tinypdf" / "tinypdf.py").write_text(PACKAGE)
        env = around(server, **allowed)
        stopped = ask(place, env, "manual_learn_capability", "pdf merger tool")
        assert (stopped["came"], stopped["attempts"]) == ("gap", 0)
        found = ask(place, env, "manual_learn_capability", "pdf merger tool", force=True)
    assert found["came"] == "lesson", found["reason"]
    place.failonce("approve", str(found["lesson"]))
    assert run(place, "pdf_merger", env, documents=["%a", "%b"]) == "%a+b"
    listed = json.loads(place.failonce("tools", "learned", "--project", "shop", "--json"))
    assert [x["target"] for x in listed] == ["pdf_merger"]
    (day,) = json.loads(place.failonce("tools", "bill", "--json"))
    assert (day["requests"], day["tokens_in"], day["unpriced"]) == (4, 2800, 4)
    assert "Model" in place.failonce("status")

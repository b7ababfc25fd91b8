"""The server as clients start it: a process on standard input and output."""

import asyncio
import json
import subprocess
import sys

import pytest
from mcp import Client

from tests.kinds.tool.made import TITLE
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell
from tests.surfaces.mcp.made import MODES, RULE, Heard, process, soon, talking, text, titled

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", MODES)
def test_a_client_proposes_and_a_person_approves_while_it_runs(mode: str, shell: Shell) -> None:
    async def run() -> None:
        async with talking(shell, mode) as client:
            proposed = await client.call_tool(
                "learn_skill_rule",
                {"skill_name": "fetch", "rule_content": RULE, "reason": "Invalid arg"},
            )
            assert "1 Pending Rule" in text(proposed)
            assert (await client.list_resources()).resources == []
            (rule,) = shell.ok("lessons", "--json").json
            shell.ok("approve", rule["id"])

            async def recalled() -> bool:
                return RULE in text(await client.call_tool("recall", {"tools": ["fetch"]}))

            assert await soon(recalled)
            (skill,) = (await client.list_resources()).resources
            (read,) = (await client.read_resource(skill.uri)).contents
            assert skill.uri == "failonce://skills/fetch"
            assert f"- {RULE} ({rule['id']})" in read.text
            shell.ok("undo", rule["id"])

            async def gone() -> bool:
                return not (await client.list_resources()).resources

            assert await soon(gone)
            with pytest.raises(Exception, match="no document"):
                await client.read_resource(skill.uri)

    asyncio.run(run())


@pytest.mark.proves("H12", "H14", "H16")
def test_a_tool_that_is_approved_while_it_runs_is_announced_and_runs(shell: Shell) -> None:
    """To a client of a handshake revision by `list_changed`, and it is gone once undone."""
    the_sandbox()
    heard = Heard()

    async def run() -> None:
        async with Client(
            process(shell), mode="legacy", message_handler=heard, cache=None
        ) as client:
            assert client.server_capabilities.tools.list_changed
            before = [t.name for t in (await client.list_tools()).tools]
            lesson = titled(shell)
            shell.ok("approve", lesson)

            async def listed() -> bool:
                return "title" in {t.name for t in (await client.list_tools()).tools}

            assert await soon(listed)
            (tool,) = [t for t in (await client.list_tools()).tools if t.name == "title"]
            assert tool.input_schema["required"] == ["text"]
            own = await client.call_tool("title", {"text": "a tale"})
            by_name = await client.call_tool(
                "run_learned_tool", {"name": "title", "args": {"text": "a tale"}}
            )
            assert (text(own), text(by_name)) == ("A Tale", "A Tale")
            bad = await client.call_tool("title", {"txt": "a"})
            assert bad.is_error
            assert "`text` is missing" in text(bad)
            assert "It takes `text`" in text(bad)

            async def told() -> bool:
                return "notifications/tools/list_changed" in heard.methods

            assert await soon(told)
            shell.ok("undo", lesson)

            async def gone() -> bool:
                return [t.name for t in (await client.list_tools()).tools] == before

            assert await soon(gone)
            after = await client.call_tool("run_learned_tool", {"name": "title"})
            assert after.is_error
            assert "in force: none" in text(after)

    asyncio.run(run())


def test_a_client_of_the_newest_revision_hears_on_the_stream_that_it_opened(shell: Shell) -> None:
    async def run() -> None:
        async with (
            talking(shell, "2026-07-28") as client,
            client.listen(
                resources_list_changed=True,
                tools_list_changed=True,
                resource_subscriptions=["failonce://skills/fetch"],
            ) as events,
        ):
            rule = shell.ok("learn", "fetch", "Fetch with care.", "--json").json
            shell.ok("approve", rule["id"])
            kinds = set()
            async with asyncio.timeout(20):
                async for event in events:
                    kinds.add(type(event).__name__)
                    if kinds >= {"ResourcesListChanged", "ResourceUpdated"}:
                        break

    asyncio.run(run())


def test_a_resource_that_was_subscribed_to_is_told_of(shell: Shell) -> None:
    heard = Heard()

    async def run() -> None:
        rule = shell.ok("learn", "fetch", "Fetch with care.", "--json").json
        shell.ok("approve", rule["id"])
        async with Client(
            process(shell), mode="legacy", message_handler=heard, cache=None
        ) as client:
            await client.session.subscribe_resource("failonce://skills/fetch")
            more = shell.ok("learn", "fetch", "Fetch with more care.", "--json").json
            shell.ok("approve", more["id"])

            async def told() -> bool:
                return "notifications/resources/updated" in heard.methods

            assert await soon(told)

    asyncio.run(run())


def test_two_servers_at_once_share_what_is_learned(shell: Shell) -> None:
    async def run() -> None:
        async with talking(shell) as one, talking(shell, "legacy") as other:
            answers = await asyncio.gather(
                *(
                    client.call_tool(
                        "learn_skill_rule",
                        {"skill_name": "s", "rule_content": f"Rule {n} by {who}.", "reason": "x"},
                    )
                    for n in range(5)
                    for who, client in (("one", one), ("other", other))
                )
            )
            assert not [text(a) for a in answers if a.is_error]
            same = await asyncio.gather(
                *(
                    client.call_tool(
                        "learn_skill_rule",
                        {"skill_name": "s", "rule_content": RULE, "reason": "x"},
                    )
                    for client in (one, other)
                )
            )
            assert not [text(a) for a in same if a.is_error]

    asyncio.run(run())
    rules = [x["body"] for x in shell.ok("lessons", "--json").json]
    assert len(rules) == len(set(rules)) == 11


def test_what_is_no_message_does_not_end_it(shell: Shell) -> None:
    """Broken lines, unknown methods and huge ids; then it answers as before."""
    frames = [
        b"not json at all",
        b'{"jsonrpc": "2.0", "id": 1',
        b'{"jsonrpc": "2.0", "id": 7, "method": "no/such", "params": {}}',
        b'{"jsonrpc": "2.0", "method": "notifications/none"}',
        b"[]",
        b'{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": 5}}',
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 3,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2024-11-05",
                    "capabilities": {},
                    "clientInfo": {"name": "old", "version": "1"},
                },
            }
        ).encode(),
        b'{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        b'{"jsonrpc": "2.0", "id": 4, "method": "tools/list"}',
    ]
    started = subprocess.Popen(
        shell.argv("mcp"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdin is not None
    assert started.stdout is not None
    started.stdin.write(b"".join(f + b"\n" for f in frames))
    started.stdin.flush()
    answers = {}
    while 4 not in answers:
        answer = json.loads(started.stdout.readline())
        answers[answer.get("id")] = answer
    assert answers[3]["result"]["protocolVersion"] == "2024-11-05"
    assert answers[4]["result"]["tools"][0]["name"] == "learn_skill_rule"
    started.stdin.close()
    assert started.wait(15) == 0


@pytest.mark.parametrize("how", ["terminate", "eof"])
def test_it_ends_when_its_client_does(how: str, shell: Shell) -> None:
    started = subprocess.Popen(
        shell.argv("mcp"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdin is not None
    assert started.stdout is not None
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "c", "version": "1"},
        },
    }
    started.stdin.write(json.dumps(hello).encode() + b"\n")
    started.stdin.flush()
    assert json.loads(started.stdout.readline())["id"] == 1
    if how == "terminate":
        started.terminate()
    else:
        started.stdin.close()
    assert started.wait(15) == 0


def test_help_says_how_it_is_added_to_a_client(shell: Shell) -> None:
    said = " ".join(shell.ok("mcp", "--help").out.split())
    assert "claude mcp add failonce -- failonce mcp" in said
    assert "It cannot approve" in said
    assert shell.run("mcp", "--project", "/no/such").code == 2


@pytest.mark.usefixtures("shell")
def test_the_first_page_of_help_does_not_load_the_sdk() -> None:
    code = "import sys; from failonce.surfaces.cli import main; main(['--help']); "
    code += "print(any(m == 'mcp' or m.startswith('mcp.') for m in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.strip() == b"False"


def test_calls_of_learned_tools_are_recorded_like_those_of_any(shell: Shell) -> None:
    the_sandbox()
    shell.ok("approve", titled(shell, TITLE))

    async def run() -> None:
        async with talking(shell) as client:
            ok = await client.call_tool("title", {"text": "a"})
            failed = await client.call_tool("title", {"text": ""})
            assert text(ok) == "A"
            assert failed.is_error
            assert "no title" in text(failed)

    asyncio.run(run())
    calls = shell.ok("export", "calls").lines
    assert [(c["tool"], c["is_error"]) for c in calls] == [("title", False), ("title", True)]

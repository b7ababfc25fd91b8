"""Installing and uninstalling in files as they are found on machines."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from failonce.errors import BadInput, FailonceError, Refused
from failonce.surfaces.installing import commands, files
from failonce.surfaces.installing.clients import Client, Scope
from failonce.surfaces.installing.installed import standings
from failonce.surfaces.installing.installer import SERVERS
from tests.surfaces.installing.made import Home

MINE = b"""\
{
    "model": "opus",
    "hooks": {
        "PreToolUse": [
            {"matcher": "Bash", "hooks": [{"type": "command", "command": "/usr/bin/true"}]}
        ]
    }
}"""


@pytest.mark.parametrize("client", list(Client))
@pytest.mark.parametrize(
    "content",
    [MINE, MINE + b"\n", MINE.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + MINE, b"{}", b"", b"\n",
     b'{"hooks":{}}'],
    ids=["no last line end", "plain", "CRLF", "BOM", "empty object", "empty", "blank", "no hooks"],
)  # fmt: skip
def test_bytes_are_restored(home: Home, client: Client, content: bytes) -> None:
    path = home.write(content, client)
    path.chmod(0o640)
    assert home.install(client).changes
    once = path.read_bytes()
    assert not home.install(client).changes, "the second time there is nothing to do"
    assert path.read_bytes() == once
    assert home.uninstall(client).changes
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o640
    assert not home.uninstall(client).changes


@pytest.mark.parametrize("client", list(Client))
def test_a_file_that_was_not_there_goes_again(home: Home, client: Client) -> None:
    path = home.file(client)
    home.install(client)
    json.loads(path.read_text())
    home.uninstall(client)
    assert not path.exists()
    assert not path.parent.exists(), "nor was its folder"


def test_foreign_hooks_stay_where_they_are_and_first(home: Home) -> None:
    path = home.write(MINE)
    home.install()
    first, own = json.loads(path.read_text())["hooks"]["PreToolUse"]
    assert first["hooks"][0]["command"] == "/usr/bin/true"
    assert commands.is_hook(own["hooks"][0])


def test_what_a_person_changed_meanwhile_stays(home: Home) -> None:
    path = home.write(MINE)
    home.install()
    path.write_text(path.read_text().replace('"opus"', '"sonnet"'))
    plan = home.uninstall()
    assert "stay" in plan.told
    assert path.read_bytes() == MINE.replace(b"opus", b"sonnet")


def test_a_file_that_was_written_anew_loses_only_our_part(home: Home) -> None:
    path = home.write(MINE)
    home.install()
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    plan = home.uninstall()
    assert "only our part" in plan.told
    assert json.loads(path.read_text()) == json.loads(MINE)


def test_an_older_installation_is_brought_up_to_date(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.write(MINE)
    monkeypatch.setattr(commands, "hook", lambda client: ["/gone/failonce-hook", client])
    home.install()
    monkeypatch.undo()
    assert home.install().changes
    assert b"/gone/" not in path.read_bytes()
    home.uninstall()
    assert path.read_bytes() == MINE


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff\xfe{}", b'{"hooks": []}', b'{"hooks": {"PreToolUse": "x"}}'],
    ids=["half", "list", "not UTF-8", "hooks a list", "event a text"],
)
def test_what_cannot_be_read_is_refused_and_left(home: Home, content: bytes) -> None:
    path = home.write(content)
    with pytest.raises((BadInput, Refused), match=r"othing was changed"):
        home.install()
    assert path.read_bytes() == content
    assert sorted(path.parent.iterdir()) == [path]


def test_a_file_that_may_not_be_written_is_refused(home: Home) -> None:
    path = home.write(MINE)
    path.chmod(0o444)
    with pytest.raises(Refused, match="read-only"):
        home.install()
    assert path.read_bytes() == MINE
    path.chmod(0o644)
    home.install()
    path.chmod(0o444)
    with pytest.raises(Refused, match="chmod u\\+w"):
        home.uninstall()


def test_a_link_stays_one(home: Home) -> None:
    real = home.home / "dotfiles" / "settings.json"
    real.parent.mkdir()
    real.write_bytes(MINE)
    path = home.file()
    path.parent.mkdir()
    path.symlink_to(real)
    home.install()
    assert path.is_symlink()
    assert real.read_bytes() != MINE
    home.uninstall()
    assert real.read_bytes() == MINE


def test_a_link_that_leads_nowhere_is_refused(home: Home) -> None:
    path = home.file()
    path.parent.mkdir()
    path.symlink_to(home.home / "gone")
    with pytest.raises(Refused, match="leads nowhere"):
        home.install()
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(Refused, match="leads nowhere"):
        home.install()


def test_a_folder_in_its_place_is_refused(home: Home) -> None:
    home.file().mkdir(parents=True)
    with pytest.raises(Refused, match="is no file"):
        home.install()


def test_who_writes_at_the_same_moment_is_not_overwritten(home: Home) -> None:
    path = home.write(MINE)
    plan = home.installer.hooks(Client.CLAUDE_CODE, path)
    path.write_bytes(b'{"model": "haiku"}')
    with pytest.raises(Refused, match="changed by somebody else"):
        home.installer.carry_out(plan)
    assert path.read_bytes() == b'{"model": "haiku"}'
    assert not home.uninstall().changes


def test_a_disk_without_room_changes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.write(MINE)
    plan = home.installer.hooks(Client.CLAUDE_CODE, path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write", full)
    with pytest.raises(Refused, match="No space left"):
        home.installer.carry_out(plan)
    assert path.read_bytes() == MINE
    assert sorted(path.parent.iterdir()) == [path]


def test_servers_for_either_client(home: Home) -> None:
    for client in Client:
        path = home.here.servers_file(client, Scope.USER)
        path.parent.mkdir(exist_ok=True)
        before = b'model = "o3"\n' if client is Client.CODEX else b'{"projects": {}}\n'
        path.write_bytes(before)
        home.installer.carry_out(home.installer.server(path))
        assert b"failonce" in path.read_bytes()
        assert not home.installer.server(path).changes
        from failonce.surfaces.cli.installing import _server

        job = _server(home.here, Scope.USER, client, None)
        home.installer.carry_out(job.take_out(home.installer))
        assert path.read_bytes() == before
        assert home.installer._journal.read(path, SERVERS) is None


def test_a_foreign_server_of_that_name_is_refused(home: Home) -> None:
    path = home.here.servers_file(Client.CLAUDE_CODE, Scope.PROJECT)
    path.write_text('{"mcpServers": {"failonce": {"command": "other"}}}')
    with pytest.raises(Refused, match="another server"):
        home.installer.server(path)


# ------------------------------------------------------------- the command line


def test_the_command_shows_what_changes_and_asks(home: Home) -> None:
    path = home.write(MINE)
    code, out = home.failonce("install", "claude-code")
    assert (code, path.read_bytes()) == (4, MINE), out
    assert '+            {"matcher": "*"' in out
    assert "--yes" in out
    code, out = home.failonce("install", "claude-code", "--yes")
    assert code == 0, out
    assert "installed in" in home.failonce("install")[1]
    assert f"installed in {path}" in home.failonce("status")[1]
    assert "nothing to change" in home.failonce("install", "claude-code", "--yes")[1]
    assert home.failonce("uninstall", "claude-code", "--yes")[0] == 0
    assert path.read_bytes() == MINE


def test_a_client_that_is_not_there_is_said_so(home: Home) -> None:
    code, out = home.failonce("install", "codex", "--yes")
    assert code == 4
    assert "Codex was not found" in out
    assert not home.file(Client.CODEX).parent.exists()
    assert "not found" in home.failonce("install")[1]


def test_mcp_needs_to_know_for_whom(home: Home) -> None:
    assert home.failonce("install", "mcp", "--yes")[0] == 4
    path = home.project / "servers.json"
    assert home.failonce("install", "mcp", "--file", str(path), "--yes")[0] == 0
    assert "failonce" in json.loads(path.read_text())["mcpServers"]
    assert home.failonce("uninstall", "mcp", "--file", str(path), "--yes")[0] == 0
    assert not path.exists()


def test_a_program_that_is_gone_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write(MINE)
    monkeypatch.setattr(commands, "hook", lambda client: ["/gone/failonce-hook", client])
    home.install()
    (one, *_) = standings(home.here)
    assert "/gone/failonce-hook, which is gone" in one.trouble
    assert "which is gone" in home.failonce("status")[1]
    assert "which is gone" in home.failonce("doctor")[1]


def test_hooks_that_codex_switched_off_are_told(home: Home) -> None:
    home.install(Client.CODEX)
    (home.file(Client.CODEX).parent / "config.toml").write_text("[features]\nhooks = false\n")
    told = {(s.client, s.scope): s for s in standings(home.here)}
    assert "switched off" in told[Client.CODEX, Scope.USER].trouble


def test_the_hook_in_the_file_runs_from_any_folder(home: Home) -> None:
    home.write(b"{}")
    home.install()
    (entry,) = json.loads(home.file().read_text())["hooks"]["PreToolUse"][0]["hooks"]
    odd = home.home / "odd"
    odd.mkdir()
    (odd / "json.py").write_text("raise SystemExit(7)")  # nothing from there may be loaded
    done = subprocess.run(
        [entry["command"], *entry["args"]],
        input=b'{"hook_event_name": "PreToolUse", "session_id": "s"}',
        capture_output=True,
        cwd=odd,
        env=os.environ | home.environ,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_two_at_once_install_once(home: Home) -> None:
    path = home.write(MINE)
    ends: list[tuple[int, str]] = []
    threads = [
        threading.Thread(
            target=lambda: ends.append(home.failonce("install", "claude-code", "--yes"))
        )
        for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    groups = json.loads(path.read_text())["hooks"]["PreToolUse"]
    assert len(groups) == 2, ends
    assert home.failonce("uninstall", "claude-code", "--yes")[0] == 0
    assert path.read_bytes() == MINE


KILLED = """
import sys
from pathlib import Path
from failonce.surfaces.installing.changes import without_hooks
from failonce.surfaces.installing.clients import Client
from failonce.surfaces.installing.installer import HOOKS, Installer
installer, path = Installer(Path(sys.argv[1])), Path(sys.argv[2])
print("ready", flush=True)
while True:
    with installer.alone():
        installer.carry_out(installer.hooks(Client.CLAUDE_CODE, path))
    with installer.alone():
        installer.carry_out(installer.removal(path, HOOKS, without_hooks))
"""


def test_whoever_is_killed_leaves_the_file_whole(home: Home) -> None:
    path = home.write(MINE)
    draw = random.Random(7)
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(home.home / "installed"), str(path)],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(draw.random() * 0.1)
            process.send_signal(signal.SIGKILL)
        json.loads(path.read_text())
        home.install()
        home.uninstall()
        assert path.read_bytes() == MINE
    assert [p for p in path.parent.iterdir() if p != path] == []


def test_errors_say_what_to_do(home: Home) -> None:
    home.write(b"{")
    with pytest.raises(FailonceError) as caught:
        home.install()
    assert str(home.file()) in str(caught.value)
    assert "line 1" in str(caught.value)

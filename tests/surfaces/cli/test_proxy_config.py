"""`failonce proxy --config FILE`: the file, its backup, and what is said."""

import json
import os
from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell
from tests.surfaces.mcp.proxy.test_wrapping import DESKTOP


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "claude_desktop_config.json"
    path.write_text(DESKTOP)
    return path


def backup(file: Path) -> Path:
    return file.with_name(f"{file.name}.failonce-backup")


@pytest.mark.parametrize("form", ["plain", "crlf", "bom", "no end", "tight"])
def test_undo_restores_every_byte(shell: Shell, file: Path, form: str) -> None:
    """Whatever the file looked like; and nothing is left beside it."""
    content = {
        "plain": DESKTOP.encode(),
        "crlf": DESKTOP.replace("\n", "\r\n").encode(),
        "bom": b"\xef\xbb\xbf" + DESKTOP.encode(),
        "no end": DESKTOP.rstrip().encode(),
        "tight": json.dumps({"mcpServers": {"a": {"command": "x", "args": []}}}).encode(),
    }[form]
    file.write_bytes(content)
    file.chmod(0o640)
    assert shell.run("proxy", "--config", str(file), "--yes").code == 0
    assert file.read_bytes() != content
    assert (b"\r\n" in file.read_bytes()) == (form == "crlf")
    assert backup(file).read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o640
    assert shell.run("proxy", "--config", str(file), "--undo", "--yes").code == 0
    assert file.read_bytes() == content
    assert not backup(file).exists()


def test_twice_is_once(shell: Shell, file: Path) -> None:
    shell.run("proxy", "--config", str(file), "--yes")
    once = file.read_bytes()
    told = shell.run("proxy", "--config", str(file), "--yes")
    assert "Nothing is to be done." in told.out
    assert file.read_bytes() == once
    assert backup(file).read_text() == DESKTOP


def test_what_was_edited_meanwhile_stays(shell: Shell, file: Path) -> None:
    """Undo takes the proxy away and leaves the rest as it is now."""
    shell.run("proxy", "--config", str(file), "--yes")
    file.write_text(file.read_text().replace('"dark"', '"light"'))
    shell.run("proxy", "--config", str(file), "--undo", "--yes")
    assert file.read_text() == DESKTOP.replace('"dark"', '"light"').replace(
        '{"command": "mcp-server-time"}', '{"command": "mcp-server-time", "args": []}'
    )


def test_a_server_that_came_later_is_put_behind_it_too(shell: Shell, file: Path) -> None:
    """The backup then is the file as it would be without the proxy."""
    file.write_text('{"mcpServers": {"a": {"command": "x", "args": ["1"]}}}')
    shell.run("proxy", "--config", str(file), "--yes")
    new = ', "b": {"url": "https://example.org/mcp"}}}'
    file.write_text(file.read_text()[:-2] + new)
    told = shell.run("proxy", "--config", str(file), "--yes")
    assert "a stays as it is" in told.out
    assert "1 server behind the proxy" in told.out
    shell.run("proxy", "--config", str(file), "--undo", "--yes")
    assert file.read_text() == '{"mcpServers": {"a": {"command": "x", "args": ["1"]}' + new


def test_nothing_is_written_without_somebody_who_agrees(shell: Shell, file: Path) -> None:
    """The difference is shown all the same, and no key in it."""
    entry = {"url": "https://example.org", "headers": {"Authorization": "Bearer s3cret-token"}}
    file.write_text(json.dumps({"mcpServers": {"a": entry}}, indent=2))
    before = file.read_bytes()
    told = shell.run("proxy", "--config", str(file))
    assert told.code == 4
    assert "--yes" in told.err
    assert "+" in told.out
    assert "s3cret-token" not in told.out
    assert file.read_bytes() == before


def test_a_link_stays_one(shell: Shell, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    shell.run("proxy", "--config", str(link), "--yes")
    assert link.is_symlink()
    assert "proxy" in file.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(shell: Shell, file: Path) -> None:
    file.chmod(0o444)
    told = shell.run("proxy", "--config", str(file), "--yes")
    assert told.code == 4
    assert file.read_text() == DESKTOP


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe{}", b'{"mcpServers": {"a": {"command": }}}', b"[]", b""]
)
def test_a_file_that_is_none(shell: Shell, file: Path, content: bytes) -> None:
    """A clear refusal, or that nothing is to be done; never a changed file."""
    file.write_bytes(content)
    told = shell.run("proxy", "--config", str(file), "--yes")
    assert told.code == (0 if content == b"[]" else 2)
    assert "Traceback" not in told.err
    assert file.read_bytes() == content
    assert not backup(file).exists()


def test_arguments_that_do_not_go_together(shell: Shell, file: Path) -> None:
    for args in (
        [],
        ["--url", "http://x", "--", "y"],
        ["--config", str(file), "--", "y"],
        ["--undo"],
        ["--url", "ftp://x"],
        ["--header", "nonsense", "--url", "http://x"],
        ["--header", "A: ${NOT_SET_ANYWHERE}", "--url", "http://x"],
        ["--config", "nowhere.json"],
    ):
        told = shell.run("proxy", *args)
        assert told.code == 2, args
        assert len(told.err.splitlines()) == 1

"""`failonce proxy --config FILE`: what is shown, what is asked, and the file that is written.

    FILE.failonce-backup   the file as it is without the proxy, byte for byte

Without a proxy before any server the backup is gone, too.
"""

import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import typer

from failonce.errors import BadInput, Refused
from failonce.surfaces.cli.output import plural, say, visible
from failonce.surfaces.mcp.proxy.jsonc import parse
from failonce.surfaces.mcp.proxy.wrapping import PROXY, Done, servers, unwrapped, wrapped

MOST: Final = 20 << 20
"""Bytes of a configuration."""
_BOM: Final = b"\xef\xbb\xbf"
_HIDDEN: Final = "•••"


def wrap(file: Path, *, sure: bool) -> int:
    """Put all servers behind the proxy; the exit code."""
    path = _found(file)
    now = _read(path)
    text, bom = _decoded(now, path)
    done = _tried(path, lambda: wrapped(text, program()))
    for name, why in done.left:
        say(f"{name} stays as it is: {why}.")
    if not done.changed:
        say("Nothing is to be done.")
        return 0
    _show(path, text, done)
    if not _agreed(sure):
        return 0
    kept = _backup(path)
    before = _decoded(kept.read_bytes(), kept)[0] if kept.exists() else None
    plain = _tried(path, lambda: unwrapped(text, before)).text
    _write(kept, bom + plain.encode(), like=path)
    _write(path, bom + done.text.encode(), like=path)
    say(f"{plural(len(done.changed), 'server')} behind the proxy. Restart the client.")
    say(f"Back: failonce proxy --config {visible(str(file))} --undo")
    return 0


def unwrap(file: Path, *, sure: bool) -> int:
    """Put them back as they were; the exit code."""
    path = _found(file)
    now = _read(path)
    text, bom = _decoded(now, path)
    kept = _backup(path)
    before = _decoded(kept.read_bytes(), kept)[0] if kept.exists() else None
    done = _tried(path, lambda: unwrapped(text, before))
    for name, why in done.left:
        say(f"{name} stays behind the proxy: {why}.")
    if not done.changed and not kept.exists():
        say("No server stands behind the proxy.")
        return 0
    if before is not None and _same(before, text):
        done = Done(text=before, changed=done.changed)
    _show(path, text, done)
    if not _agreed(sure):
        return 0
    _write(path, bom + done.text.encode(), like=path)
    if not done.left:
        kept.unlink(missing_ok=True)
    say(f"{plural(len(done.changed), 'server')} without the proxy. Restart the client.")
    return 0


def program() -> list[str]:
    """What starts failonce from anywhere: clients have a PATH of their own."""
    own = Path(sys.argv[0])
    if own.name in ("failonce", "failonce.exe") and own.is_file():
        return [str(own.resolve())]
    found = shutil.which("failonce")
    return [found] if found else [sys.executable, "-m", "failonce"]


def _same(before: str, text: str) -> bool:
    """Whether a text is what the proxy made of the one before: nobody edited it since."""
    known = (program(), *_programs(text))
    return any(wrapped(before, each).text == text for each in known)


def _programs(text: str) -> Iterable[list[str]]:
    """What starts failonce in a text that another installation may have written."""
    for _, node in servers(parse(text)):
        args = node.value.get("args")
        if isinstance(args, list) and PROXY in args:
            yield [str(node.value.get("command")), *args[: args.index(PROXY)]]


def _found(file: Path) -> Path:
    """The file itself: what a link leads to is what is written."""
    path = file.expanduser().resolve()
    if not path.is_file():
        raise BadInput(f"{visible(str(file))} is no file.")
    return path


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST:
            raise BadInput(f"{visible(str(path))} is larger than {MOST:,} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{visible(str(path))} cannot be read: {error.strerror}.") from error


def _decoded(content: bytes, path: Path) -> tuple[str, bytes]:
    bom = _BOM if content.startswith(_BOM) else b""
    try:
        return content[len(bom) :].decode(), bom
    except UnicodeDecodeError as error:
        raise BadInput(f"{visible(str(path))} is not UTF-8: {error}.") from None


def _tried(path: Path, work: Callable[[], Done]) -> Done:
    try:
        return work()
    except BadInput as error:
        where = visible(str(path))
        raise BadInput(f"{where} is no configuration: {error}. Nothing was written.") from None


def _show(path: Path, text: str, done: Done) -> None:
    """The difference, without what stands around it: there may be keys in it."""
    lines = difflib.unified_diff(
        text.splitlines(), done.text.splitlines(), str(path), str(path), n=0, lineterm=""
    )
    for line in lines:
        for secret in done.secrets:
            line = line.replace(secret, _HIDDEN)  # noqa: PLW2901 - the same line, less said
        say(line)


def _agreed(sure: bool) -> bool:
    if sure:
        return True
    if not sys.stdin.isatty():
        raise Refused("Nothing was written: nobody is here to ask. --yes writes without asking.")
    agreed = typer.confirm("Write this?", default=False)
    if not agreed:
        say("Nothing was written.")
    return agreed


def _backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.failonce-backup")


def _write(path: Path, content: bytes, *, like: Path) -> None:
    """All of it or nothing, with the permissions of another file."""
    if path.exists() and not os.access(path, os.W_OK):
        raise Refused(f"{visible(str(path))} may not be written. Nothing was changed.")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(like, temporary)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        where = visible(str(path))
        raise Refused(f"{where} cannot be written: {error.strerror}. It is as it was.") from error

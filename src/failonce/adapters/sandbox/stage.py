"""What root lends to somebody who is nobody: mounts that only one thread and its children see.

Bubblewrap is never started as root. But whoever it is started as cannot enter `/root`, where the
interpreter may lie, nor a folder that root granted. So root copies the mounts of what is to be
seen to a place of its own first, with the owner of what is granted standing for that nobody.
"""

import os
import pwd
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Final, TypeVar

from failonce.adapters.sandbox import kernel
from failonce.adapters.sandbox.answering import Counter
from failonce.adapters.sandbox.layout import Bind
from failonce.errors import Refused

_STAGE: Final = Path("/proc/fs")
"""Covered for one thread alone; of all folders that are always there, nobody needs this one."""
_CANDIDATES: Final = (1_877_190_431, 60_431, 4_431)
_PATIENCE_S: Final = 5.0
_T = TypeVar("_T")


def nobody() -> int | None:
    """The number to run as: nobody's where we are root, else None for who we are."""
    if os.geteuid() != 0:
        return None
    mapped = [tuple(map(int, line.split())) for line in _lines(Path("/proc/self/uid_map"))]
    for candidate in _CANDIDATES:
        if any(first <= candidate < first + many for first, _, many in mapped):
            with suppress(KeyError):
                pwd.getpwuid(candidate)
                continue
            return candidate
    raise Refused(
        "The sandbox is never started as root, and there is no other user here to start it as: "
        "this container knows root alone. Run failonce as an ordinary user."
    )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def apart(work: Callable[[], _T], counter: Counter | None = None) -> _T:
    """Do the work in a thread of its own, whose mounts are its own, and wait for it.

    The thread lasts as long as what it starts, which is told to die with it. What it asks for
    over the `counter` is done here.
    """
    done: list[_T] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            kernel.leave_mounts()
            done.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            if counter is not None:
                counter.close()

    thread = Thread(target=body, name="failonce-sandbox", daemon=True)
    thread.start()
    try:
        if counter is not None:
            counter.serve()
    finally:
        thread.join()
    if failed:
        raise failed[0]
    return done[0]


def staged(
    binds: Iterable[Bind], opened: Mapping[Bind, int], user: int, bwrap: str
) -> dict[Bind, Bind]:
    """The same binds, each from a place that the user can reach. In a thread `apart` only.

    `opened` holds descriptors of those that were looked up before.
    """
    with ExitStack() as stack:
        trees = {}
        for bind in binds:
            descriptor = opened.get(bind)
            if descriptor is None:
                descriptor = os.open(bind.source, os.O_PATH | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
            trees[bind] = kernel.copied_tree(descriptor)
            stack.callback(os.close, trees[bind])
            if bind.lent:
                _lend(trees[bind], bind, os.fstat(descriptor), user, bwrap)
        kernel.mount_small_folder(_STAGE)
        return {
            bind: replace(bind, source=_placed(tree, _STAGE / str(number)))
            for number, (bind, tree) in enumerate(trees.items())
        }


def _placed(tree: int, place: Path) -> Path:
    if stat.S_ISDIR(os.fstat(tree).st_mode):
        place.mkdir()
    else:
        place.touch()
    kernel.attach(tree, place)
    return place


def _lend(tree: int, bind: Bind, found: os.stat_result, user: int, bwrap: str) -> None:
    """Let the owner of a granted path stand for the user.

    Where the file system cannot, others must be allowed what was granted; else it is `Refused`.
    """
    try:
        with _namespace(found, user, bwrap) as namespace:
            kernel.map_owner(tree, namespace)
    except OSError as error:
        needed = 0o4 | (0o2 if bind.writable else 0) | (0o1 if stat.S_ISDIR(found.st_mode) else 0)
        if found.st_mode & needed != needed:
            raise Refused(
                f"{bind.target} cannot be lent by root to a sandbox that is not root: its file "
                f"system does not map owners ({error.strerror}). Let others use it, or run "
                "failonce as its owner."
            ) from None


@contextmanager
def _namespace(owner: os.stat_result, user: int, bwrap: str) -> Iterator[int]:
    """A user namespace in which the owner's number is the user's."""
    ids = ["--unshare-user", "--uid", str(owner.st_uid), "--gid", str(owner.st_gid)]
    rest = ["--ro-bind", "/", "/", "--die-with-parent", "--info-fd"]
    told, telling = os.pipe()
    with os.fdopen(told, encoding="ascii") as answer:
        try:
            process = subprocess.Popen(  # noqa: S603 - fixed but for the numbers
                [bwrap, *ids, *rest, str(telling), "/bin/cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(telling,),
                env={},
                user=user,
                group=user,
                extra_groups=[],
            )
        finally:
            os.close(telling)
        with process:
            pid = _child(answer.read())
            inner = os.pidfd_open(pid)
            try:
                _until_mapped(pid)
                found = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
            finally:
                signal.pidfd_send_signal(inner, signal.SIGKILL)
                os.close(inner)
    try:
        yield found
    finally:
        os.close(found)


def _until_mapped(pid: int) -> None:
    """Bubblewrap's child writes who it is by itself, a moment after its number is told."""
    end = time.monotonic() + _PATIENCE_S
    while not (_lines(Path(f"/proc/{pid}/uid_map")) and _lines(Path(f"/proc/{pid}/gid_map"))):
        if time.monotonic() > end:
            raise OSError("bubblewrap mapped no user")
        time.sleep(0.0002)


def _child(text: str) -> int:
    import json  # noqa: PLC0415 - as seldom needed as this is

    try:
        return int(json.loads(text)["child-pid"])
    except (ValueError, KeyError):
        raise OSError("bubblewrap told of no process") from None

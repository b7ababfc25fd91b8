"""Settings of the machine, programs with privileges, and what is left when a program dies."""

import os
import socket
import time
from pathlib import Path

from failonce.model import Args
from tests.escape.arena import AS_ROOT, FOLDER, GROUPS, ROOTS_OWN
from tests.escape.attack import Arena, Attack, Family, Ran, needs_root
from tests.escape.blind.preludes import CALLS

_BEFORE = 1_500_000_000
"""Seconds since 1970 that are long over."""


def _setting(name: str, path: str, text: str) -> Attack:
    def reached(_: Arena, __: Ran) -> str:
        now = Path(path).read_text().strip()
        return f"{path} is now {now}" if now == text else ""

    return Attack(
        name=name,
        family=Family.SYSTEM,
        source=f"def attack():\n    open({path!r}, 'w').write({text!r})\n",
        hindered=needs_root,
        reached=reached,
    )


def _renamed(_: Arena, __: Ran) -> str:
    return "the host has another name" if socket.gethostname() == "owned" else ""


def _moved(_: Arena, __: Ran) -> str:
    now = Path("/proc/sys/kernel/domainname").read_text().strip()
    return "the host is in another domain" if now == "owned.example" else ""


def _roots_secret(arena: Arena, ran: Ran) -> str:
    there = bool(arena.roots_secret) and arena.roots_secret in f"{ran.value}{ran.log}{ran.error}"
    return "a file of root's was read" if there else ""


def _no_root(arena: Arena) -> str:
    return "" if arena.roots_secret else "nobody inside is root"


def _core(_: Arena) -> Args:
    (FOLDER / "here").mkdir()
    os.chdir(FOLDER / "here")
    return {}


def _dumped(_: Arena, __: Ran) -> str:
    left = sorted(p.name for p in (FOLDER / "here").iterdir())
    return f"left in the host's working folder: {', '.join(left)}" if left else ""


def _pattern(_: Arena) -> str:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    return "dumps go elsewhere on this machine" if pattern[0] in "|/" else ""


def _another_time(_: Arena, __: Ran) -> str:
    return "the clock was set back" if time.time() < _BEFORE else ""


def _grouped(_: Arena, __: Ran) -> str:
    found = list(GROUPS.glob("**/owned"))
    return f"a control group was made: {found[0]}" if found else ""


def _nobodys(_: Arena) -> str:
    return "belongs to the real machine's root alone, whom nobody is in here"


def _no_group(_: Arena) -> str:
    return "" if GROUPS.is_dir() else "no control group is lent to who is in here"


ATTACKS = (
    Attack(
        name="sets the clock back",
        family=Family.SYSTEM,
        source="""
def attack():
    import time
    time.clock_settime(time.CLOCK_REALTIME, 1_000_000_000)
""",
        hindered=_nobodys,
        reached=_another_time,
    ),
    Attack(
        name="makes a control group",
        family=Family.SYSTEM,
        source="""
def attack():
    import os
    for folder, _, names in os.walk("/sys/fs/cgroup"):
        if "cgroup.procs" in names:
            try:
                os.mkdir(f"{folder}/owned")
            except OSError:
                pass
""",
        hindered=_no_group,
        reached=_grouped,
    ),
    Attack(
        name="renames the host",
        family=Family.SYSTEM,
        source="""
def attack():
    import socket
    socket.sethostname("owned")
""",
        hindered=needs_root,
        reached=_renamed,
    ),
    Attack(
        name="changes the domain of the host",
        family=Family.SYSTEM,
        source=f"""{CALLS}
def attack():
    checked(libc.setdomainname(b"owned.example", 13))
""",
        hindered=needs_root,
        reached=_moved,
    ),
    _setting("makes the host a router", "/proc/sys/net/ipv4/ip_forward", "1"),
    _setting("changes a limit of shared memory", "/proc/sys/kernel/shmmni", "777"),
    Attack(
        name="starts a program that runs as root",
        family=Family.SYSTEM,
        source=f"""
def attack():
    import os
    os.dup2(1, 2)
    os.execv({str(AS_ROOT)!r}, ["cat", {str(ROOTS_OWN)!r}])
""",
        hindered=_no_root,
        reached=_roots_secret,
    ),
    Attack(
        name="dies so that its memory lies in the working folder",
        family=Family.SYSTEM,
        source=f"""{CALLS}
def attack():
    import resource
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    libc.prctl(4, 1, 0, 0, 0)
    os.abort()
""",
        bait=_core,
        hindered=_pattern,
        reached=_dumped,
    ),
)

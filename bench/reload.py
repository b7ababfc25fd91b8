"""How soon what a person decides holds in another process that is at work.

    python bench/reload.py [--quick]

10,000 lessons are in force. One process makes a thousand watched calls a second of a tool; in
others a person approves a guardrail for it on the command line, takes it back, and puts it in the
queue again. Measured is from the time that stands in the audit to the first call that ran as was
decided. The last line is JSON, in seconds: the slowest of all rounds, and of the two commands.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import failonce
from failonce.adapters.sql_store import open_store, store_url
from failonce.identity import body_digest
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import Condition, Predicate, Test
from failonce.model import Action, Lesson
from failonce.testing.samples import lesson, proposed
from watched.lessons import LESSONS, PLAIN, PROJECT, fill

NAME = "GR-FFFFFFFF"
Change = tuple[float, bool]
"""When calls began to be stopped, or to run."""


def stopping() -> Lesson:
    """The one that waits: it stops calls of a tool of its own."""
    body = Guardrail(
        component=PLAIN,
        when=Predicate(conditions=(Condition(path=("path",), test=Test.PRESENT),)),
        fingerprint="",
        message_regex="",
        strength=Strength.BLOCK,
        message="Give another path.",
    ).render()
    x = lesson(1)
    proposal = replace(x.proposal, target=PLAIN, project=PROJECT, body=body, key="reload")
    digest = body_digest(proposal)
    judgement = replace(x.judgement, digest=digest)
    return replace(x, id=NAME, proposal=proposal, digest=digest, judgement=judgement)


def calls() -> None:
    """Call until the input ends, and say when what came of it changed."""

    @failonce.watch(tool=PLAIN)
    def plain(path: str) -> str:
        return path

    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set())).start()
    changes: list[Change] = []
    count, due = 0, time.monotonic()
    with failonce.session("bench", project=PROJECT):
        print("ready", flush=True)
        while not over.is_set():
            due += 0.001
            time.sleep(max(due - time.monotonic(), 0))
            begun, count = time.time(), count + 1
            try:
                plain("a")
                stopped = False
            except failonce.Blocked:
                stopped = True
            if not changes or changes[-1][1] is not stopped:
                changes.append((begun, stopped))
    print(json.dumps({"changes": changes, "calls": count}))


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Decide in processes of their own, beside one that calls."""
    url = store_url(folder / "store.db")
    fill(folder, as_json=True).publish()
    store = open_store(url)
    store.commit(proposed(stopping()))
    own = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
    own |= {"FAILONCE_STORE__URL": url, "FAILONCE_OUTCOME__HOLDOUT": "false"}
    caller = subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, "--calls"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=own,
    )
    assert caller.stdout is not None
    caller.stdout.readline()
    commands = []
    for verb in ("approve", "undo", "reopen") * rounds:
        begun = time.monotonic()
        command = [sys.executable, "-m", "failonce", verb, NAME]
        subprocess.run(command, check=True, env=own, stdout=subprocess.DEVNULL)  # noqa: S603
        if verb != "reopen":
            commands.append(time.monotonic() - begun)
        time.sleep(2)
    said = json.loads(caller.communicate("")[0])
    decided = [e.event for e in store.entries(subject=NAME)]
    store.close()
    took = {
        f"{action}_in_force_s": max(
            _held(said["changes"], e.at, stopped) for e in decided if e.action is action
        )
        for action, stopped in ((Action.APPROVE, True), (Action.UNDO, False))
    }
    return took | {"command_s": max(commands), "calls": said["calls"], "lessons": LESSONS}


def _held(changes: list[Change], at: datetime, stopped: bool) -> float:
    """Seconds from a decision to the first call that then ran so."""
    return next(t for t, s in changes if t > at.timestamp() and s is stopped) - at.timestamp()


def main(quick: bool) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), 1 if quick else 5)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print(json.dumps({k: round(v, 2) for k, v in found.items()}))


if __name__ == "__main__":
    if "--calls" in sys.argv:
        calls()
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--quick", action="store_true")
        main(parser.parse_args().quick)

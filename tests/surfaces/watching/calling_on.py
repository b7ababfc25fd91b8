"""A program that calls a watched tool a thousand times a second until its input ends.

Each call gives `path` and `note`. It prints `ready`, and at its end one line of JSON for each
stretch of calls that ran alike: when it began and with what arguments the tool then ran. What
lessons of one change make of both arguments changes together or not at all.
"""

import json
import sys
import threading
import time

import failonce

THREADS = 4
_OVER = threading.Event()


@failonce.watch(read_only=True)
def fetch(**given: str) -> str:
    """The tool: it says what it was given."""
    return ", ".join(sorted(given))


def _call_on(seen: list[tuple[float, str]], place: int) -> None:
    due = time.monotonic() + place * 0.001
    with failonce.session(f"thread-{place}", project="shop"):
        while not _OVER.is_set():
            due += 0.001 * THREADS
            time.sleep(max(due - time.monotonic(), 0))
            begun = time.time()
            try:
                ran = fetch(path="a", note="b")
            except failonce.Blocked:
                ran = "blocked"
            seen.append((begun, ran))


def main() -> None:
    """Call until the input ends."""
    seen: list[list[tuple[float, str]]] = [[] for _ in range(THREADS)]
    threads = [threading.Thread(target=_call_on, args=(own, n)) for n, own in enumerate(seen)]
    for each in threads:
        each.start()
    time.sleep(0.3)
    print("ready", flush=True)
    sys.stdin.read()
    _OVER.set()
    for each in threads:
        each.join()
    calls = sorted(call for own in seen for call in own)
    last = ""
    for begun, ran in calls:
        if ran != last:
            print(json.dumps([begun, ran]))
        last = ran
    seconds = calls[-1][0] - calls[0][0]
    health = failonce.status()
    print(json.dumps({"calls": len(calls), "seconds": seconds, "lost": health.lost}))


if __name__ == "__main__":
    main()

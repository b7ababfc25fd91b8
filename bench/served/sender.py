"""Whoever reports errors: a process of its own, with bodies that it made before.

    python -m served.sender PORT TOKEN SEED EVENTS_A_BODY SECONDS

It prints `ready`, sends on a line of input for so many seconds over connections that are kept,
and prints what came back as JSON.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from intake import bodies
from served.running import BENCH, program

CLIENTS = 32
MADE_PER_S = 250
"""Bodies that are made for a second of sending: more than are taken, so none is sent twice."""
ONES_PER_S = 4_000
"""The same, of bodies of one event."""
PATIENCE_S = 60
"""How long after its time an answer may still come."""


def send(port: int, token: str, seed: int, size: int, seconds: float) -> None:
    """Make bodies of `size` events; on a word send them, and print what came back."""
    source = bodies(seed)
    if size == 1:
        events = (e for body in source for e in json.loads(body))
        made = [json.dumps([e]).encode() for e in islice(events, int(seconds * ONES_PER_S))]
    else:
        made = list(islice(source, int(seconds * MADE_PER_S)))
    requests = [_request(token, body) for body in made]
    print("ready", flush=True)
    sys.stdin.readline()
    before = time.process_time()
    statuses, took = asyncio.run(_sent(port, requests, seconds))
    cpu = time.process_time() - before
    print(json.dumps({"statuses": statuses, "seconds": took, "cpu": cpu, "made": len(requests)}))


def _request(token: str, body: bytes) -> bytes:
    head = (
        f"POST /api/errors HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _sent(
    port: int, requests: Sequence[bytes], seconds: float
) -> tuple[dict[str, int], float]:
    statuses: Counter[str] = Counter()
    rest, end = cycle(requests), time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < end:
            writer.write(next(rest))
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(found[1]) if found else 0)
            statuses[head[9:12].decode()] += 1
        writer.close()

    begin = time.monotonic()
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return statuses, time.monotonic() - begin


def sent(port: int, token: str, seed: int, size: int, seconds: float) -> dict[str, Any]:
    """What the sender, in a process of its own, tells of it."""
    argv = program("served.sender", port, token, seed, size, seconds)
    with subprocess.Popen(  # noqa: S603 - ours
        argv, cwd=BENCH, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        one.stdin.write("go\n")
        one.stdin.flush()
        found: dict[str, Any] = json.loads(one.stdout.readline())
    return found


if __name__ == "__main__":
    _port, _token, _seed, _size, _seconds = sys.argv[1:]
    send(int(_port), _token, int(_seed), int(_size), float(_seconds))

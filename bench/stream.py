"""Speed of level 1: texts masked and fingerprinted per second on one core, beside Drain3.

Usage: python bench/stream.py [--quick]

Corpora come from a seeded generator and go by these names:

repeating   lines drawn, some far more often than others, from 5,000 lines of 400 shapes
new         lines of the 400 shapes with fresh numbers in every line
ids         the same, with a fresh UUID, hash or pointer in every line (printed, no target)

The stream calls `fingerprint` once for each line, the batch calls `fingerprints` once for all.
Drain3 has its defaults with profiling off and gets the first 50,000 of these lines. All are timed
after 10,000 lines of the same corpus, each in a process of its own, without the time it takes to
make the lines. The last line is JSON.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from failonce.signature.fingerprint import fingerprint, fingerprints
from failonce.signature.masking import mask
from failonce.signature.masks import SCHEME_VERSION

SEED = 20_261_120
SHAPES = 400
POOL = 5_000
CHUNK = 50_000
WARM = 10_000
PEER = 50_000

VOCABULARY = (
    (
        "request response worker job queue session cache replica shard index upload export invoice "
        "order payment refund webhook token user tenant account report schedule backup snapshot "
        "migration lock lease heartbeat stream consumer producer topic partition offset batch "
        "record field schema document template render build deploy release artifact bucket object"
    ),
    "failed rejected dropped expired retried stalled aborted exceeded missed refused cancelled",
    "for of in after while before because during from at on with without to",
)
NOUNS, VERBS, LINKS = (words.split() for words in VOCABULARY)

Draw = Callable[[random.Random], str]
"""Draws one field of a line."""


def _number(low: int, high: int) -> Draw:
    return lambda r: str(r.randint(low, high))


def _address(r: random.Random) -> str:
    return (
        f"10.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}:{r.randint(1024, 65535)}"
    )


def _moment(r: random.Random) -> str:
    clock = f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"
    return f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{clock}.{r.randint(0, 999):03}Z"


def _uuid(r: random.Random) -> str:
    d = f"{r.getrandbits(128):032x}"
    return f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{d[16:20]}-{d[20:]}"


NUMBERS: Sequence[tuple[str, Draw]] = (
    ("attempt {}", _number(1, 9)),
    ("pid={},", _number(100, 65_535)),
    ("{} ms", _number(1, 59_999)),
    ("{} bytes", _number(1, 9_999_999)),
    ("({})", lambda r: f"{r.random() * 100:.3f}"),
    ("{}", _address),
    ("[{}]", _number(10**9, 2 * 10**9)),
    ("{}", _moment),
    ("/var/data/part-{}.json", _number(10_000, 99_999)),
    ("line {}", _number(1, 4000)),
    ("item_{}", _number(10**5, 10**6 - 1)),
    ("id: {}", _number(1, 10**8)),
    ("{}%", _number(1, 100)),
)
IDS: Sequence[tuple[str, Draw]] = (
    ("request {}", _uuid),
    ("commit {}", lambda r: f"{r.getrandbits(160):040x}"),
    ("at 0x{}", lambda r: f"7f{r.getrandbits(40):010x}"),
)

ADVERSARIAL = (
    "a.", "a", "1", "1.", "1 ", "a1", "/", "a/", "/a ", "::", "f:", "-", "x@", "a@a.", "http://",
    "0x", "code ", "error error.", "<int>, ", "dead", "[", "1,", "Jan ", "2025-", "\u00e9",
    "\u7528", "\uff11", "exited with exit code ", "../",
)  # fmt: skip

Line = Callable[[random.Random], str]


def shapes(*, with_ids: bool) -> list[Line]:
    """400 kinds of line: eight to sixteen fixed words with one to four fields among them."""
    r = random.Random(SEED)
    return [_shape(r, with_ids=with_ids) for _ in range(SHAPES)]


def _shape(r: random.Random, *, with_ids: bool) -> Line:
    words = [r.choice(r.choice((NOUNS, VERBS, LINKS))) for _ in range(r.randint(7, 14))]
    words[0] = f"{r.choice(NOUNS)}.{r.choice(NOUNS)}:"
    fields = r.sample(NUMBERS, r.randint(1, 4)) + ([r.choice(IDS)] if with_ids else [])
    for pattern, _ in fields:
        words.insert(r.randint(1, len(words)), pattern)
    # the fields were inserted anywhere: their draws follow in the order of the line
    drawn = dict(fields)
    draws = [drawn[w] for w in words if w in drawn]
    text = " ".join(words)
    return lambda s: text.format(*(draw(s) for draw in draws))


def new(count: int, *, with_ids: bool = False) -> Iterator[str]:
    """Lines that never come twice, but for chance."""
    r = random.Random(SEED + 1)
    kinds = shapes(with_ids=with_ids)
    return (r.choice(kinds)(r) for _ in range(count))


def repeating(count: int) -> Iterator[str]:
    """Lines of a fixed pool, the n-th most frequent about 1/n as often as the first."""
    r = random.Random(SEED + 2)
    pool = list(new(POOL))
    weights = [1 / (n + 1) for n in range(POOL)]
    for _ in range(0, count, CHUNK):
        yield from r.choices(pool, weights, k=min(CHUNK, count))


def per_second(lines: Iterator[str], work: Callable[[list[str]], object]) -> float:
    """Lines per second of `work` after 10,000 lines; it gets them in chunks, made beforehand."""
    work(list(islice(lines, WARM)))
    total, seconds = 0, 0.0
    while chunk := ["".join(line) for line in islice(lines, CHUNK)]:  # strings of their own
        start = time.perf_counter()
        work(chunk)
        seconds += time.perf_counter() - start
        total += len(chunk)
    return total / seconds


def stream(chunk: list[str]) -> None:
    """One call a line."""
    for line in chunk:
        fingerprint(component="bench", error_type="Error", text=line)


def batch(chunk: list[str]) -> None:
    """One call for all lines."""
    for _ in fingerprints(chunk, component="bench", error_type="Error"):
        pass


def peer() -> Callable[[list[str]], None]:
    """What Drain3 does with a chunk of lines."""
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    add = TemplateMiner(config=config).add_log_message

    def work(chunk: list[str]) -> None:
        for line in chunk:
            add(line)

    return work


def adversarial(size: int) -> tuple[float, str]:
    """The slowest pattern repeated to `size` characters: (milliseconds, pattern), best of three."""
    slowest = (0.0, "")
    for pattern in ADVERSARIAL:
        text = (pattern * size)[:size]
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            fingerprint(component="bench", error_type="Error", text=text)
            best = min(best, time.perf_counter() - start)
        slowest = max(slowest, (best * 1000, pattern))
    return slowest


def digest(lines: list[str]) -> str:
    """One hash over the fingerprints of the lines, whatever order they were made in."""
    named = {x: fingerprint(component="bench", error_type="Error", text=x).id for x in lines}
    return blake2b("".join(named[x] for x in sorted(named)).encode()).hexdigest()


def check_equal(count: int) -> None:
    """Assert that order, shards, the batch and the seed of hashes change no fingerprint."""
    lines = sorted({*new(count), *new(count, with_ids=True)})
    expected = digest(lines)
    assert digest(lines[::-1]) == expected, "the order of the lines changes fingerprints"
    batched = fingerprints(lines, component="bench", error_type="Error")
    ids = "".join(f.id for f in batched)
    assert blake2b(ids.encode()).hexdigest() == expected, "the batch differs from the stream"
    shards = {x: fingerprint(component="bench", error_type="Error", text=x) for x in lines[1::2]}
    for line, found in shards.items():
        assert found.template == mask(line), "the memo differs from the masks"
    for seed in ("1", "2"):
        ran = subprocess.run(  # noqa: S603 - this very file
            [sys.executable, __file__, "--digest", str(count)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == expected, "another process makes other fingerprints"
    print(f"fingerprints of {len(lines)} lines are equal in any order, shard, batch and process")


CORPORA: dict[str, Callable[[int], Iterator[str]]] = {
    "repeating": repeating,
    "new": new,
    "ids": lambda count: new(count, with_ids=True),
}


def part(kind: str, corpus: str, count: int) -> float:
    """One measurement, made by a process of its own: nothing is warm."""
    if kind == "drain3":
        return per_second(CORPORA[corpus](WARM + PEER), peer())
    return per_second(CORPORA[corpus](WARM + count), stream if kind == "stream" else batch)


def measured(kind: str, corpus: str, count: int) -> tuple[float, float]:
    """(lines per second, peak memory in MB) of one part, from its process."""
    command = [sys.executable, __file__, "--part", kind, corpus, str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    speed, peak = json.loads(ran.stdout)
    return speed, peak


def table(counts: dict[str, int]) -> dict[str, float]:
    """Measure stream, batch and peer on every corpus and print a line for each."""
    figures: dict[str, float] = {}
    for corpus, count in counts.items():
        (mine, memory), (many, more), (other, _) = (
            measured(kind, corpus, count) for kind in ("stream", "batch", "drain3")
        )
        figures |= {
            f"stream_{corpus}_per_s": mine,
            f"batch_{corpus}_per_s": many,
            f"drain3_{corpus}_per_s": other,
        }
        print(
            f"{corpus:10} {count:>9,} lines  stream {mine:>10,.0f}/s ({mine / other:4.1f} x)"
            f"   batch {many:>10,.0f}/s   Drain3 {other:>9,.0f}/s"
            f"   peak memory {max(memory, more):.0f} MB"
        )
    return figures


def main() -> None:
    """Run all parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer lines, under 45 s")
    parser.add_argument("--digest", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.digest:
        print(digest(sorted({*new(options.digest), *new(options.digest, with_ids=True)})))
        return
    if options.part:
        kind, corpus, number = options.part
        speed = part(kind, corpus, int(number))
        print(json.dumps([speed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    counts = {"repeating": 2_000_000, "new": 2_000_000, "ids": 500_000}
    if options.quick:
        counts = {"repeating": 1_000_000, "new": 500_000, "ids": 100_000}
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus,"
        f" drain3 {version('drain3')}, scheme {SCHEME_VERSION}, seed {SEED}"
    )
    check_equal(2_000 if options.quick else 20_000)
    figures = table(counts)
    for size in (8_192, 32_768):
        slowest, pattern = adversarial(size)
        print(f"adversarial {size:,} characters: {slowest:.1f} ms at most, on {pattern!a}")
        figures[f"adversarial_{size}_ms"] = slowest
    figures["adversarial_max_ms"] = figures["adversarial_8192_ms"]
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    main()

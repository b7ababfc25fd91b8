"""Logs of every form, and a run over them in this process."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from failonce.adapters.batch.engines import Engine, Inline
from failonce.adapters.batch.files import files
from failonce.adapters.batch.parts import File, Settings
from failonce.adapters.batch.run import ROWS, WINDOW, Run
from failonce.adapters.importers.logs import LogsImporter
from failonce.adapters.sources import Input, sources
from failonce.evidence.redact import Redactor
from failonce.model import Recording
from failonce.ports import Taken
from failonce.summing import Counting, Naming, Partial, merge, micros
from failonce.testing import FixedClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATEST = micros(START + timedelta(days=900))
SAID = (
    "disk {} is full", "HTTP {} from upstream in {} ms", "user {} not found", "exit code {}",
    "ValueError: bad value {}", "ENOENT: no such file '/tmp/x{}'", "naïve café {} closed",
    "token=abc{}def refused", "SQLSTATE 42P0{}", "lost http://shop/{}?q={}", "card 4111 {}",
)  # fmt: skip
TRACE = 'Traceback (most recent call last):\n  File "a.py", line {}\n    go()\nKeyError: {}'


def said(r: random.Random) -> str:
    return (
        r.choice(SAID).replace("{}", "{0}").format(r.choice([404, 503, 7, 23, r.randint(1, 9999)]))
    )


def text_log(count: int, seed: int = 1) -> str:
    """Stamped lines, good and bad, with tracebacks and lines without a stamp among them."""
    r = random.Random(seed)
    lines = []
    for n in range(count):
        at = (START + timedelta(seconds=11 * n)).strftime("%Y-%m-%d %H:%M:%S,123")
        lines.append(f"{at} {r.choice(['ERROR', 'INFO', 'WARN'])} app.{r.choice('abc')}: {said(r)}")
        if r.random() < 0.2:
            lines.append(TRACE.format(r.randint(1, 9), r.randint(1, 99)))
        if r.random() < 0.1:
            lines += ["", "error: on its own", "  and indented"]
    return "\n".join(lines) + "\n"


def entries(count: int, seed: int = 2) -> list[dict[str, object]]:
    r = random.Random(seed)
    return [
        {
            "ts": (START + timedelta(seconds=400 * n)).isoformat(),
            "level": r.choice(["error", "info", "fatal", "warning"]),
            "logger": f"svc.{r.choice('xyz')}",
            "message": said(r),
            "session": f"s{n % 7}",
        }
        for n in range(count)
    ]


def json_log(count: int, seed: int = 2) -> str:
    """JSON lines, some of which are broken or say nothing."""
    lines = []
    for n, entry in enumerate(entries(count, seed)):
        lines.append(json.dumps(entry))
        if n % 17 == 3:
            lines += ['{"ts": "2026-03-01", "mess', '{"level": "error"}']
    return "\n".join(lines) + "\n"


def parquet(path: Path, rows: Iterable[dict[str, object]], *, group: int = 2_048) -> Path:
    """The rows as Parquet, with columns as DuckDB finds them."""
    source = path.with_suffix(".jsonl.made")
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    duckdb.execute(
        f"COPY (FROM read_json('{source}', format='newline_delimited')) TO '{path}' "
        f"(FORMAT parquet, ROW_GROUP_SIZE {group})"
    )
    source.unlink()
    return path


class Ledger:
    """What a store remembers of files."""

    def __init__(self) -> None:
        self.known: dict[str, Taken] = {}

    def __call__(self, parents: Sequence[str]) -> list[Taken]:
        return [t for t in self.known.values() if t.parent in parents]

    def keep(self, taken: Iterable[Taken]) -> None:
        for piece in taken:
            assert piece.key not in self.known
            self.known[piece.key] = piece


class Counted:
    """One run, stored in a ledger."""

    def __init__(
        self,
        *paths: Path | str,
        engine: Engine | None = None,
        ledger: Ledger | None = None,
        window: int = WINDOW,
        rows: int = ROWS,
        is_log: bool = False,
        step: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        clock = FixedClock(START)
        found = [f for p in paths for f in files(str(p), clock) if isinstance(f, File)]
        ledger = ledger or Ledger()
        run = Run(
            engine=engine or Inline(),
            settings=Settings(project="p", latest=LATEST, window=window, rows=rows, is_log=is_log),
            recognise=ledger,
            step=step,
        )
        rounds = list(run.rounds(found))
        for each in rounds:
            ledger.keep(each.taken)
        self.partial = merge(each.partial for each in rounds)
        self.known = run.known + sum(each.known for each in rounds)
        self.rejects = [r for each in rounds for r in each.rejects]
        self.unreadable = run.unreadable
        self.workers = [worker for each in rounds for worker in each.workers]
        self.pieces = sum(len(each.taken) for each in rounds)


def whole(path: Path) -> Partial:
    """What the file amounts to, read by the importer from its beginning to its end."""
    (source,) = sources([path], stdin=None, clock=FixedClock(START))  # type: ignore[arg-type]
    assert isinstance(source, Input)
    counting = Counting(
        Naming(Redactor(), project="p"), modified=micros(source.modified), latest=LATEST
    )
    for item in LogsImporter().read(source):
        if isinstance(item, Recording):
            counting.add(item)
        else:
            counting.rejected += 1
    return counting.partial()

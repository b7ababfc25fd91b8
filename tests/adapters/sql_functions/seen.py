"""Texts on which SQL and Python are compared, and the comparison."""

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from failonce.adapters.importers.registry import detect
from failonce.adapters.sources import Input, sources
from failonce.model import Recording
from failonce.signature.fingerprint import stable_id
from failonce.signature.masking import mask
from tests.signature.texts import FRAGMENTS

DATA = os.environ.get("FAILONCE_DATA", "")
LOGS = ("loghub2k/*_structured.csv",)
RECORDED = (
    *LOGS,
    "bfcl/*.jsonl.xz",
    "claude-code/*.jsonl.xz",
    "tau/*.json.xz",
    "livemcp/claude*.json.xz",
    "transcripts/claude-code*/*/*.jsonl",
    "transcripts/codex*/sessions/*/*/*/*.jsonl",
)
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Differs:
    """A text to which the two give other names, with their templates of it."""

    text: str
    python: str
    sql: str


class Today:
    """The clock that sources ask."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


def storable(text: str) -> str:
    """The text without what no text of PostgreSQL holds: NUL, and halves of surrogate pairs."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def recorded(patterns: Sequence[str] = RECORDED) -> Iterator[str]:
    """Every text of the recordings, each once."""
    seen = set[str]()
    paths = [p for pattern in patterns for p in sorted(Path(DATA).glob(pattern))]
    for source in sources(paths, stdin=BytesIO(), clock=Today()):
        assert isinstance(source, Input)
        for entry in detect(source.head(), source.name).read(source):
            if isinstance(entry, Recording):
                for text in (entry.text, *entry.text.splitlines()):
                    if text not in seen:
                        seen.add(text)
                        yield storable(text)


def made(seed: int = 7) -> Iterator[str]:
    """Texts of every shape that a mask knows, cut up and joined, without end."""
    chance = random.Random(seed)
    while True:
        parts = chance.choices(FRAGMENTS, k=chance.randint(1, 14))
        if chance.random() < 0.1:
            parts = [part * chance.choice((1, 1, 60, 255, 300)) for part in parts]
        if chance.random() < 0.2:
            parts.insert(0, "".join(map(chr, chance.choices(range(0x20, 0x3100), k=3))))
        yield storable("".join(parts))


def differing(connection: Any, texts: Iterable[str]) -> Sequence[Differs]:
    """The texts to which SQL and Python do not give the same name, and so the same template."""
    rest, found = iter(texts), list[Differs]()
    while batch := list(islice(rest, _BATCH)):
        rows = connection.execute(
            "select public.error_fingerprint('KeyError', 'sale.order', t)::text"
            " from unnest(%s::text[]) with ordinality as given(t, n) order by n",
            (batch,),
        ).fetchall()
        for text, (sql,) in zip(batch, rows, strict=True):
            template = mask(text)
            if sql != stable_id("sale.order", "KeyError", template):
                said = connection.execute("select public.normalize_error_message(%s)", (text,))
                found.append(Differs(text=text, python=template, sql=said.fetchone()[0]))
    return found

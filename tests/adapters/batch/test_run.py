"""How parts are given out, and what a part that failed leaves to the next run."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.batch import lines, table
from failonce.adapters.batch.parts import Done, File, Form, Looked, Settings, Stretch
from failonce.adapters.batch.run import LOAD, ROUND, _loads
from failonce.errors import BadInput
from failonce.summing import merge
from tests.adapters.batch.made import Counted, Ledger, entries, json_log, parquet, text_log


def parts(forms: list[Form]) -> list[Stretch]:
    file = File(url="/a", name="a", size=1, modified=0)
    return [
        Stretch(looked=Looked(file=file, form=form, root=""), begin=n, end=n + 1, n=n)
        for n, form in enumerate(forms)
    ]


@given(forms=st.lists(st.sampled_from(Form), max_size=ROUND), workers=st.integers(1, 40))
def test_every_part_is_given_out_once_and_no_worker_gets_too_much(
    forms: list[Form], workers: int
) -> None:
    """Half of its share of what is left, at most, so that all end together; texts go alone."""
    given_ = list(_loads(parts(forms), workers))
    assert [s.n for load in given_ for s in load] == list(range(len(forms)))
    left = len(forms)
    for load in given_:
        assert 1 <= len(load) <= max(1, min(LOAD, left // (2 * workers)))
        assert len(load) == 1 or {s.looked.form for s in load} == {Form.TABLE}
        left -= len(load)


def test_few_results_travel_where_there_are_many_parts() -> None:
    """What the process that adds up has to read grows far slower than the parts do."""
    assert len(list(_loads(parts([Form.TABLE] * ROUND), 2))) < ROUND / 5
    assert len(list(_loads(parts([Form.TABLE] * 2), 2))) == 2


# ------------------------------------------------------------- what failed

Write = Callable[[Path, float], Path]
"""Makes a file of a share of what it will hold in the end."""


def as_text(folder: Path, share: float) -> Path:
    return _so_far(folder / "a.log", text_log(300), share)


def as_json(folder: Path, share: float) -> Path:
    return _so_far(folder / "a.jsonl", json_log(300), share)


def as_table(folder: Path, share: float) -> Path:
    return parquet(folder / "a.parquet", entries(int(9 * share) * 2_048))


def _so_far(path: Path, content: str, share: float) -> Path:
    """Up to before a line that tells its time, so that what was read of it does not change."""
    every = content.splitlines(keepends=True)
    end = next(n for n in range(int(len(every) * share), -1, -1) if n in (0, len(every))
               or every[n].startswith(("2026-", '{"ts": "2026-03-0')))  # fmt: skip
    path.write_text("".join(every[:end]))
    return path


def away_at_times(patch: pytest.MonkeyPatch, r: random.Random) -> None:
    """Have the network be away whenever the dice say so."""
    for form in (lines, table):
        count = form.count

        def counted(
            stretch: Stretch,
            settings: Settings,
            count: Callable[[Stretch, Settings], Done] = count,
        ) -> Done:
            if r.random() < 0.4:
                raise BadInput(f"{stretch.looked.file.name}: the network is away")
            return count(stretch, settings)

        patch.setattr(form, "count", counted)


@pytest.mark.parametrize(
    ("write", "packed"),
    [(as_text, False), (as_text, True), (as_json, False), (as_json, True), (as_table, False)],
)
@pytest.mark.parametrize("grows", [False, True])
def test_what_failed_is_counted_by_the_next_run_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, *, packed: bool, grows: bool
) -> None:
    """Wherever the parts lie, how often it fails, and also where the file has grown meanwhile, or
    was packed."""
    failed = 0
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()
        ledger, sums, r = Ledger(), [], random.Random(seed)
        for share in (0.55, 0.8) if grows else (1.0, 1.0):
            path = write(folder, share)
            with monkeypatch.context() as patch:
                away_at_times(patch, r)
                found = Counted(path, ledger=ledger, window=3_000, rows=4_096)
            failed += len(found.unreadable)
            sums.append(found.partial)
        path = write(folder, 1.0)
        expected = Counted(path, window=3_000).partial
        if packed:
            path.write_bytes(gzip.compress(path.read_bytes()))
        sums.append(Counted(path, ledger=ledger, window=3_000, rows=4_096).partial)
        together = merge(sums)
        assert together.events == expected.events
        assert together.digest == expected.digest
    assert failed > 10

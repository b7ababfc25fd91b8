"""Accuracy of grouping on labelled logs, beside Drain3.

Usage: python bench/grouping.py DIR [--quick]

DIR holds files named `*_structured.csv` with the columns Content and EventId, as the loghub
collections publish them. One configuration, the product's own, serves all of them: the content is
masked (level 1), its templates are clustered (level 2), and a line's group is its cluster. Labels
are the original ones.

GA        lines whose group holds exactly the lines of their label, over all lines
FGA       harmonic mean of the groups that are right over all groups and over all labels
pair F1   the same over pairs of lines that share a group and that share a label

Drain3 has its defaults. --quick is accepted and changes nothing: the whole takes a few seconds.
The last line is JSON.
"""

import argparse
import csv
import json
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import comb
from pathlib import Path

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from failonce.signature.cluster import Form, aliases, clusters
from failonce.signature.fingerprint import template
from failonce.signature.masks import SCHEME_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well groups agree with labels; fractions."""

    ga: float
    fga: float
    pair_f1: float


def score(groups: Sequence[str], labels: Sequence[str]) -> Score:
    """Compare the group of each line with its label."""
    predicted, true = _lines(groups), _lines(labels)
    targets = {tuple(lines) for lines in true.values()}
    right = [lines for lines in predicted.values() if tuple(lines) in targets]
    both = sum(comb(n, 2) for n in Counter(zip(groups, labels, strict=True)).values())
    pairs = sum(comb(len(lines), 2) for lines in (*predicted.values(), *true.values()))
    return Score(
        ga=sum(map(len, right)) / len(groups),
        fga=2 * len(right) / (len(predicted) + len(true)),
        pair_f1=2 * both / pairs if pairs else 1.0,
    )


def _lines(keys: Sequence[str]) -> dict[str, list[int]]:
    lines: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        lines[key].append(number)
    return lines


def ours(contents: Sequence[str]) -> list[str]:
    """Group lines as `failonce group` does."""
    templates = [template(content) for content in contents]
    counted = Counter(templates)
    found = aliases(clusters(Form(id=t, template=t, count=n) for t, n in counted.items()))
    return [found[t] for t in templates]


def drain3(contents: Sequence[str]) -> list[str]:
    """Group lines as Drain3 does by default."""
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    miner = TemplateMiner(config=config)
    return [str(miner.add_log_message(content)["cluster_id"]) for content in contents]


def read(path: Path) -> tuple[list[str], list[str]]:
    """The contents and labels of one file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [r["Content"] for r in rows], [r["EventId"] for r in rows]


def mean(scores: Sequence[Score]) -> Score:
    """The average over systems, each with the same weight."""
    n = len(scores)
    return Score(
        ga=sum(s.ga for s in scores) / n,
        fga=sum(s.fga for s in scores) / n,
        pair_f1=sum(s.pair_f1 for s in scores) / n,
    )


def report(name: str, mine: Score, peer: Score) -> None:
    """Print one line of the table."""
    print(
        f"{name:14} FGA {mine.fga:.3f}  GA {mine.ga:.3f}  pair F1 {mine.pair_f1:.3f}"
        f"   Drain3 FGA {peer.fga:.3f}  GA {peer.ga:.3f}  pair F1 {peer.pair_f1:.3f}"
    )


def main() -> None:
    """Score every file and print the average."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the *_structured.csv files are")
    parser.add_argument("--quick", action="store_true", help="changes nothing, all of it is quick")
    options = parser.parse_args()
    paths = sorted(options.directory.glob("*_structured.csv"))
    if not paths:
        print(f"No *_structured.csv in {options.directory}: nothing to measure.")
        return
    print(
        f"Python {platform.python_version()}, {platform.machine()}, drain3 {version('drain3')},"
        f" scheme {SCHEME_VERSION}, {len(paths)} files"
    )
    start = time.perf_counter()
    mine, peer = [], []
    for path in paths:
        contents, labels = read(path)
        mine.append(score(ours(contents), labels))
        peer.append(score(drain3(contents), labels))
        report(path.name.split("_")[0], mine[-1], peer[-1])
    average, other = mean(mine), mean(peer)
    report("average", average, other)
    print(f"{time.perf_counter() - start:.1f} s")
    figures = {
        "fga": average.fga,
        "ga": average.ga,
        "pair_f1": average.pair_f1,
        "drain3_fga": other.fga,
        "drain3_ga": other.ga,
    }
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


if __name__ == "__main__":
    main()

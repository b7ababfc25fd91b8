"""Every simulation, one after the other."""

import argparse
import json
import os
import platform
import resource
import time

import numpy as np

from drawn import evidence, gate, outcome, rivals, seeds, watching
from drawn.sheet import Sheet


def run(words: str) -> None:
    """Run all simulations and print the figures; `words` say what this is."""
    parser = argparse.ArgumentParser(description=words.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer runs, under 30 s")
    parser.add_argument("--seed", type=int, default=20_261_121)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    many, some, few = (1500, 120, 40) if options.quick else (4000, 600, 400)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, "
        f"numpy {np.__version__}, seed {options.seed}, {some} runs a cell"
    )
    start = time.perf_counter()
    apart = evidence.check(rng)
    assert apart < 1e-9, f"not the product's e-values: {apart}"
    print(f"e-values agree with failonce.statistics to {apart:.0e}")
    sheet = Sheet()
    gate.rejudged(sheet, rng, runs=many)
    gate.candidates(sheet, rng, runs=few)
    outcome.delays(sheet, rng, runs=some)
    outcome.holdouts(sheet, rng, runs=some)
    outcome.end_to_end(sheet, rng, runs=some, quick=options.quick)
    watching.shadows(sheet, rng, runs=many)
    watching.confidence(sheet, rng, runs=some)
    watching.coverage(sheet, rng, runs=few)
    rivals.others(sheet, rng, runs=some)
    seeds.formulas(sheet, rng, runs=some)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{seconds:.0f} s, peak memory {peak:.0f} MB")
    total = sheet.close + len(sheet.far)
    print(f"{sheet.close} of {total} figures are close to the documented ones")
    figures = {name: round(value, 2) for name, value in sheet.figures.items()}
    print(json.dumps({**figures, "close": sheet.close, "figures": total}))

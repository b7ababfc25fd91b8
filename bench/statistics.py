"""Simulations of what decides: the gate, the outcome, and what others do instead.

Usage: python bench/statistics.py [--quick] [--seed N]

Every figure stands beside the documented one, which came from other runs of such a simulation;
`<- differs` marks those further apart than noise explains. Where the documents leave a set-up
open it is guessed, the place in `drawn/` says so, and more difference is allowed. The e-values
here run for many lessons at once and are first compared with the product's on random histories.
--quick has fewer runs, and no lesson that 1,000 sessions a day meet. NumPy comes with SciPy.
The last line is JSON.
"""

import importlib.util
import sys
import sysconfig
from pathlib import Path


def give_way() -> None:
    """Be Python's module of this name, which whoever imports it means."""
    where = Path(sysconfig.get_path("stdlib")) / "statistics.py"
    spec = importlib.util.spec_from_file_location(__name__, where)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[__name__] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    from drawn.running import run

    run(__doc__)
else:
    give_way()

"""The command line: parse, call the loop, print.

app         the commands by name, the first page of help, exit codes
options     what several commands take
output      tables, JSON, text made safe for a terminal; progress on standard error
session     settings and store for one command
the others  one group of commands each, imported when one of them is called
"""

import gc
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is by default the process's own."""
    if argv is None:
        # What is imported stays: the garbage collector would go through it a hundred times for
        # nothing, which took a third of a short command.
        gc.set_threshold(10_000)
    from failonce.surfaces.cli.app import run  # noqa: PLC0415 - whoever imports us may not run us

    try:
        return run(argv)
    finally:
        if argv is None:
            gc.freeze()  # and once more at the end, when everything goes anyway

"""The command line: parse, call the loop, print.

app         the commands by name, the first page of help, exit codes
options     what several commands take
output      tables, JSON, text made safe for a terminal; progress on standard error
session     settings and store for one command
the others  one group of commands each, imported when one of them is called
"""

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is by default the process's own."""
    from failonce.surfaces.cli.app import run  # noqa: PLC0415 - whoever imports us may not run us

    return run(argv)

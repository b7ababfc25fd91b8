"""`python -m tests.escape` tries every attack and prints what became of each.

`python -m tests.escape serve FOLDER` is what the tests talk to: one request a line, one answer.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from tests.escape.asking import Asked, Asking
from tests.escape.inside import ATTACKS, work
from tests.escape.outer import Who, run, why_not
from tests.escape.sandboxed import why_none


def serve(folder: Path) -> None:
    """Answer each request by a process of its own that makes a new outer namespace."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            print(json.dumps(_one(json.loads(line), folder)), flush=True)
            os._exit(0)
        os.waitpid(pid, 0)


def _one(request: Mapping[str, str], folder: Path) -> dict[str, object]:
    try:
        return run(Who(request["who"]), lambda inside: work(inside, request), folder)
    except BaseException:
        return {"failure": traceback.format_exc()}


def main() -> int:
    """Print the table; 1 where a control reaches nothing, or an attack something."""
    runners = ["bare"] if why_none() else ["bare", "sandbox"]
    whos = [w for w in Who if not why_not(w)]
    asked = [Asked(who=w, attack=a, runner=r) for r in runners for a in ATTACKS for w in whos]
    bad = 0
    with tempfile.TemporaryDirectory() as folder, Asking(Path(folder)) as asking:
        asking.begin(asked)
        for ask in asked:
            report = asking.report(ask)
            wrong = ask.wrong(report)
            bad += bool(wrong)
            what = wrong or report.reached or report.hindered or "nothing"
            mark = "WRONG" if wrong else ""
            print(
                f"{mark:5} {ask.runner:8} {ask.who:13} {ask.attack:60} {report.took:6.2f} s "
                f"{report.ending:9} {what}"
            )
    print(f"{len(asked)} tried, {bad} wrong")
    return int(bad > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        sys.exit(main())

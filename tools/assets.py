"""Takes what the pages need from npm, as the lock file says, to where the server serves it.

    python tools/assets.py           where npm is missing one line says so; on CI that is a failure
    python tools/assets.py --must    a failure anywhere: for what is handed to others

The pages work without these files; then nothing updates by itself and charts are tables.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/failonce/surfaces/server/static/vendor"
TAKEN = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "uplot/dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
    "uplot/LICENSE": "uPlot.LICENSE.txt",
}
"""A file of a package, and its name among those that are served."""


def take(modules: Path, vendor: Path) -> None:
    """Put the files of installed packages into a folder that holds nothing else."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in TAKEN.items():
        shutil.copyfile(modules / source, vendor / name)


def main(*, must: bool) -> int:
    """Install what is locked, copy what is served; 0 where pages can be built upon it."""
    npm = shutil.which("npm")
    if npm is None:
        print(
            "npm is missing: the dashboard works without charts and live updates, and its pages "
            "are not tested. Install npm, then `make assets`.",
            file=sys.stderr,
        )
        return int(must)
    done = subprocess.run(  # noqa: S603 - npm, as found on the PATH
        [npm, "ci", "--ignore-scripts", "--loglevel=error"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"npm could not install what package-lock.json says:\n{done.stderr}", file=sys.stderr)
        return int(must)
    take(MODULES, VENDOR)
    (MODULES / ".taken").touch()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(must="--must" in sys.argv[1:] or bool(os.environ.get("CI"))))

"""Takes what the pages need from npm, as the lock file says, to where the server serves it.

    python tools/assets.py           where npm is missing one line says so; on CI that is a failure
    python tools/assets.py --must    a failure anywhere: for what is handed to others
    python tools/assets.py --tests   also what only the tests need: MCP servers, what checks pages
    python tools/assets.py --lock    writes package-lock.json anew, without a single address

The pages work without these files; then nothing updates by itself and charts are tables.
"""

import json
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


def main(*, must: bool, tests: bool = False) -> int:
    """Install what is locked, copy what is served; 0 where pages can be built upon it."""
    npm = shutil.which("npm")
    if npm is None:
        print(
            "npm is missing: the dashboard works without charts and live updates, and its pages "
            "are not tested, nor is the proxy before servers from npm. Install npm, then `make "
            "assets`.",
            file=sys.stderr,
        )
        return int(must)
    done = subprocess.run(  # noqa: S603 - npm, as found on the PATH
        [npm, "ci", "--ignore-scripts", "--loglevel=error", *([] if tests else ["--omit=dev"])],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"npm could not install what package-lock.json says:\n{done.stderr}", file=sys.stderr)
        return int(must)
    take(MODULES, VENDOR)
    for mark in (".taken", ".tested") if tests else (".taken",):
        (MODULES / mark).touch()
    return 0


def lock() -> int:
    """Lock what package.json asks for; whom to thank for it is no part of that."""
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing.", file=sys.stderr)
        return 1
    made = [npm, "install", "--package-lock-only", "--ignore-scripts"]
    subprocess.run(made, cwd=ROOT, check=True)  # noqa: S603 - npm, as found on the PATH
    file = ROOT / "package-lock.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    for package in found["packages"].values():
        package.pop("funding", None)
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    if "--lock" in given:
        raise SystemExit(lock())
    must = "--must" in given or bool(os.environ.get("CI"))
    raise SystemExit(main(must=must, tests="--tests" in given))

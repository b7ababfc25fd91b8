"""Pages in a browser, until their first row is seen.

python -m served.browsing PORT COOKIE PATH...
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from served.running import BENCH, program

ROWS = "main :is(tbody tr, article, li, form, p)"
"""The first thing below the heading of a page: a row, or what stands where there is none."""


def looked(port: int, cookie: str, paths: Sequence[str]) -> dict[str, float]:
    """Milliseconds until the first row of each page is seen; nothing without a browser."""
    argv = program("served.browsing", port, cookie, *paths)
    done = subprocess.run(argv, cwd=BENCH, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print(f"  no browser: {done.stderr.strip().splitlines()[-1:]}")
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print("  first row:", ", ".join(f"{k} {v:.0f} ms" for k, v in found.items()))
    return found


def look(port: str, cookie: str, *paths: str) -> None:
    """In a browser: the median of three for each page, from the click on."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this part needs it

    sys.path.insert(0, str(BENCH.parent))
    from tests.browser.looking import chromium  # noqa: PLC0415

    base = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context().new_page()
        page.context.add_cookies([{"name": "failonce_session", "value": cookie, "url": base}])
        page.goto(base + "/gaps")  # styles and scripts are there then, as after a click
        found = {}
        for path in paths:
            times = []
            for _ in range(3):
                begin = time.perf_counter()
                page.goto(base + path, wait_until="commit")
                page.locator(ROWS).first.wait_for(state="visible", timeout=30_000)
                times.append((time.perf_counter() - begin) * 1e3)
            found[path] = statistics.median(times)
        browser.close()
    print(json.dumps(found))


if __name__ == "__main__":
    look(*sys.argv[1:])

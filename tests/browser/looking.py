"""Who looks at pages: Debian's Chromium, led by Playwright; and what must not happen to them."""

import os
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Playwright

AXE: Final = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
_QUIET: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
)


class Way(StrEnum):
    """How somebody looks at a page."""

    LIGHT = "light"
    DARK = "dark"
    PHONE = "phone"
    PHONE_DARK = "phone, dark"
    NO_SCRIPT = "no script"

    @property
    def context(self) -> dict[str, Any]:
        """What a new context of the browser is made with."""
        phone = self in (Way.PHONE, Way.PHONE_DARK)
        return {
            "color_scheme": "dark" if self in (Way.DARK, Way.PHONE_DARK) else "light",
            "viewport": {"width": 360, "height": 740} if phone else {"width": 1280, "height": 900},
            "has_touch": phone,
            "java_script_enabled": self is not Way.NO_SCRIPT,
            "reduced_motion": "reduce",
            "timezone_id": "America/New_York",
        }


def absent(what: str) -> None:
    """A user without it skips what needs it, CI fails."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def chromium(playwright: Playwright) -> Browser:
    """The browser of this machine."""
    found = shutil.which("chromium")
    if found is None:
        absent("There is no browser here: install the package chromium (`make system`).")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return playwright.chromium.launch(
        executable_path=found, args=[*_QUIET, *(["--no-sandbox"] if root else [])]
    )


@cache
def _axe_source() -> str:
    if not AXE.is_file():
        absent("axe-core is missing: `make assets` takes it from npm.")
    return AXE.read_text(encoding="utf-8")


@dataclass  # no slots: Playwright writes on the owner of a handler
class Viewer:
    """Somebody before one page; `problems` are what must not happen, each a sentence."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        # a refusal by the Content-Security-Policy arrives here too
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, path: str) -> Page:
        """Go to a page of the server; the page."""
        self.page.goto(self.base + path)
        return self.page

    def axe(self) -> None:
        """Fail with what axe-core finds, one line for each element."""
        self.page.evaluate(_axe_source())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        lines = [
            f"{violation['id']} ({violation['impact']}): {node['html'][:160]}\n"
            f"    {' '.join(node['failureSummary'].split())}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        assert not lines, f"{self.page.url}: {len(lines)} found\n" + "\n".join(lines)

    def holds_its_width(self) -> None:
        """Fail if the page can be scrolled sideways, naming what sticks out."""
        found = self.page.evaluate(
            """() => {
              const room = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= room) return [];
              const clipped = (e) => { for (let p = e.parentElement; p; p = p.parentElement)
                if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
              return [...document.querySelectorAll('body *')]
                .filter((e) => e.getBoundingClientRect().right > room + 1 && !clipped(e))
                .map((e) => `${e.outerHTML.slice(0, 120)} ${e.getBoundingClientRect().right}`)
                .concat(`${document.documentElement.scrollWidth} of ${room} px`);
            }"""
        )
        assert not found, f"{self.page.url} is too wide:\n" + "\n".join(found)

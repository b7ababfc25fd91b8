"""Failures, gaps and the overview before real eyes: a real server, a real browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from failonce.model import Scope
from failonce.ports import Store
from failonce.surfaces.access import Door
from failonce.surfaces.server.principal import COOKIE
from failonce.testing.samples import START, evidence
from tests.browser.looking import Viewer, Way
from tests.browser.serving import served
from tests.browser.styleguide import HOSTILE
from tests.surfaces.server.made import PASSWORD, Served, configuration
from tests.surfaces.server.pages.failing import failing

pytestmark = pytest.mark.slow

View = Callable[..., Viewer]
PAGES = ("/failures", "/failures/f1", "/failures/f2", "/overview", "/gaps", "/gaps/tools")


class Desk:
    """A server, its store, and how somebody who reviews looks at it."""

    def __init__(self, made: Served, base: str, view: View) -> None:
        self.store: Store = made.house.main
        self._view, self._base = view, base
        made.granting().make_account("anna", [Scope.READ, Scope.REVIEW], password=PASSWORD)
        door = Door(store=made.house.main, clock=made.house.clock, via="test")
        self._cookie = door.by_password("anna", PASSWORD).cookie

    def look(self, path: str, way: Way = Way.LIGHT) -> Viewer:
        """Anna before a page."""
        viewer = self._view(self._base, way)
        cookie = {"name": COOKIE, "value": self._cookie, "url": self._base}
        viewer.page.context.add_cookies([cookie])  # type: ignore[list-item] # a dict as it wants
        viewer.open(path)
        return viewer


@pytest.fixture
def desk(tmp_path: Path, view: View) -> Iterator[Desk]:
    """A server over a store in which something failed."""
    made = Served(configuration(tmp_path, mine=False))
    failing(made.house.main)
    with served(made.app) as base:
        yield Desk(made, base, view)


def rows(page: Page) -> list[str]:
    """Where the rows of the list lead, in order."""
    links = page.locator("tbody td.wide > a").all()
    return [str(link.get_attribute("href")).rsplit("/", 1)[1] for link in links]


@pytest.mark.parametrize("way", [Way.LIGHT, Way.DARK, Way.PHONE])
def test_everybody_can_use_them(desk: Desk, way: Way) -> None:
    """axe-core finds nothing, nothing is wider than the screen, and the policy refuses nothing."""
    viewer = desk.look(PAGES[0], way)
    for path in PAGES:
        viewer.open(path)
        viewer.holds_its_width()
        viewer.axe()


def test_what_is_hostile_breaks_nothing(desk: Desk) -> None:
    """As a message, a tool, a session, a project: no dialog, no scroll, no violation."""
    desk.store.add(
        [
            replace(e, call=replace(e.call, args={"x": text}))
            for n, text in enumerate(HOSTILE)
            for e in [
                evidence(
                    1000 + n,
                    signature=f"h{n}",
                    message=text,
                    template=text,
                    tool=text[:400],
                    session=text[:400],
                    project=text[:200],
                    source=text[:200],
                )
            ]
        ]
    )
    viewer = desk.look("/failures", Way.PHONE)
    for path in ("/failures", *(f"/failures/h{n}" for n in range(0, len(HOSTILE), 3)), "/overview"):
        viewer.open(path)
        viewer.holds_its_width()


def test_a_click_on_a_head_sorts(desk: Desk) -> None:
    """Most first, then the other way; the address says it."""
    page = desk.look("/failures").page
    assert rows(page) == ["f1", "f3", "f2"]
    page.get_by_role("link", name="Last seen").click()
    expect(page).to_have_url(re.compile("sort=-seen"))
    expect(page.locator("[aria-sort]")).to_have_attribute("aria-sort", "descending")
    assert rows(page) == ["f3", "f1", "f2"]
    page.get_by_role("link", name="Last seen").click()
    expect(page.locator("[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    assert rows(page) == ["f2", "f1", "f3"]


def test_without_a_script_it_is_filtered_merged_and_split(desk: Desk) -> None:
    """Forms alone."""
    page = desk.look("/failures", Way.NO_SCRIPT).page
    page.locator("select[name=state]").select_option("new")
    page.get_by_role("button", name="Filter").click()
    assert rows(page) == ["f3"]
    page.goto(page.url.split("/failures")[0] + "/failures/f2")
    merging = page.locator("#merge [data-asking]").first
    merging.locator("summary").click()
    merging.get_by_label("Why").fill("the same")
    merging.get_by_role("button", name="Merge").click()
    expect(page).to_have_url(re.compile("/failures/f3$"))
    expect(page.locator(".flash")).to_contain_text("one failure now")
    splitting = page.locator("#grouping [data-asking]").first
    splitting.locator("summary").click()
    splitting.get_by_role("button", name="Split").click()
    expect(page).to_have_url(re.compile("/failures/f2$"))
    expect(page.locator(".flash")).to_contain_text("of its own again")


def test_the_charts_are_drawn(desk: Desk) -> None:
    """From the tables, which stay for whoever wants numbers; the policy lets them."""
    page = desk.look("/failures/f1").page
    expect(page.locator("figure[data-drawn] .plot canvas")).to_have_count(1)
    page.goto(page.url.replace("/failures/f1", "/overview"))
    expect(page.locator("figure[data-drawn] .plot canvas")).to_have_count(3)


def test_a_new_failure_appears_by_itself(desk: Desk) -> None:
    """Nobody loads the page again."""
    page = desk.look("/failures").page
    page.evaluate("window.still = true")
    new = evidence(500, at=START, signature="f5", template="just now", session="new")
    desk.store.add([new])
    expect(page.get_by_role("link", name="just now")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.still") is True

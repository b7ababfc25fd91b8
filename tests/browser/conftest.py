"""The fixtures of whoever looks at pages."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import styleguide
from tests.browser.looking import Viewer, Way, chromium
from tests.browser.serving import served
from tests.surfaces.server.conftest import cheap

__all__ = ["cheap"]


# Not for the session: while Playwright runs, nothing else of this thread can run a loop of asyncio.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder."""
    with sync_playwright() as playwright:
        running = chromium(playwright)
        yield running
        running.close()


@pytest.fixture
def view(browser: Browser) -> Iterator[Callable[..., Viewer]]:
    """`view(base, way)`: somebody with a fresh profile; what happened to them fails the test.

    Asked for after the server: whoever looks goes before it does.
    """
    viewers: list[Viewer] = []

    def begin(base: str, way: Way = Way.LIGHT) -> Viewer:
        page = browser.new_context(**way.context).new_page()
        page.set_default_timeout(5_000)
        viewers.append(Viewer(page, base))
        return viewers[-1]

    yield begin
    for viewer in viewers:
        viewer.page.context.close()
    problems = [problem for viewer in viewers for problem in viewer.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="package")
def guide() -> Iterator[str]:
    """Where the style guide is served."""
    with served(styleguide.app()) as base:
        yield base

"""What the script adds, and that everything works without it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import styleguide
from tests.browser.looking import Viewer, Way
from tests.browser.serving import served
from tests.browser.styleguide import Desk

View = Callable[..., Viewer]


@pytest.fixture
def desk() -> Iterator[tuple[str, Desk]]:
    """A style guide of one's own, and what was sent to it."""
    app = styleguide.app()
    with served(app) as base:
        yield base, app.state.desk


def at_hand(page: Page) -> str | None:
    """The item that keys act on."""
    return page.locator("[data-review-item][aria-current=true]").get_attribute("id")


def test_keys_lead_through_the_list(desk: tuple[str, Desk], view: View) -> None:
    """j and k move, within the list; a decides on the one at hand and on no other."""
    page = view(desk[0]).open("/review")
    assert at_hand(page) == "lesson-0"
    for keys, where in (("j", 1), ("jj", 3), ("k", 2), ("kkkkk", 0), ("j" * 12, 9)):
        for key in keys:
            page.keyboard.press(key)
        assert at_hand(page) == f"lesson-{where}"
        expect(page.locator(f"#lesson-{where}")).to_be_in_viewport()
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("a")
    assert [sent["to"] for sent in desk[1].decided] == ["approve/lesson-8"]
    assert desk[1].decided[0]["csrf"] == "made-for-tests"


def test_rejecting_asks_for_a_reason(desk: tuple[str, Desk], view: View) -> None:
    """r puts the cursor where the reason goes; what is typed there decides nothing."""
    page = view(desk[0]).open("/review")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator("#lesson-1 textarea[name=reason]")).to_be_focused()
    page.keyboard.type("jakare? not ours")
    assert desk[1].decided == []
    assert at_hand(page) == "lesson-1"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reject it")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert desk[1].decided == [
        {"to": "reject/lesson-1", "csrf": "made-for-tests", "reason": "jakare? not ours"}
    ]


def test_escape_goes_back(desk: tuple[str, Desk], view: View) -> None:
    """Escape, Cancel and a click elsewhere close what asks; the keys act again."""
    page = view(desk[0]).open("/review")
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(page.locator("[data-asking][open]")).to_have_count(0)
    expect(page.locator("#lesson-0 summary", has_text="Reject")).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator("#lesson-0 textarea[name=body]")).to_be_focused()
    page.locator("#lesson-0").get_by_role("button", name="Cancel").last.click()
    expect(page.locator("[data-asking][open]")).to_have_count(0)
    page.keyboard.press("r")
    page.locator("h1").click()
    expect(page.locator("[data-asking][open]")).to_have_count(0)
    page.keyboard.press("j")
    assert at_hand(page) == "lesson-1"
    assert desk[1].decided == []


def test_text_that_was_typed_is_not_lost(desk: tuple[str, Desk], view: View) -> None:
    """A click elsewhere does not close what somebody has begun to fill in."""
    page = view(desk[0]).open("/review")
    page.keyboard.press("r")
    page.keyboard.type("because")
    page.locator("h1").click()
    expect(page.locator("#lesson-0 textarea[name=reason]")).to_be_visible()
    assert desk[1].decided == []


def test_keys_that_are_held_or_meant_otherwise_do_nothing(
    desk: tuple[str, Desk], view: View
) -> None:
    """Held keys, keys with Ctrl, and keys in the help approve nothing."""
    page = view(desk[0]).open("/review")
    page.evaluate("""
        for (const more of [{repeat: true}, {ctrlKey: true}, {altKey: true}, {metaKey: true}])
          document.body.dispatchEvent(
            new KeyboardEvent('keydown', {key: 'a', bubbles: true, ...more}))""")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert desk[1].decided == []


def test_keys_can_be_switched_off(desk: tuple[str, Desk], view: View) -> None:
    """Who speaks to the computer, or slips easily, turns single keys off; it stays so."""
    page = view(desk[0]).open("/review")
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert at_hand(page) == "lesson-0"
    assert desk[1].decided == []


def test_a_form_is_sent_once(desk: tuple[str, Desk], view: View) -> None:
    """Two clicks in a row are one decision."""
    page = view(desk[0]).open("/review")
    with page.expect_navigation():
        page.evaluate("""const b = document.querySelector('[data-key=a]'); b.click(); b.click()""")
    assert len(desk[1].decided) == 1


def test_an_address_names_the_one_at_hand(desk: tuple[str, Desk], view: View) -> None:
    """Whoever comes back to a lesson goes on from there."""
    page = view(desk[0]).open("/review#lesson-4")
    assert at_hand(page) == "lesson-4"
    expect(page.locator("#lesson-4")).to_be_focused()


def test_by_tab_alone(desk: tuple[str, Desk], view: View) -> None:
    """The first stop leads past the navigation; every further one can be seen."""
    page = view(desk[0]).open("/review")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e);
            return s.outlineStyle !== 'none' && e.getBoundingClientRect().height > 0 }""")
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    assert page.evaluate("document.activeElement.closest('[data-review-item]') !== null")


def test_without_a_script(desk: tuple[str, Desk], view: View) -> None:
    """Approve, reject with a reason, change the colours, read the numbers: plain forms."""
    viewer = view(desk[0], Way.NO_SCRIPT)
    page = viewer.open("/review")
    page.locator("#lesson-2").get_by_role("button", name="Approve").click()
    page.locator("#lesson-3 summary", has_text="Reject").click()
    page.locator("#lesson-3 textarea[name=reason]").fill("no")
    page.get_by_role("button", name="Reject it").click()
    assert [sent["to"] for sent in desk[1].decided] == ["approve/lesson-2", "reject/lesson-3"]
    expect(page.locator("time").first).to_contain_text("UTC")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("h1")).to_have_text("Review")
    viewer.holds_its_width()
    page = viewer.open("/overview")
    expect(page.locator(".plot").first).to_be_hidden()
    page.locator(".chart summary").first.click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("2026-11-01")
    page = viewer.open("/empty")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_text("failonce import")).to_be_visible()


def test_what_is_live_is_asked_for_again(desk: tuple[str, Desk], view: View) -> None:
    """News arrive by themselves; nothing new costs a 304 and changes nothing on the page."""
    page = view(desk[0]).open("/live")
    expect(page.locator("#count")).to_have_text("0")
    page.wait_for_timeout(1_500)
    page.evaluate("document.querySelector('#count').dataset.mine = 'kept'")
    assert desk[1].asked[0] == 200
    assert desk[1].asked.count(304) >= 2
    desk[1].news = 7
    expect(page.locator("#count")).to_have_text("7")
    expect(page.locator("#time time")).to_have_text("7 min ago")


def test_the_next_key_is_the_forms(desk: tuple[str, Desk], view: View) -> None:
    """Whoever presses and types at once: no moment lies between where a key would decide."""
    page = view(desk[0]).open("/review")
    reached = page.evaluate(
        "document.querySelector('[data-asking] > summary').click(), document.activeElement.tagName"
    )
    assert reached == "TEXTAREA"


def test_what_is_live_does_not_disturb(desk: tuple[str, Desk], view: View) -> None:
    """While somebody writes there, nothing is asked and nothing moves; afterwards it goes on."""
    page = view(desk[0]).open("/live")
    page.locator("summary", has_text="Ask").click()
    page.keyboard.type("half a sen")
    page.wait_for_timeout(400)
    asked = len(desk[1].asked)
    desk[1].news = 9
    page.wait_for_timeout(1_000)
    assert len(desk[1].asked) <= asked
    expect(page.locator("textarea")).to_have_value("half a sen")
    expect(page.locator("#count")).to_have_text("0")
    page.keyboard.press("Escape")
    expect(page.locator("#count")).to_have_text("9")

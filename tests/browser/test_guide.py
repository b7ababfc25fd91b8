"""The parts of the pages in a real browser: for everybody, whatever the values are."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.looking import Viewer, Way
from tests.browser.styleguide import HOSTILE

PAGES = ("parts", "review", "failures", "overview", "empty", "sign-in")
View = Callable[..., Viewer]


@pytest.mark.torture  # the real pages are held to the same, each where it is tested
@pytest.mark.parametrize(
    ("name", "way"),
    [
        *((name, way) for name in PAGES for way in (Way.LIGHT, Way.DARK, Way.PHONE)),
        ("hostile", Way.LIGHT),
        ("hostile", Way.PHONE_DARK),
    ],
)
def test_everybody_can_use_it(guide: str, view: View, name: str, way: Way) -> None:
    """axe-core finds nothing, folded parts included, and no page is wider than the screen."""
    viewer = view(guide, way)
    page = viewer.open("/" + name)
    viewer.holds_its_width()
    viewer.axe()
    page.evaluate("document.querySelectorAll('.chart details').forEach((d) => { d.open = true })")
    if asking := page.locator("[data-asking] > summary").all():
        asking[-1].click()
    viewer.holds_its_width()
    viewer.axe()


@pytest.mark.parametrize("width", [320, 768, 1024, 1920])
@pytest.mark.parametrize("name", ["hostile", "review", "failures"])
def test_no_width_breaks_it(guide: str, view: View, name: str, width: int) -> None:
    """Whatever the window, nothing sticks out of it."""
    viewer = view(guide)
    viewer.page.set_viewport_size({"width": width, "height": 800})
    viewer.open("/" + name)
    viewer.holds_its_width()


def test_what_is_hostile_is_text(guide: str, view: View) -> None:
    """Twenty texts, in every part of a page: none becomes an element, a script or a form."""
    viewer = view(guide)
    page = viewer.open("/hostile")
    assert (
        page.locator("img, svg[onload], [onerror], [onclick], iframe, a[href*=evil]").count() == 0
    )
    assert page.locator("script:not([src])").count() == 0
    assert page.locator("form[action*=evil]").count() == 0
    said = page.locator("main").inner_text()
    for text in HOSTILE:
        first = re.split(r"[^\x20-\x7e]|  ", text)[0].strip()[:40]
        assert first in said
    assert "{{7*7}} ${7*7}" in said
    assert page.title().startswith("<script>alert(1)</script>")


def test_what_nobody_sees_is_written_out(guide: str, view: View) -> None:
    """A mark that turns the direction of reading stands there as such, and turns nothing."""
    viewer = view(guide)
    page = viewer.open("/hostile")
    expect(page.locator(".unseen", has_text="[U+202E]").first).to_have_attribute(
        "title", "right-to-left override"
    )
    html = page.content()
    fields = re.compile(r"<textarea.*?</textarea>|(value|data-copy)=\"[^\"]*\"", re.DOTALL)
    assert "\u202e" in html, "a field gives the text back as it is"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x1b]", fields.sub("", html))


def test_a_field_gives_back_what_it_got(guide: str, view: View) -> None:
    """What is shown in a field to be edited is the text itself, whatever is in it."""
    page = view(guide).open("/hostile")
    got = [area.input_value() for area in page.locator("textarea[name=t]").all()]
    pairs = zip(HOSTILE, got, strict=True)
    # what no form can hold: HTML knows no NUL and one kind of line end
    assert all(want == have for want, have in pairs if not re.search("[\r\x00]", want))
    expect(page.get_by_text("It holds what nobody sees: U+202C, U+202E").first).to_be_visible()


def test_times_are_the_viewers_own(guide: str, view: View) -> None:
    """Recent ones say how long ago; exact ones are in the zone of the browser."""
    page = view(guide).open("/parts")
    times = page.locator("section.card time")
    expect(times.first).to_have_text(re.compile(r"^\d+ min ago$"))
    exact = page.locator("time[data-exact]").first
    local = page.evaluate(
        "(t) => new Date(t).toLocaleString('sv', {timeZone: 'America/New_York'}).slice(0, 16)",
        exact.get_attribute("datetime"),
    )
    expect(exact).to_have_text(local)
    assert "Eastern" in (times.first.get_attribute("title") or "") or "EST" in (
        times.first.get_attribute("title") or ""
    )


def test_charts_are_drawn_and_follow(guide: str, view: View) -> None:
    """A chart is as wide as its box, in the colours of the theme, and not drawn twice."""
    page = view(guide).open("/overview")
    plot = page.locator(".plot canvas")
    expect(plot).to_have_count(2)
    before = plot.first.bounding_box()
    colours = "[...document.querySelectorAll('.plot canvas')].map((c) => c.toDataURL())"
    light = page.evaluate(colours)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(colours) != light
    expect(plot).to_have_count(2)
    page.set_viewport_size({"width": 700, "height": 800})
    narrow = "() => document.querySelector('.plot canvas').clientWidth < 660"
    for _ in range(100):  # `wait_for_function` evaluates text in the page, which the policy forbids
        if page.evaluate(narrow):
            break
        page.wait_for_timeout(100)
    assert page.evaluate(narrow)
    assert before
    assert before["width"] > 700
    page.locator("summary").first.click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("20")


def test_the_theme_stays(guide: str, view: View) -> None:
    """It changes at once, and the next page has it from the server."""
    page = view(guide).open("/review")
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(232, 234, 236)"


def test_a_command_is_copied(guide: str, view: View) -> None:
    """The button copies the text itself and says so."""
    viewer = view(guide)
    viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = viewer.open("/empty")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "failonce import ~/.claude/projects"


def test_heads_of_columns_sort(guide: str, view: View) -> None:
    """A head is a link: most first, then least; the filters stay in the address."""
    page = view(guide).open("/failures?q=a%26b")
    page.get_by_role("link", name="Calls").click()
    expect(page).to_have_url(re.compile(r"\?q=a%26b&sort=-calls$"))
    expect(page.locator("[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Calls").click()
    expect(page).to_have_url(re.compile(r"sort=calls$"))
    page.get_by_label("Search").fill("other words")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile(r"sort=calls&q=other\+words&source=&state=$"))
    page.get_by_role("link", name="Clear").click()
    expect(page).to_have_url(re.compile(r"/failures$"))


def test_the_viewer_notices(guide: str, view: View) -> None:
    """What the other tests rely on: a dialog, a refused script, an error each are a problem."""
    viewer = view(guide)
    page = viewer.open("/sign-in")
    assert viewer.problems == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
    )
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("alert('seen')")
    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.wait_for_timeout(100)
    noticed, viewer.problems = "\n".join(viewer.problems), []
    assert "script-src" in noticed
    assert "style-src" in noticed
    assert "dialog: seen" in noticed
    assert "broken" in noticed
    page.evaluate("document.querySelector('label span').remove()")
    with pytest.raises(AssertionError, match=r"label \(critical\)"):
        viewer.axe()
    page.evaluate("document.querySelector('h1').textContent = 'x '.repeat(9)")
    page.evaluate("document.querySelector('h1').style.width = '3000px'")
    with pytest.raises(AssertionError, match="too wide"):
        viewer.holds_its_width()

"""Review and Lessons in a real browser: by keys alone, by two at once, without scripts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from failonce.model import Action, Scope, State
from failonce.surfaces.access import Door
from failonce.surfaces.server.pages import review
from failonce.surfaces.server.principal import COOKIE
from tests.browser.looking import Viewer, Way
from tests.browser.serving import served
from tests.browser.styleguide import HOSTILE
from tests.surfaces.server.made import PASSWORD, Served, configuration
from tests.surfaces.server.pages.taught import ERROR, rule, teach

pytestmark = pytest.mark.slow

View = Callable[..., Viewer]
TEN = tuple(f"tool_{i}" for i in range(10))
expect.set_options(timeout=20_000)
EVERY_WAY = (Way.LIGHT, Way.DARK, Way.PHONE, Way.PHONE_DARK, Way.NO_SCRIPT)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Served, str]]:
    """A server over a store of its own, and where it answers."""
    made = Served(configuration(tmp_path))
    with served(made.app) as base:
        yield made, base


def signed_in(view: View, house: tuple[Served, str], name: str, way: Way = Way.LIGHT) -> Viewer:
    """A reviewer of this name, before their own browser."""
    made, base = house
    made.granting().make_account(name, {Scope.REVIEW}, password=PASSWORD)
    opened = Door(store=made.house.main, clock=made.house.clock, via="test")
    viewer = view(base, way)
    viewer.page.set_default_timeout(20_000)
    cookie = opened.by_password(name, PASSWORD).cookie
    viewer.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": base}])
    return viewer


def press(page: Page, *keys: str) -> None:
    """Keys of which the last one leads to another page."""
    for key in keys[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(keys[-1])


def at_hand(page: Page) -> str:
    """The lesson that is open."""
    found = page.locator("[data-review-item][aria-current=true]").get_attribute("id")
    assert found is not None
    return found


def state(made: Served, id: str) -> State:
    found = made.parts().store.lesson(id)
    assert found is not None
    return found.state


def unfold(page: Page) -> None:
    """Open what is folded."""
    folded = page.locator("details.more, details.case")
    folded.evaluate_all("all => all.map((one) => { one.open = true; })")


def test_ten_lessons_by_keys_alone(house: tuple[Served, str], view: View) -> None:
    """Each is decided on where it is open, the next one opens, and no key decides twice."""
    made, _ = house
    teach(made, *TEN)
    page = signed_in(view, house, "anna").open("/review")
    press(page, "j")
    second = at_hand(page)
    press(page, "k")
    assert at_hand(page) != second
    done: dict[str, State] = {}
    for _ in range(5):
        done[at_hand(page)] = State.CANARY
        press(page, "a")
        expect(page.locator(".flash")).to_contain_text("Approved: the number of")
    for why in ((), ("ArrowDown",), ("ArrowDown", "ArrowDown")):
        done[at_hand(page)] = State.REJECTED
        press(page, "r", *why, "Enter")
        expect(page.locator(".flash")).to_contain_text("Rejected: the number of")
    snoozed = at_hand(page)
    press(page, "s", "ArrowDown", "Enter")
    last = at_hand(page)
    done[snoozed] = done[last] = State.PROPOSED
    press(page, "e")
    expect(page.locator("textarea[name=body]")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n")
    page.keyboard.press("Tab")
    press(page, "Tab", "Enter")
    press(page, "a")
    done[last] = State.CANARY
    expect(page.locator(".headline")).to_have_text("0 lessons wait.")
    assert {name: state(made, name) for name in done} == done
    assert len(done) == len(TEN)
    reasons = [
        e.event.reason for e in made.parts().store.entries() if e.event.action is Action.REJECT
    ]
    assert reasons == list(review.REASONS)
    press(page, "u")
    assert state(made, last) is State.REVERTED, "and the last one is taken back"


def test_keys_that_are_typed_decide_nothing(house: tuple[Served, str], view: View) -> None:
    made, _ = house
    (taught,) = teach(made, "find")
    page = signed_in(view, house, "anna").open("/review")
    page.keyboard.press("r")
    page.locator("textarea[name=reason]").focus()
    page.keyboard.type("aaa rrr uuu")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("a")
    assert state(made, taught.id) is State.PROPOSED


def test_two_reviewers_at_once(house: tuple[Served, str], view: View) -> None:
    """Both have read it, both decide: the first one's word counts, the second one reads whose."""
    made, _ = house
    teach(made, "a", "b")
    anna = signed_in(view, house, "anna").open("/review")
    ben = signed_in(view, house, "ben").open("/review")
    both = at_hand(anna)
    assert at_hand(ben) == both
    press(anna, "a")
    press(ben, "r", "Enter")
    said = ben.locator(".flash.error")
    expect(said).to_contain_text("It was approved by anna on")
    assert at_hand(ben) != both, "there is more to do"
    assert state(made, both) is State.CANARY
    moves = [e.event.actor for e in made.parts().store.entries(subject=both)]
    assert moves == ["mara", "anna"]


def test_all_of_it_without_scripts(house: tuple[Served, str], view: View) -> None:
    made, _ = house
    teach(made, "a", "b", "c")
    page = signed_in(view, house, "anna", Way.NO_SCRIPT).open("/review")
    first = page.locator("article.open").get_attribute("id")
    assert first is not None
    expect(page.get_by_text("Is it safe?")).to_be_visible()
    page.locator("article.closed a").first.click()
    second = page.locator("article.open").get_attribute("id")
    assert second is not None
    assert second != first
    page.locator("article.open").get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Undo").click()
    assert state(made, second) is State.REVERTED
    page.get_by_role("button", name="Back in the queue").click()
    page.goto(page.url.partition("?")[0] + f"?at={first}")
    opened = page.locator("article.open")
    opened.locator("summary", has_text="Reject").click()
    opened.get_by_label("Wrong").check()
    opened.get_by_label("In your words").fill("it is not so")
    opened.get_by_role("button", name="Reject it").click()
    (entry,) = made.parts().store.recent(subject=first, limit=1)
    assert entry.event.reason == "wrong: it is not so"
    opened.locator("summary", has_text="Snooze").click()
    opened.get_by_role("button", name="Snooze it").click()
    page.get_by_role("link", name="Snoozed 1").click()
    expect(page.locator("article.open")).to_have_count(1)
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It is stopped, and the caller reads")).to_be_visible()


def test_what_takes_time_comes_after_the_page(
    house: tuple[Served, str], view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a large store the page is there at once, and history is filled in."""
    made, base = house
    monkeypatch.setattr(review, "SMALL", -1)
    monkeypatch.setattr(made.house.cards, "ahead", lambda *_: None)
    (taught,) = teach(made, "find")
    viewer = signed_in(view, house, "anna")
    page = viewer.open("/review")
    expect(page.get_by_text("Is it safe?")).to_be_visible()
    expect(page.locator(".looking")).to_have_count(0)
    viewer.axe()
    made.house.cards._kept.clear()
    plain = signed_in(view, house, "ben", Way.NO_SCRIPT).open("/review")
    assert plain.get_by_text("Is it safe?").count() == 0
    plain.get_by_role("link", name="Try it on the calls that are recorded").click()
    expect(plain.get_by_text("Is it safe?")).to_be_visible()
    assert taught.id in plain.url
    assert plain.url.startswith(base)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_everybody_can_read_these_pages(house: tuple[Served, str], view: View, way: Way) -> None:
    """No violation that axe knows of, and nothing wider than the screen."""
    made, _ = house
    one, _, three = teach(made, "find", "save", "send")
    rule(made)
    made.parts("ben").review.approve(three.id)
    viewer = signed_in(view, house, "anna", way)
    page = viewer.open("/review")
    pages = ["/review", "/lessons", "/review?tab=snoozed", "/lessons?text=nothing"]
    pages += [f"/lessons/{x.id}" for x in (one, three)]
    pages += [f"/lessons/{one.id}/{part}" for part in ("edit", "try")]
    for path in pages:
        viewer.open(path)
        if way is not Way.NO_SCRIPT:
            viewer.axe()
            viewer.holds_its_width()
    viewer.open("/review")
    if way is not Way.NO_SCRIPT:
        for key in ("r", "s"):
            page.keyboard.press(key)
            viewer.axe()
            viewer.holds_its_width()
            page.keyboard.press("Escape")
        page.locator("details.more, details.case").evaluate_all(
            "all => all.map(d => d.open = true)"
        )
        viewer.axe()
        viewer.holds_its_width()


@pytest.mark.parametrize("way", [Way.LIGHT, Way.PHONE])
def test_hostile_texts_stay_texts(house: tuple[Served, str], view: View, way: Way) -> None:
    """Twenty texts that are made to break pages, as errors that lessons quote."""
    made, _ = house
    taught = [
        teach(made, f"t{i}", said=f"{ERROR} {text}"[:4000])[0] for i, text in enumerate(HOSTILE)
    ]
    viewer = signed_in(view, house, "anna", way)
    for one in taught:
        page = viewer.open(f"/review?at={one.id}")
        page.locator("details.more, details.case").evaluate_all(
            "all => all.map(d => d.open = true)"
        )
        viewer.holds_its_width()
        assert page.locator("article.open a[href*='evil']").count() == 0
    for path in ("", "/edit", "/try"):
        viewer.open(f"/lessons/{taught[9].id}{path}")
        viewer.holds_its_width()
    viewer.open("/lessons")
    viewer.holds_its_width()
    viewer.axe()


def test_who_waits_before_an_empty_queue_sees_what_comes(
    house: tuple[Served, str], view: View
) -> None:
    """A lesson that begins to wait appears by itself; the next one leaves the open card alone."""
    made, _ = house
    page = signed_in(view, house, "anna").open("/review")
    nav = page.get_by_role("navigation", name="Main")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    teach(made, "find")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    expect(nav.get_by_title("1 waiting")).to_be_visible()
    expect(page.locator(".headline")).to_contain_text("1 lesson waits.")
    opened = page.locator(".card.open").element_handle()
    teach(made, "save")
    expect(nav.get_by_title("2 waiting")).to_be_visible()
    assert opened.evaluate("card => card.isConnected")
    expect(page.locator("[data-review-item]")).to_have_count(1)

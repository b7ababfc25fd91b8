"""The first seed's two scenarios, from the click in a real browser to the file and back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from failonce.model import Scope
from failonce.surfaces.access import Granting
from tests.browser.looking import Viewer, Way
from tests.browser.serving import served as behind
from tests.surfaces.server.made import PASSWORD, Served, configuration

pytestmark = pytest.mark.slow

View = Callable[..., Viewer]

BYTES = b"# Home Assistant\r\n\r\nAsk before you open a door. \xc3\xa9\t\n\n"
RULE = {
    "skill_name": "homeassistant",
    "rule_content": "Leave out the argument detailed of get_entity.",
    "reason": "Invalid arg 'detailed'",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Served, Path]]:
    """Where a server is, what it is, and the skill file that a person wrote before it came."""
    made = Served(configuration(tmp_path))
    made.granting().make_account("anna", {Scope.ADMIN}, password=PASSWORD)
    file = made.config.skills / "homeassistant.md"
    file.parent.mkdir(parents=True)
    file.write_bytes(BYTES)
    with behind(made.app) as base:
        yield base, made, file


def learn(made: Served) -> None:
    """The agent fails calling `get_entity`, and writes down what it learned."""
    sent = made.program(Scope.REVIEW, name="agent").post("/api/lessons", json=RULE)
    assert sent.status_code == 201, sent.text


def sign_in(viewer: Viewer, to: str) -> Page:
    """A person comes to a page and is asked who they are."""
    page = viewer.open(to)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Skill Learning Audit")).to_be_visible()
    return page


@pytest.mark.proves("N8", "N10", "N11", "N14")
@pytest.mark.parametrize("way", [Way.LIGHT, Way.PHONE, Way.NO_SCRIPT])
def test_scenario_b(server: tuple[str, Served, Path], view: View, way: Way) -> None:
    """Manual: "1 Pending Rule", no file change; Approve writes it, Revert takes it back."""
    base, made, file = server
    learn(made)
    assert file.read_bytes() == BYTES
    page = sign_in(view(base, way), "/integrations")
    expect(page.get_by_text("1 Pending Rule", exact=True)).to_be_visible()
    row = (
        page.get_by_role("row").filter(has_text="get_entity")
        if way is not Way.PHONE
        else (page.locator("tr.rule"))
    )
    row.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("0 Pending Rules", exact=True)).to_be_visible()
    expect(page.locator("tr.rule .badge")).to_have_text("approved")
    assert RULE["rule_content"] in file.read_text(encoding="utf-8")
    page.get_by_role("button", name="Revert").click()
    expect(page.locator("tr.rule .badge")).to_have_text("reverted")
    assert file.read_bytes() == BYTES


@pytest.mark.proves("N9", "N12", "N13")
def test_scenario_a(server: tuple[str, Served, Path], view: View) -> None:
    """Auto: switched on by a click; the rule is in the file at once, seen later, and reverted."""
    base, made, file = server
    viewer = view(base)
    page = sign_in(viewer, "/integrations")
    page.get_by_role("button", name="Auto", exact=True).click()
    expect(page.get_by_role("button", name="Auto", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    learn(made)
    assert RULE["rule_content"] in file.read_text(encoding="utf-8")
    page.get_by_role("link", name="Auto-applied").click()
    row = page.get_by_role("row").filter(has_text="get_entity")
    expect(row).to_contain_text("Invalid arg 'detailed'")
    expect(row.locator(".badge")).to_have_text("auto-applied")
    viewer.axe()
    row.get_by_role("button", name="Revert").click()
    expect(page.get_by_text("is reverted")).to_be_visible()
    assert file.read_bytes() == BYTES
    page.get_by_role("link", name="All").click()
    expect(page.locator("tr.rule .badge")).to_have_text("reverted")


PAGES = (
    *("/integrations?show=all", "/audit", "/docs", "/settings"),
    *(f"/settings?tab={tab}" for tab in ("tokens", "people", "server", "about")),
)


@pytest.mark.parametrize("way", [Way.LIGHT, Way.DARK, Way.PHONE])
def test_pages_can_be_read(server: tuple[str, Served, Path], view: View, way: Way) -> None:
    """No page breaks the rules of accessibility or its width, whatever names are like."""
    base, made, _ = server
    learn(made)
    programs = made.program(Scope.REVIEW, name="<script>alert(1)</script>" + "x" * 70)
    programs.post("/api/lessons", json=RULE | {"rule_content": "Never " + "y" * 300 + " it."})
    made.granting().grant_token("\u0629" * 90, {Scope.INGEST}, project="p" * 300)
    Granting(store=made.house.main, clock=made.house.clock, actor="z" * 300).make_account(
        "n" * 64, {Scope.READ}
    )
    viewer = view(base, way)
    sign_in(viewer, "/integrations")
    for path in PAGES:
        page = viewer.open(path)
        for closed in page.locator("main details").all():
            closed.evaluate("details => { details.open = true }")
        viewer.axe()
        viewer.holds_its_width()


def test_a_token_is_made_and_copied(server: tuple[str, Served, Path], view: View) -> None:
    """The lines that are shown with it hold it; going back does not show it again."""
    base, _, _ = server
    viewer = view(base)
    page = sign_in(viewer, "/integrations")
    page.locator("#new-token > summary").click()
    page.locator("#new-token").get_by_label("Name").fill("my-service")
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator(".copyline code").inner_text()
    assert secret.startswith("fo_")
    assert secret not in page.url
    viewer.axe()
    page.get_by_role("link", name="All tokens").click()
    assert secret not in page.content()
    page.locator("details.sure > summary").click()
    page.get_by_role("button", name="Revoke my-service").click()
    expect(page.get_by_text("lets nobody in any more")).to_be_visible()

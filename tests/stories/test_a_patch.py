"""A failure that no call can mend is mended in the repository, once somebody says so."""

import json
import subprocess

import pytest

from tests.place import Place
from tests.sandboxed import the_sandbox
from tests.stories.pages import code

pytestmark = pytest.mark.slow

ORDERS = """
import json
from pathlib import Path

def total(prices):
    settings = json.loads(Path(__file__).with_name("settings.json").read_text())
    return f"{sum(prices)} {settings['currency']}"
"""
AGENT = """
import sys
import failonce
sys.path.insert(0, sys.argv[1])
import orders
with failonce.session(id="s", project="shop"):
    try:
        print(failonce.watch(tool="orders.total")(orders.total)([1, 2]))
    except KeyError:
        print("failed")
"""


@pytest.mark.proves("S9", "S33")
def test_what_no_call_can_mend_is_mended_in_the_repository(place: Place) -> None:
    the_sandbox()
    repository = place.folder / "shop"
    repository.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    (repository / "orders.py").write_text(ORDERS)
    (repository / "settings.json").write_text('{"shop": "corner"}\n')

    def agent() -> str:
        return place.run("-c", AGENT, str(repository), PYTHONDONTWRITEBYTECODE="1").strip()

    assert agent() == "failed"
    (failure,) = json.loads(place.failonce("failures", "--project", "shop", "--json"))
    assert "currency" in failure["template"]

    (place.folder / "currency.py").write_text(code("a-patch"))
    there = ("--repo", str(repository))
    added = place.failonce(
        "patches", "add", "currency.py", "--for", failure["id"], *there, "--json"
    )
    name = json.loads(added)["id"]
    card = place.failonce("show", name)
    assert "the failure was there before it and not after" in card
    place.failonce("approve", name)
    assert '+{"shop": "corner", "currency": "EUR"}' in place.failonce("try", name, *there)
    assert agent() == "failed"
    place.failonce("patches", "apply", name, *there, "--write")
    assert agent() == "3 EUR"
    assert "nothing to mend" in place.failonce("patches", "apply", name, *there, "--write")
    place.failonce("patches", "undo", name, *there, "--write")
    assert agent() == "failed"
    assert (repository / "settings.json").read_text() == '{"shop": "corner"}\n'
    assert "The audit holds" in place.failonce("audit", "verify")

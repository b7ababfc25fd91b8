"""A better version takes the place of a tool; a worse one is rolled back byte for byte."""

import json

import pytest

from tests.place import Place
from tests.sandboxed import the_sandbox
from tests.stories.pages import code

pytestmark = pytest.mark.slow

FIRST = code("a-worse-version")
BETTER = FIRST.replace(
    "return text.title()",
    'return " ".join(w if w.isupper() else w.capitalize() for w in text.split())',
)
WORSE = FIRST.replace("return text.title()", 'return text.title() if text == "a tale" else ""')

CALLER = """
import json, sys
import failonce
title = failonce.learned_tools("shop")["title"]
first = title(text=sys.argv[1])
import subprocess
subprocess.run(json.loads(sys.argv[2]), check=True, stdout=subprocess.DEVNULL)
import time
for _ in range(40):
    if title(text=sys.argv[1]) != first:
        break
    time.sleep(0.1)
print(json.dumps([first, title(text=sys.argv[1])]))
"""


def proposed(place: Place, source: str) -> str:
    (place.folder / "title.py").write_text(source)
    record = place.failonce("tools", "add", "title.py", "--project", "shop", "--json")
    assert json.loads(record)["state"] == "waiting"
    return str(json.loads(record)["id"])


def answer(place: Place) -> object:
    said = place.failonce(
        "tools", "run", "title", '{"text": "the NASA story"}', "--project", "shop"
    )
    return json.loads(said)


@pytest.mark.proves("H5", "H20", "H32", "H33")
def test_callers_are_redirected_and_a_bad_version_is_rolled_back(place: Place) -> None:
    the_sandbox()
    first = proposed(place, FIRST)
    assert proposed(place, FIRST) == first, "the same again is the same"
    place.failonce("approve", first)
    assert answer(place) == "The Nasa Story"

    better = proposed(place, BETTER)
    assert answer(place) == "The Nasa Story", "it waits"
    card = place.failonce("show", better)
    assert f"Changed against {first}" in card
    import sys

    approve = [sys.executable, "-m", "failonce", "approve", better]
    before, after = place.agent(CALLER, "the NASA story", json.dumps(approve))
    assert (before, after) == ("The Nasa Story", "The NASA Story"), "in a process that runs"
    states = {x["id"]: x["state"] for x in place.lessons(kind="tool")}
    assert states == {first: "retired", better: "on trial"}

    worse = proposed(place, WORSE)
    place.failonce("approve", worse)
    assert answer(place) == ""
    rolled = place.failonce("tools", "rollback", "title", "--project", "shop", "--reason", "empty")
    assert f"{better} is in force again" in rolled
    assert answer(place) == "The NASA Story"
    (there,) = place.lessons(id=better)
    assert (there["body"], there["in_force"]) == (BETTER, True)
    place.failonce("tools", "rollback", "title", "--to", first, "--project", "shop")
    assert answer(place) == "The Nasa Story"
    assert "The audit holds" in place.failonce("audit", "verify")

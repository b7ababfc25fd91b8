"""A sixth kind and an eighth handler from outside the package, one file each, all the way.

They are installed beside failonce as anybody's package is, and every step is a process of its own.
"""

import shutil
from pathlib import Path

import pytest

from tests.place import Place

pytestmark = pytest.mark.slow

OUTSIDE = Path(__file__).parent / "outside"
METADATA = "Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n"
ENTRIES = "[failonce]\nquota = quota\npause = pause\n"

PROPOSE = """
import sys
from failonce.compose import configure, opened
from failonce.model import KindName, Proposal, Proposer
with opened(configure()) as parts:
    made = parts.review.propose(
        Proposal(
            kind=KindName(sys.argv[1]),
            target="fetch",
            key="k",
            project="shop",
            name=f"{sys.argv[1]} for fetch",
            body=sys.argv[2],
            reason="written in a test",
            proposer=Proposer.PERSON,
        )
    )
    print(made.id)
"""

CALL = """
import failonce

@failonce.watch(read_only=True)
def fetch(n):
    if n == 1:
        raise ConnectionError("connection reset by peer")
    return f"item {n}"

with failonce.session("s1", project="shop"):
    for n in range(4):
        try:
            print(fetch(n))
        except (failonce.Blocked, ConnectionError) as error:
            print(type(error).__name__, error)
assert failonce.status().lost == 0, failonce.status()
"""


@pytest.fixture
def plain(tmp_path: Path) -> Place:
    """Where only failonce is installed."""
    return Place(folder=tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Over the same store, where the stranger's package is installed too."""
    site = tmp_path / "site"
    (site / "outside-1.0.dist-info").mkdir(parents=True)
    (site / "outside-1.0.dist-info/METADATA").write_text(METADATA)
    (site / "outside-1.0.dist-info/entry_points.txt").write_text(ENTRIES)
    for name in ("quota.py", "pause.py"):
        shutil.copy(OUTSIDE / name, site / name)
    return Place(folder=tmp_path, site=site)


LAST = "item 3"
QUOTA = """\
match:
  component: fetch
action:
  calls: 3
"""
PAUSE = """\
match:
  component: fetch
  fingerprint: ""
  message_regex: ""
action:
  type: pause
  calls: 2
"""


@pytest.mark.parametrize(
    ("kind", "body", "summary", "refused"),
    [
        ("quota", QUOTA, "at most 3 calls in a session", "called `fetch` 3 times already"),
        ("hint", PAUSE, "rest for 2 calls after a failure", "This tool failed and rests"),
    ],
)
def test_it_goes_all_the_way(
    place: Place, kind: str, body: str, summary: str, refused: str
) -> None:
    """Read, judged, shown, approved, in force in watched calls, undone."""
    (known_as,) = place.run("-c", PROPOSE, kind, body).split()
    card = " ".join(place.failonce("show", known_as).split())
    assert summary in card.casefold()
    assert "cannot be read" not in card
    assert LAST in place.run("-c", CALL), "nobody approved it yet"
    place.failonce("approve", known_as, "--reason", "read in a test")
    said = place.run("-c", CALL).splitlines()
    assert said[0] == "item 0"
    assert said[-1].startswith("Blocked")
    assert refused in said[-1]
    place.failonce("undo", known_as)
    assert LAST in place.run("-c", CALL)


@pytest.mark.parametrize(("kind", "body"), [("quota", QUOTA), ("hint", PAUSE)])
def test_where_it_is_not_installed_it_is_told_of_and_left_out(
    place: Place, plain: Place, kind: str, body: str
) -> None:
    """Other processes over the same store list it and undo it; calls go on without it."""
    (known_as,) = place.run("-c", PROPOSE, kind, body).split()
    (plain if kind == "quota" else place).failonce("approve", known_as)
    (listed,) = plain.lessons()
    assert (listed["id"], listed["kind"]) == (known_as, kind)
    assert "cannot be read" in " ".join(plain.failonce("show", known_as).split())
    assert LAST in plain.run("-c", CALL)
    assert LAST not in place.run("-c", CALL)
    plain.failonce("undo", known_as)
    assert LAST in place.run("-c", CALL)

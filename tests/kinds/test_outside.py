"""A sixth kind and an eighth handler from outside the package, one file each, all the way.

They are installed beside failonce as anybody's package is, and every step is a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from failonce.adapters.sql_store import store_url

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


@dataclass
class Place:
    """A store, and a folder of installed packages."""

    folder: Path

    def run(self, *command: str, plain: bool = False) -> str:
        """What a process prints; `plain`: where only failonce is installed."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
        path = [] if plain else [str(self.folder / "site")]
        done = subprocess.run(
            [sys.executable, *command],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=own
            | {
                "FAILONCE_STORE__URL": store_url(self.folder / "store.db"),
                "FAILONCE_OUTCOME__HOLDOUT": "false",
                "PYTHONPATH": os.pathsep.join([*path, os.environ.get("PYTHONPATH", "")]),
                "COLUMNS": "100",
            },
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def failonce(self, *args: str, plain: bool = False) -> str:
        return self.run("-m", "failonce", *args, plain=plain)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    site = tmp_path / "site"
    (site / "outside-1.0.dist-info").mkdir(parents=True)
    (site / "outside-1.0.dist-info/METADATA").write_text(METADATA)
    (site / "outside-1.0.dist-info/entry_points.txt").write_text(ENTRIES)
    for name in ("quota.py", "pause.py"):
        shutil.copy(OUTSIDE / name, site / name)
    return Place(tmp_path)


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
    place: Place, kind: str, body: str
) -> None:
    """Other processes over the same store list it and undo it; calls go on without it."""
    (known_as,) = place.run("-c", PROPOSE, kind, body).split()
    place.failonce("approve", known_as, plain=kind == "quota")
    (listed,) = json.loads(place.failonce("lessons", "--json", plain=True))
    assert (listed["id"], listed["kind"]) == (known_as, kind)
    assert "cannot be read" in " ".join(place.failonce("show", known_as, plain=True).split())
    assert LAST in place.run("-c", CALL, plain=True)
    assert LAST not in place.run("-c", CALL)
    place.failonce("undo", known_as, plain=True)
    assert LAST in place.run("-c", CALL)

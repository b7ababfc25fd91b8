"""A team reviews in its forge: proposed, brought up to date, rejected, approved, undone there."""

from pathlib import Path

import pytest

from tests.forge import BOT, OWNER, Cut, People, forging, token
from tests.place import Place
from tests.stories.pages import code
from tests.surfaces.cli.made import Shell

SERVICE = code("errors-alone")
PAGE = (Path(__file__).parents[2] / "docs" / "stories" / "in-the-forge.md").read_text("utf-8")


@pytest.mark.proves("S2", "S8", "S17")
def test_a_team_reviews_in_its_forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with forging() as forge:
        people = People.at(tmp_path)
        people.forge, people.repository = forge, forge.repository("shop")
        clone = tmp_path / "clone"
        people.git("clone", "-q", str(people.remote), str(clone))
        place, shell = Place(folder=clone), Shell(tmp_path, monkeypatch)
        for name, value in {
            "FAILONCE_STORE__URL": place.env["FAILONCE_STORE__URL"],
            "FAILONCE_PROJECT": "shop",
            "FAILONCE_PR__URL": forge.line.url,
            "FAILONCE_PR__REPOSITORY": people.repository,
            "GITHUB_TOKEN": token(BOT),
        }.items():
            shell.set(name, value)
        monkeypatch.chdir(clone)

        def failonce(*args: str) -> str:
            return shell.ok(*args).out

        assert place.agent(SERVICE, 0, 3)["action"] == "allow"
        failonce("mine")
        found = {x["name"]: x["id"] for x in shell.ok("lessons", "--json").json}
        (warning,) = (x for x in found.values() if x.startswith("GR-"))
        first, second = (x for x in found.values() if x.startswith("HI-"))

        # the network goes away between the branch and its pull request
        forge.line.rule = lambda method, path: (
            Cut.BEFORE if method == "POST" and path.endswith("/pulls") else None
        )
        assert shell.run("propose", "--pr").code == 3
        forge.line.whole()
        assert "opened" in failonce("propose", "--pr")
        assert all(x in people.pulls()[0]["body"] for x in found.values())

        # one is turned down here, and leaves the same pull request
        failonce("reject", first)
        assert "brought up to date" in failonce("propose", "--pr")
        assert len(people.pulls()) == 1
        assert first not in people.pulls()[0]["body"]

        # closed: the rest is rejected; the warning gets another chance, alone
        people.close("failonce/waiting")
        assert f"{second} rejected by {OWNER}" in failonce("pr", "poll")
        failonce("reopen", warning)
        failonce("propose", "--pr", warning)
        people.merge(f"failonce/lesson/{warning}")
        assert f"{warning} approved by {OWNER}" in failonce("pr", "poll")
        told = place.agent(SERVICE, 3, 1)
        assert told["action"] == "warn"

        # undone where it was approved
        failonce("propose", "--pr", "--undo", warning)
        people.merge(f"failonce/undo/{warning}")
        assert f"{warning} undone by {OWNER}" in failonce("pr", "poll")
        assert place.agent(SERVICE, 4, 1)["action"] == "allow"
        assert "Nobody decided" in failonce("pr", "poll")
        assert people.files("main") == {}
        assert "The audit holds" in failonce("audit", "verify")
        assert warning in PAGE

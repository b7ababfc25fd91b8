"""A project with lessons that wait, in a clone of a remote that people work at."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forge import BOT, Forge, People, forging, token
from tests.surfaces.cli.made import PROJECT, Shell, history, write


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a fixer and a guardrail that wait, made once."""
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path_factory.mktemp("learned"), patch)
        shell.ok("import", write(shell.project / "history.jsonl", history()))
        shell.ok("mine")
        return shell.store


@pytest.fixture
def people(tmp_path: Path) -> People:
    """A remote and the people there."""
    return People.at(tmp_path)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: People, learned: Path) -> Shell:
    """A clone of the remote, where failonce runs with a store of its own."""
    made = Shell(tmp_path, monkeypatch)
    (made.project / ".git").rmdir()
    made.project.rmdir()
    people.git("clone", "-q", str(people.remote), str(made.project))
    monkeypatch.chdir(made.project)
    made.data.mkdir(parents=True)
    shutil.copy(learned, made.store)
    made.set("FAILONCE_PROJECT", PROJECT)
    return made


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """One GitHub for all tests; each has a repository of its own."""
    with forging() as made:
        yield made


@pytest.fixture
def hosted(shell: Shell, people: People, forge: Forge, request: pytest.FixtureRequest) -> Shell:
    """The same at that GitHub."""
    forge.line.whole()
    people.forge = forge
    people.repository = forge.repository(f"shop-{abs(hash(request.node.nodeid))}")
    shell.set("FAILONCE_PR__URL", forge.line.url)
    shell.set("FAILONCE_PR__REPOSITORY", people.repository)
    shell.set("GITHUB_TOKEN", token(BOT))
    return shell

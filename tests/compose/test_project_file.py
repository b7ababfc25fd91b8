"""What a repository's own file may say: whoever wrote it is not whoever runs it."""

from pathlib import Path

import pytest

from failonce.compose.reading import user_file
from failonce.errors import BadSetting
from failonce.model import Mode
from tests.compose.made import project, read

pytestmark = pytest.mark.usefixtures("home")


def test_what_the_environment_says_is_not_the_projects_word(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may name places that a project may not, beside a project that names none."""
    (home / "project" / "failonce.toml").write_text("[mine]\ntop = 3\n")
    place = str(home / "elsewhere" / "AGENTS.md")
    monkeypatch.setenv("FAILONCE_FILES__BLOCKS", place)
    assert read(FAILONCE_FILES__BLOCKS=place).settings.files.blocks == place
    assert read().settings.files.blocks != place, "it is read in one place"


@pytest.mark.parametrize("text", ["mode = 'auto'", "auto_learning_enabled = true"])
def test_a_repository_cannot_raise_the_mode_but_it_can_lower_it(home: Path, text: str) -> None:
    project(home, f"[learning]\n{text}\n[mine]\ntop = 7\n")
    assert read().policy.default_mode is Mode.MANUAL
    assert read().policy.top == 7
    project(home, "[learning]\nmode = 'off'\n")
    assert read().policy.default_mode is Mode.OFF


def test_a_repositorys_own_file_sends_recordings_to_no_server(home: Path) -> None:
    """Whoever wrote it is not whoever runs it; a file of its own it may name."""
    project(home, '[store]\nurl = "postgresql://me:s3cret@db.example.com/mine"\n')
    with pytest.raises(BadSetting, match="cannot name a store on a server") as told:
        read()
    assert "s3cret" not in str(told.value)


def test_a_repositorys_own_file_opens_no_server(home: Path) -> None:
    project(home, '[server]\nhost = "0.0.0.0"\n')
    with pytest.raises(BadSetting, match="a project cannot set `server`"):
        read()


def test_a_repository_cannot_do_without_the_second_person(home: Path) -> None:
    """Whoever wrote it is not whoever runs it; it may ask for one."""
    path = project(home, "[review]\nself_approval = true\n")
    user = user_file()
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text("[review]\nself_approval = false\n")
    assert not read().policy.self_approval
    user.unlink()
    path.write_text("[review]\nself_approval = false\n")
    assert not read().policy.self_approval

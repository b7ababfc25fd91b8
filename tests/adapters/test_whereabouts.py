"""Where a call belongs, found quickly, is where all settings together say."""

from pathlib import Path

import platformdirs
import pytest

from failonce.adapters import whereabouts
from failonce.adapters.sql_store import store_path
from failonce.compose import configure
from failonce.compose.reading import project_root


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "FAILONCE", "FAILONCE_STORE__URL"):
        monkeypatch.delenv(name, raising=False)


SETTINGS = [
    ({}, "", ""),
    ({}, "", '[store]\nurl = "sqlite:///mine.db"\n'),
    ({}, '[store]\nurl = "sqlite:///own.db"\n', '[store]\nurl = "sqlite:///mine.db"\n'),
    ({}, '[store]\nurl = "sqlite:////abs/own%20one.db"\n', ""),
    ({"FAILONCE_STORE__URL": "sqlite:////x/y.db"}, '[store]\nurl = "sqlite:///own.db"\n', ""),
    ({"FAILONCE_STORE__URL": ""}, "", ""),
    ({"FAILONCE_LEARNING__MODE": " Off "}, "", ""),
    ({"FAILONCE_LEARNING__MODE": "manual"}, '[learning]\nmode = "off"\n', ""),
    ({"FAILONCE_LEARNING__ENABLED": "false"}, "", ""),
    ({"FORMAL_AI_SKILL_MODE": "off"}, "", ""),
    ({"FAILONCE": "off"}, "", ""),
    ({}, '[learning]\nmode = "off"\n', ""),
    ({}, "", '[learning]\nenabled = false\n'),
    ({}, '[learning]\nmode = "manual"\n', '[learning]\nmode = "off"\n'),
    ({}, 'project = "shop"\n', ""),
    ({"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": ""}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "own", "user"), SETTINGS)
def test_it_agrees_with_the_settings(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    own: str,
    user: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "repo" / "below"
    folder.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / "failonce.toml").write_text(own)
    config = tmp_path / "home" / ".config" / "failonce"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(user)
    given = {"HOME": str(tmp_path / "home"), **environ}
    settings = configure(environ=given, directory=folder)
    found = whereabouts.place(str(folder), given)
    assert found.project == settings.project
    assert Path(found.store) == store_path(settings.url)
    assert found.off == (settings.forced_mode == "off")
    rests = settings.forced_mode is None and settings.settings.learning.mode == "off"
    assert found.usually_off == rests or settings.forced_mode is not None


def test_folders_are_those_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for data in ("", "/somewhere", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        usual = platformdirs.user_data_path("failonce", appauthor=False)
        assert Path(whereabouts.data_folder(os.environ)) == usual


def test_a_project_is_the_git_root_or_as_its_file_names_it(tmp_path: Path) -> None:
    below = tmp_path / "repo" / "a" / "b"
    below.mkdir(parents=True)
    assert whereabouts.project_of(str(below)) == str(below)
    (tmp_path / "repo" / ".git").write_text("gitdir: elsewhere\n")
    assert whereabouts.project_of(str(below)) == str(tmp_path / "repo")
    assert Path(whereabouts.project_root(str(below))) == project_root(below)
    link = tmp_path / "link"
    link.symlink_to(below)
    assert whereabouts.project_of(str(link)) == str(tmp_path / "repo")
    (tmp_path / "repo" / "failonce.toml").write_text('project = "shop"\n')
    assert whereabouts.project_of(str(below)) == "shop"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "failonce.toml").write_text("[")
    with pytest.raises(ValueError, match=r".+"):
        whereabouts.place(str(tmp_path), {"HOME": str(tmp_path)})

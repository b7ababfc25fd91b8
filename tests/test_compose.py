"""Settings: what stands above what, what is refused, and the seeds' names."""

import stat
from pathlib import Path

import pytest

from failonce.adapters.sql_store import store_url
from failonce.compose import Configuration, assemble, configure, opened
from failonce.compose.reading import project_root
from failonce.compose.settings import described, learning_mode, variable
from failonce.errors import BadSetting
from failonce.model import Mode
from failonce.ports import Weights
from failonce.testing import MemoryStore

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and a project in it; the working directory is the project's."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


def read(**environ: str) -> Configuration:
    return configure(environ=environ)


def user(home: Path, text: str) -> Path:
    path = home / ".config/failonce/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def project(home: Path, text: str) -> Path:
    path = home / "project/failonce.toml"
    path.write_text(text)
    return path


# --------------------------------------------------------------- what holds


def test_everything_has_a_default(home: Path) -> None:
    config = read()
    assert config.url == f"sqlite:///{home}/.local/share/failonce/failonce.db"
    assert config.project == str(home / "project")
    assert config.skills == home / "project/skills"
    assert config.rejects == home / ".local/share/failonce/rejects"
    assert config.origins == {}
    policy = config.policy
    assert (policy.min_hits_7d, policy.top, policy.min_clusters) == (2, 50, 2)
    assert policy.weights == Weights(week=0.7, month=0.3)
    assert (policy.default_mode, policy.forced_mode) == (Mode.MANUAL, None)


def test_the_command_line_stands_above_environment_project_and_user(home: Path) -> None:
    user(home, '[store]\nurl = "sqlite:////u.db"\n[mine]\ntop = 1\nmin_hits_7d = 9\n')
    assert read().url == "sqlite:////u.db"
    project(home, '[store]\nurl = "sqlite:////p.db"\n[mine]\ntop = 2\n')
    assert read().url == "sqlite:////p.db"
    environ = {"FAILONCE_STORE__URL": "sqlite:////e.db"}
    assert configure(environ=environ).url == "sqlite:////e.db"
    config = configure(environ=environ, store="sqlite:////c.db")
    assert config.url == "sqlite:////c.db"
    assert (config.policy.top, config.policy.min_hits_7d) == (2, 9)
    assert config.origins["store.url"] == "--store"
    assert config.origins["mine.top"].endswith("failonce.toml")
    assert config.origins["mine.min_hits_7d"].endswith("config.toml")


@pytest.mark.proves("S27")
def test_weights_are_settings_and_checked(home: Path) -> None:
    project(home, "[impact]\nweek = 0.5\nmonth = 0.5\n")
    assert read().policy.weights == Weights(week=0.5, month=0.5)
    project(home, "[impact]\nweek = -1\n")
    with pytest.raises(BadSetting, match=r"failonce\.toml: `impact\.week` is -1"):
        read()


def test_the_project_is_the_git_root_or_the_folder(home: Path, tmp_path: Path) -> None:
    below = home / "project/src/deep"
    below.mkdir(parents=True)
    assert project_root(below) == home / "project"
    alone = tmp_path / "alone"
    alone.mkdir()
    assert project_root(alone) == alone
    assert read(FAILONCE_PROJECT="shop").project == "shop"


def test_paths_in_a_file_are_relative_to_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(home, '[paths]\nskills = "cards"\nrejects = "~/r"\n[store]\nurl = "sqlite:///a b.db"\n')
    deep = home / "project/deep"
    deep.mkdir()
    monkeypatch.chdir(deep)
    config = read()
    assert config.skills == home / "project/cards"
    assert config.rejects == home / "r"
    assert config.url == store_url(home / "project/a b.db")


def test_an_empty_variable_sets_nothing() -> None:
    assert read(FAILONCE_STORE__URL="").url.endswith("failonce.db")


def test_every_setting_can_be_set_by_its_variable() -> None:
    samples = {
        "project": "p",
        "store.url": "sqlite:////x.db",
        "learning.mode": "auto",
        "paths.skills": "/s",
        "paths.templates": "/t",
        "paths.rejects": "/r",
    }
    for name, _ in described():
        config = configure(environ={variable(name): samples.get(name, "5")})
        assert config.origins == {name: variable(name)}


# -------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[mine]\ntpo = 3\n", r"no setting `mine\.tpo`.*Did you mean `mine\.top`"),
        ("[stor]\nurl = 'x'\n", "no setting `stor`"),
        ("[mine]\ntop = 0\n", r"`mine\.top` is 0"),
        ("[mine]\ntop = 'many'\n", r"`mine\.top` is 'many'"),
        ("store = 'x'\n", "`store` is 'x'"),
        ("[learning]\nmode = 'sometimes'\n", r"`learning\.mode` is 'sometimes': it takes off"),
        ("[mine\n", "no valid TOML"),
        ("\udcff", "no valid TOML"),
    ],
)
def test_a_faulty_file_is_named_with_its_key(home: Path, text: str, says: str) -> None:
    path = home / "project/failonce.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadSetting, match=says) as error:
        read()
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("FAILONCE_STOR__URL", "x", "FAILONCE_STOR__URL.*Did you mean FAILONCE_STORE__URL"),
        ("FAILONCE_MODE", "auto", "FAILONCE_MODE is set, but there is no such setting"),
        ("FAILONCE_MINE__TOP", "many", r"`mine\.top` is 'many'"),
        ("FAILONCE_LEARNING__MODE", "sometimes", "it takes off, manual or auto"),
        ("SKILL_LEARNING_MODE", "sometimes", "SKILL_LEARNING_MODE is `sometimes`"),
        ("FAILONCE", "of", "FAILONCE is `of`"),
    ],
)
def test_a_faulty_variable_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        configure(environ={name: value})


def test_variables_of_others_are_none_of_our_business() -> None:
    read(FAILONCE_DEBUG="1", FAILONCED="x", STORE__URL="x")


# ------------------------------------------------------------- the learning mode


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("off", Mode.OFF),
        (" Manual\n", Mode.MANUAL),
        ("AUTO", Mode.AUTO),
        ("accumulate", Mode.MANUAL),
        ("sometimes", None),
        ("", None),
    ],
)
def test_words_for_the_mode(word: str, mode: Mode | None) -> None:
    assert learning_mode(word) is mode


@pytest.mark.proves("N5")
@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({"SKILL_LEARNING_MODE": "auto"}, Mode.AUTO),
        ({"SKILL_LEARNING_MODE": " Manual "}, Mode.MANUAL),
        ({"FORMAL_AI_SKILL_MODE": "off"}, Mode.OFF),
        ({"FORMAL_AI_SKILL_MODE": "accumulate"}, Mode.MANUAL),
        ({"FORMAL_AI_SKILL_MODE": "sometimes"}, None),
        ({"FAILONCE_LEARNING__MODE": "off", "SKILL_LEARNING_MODE": "auto"}, Mode.OFF),
        ({"FAILONCE_LEARNING__ENABLED": "false"}, Mode.OFF),
        ({"FAILONCE_LEARNING__AUTO_LEARNING_ENABLED": "1"}, Mode.AUTO),
        ({"FAILONCE": "off", "FAILONCE_LEARNING__MODE": "auto"}, Mode.OFF),
        ({"FAILONCE": "on"}, None),
    ],
)
def test_the_environment_forces_the_mode(environ: dict[str, str], mode: Mode | None) -> None:
    assert configure(environ=environ).forced_mode is mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("mode = 'auto'", Mode.AUTO),
        ("enabled = false", Mode.OFF),
        ("enabled = true", Mode.MANUAL),
        ("auto_learning_enabled = 1", Mode.AUTO),
        ("auto_learning_enabled = 0", Mode.MANUAL),
        ("enabled = true\nmode = 'auto'", Mode.AUTO),
    ],
)
def test_files_say_what_holds_where_nobody_else_does(home: Path, text: str, mode: Mode) -> None:
    user(home, f"[learning]\n{text}\n")
    config = read()
    assert (config.policy.default_mode, config.forced_mode) == (mode, None)


@pytest.mark.parametrize("text", ["mode = 'auto'", "auto_learning_enabled = true"])
def test_a_repository_cannot_raise_the_mode_but_it_can_lower_it(home: Path, text: str) -> None:
    project(home, f"[learning]\n{text}\n[mine]\ntop = 7\n")
    assert read().policy.default_mode is Mode.MANUAL
    assert read().policy.top == 7
    project(home, "[learning]\nmode = 'off'\n")
    assert read().policy.default_mode is Mode.OFF


@pytest.mark.proves("N5")
def test_environment_store_files_and_default_decide_in_this_order(home: Path) -> None:
    store = MemoryStore()
    assert assemble(read(), store).review.mode("p") is Mode.MANUAL
    user(home, "[learning]\nmode = 'auto'\n")
    assert assemble(read(), store).review.mode("p") is Mode.AUTO
    assemble(read(), store).review.set_mode(Mode.OFF)
    assert assemble(read(), store).review.mode("p") is Mode.OFF
    assemble(read(), store).review.set_mode(Mode.MANUAL, project="p")
    assert assemble(read(), store).review.mode("p") is Mode.MANUAL
    assert assemble(read(), store).review.mode("q") is Mode.OFF
    forced = assemble(read(SKILL_LEARNING_MODE="auto"), store)
    assert forced.review.mode("p") is Mode.AUTO


# ------------------------------------------------------------------- the parts


def test_the_parts_share_one_store_that_only_its_owner_reads(home: Path) -> None:
    with opened(read(), actor="ann") as parts:
        assert parts.loop.store is parts.review.store is parts.store
        parts.review.set_mode(Mode.AUTO)
        (entry,) = parts.store.entries()
        assert entry.event.actor == "ann"
    path = home / ".local/share/failonce/failonce.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

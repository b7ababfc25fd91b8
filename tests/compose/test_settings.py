"""Settings: what stands above what, what is refused, and the seeds' names."""

import re
import stat
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

import failonce
from failonce.adapters.sql_store import store_url
from failonce.compose import assemble, configure, opened
from failonce.compose.reading import project_root
from failonce.compose.settings import AutoInjectSettings, described, variable
from failonce.compose.spelling import learning_mode
from failonce.errors import BadSetting
from failonce.model import Category, KindName, Mode
from failonce.policy import DEFAULT, Policy
from failonce.ports import SignatureOrder, Weights, Windows
from failonce.testing import MemoryStore
from tests.compose.made import project, read, user

pytestmark = pytest.mark.usefixtures("home")


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
    assert policy == DEFAULT


@pytest.mark.proves("C16", "S18")
def test_the_defaults_are_those_of_the_seeds() -> None:
    """Requirement D.3.11: one vocabulary for the thresholds on which the seeds disagree."""
    p = read().policy
    assert (p.min_hits_7d, p.top, p.windows) == (2, 50, Windows(week=7, month=30))
    assert (p.hint_window, p.hint_min_occurrences) == (timedelta(hours=24), 2)
    assert (p.hint_min_confidence, p.hint_ttl) == (0.6, timedelta(hours=168))
    assert (p.max_suggestions, p.min_confidence) == (3, 0.7)
    assert (p.holdout_canary, p.holdout_approved, p.trial) == (0.5, 0.1, timedelta(hours=168))


def test_every_setting_reaches_the_policy(home: Path) -> None:
    """No key is read and then forgotten: each of these changes what the core sees."""
    path = project(
        home,
        """
        [learning]
        trial = "2d"
        [mine]
        min_hits_7d = 3
        top = 4
        order = "recency"
        windows = "14d / 60d"
        min_clusters = 5
        lesson_cost = 7.5
        [hints]
        window = "90m"
        min_occurrences = 6
        min_confidence = 0.5
        ttl = "30 s"
        max_suggestions = 2
        [skill]
        min_confidence = 0.8
        [review]
        self_approval = false
        [outcome]
        holdout_canary = 0.4
        holdout_approved = 0.2
        [impact]
        week = 1
        month = 2
        [classification.category]
        "b" = "LLMError"
        "a" = "auth"
        [classification.kind]
        "a" = "rule"
        """,
    )
    assert read().policy == Policy(
        trial=timedelta(days=2),
        min_hits_7d=3,
        top=4,
        order=SignatureOrder.RECENCY,
        windows=Windows(week=14, month=60),
        min_clusters=5,
        lesson_cost=7.5,
        hint_window=timedelta(minutes=90),
        hint_min_occurrences=6,
        hint_min_confidence=0.5,
        hint_ttl=timedelta(seconds=30),
        max_suggestions=2,
        min_confidence=0.8,
        self_approval=False,
        holdout_canary=0.4,
        holdout_approved=0.2,
        weights=Weights(week=1, month=2),
        categories=(("b", Category.LLM), ("a", Category.AUTH)),
        kinds=(("a", KindName.RULE),),
    )
    path.write_text("[outcome]\nholdout = false\nholdout_approved = 0.2\n")
    policy = read().policy
    assert (policy.holdout_canary, policy.holdout_approved) == (0, 0)


def test_every_field_of_the_policy_has_a_reader() -> None:
    """A key that nothing reads must not exist."""
    source = Path(failonce.__file__).parent
    elsewhere = "\n".join(
        path.read_text(encoding="utf-8")
        for path in source.rglob("*.py")
        if path.name != "policy.py" and path.parent.name != "compose"
    )
    unread = [f.name for f in fields(Policy) if not re.search(rf"policy\.{f.name}\b", elsewhere)]
    assert unread == []


@pytest.mark.proves("S25")
def test_patterns_of_the_file_above_are_tried_first(home: Path) -> None:
    own = user(home, '[classification.category]\n"a" = "auth"\n"b" = "auth"\n')
    ours = project(home, '[classification.category]\n"c" = "llm"\n"a" = "llm"\n')
    config = read()
    assert config.policy.categories == (
        ("c", Category.LLM),
        ("a", Category.LLM),
        ("b", Category.AUTH),
    )
    assert config.origins["classification.category"] == f"{ours}, {own}"


@pytest.mark.proves("H9")
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
        "paths.packages": "/p",
        "files.yaml": "true",
        "files.budget": "500",
        "tools.memory_mb": "64",
        "tools.safety_mode": "reading",
        "model.protocol": "anthropic",
        "model.url": "https://models.example",
        "model.key": "A_KEY",
        "model.temperature": "0.5",
        "model.max_tokens": "500",
        "model.timeout": "5s",
        "tools.timeout": "5s",
        "retention.events": "90d",
        "retention.counts": "400d",
        "server.host": "::1",
        "server.url": "https://failonce.example",
        "server.durable": "power",
        "server.mine": "false",
        "server.notify_url": "https://hooks.example/x",
        "pr.forge": "git",
        "pr.url": "https://github.example/api/v3",
        "pr.repository": "us/shop",
        "pr.token": "A_TOKEN",
        "learning.trial": "5d",
        "mine.order": "hits",
        "mine.windows": "5d/9d",
        "hints.window": "5h",
        "hints.min_confidence": "0.5",
        "hints.ttl": "5h",
        **{f"auto_inject.{name}": "false" for name in AutoInjectSettings.model_fields},
        "skill.min_confidence": "0.5",
        "review.self_approval": "false",
        "outcome.holdout": "false",
        "outcome.holdout_canary": "0.4",
        "outcome.holdout_approved": "0.2",
        "classification.category": '{"a": "auth"}',
        "classification.kind": '{"a": "rule"}',
    }
    for name, _ in described():
        config = configure(environ={variable(name): samples.get(name, "5")})
        assert config.origins == {name: variable(name)}


# -------------------------------------------------------------- what is refused


@pytest.mark.proves("H9")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[mine]\ntpo = 3\n", r"no setting `mine\.tpo`.*Did you mean `mine\.top`"),
        ("[stor]\nurl = 'x'\n", "no setting `stor`"),
        ("[mine]\ntop = 0\n", r"`mine\.top` is 0"),
        ("[mine]\ntop = 'many'\n", r"`mine\.top` is 'many'"),
        ("store = 'x'\n", "`store` is 'x'"),
        ("[learning]\nmode = 'sometimes'\n", r"`learning\.mode` is 'sometimes': it takes off"),
        ("[hints]\nwindow = '1w'\n", r"`hints\.window` is '1w': it takes a number and its unit"),
        ("[hints]\nwindow = 24\n", r"`hints\.window` is 24: it takes a number and its unit"),
        ("[hints]\nttl = '0h'\n", r"`hints\.ttl` is .*: it must be more than nothing"),
        ("[hints]\nmin_confidence = 6\n", r"`hints\.min_confidence` is 6"),
        ("[mine]\nwindows = '30d/7d'\n", r"`mine\.windows` is '30d/7d': it takes two windows"),
        ("[mine]\nwindows = '24h/7d'\n", r"`mine\.windows` is '24h/7d': it takes two windows"),
        ("[mine]\norder = 'size'\n", r"`mine\.order` is 'size'"),
        ("[outcome]\nholdout_canary = 1.0\n", r"`outcome\.holdout_canary` is 1"),
        ("[classification.category]\n'a' = 'odd'\n", r"`classification\.category\.a` is 'odd'"),
        ("[classification.kind]\n'a' = 'fixre'\n", r"`classification\.kind\.a` is 'fixre'"),
        ("[classification.category]\n'(' = 'auth'\n", r"`\(`: Not a pattern that RE2 takes"),
        ("[classification.kind]\n'' = 'rule'\n", "an empty pattern would match everything"),
        ("[classification.kinds]\n'a' = 'rule'\n", "Did you mean `classification.kind`"),
        ("[hint]\nttl = '1h'\n", r"no setting `hint`"),
        ("[mine]\nmax_suggestions = 3\n", "Did you mean `hints.max_suggestions`"),
        ("[learning]\npattern_ttl_hours = 168\n", "Did you mean `hints.ttl`"),
        ("[learning]\nmin_confidence = 0.7\n", "`hints.min_confidence` or `skill.min_confid"),
        ("[learning]\nsafety_mode = 1\n", "Did you mean `tools.safety_mode`"),
        ("[learning]\nmax_failures = 3\n", "stands in docs/generated-tools.md"),
        ("[auto_inject]\nretry = 'sometimes'\n", r"`auto_inject\.retry` is 'sometimes'"),
        ("[auto_inject]\ncache = true\n", r"no setting `auto_inject\.cache`"),
        ("[learning.auto_inject]\nretry = true\n", r"Did you mean `auto_inject\.retry`"),
        ("[mine]\nmin_hits = 2\n", r"Did you mean `mine\.min_hits_7d`"),
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


@pytest.mark.usefixtures("home")
def test_a_servers_address_is_one() -> None:
    with pytest.raises(BadSetting, match="an address such as"):
        read(FAILONCE_SERVER__URL="failonce.example")

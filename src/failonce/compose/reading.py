"""Settings from files, the environment and the command line, each with its origin."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

import platformdirs
from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from failonce.adapters import whereabouts
from failonce.adapters.sql_store import on_server, store_url
from failonce.compose.settings import PREFIX, Settings, described, variable
from failonce.compose.spelling import MODE_KEYS, OFF, ON, learning_mode, places, windows
from failonce.errors import BadSetting
from failonce.model import Grants, Json, Limits, Mode
from failonce.policy import Policy
from failonce.ports import Weights

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SWITCH: Final = "FAILONCE"
"""The environment variable whose value `off` rests everything in a process."""

_RESERVED: Final = frozenset(
    {
        "FAILONCE_CRASH_SEED",
        "FAILONCE_DATA",
        "FAILONCE_DEBUG",
        "FAILONCE_STAY",
        "FAILONCE_TORTURE",
    }
)
"""Variables that are no settings."""
_ENVIRONMENT: Final = "the environment"
_TABLES: Final = frozenset({"classification.category", "classification.kind"})
"""Settings that are tables of patterns: those of a layer stand before those of the layers below."""
_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "min_hits": "mine.min_hits_7d",
        "top_n": "mine.top",
        "pattern_ttl_hours": "hints.ttl",
        "min_occurrence": "hints.min_occurrences",
        "max_suggestions_per_intent": "hints.max_suggestions",
        "auto_inject": "auto_inject.retry",
        "max_auto_tools": "tools.most",
        "learning_timeout": "model.timeout",
        "learning_model": "model.name",
        "gpt": "model.name",
        "log_retention_days": "retention.events",
        "sandbox": "tools.timeout",
        "timeout": "tools.timeout",
        "memory_limit": "tools.memory_mb",
    }
)
"""What the seeds call some settings, for the hint that a refusal gives."""
_NOT_FOLLOWED: Final = frozenset({
    "backup", "debugging", "max_failures", "monitoring", "security", "validation",
})  # fmt: skip
"""Settings of a seed that have none in their place."""
_SEED_MODE: Final = "SKILL_LEARNING_MODE"
_SEED_SWITCH: Final = "FORMAL_AI_SKILL_MODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings that hold, where each came from, and what follows from them."""

    settings: Settings
    origins: Mapping[str, str]
    """Dotted name → file or variable that set it; defaults are not listed."""
    root: Path
    """The git root of the working directory, else the working directory."""
    forced_mode: Mode | None
    """The learning mode that the environment sets, above all others."""
    off: bool
    """True where `FAILONCE=off` rests everything in this process."""

    @property
    def project(self) -> str:
        """The project of what names none."""
        return self.settings.project or str(self.root)

    @property
    def address(self) -> str:
        """Where browsers and programs find the server."""
        server = self.settings.server
        if server.url is not None:
            return server.url
        host = f"[{server.host}]" if ":" in server.host else server.host
        return f"http://{host}:{server.port}"

    @property
    def here_only(self) -> bool:
        """Whether only this machine finds the server at its address."""
        server = self.settings.server
        return server.url is None and server.host in _LOOPBACK

    @property
    def url(self) -> str:
        """The store's URL."""
        return self.settings.store.url or store_url(data_folder() / "failonce.db")

    @property
    def skills(self) -> Path:
        """The folder of skill files."""
        return self.settings.paths.skills or self.root / "skills"

    @property
    def rejects(self) -> Path:
        """The folder of rejected lines."""
        return self.settings.paths.rejects or data_folder() / "rejects"

    @property
    def packages(self) -> Path:
        """The folder of the packages that generated code may ask for."""
        return self.settings.paths.packages or data_folder() / "packages"

    @property
    def policy(self) -> Policy:
        """What the core needs of the settings."""
        mine, impact, hints = self.settings.mine, self.settings.impact, self.settings.hints
        outcome, own = self.settings.outcome, self.settings.classification
        tools = self.settings.tools
        return Policy(
            min_hits_7d=mine.min_hits_7d,
            top=mine.top,
            most_calls=mine.most_calls,
            order=mine.order,
            windows=windows(mine.windows),
            min_clusters=mine.min_clusters,
            lesson_cost=mine.lesson_cost,
            weights=Weights(week=impact.week, month=impact.month),
            categories=tuple(own.category.items()),
            kinds=tuple(own.kind.items()),
            hint_window=hints.window,
            hint_min_occurrences=hints.min_occurrences,
            hint_min_confidence=hints.min_confidence,
            hint_ttl=hints.ttl,
            max_suggestions=hints.max_suggestions,
            min_confidence=self.settings.skill.min_confidence,
            holdout_canary=outcome.holdout_canary if outcome.holdout else 0.0,
            holdout_approved=outcome.holdout_approved if outcome.holdout else 0.0,
            trial=self.settings.learning.trial,
            self_approval=self.settings.review.self_approval,
            max_tools=tools.most,
            unread=Grants(packages=_packages(self.packages)),
            safety=tools.safety_mode,
            limits=Limits(
                seconds=tools.timeout.total_seconds(), memory_bytes=tools.memory_mb << 20
            ),
            default_mode=self.settings.learning.mode or Mode.MANUAL,
            forced_mode=self.forced_mode,
        )


def _packages(folder: Path) -> tuple[str, ...]:
    """The packages that the operator put there, by name."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(p.name for p in folder.iterdir() if p.is_dir()))


def configure(
    *,
    store: str | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Configuration:
    """Read all settings; `store` is the URL from the command line.

    Raises `BadSetting` naming the file or variable and the key.
    """
    given = os.environ if environ is None else environ
    root = project_root(directory or Path.cwd())
    surroundings = _environment(given)
    layers: list[tuple[str, Mapping[str, Json]]] = [
        (str(user_file()), _file(user_file())),
        (str(root / "failonce.toml"), _cautious(root / "failonce.toml")),
        (_ENVIRONMENT, surroundings),
        ("--store", {"store": {"url": store}} if store else {}),
    ]
    merged: dict[str, Json] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        _checked(layer, origin)
        _merge(merged, layer, origin, origins)
    off = _switched_off(given)
    settings = _checked(merged, "the settings together")
    settings.retention.agree()
    return Configuration(
        settings=settings,
        origins=origins,
        root=root,
        forced_mode=Mode.OFF if off else _forced(given, surroundings),
        off=off,
    )


def _cautious(path: Path) -> dict[str, Json]:
    """What a repository's own file may say: it can lower the learning mode, never raise it, can
    ask for a second person and not do without, names no language model and no store on a server,
    opens no server, says nothing of who reviews nor of how long recordings are kept, and names no
    file outside of it that rules are written to.

    Whoever wrote the repository is not whoever runs it.
    """
    layer = _file(path)
    if "model" in layer:
        raise BadSetting(
            f"{path}: a project cannot set `model`, for it says where your key and your errors "
            f"are sent. Set it in {user_file()}, or in the environment."
        )
    if "server" in layer:
        raise BadSetting(
            f"{path}: a project cannot set `server`, for it says who may reach your recordings. "
            f"Set it in {user_file()}, or in the environment."
        )
    if "pr" in layer:
        raise BadSetting(
            f"{path}: a project cannot set `pr`, for it says where your token is sent and whose "
            f"word is a review. Set it in {user_file()}, or in the environment."
        )
    if "retention" in layer:
        raise BadSetting(
            f"{path}: a project cannot set `retention`, for it says when your recordings are "
            f"removed. Set it in {user_file()}, or in the environment."
        )
    files = _checked(layer, str(path)).files
    store = layer.get("store")
    if isinstance(store, dict) and on_server(str(store.get("url", ""))):
        raise BadSetting(
            f"{path}: a project cannot name a store on a server, for your recordings would be sent "
            f"there. Set `store.url` in {user_file()}, or in the environment."
        )
    for place in places(f"{files.blocks},{files.agent_skills}"):
        if place.is_absolute() or ".." in place.parts:
            raise BadSetting(
                f"{path}: `{place}` lies outside the project, and a project says nothing of files "
                f"there. Set it in {user_file()}, or in the environment."
            )
    if _checked(layer, str(path)).review.self_approval:
        layer = {k: v for k, v in layer.items() if k != "review"}
    learning = layer.get("learning")
    if _checked(layer, str(path)).learning.mode is not Mode.AUTO or not isinstance(learning, dict):
        return layer
    kept = {k: v for k, v in learning.items() if k not in MODE_KEYS}
    return {**layer, "learning": kept}


def project_root(directory: Path) -> Path:
    """The nearest folder upwards that holds `.git`, else the folder itself."""
    here = directory.resolve()
    return next((p for p in (here, *here.parents) if (p / ".git").exists()), here)


def user_file() -> Path:
    """The user's own settings file."""
    return platformdirs.user_config_path("failonce", appauthor=False) / "config.toml"


def data_folder() -> Path:
    """The user's data folder of failonce."""
    return platformdirs.user_data_path("failonce", appauthor=False)


def _file(path: Path) -> dict[str, Json]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadSetting(f"{path} is no valid TOML: {error}.") from error
    _anchor(values, path.parent)
    return values


def _anchor(values: dict[str, Json], folder: Path) -> None:
    """Make paths, and the one in the store's URL, relative to the file's folder."""
    paths, store = values.get("paths"), values.get("store")
    if isinstance(paths, dict):
        for name, value in paths.items():
            if isinstance(value, str):
                paths[name] = str(folder / Path(value).expanduser())
    if isinstance(store, dict):
        scheme, _, name = str(store.get("url")).partition(":///")
        if scheme == "sqlite" and name != ":memory:":
            store["url"] = store_url(folder / unquote(name))


def _environment(environ: Mapping[str, str]) -> dict[str, Json]:
    known = {variable(name): name for name, _ in described()}
    for name in ("FAILONCE_LEARNING__ENABLED", "FAILONCE_LEARNING__AUTO_LEARNING_ENABLED"):
        known[name] = "learning.mode"
    for name in environ:
        if name.startswith(PREFIX) and name not in known and name not in _RESERVED:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadSetting(f"{name} is set, but there is no such setting.{hint}")
    source = EnvSettingsSource(Settings)
    found = {k.lower(): v for k, v in environ.items() if k in known and v}
    try:
        alias = {variable("store.url").lower(): whereabouts.supabase(environ)}
    except ValueError as error:
        raise BadSetting(str(error)) from None
    source.env_vars = alias | found if any(alias.values()) else found
    return source()


def _forced(environ: Mapping[str, str], layer: Mapping[str, Json]) -> Mode | None:
    own = Settings.model_validate(layer).learning.mode
    if own is not None:
        return own
    word = environ.get(_SEED_MODE, "")
    if word.strip() and learning_mode(word) is None:
        raise BadSetting(f"{_SEED_MODE} is `{word}`; it takes auto or manual.")
    return learning_mode(word) or learning_mode(environ.get(_SEED_SWITCH, ""))


def _switched_off(environ: Mapping[str, str]) -> bool:
    word = environ.get(SWITCH, "").strip().lower()
    if word not in OFF | ON:
        raise BadSetting(f"{SWITCH} is `{environ[SWITCH]}`; it takes off, or on.")
    return word in OFF


def _checked(layer: Mapping[str, Json], origin: str) -> Settings:
    try:
        return Settings.model_validate(layer)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise BadSetting(f"{origin}: there is no setting `{name}`.{_hint(name)}") from None
        what = str(first["msg"]).removeprefix("Value error, ")
        raise BadSetting(f"{origin}: `{name}` is {first['input']!r}: {what}.") from None


def _hint(name: str) -> str:
    """What a wrong name may have meant, or where that stands; empty where none is near."""
    if name.rpartition(".")[2] in _NOT_FOLLOWED:
        return " What failonce does instead stands in docs/generated-tools.md."
    near = " or ".join(f"`{n}`" for n in _nearest(name))
    return f" Did you mean {near}?" if near else ""


def _nearest(name: str) -> list[str]:
    """The settings that a wrong name may have meant."""
    known = [setting for setting, _ in described()]
    key = name.rpartition(".")[2]
    same = [setting for setting in known if setting.rpartition(".")[2] == key]
    if same:
        return same[:2]
    return [_ELSEWHERE[key]] if key in _ELSEWHERE else get_close_matches(name, known, n=1)


def _merge(
    merged: dict[str, Json],
    layer: Mapping[str, Json],
    origin: str,
    origins: dict[str, str],
    above: str = "",
) -> None:
    for key, value in layer.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and name in _TABLES:
            below = merged.get(key, {})
            merged[key] = {**value, **(below if isinstance(below, dict) else {}), **value}
            origins[name] = ", ".join(filter(None, (_spoken(name, origin), origins.get(name))))
        elif isinstance(value, Mapping):
            inner = merged.setdefault(key, {})
            if isinstance(inner, dict):
                _merge(inner, value, origin, origins, f"{name}.")
        else:
            merged[key] = value
            origins[name] = _spoken(name, origin)


def _spoken(name: str, origin: str) -> str:
    """Where a setting came from, as people know it."""
    return variable(name) if origin == _ENVIRONMENT else origin

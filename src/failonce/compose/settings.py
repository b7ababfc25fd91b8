"""Every setting, with its type, its limits and its description."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from failonce.model import Mode

PREFIX: Final = "FAILONCE_"
"""What the environment variables of settings begin with."""
OFF: Final = frozenset({"off", "0", "false", "no"})
"""Words that switch something off."""
ON: Final = frozenset({"", "on", "1", "true", "yes"})
"""Words that leave it on."""

_ALIASES: Final[Mapping[str, Mode]] = {"accumulate": Mode.MANUAL}


def learning_mode(word: str) -> Mode | None:
    """The learning mode of a word, trimmed and in any case; None for other words (N5, F3)."""
    slug = word.strip().lower()
    return next((m for m in Mode if m == slug), _ALIASES.get(slug))


def _mode(value: object) -> object:
    if not isinstance(value, str):
        return value
    mode = learning_mode(value)
    if mode is None:
        raise ValueError("it takes off, manual or auto")
    return mode


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Section):
    """Where everything is kept."""

    url: str | None = Field(
        default=None,
        description="URL of the store, such as `sqlite:////home/me/failonce.db`. "
        "Default: `failonce.db` in your data folder.",
    )


class LearningSettings(_Section):
    """How far failonce may go on its own."""

    mode: Annotated[Mode | None, BeforeValidator(_mode)] = Field(
        default=None,
        description="`off` records nothing and rests all lessons, `manual` lets a person decide, "
        "`auto` also applies bounded lessons on trial; `accumulate` means `manual`. In a file it "
        "holds where `failonce config mode` set nothing. A repository's "
        "`failonce.toml` can lower it, never raise it to `auto`. Default: `manual`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _seeds(cls, given: object) -> object:
        """`enabled` and `auto_learning_enabled`, by which two of the seeds name the switch."""
        if not isinstance(given, Mapping):
            return given
        told = dict(given)
        for name, on, off in (
            ("enabled", Mode.MANUAL, Mode.OFF),
            ("auto_learning_enabled", Mode.AUTO, Mode.MANUAL),
        ):
            if name in told:
                word = str(told.pop(name)).lower()
                if word not in OFF | ON:
                    raise ValueError(f"`{name}` takes true or false")
                told.setdefault("mode", off if word in OFF else on)
        return told


class MineSettings(_Section):
    """What the search for lessons looks at."""

    min_hits_7d: int = Field(
        default=2,
        ge=1,
        description="Failures of one class in the newest seven days below which it is only "
        "counted. Default: 2.",
    )
    top: int = Field(
        default=50, ge=1, description="Most classes looked at in one run, by impact. Default: 50."
    )
    min_clusters: int = Field(
        default=2,
        ge=1,
        description="Distinct sessions or tasks that a class must have failed in. Default: 2.",
    )


class ImpactSettings(_Section):
    """Weights of the impact score, by which failures are ranked."""

    week: float = Field(
        default=0.7,
        ge=0,
        le=1000,
        description="Weight of a failure in the newest 7 days. Default: 0.7.",
    )
    month: float = Field(
        default=0.3,
        ge=0,
        le=1000,
        description="Weight of a failure in the newest 30 days. Default: 0.3.",
    )


class PathSettings(_Section):
    """Folders. In a file they are relative to its folder, else to the working directory."""

    skills: Path | None = Field(
        default=None,
        description="Folder of the skill files that rules are written to, one managed block in "
        "each. Default: `skills` in the project.",
    )
    templates: Path | None = Field(
        default=None,
        description="Folder with your own wording of names, messages and reasons. Default: the "
        "built-in wording.",
    )
    rejects: Path | None = Field(
        default=None,
        description="Folder where lines that could not be imported are kept. Default: `rejects` "
        "in your data folder.",
    )


class Settings(BaseSettings):
    """Every setting; the tables of `failonce.toml` are its sections."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    project: str | None = Field(
        default=None,
        description="Name of the project for calls that name none. Default: the path of the git "
        "root of the working directory, else of the working directory.",
    )
    store: StoreSettings = StoreSettings()
    learning: LearningSettings = LearningSettings()
    mine: MineSettings = MineSettings()
    impact: ImpactSettings = ImpactSettings()
    paths: PathSettings = PathSettings()


def described() -> Iterator[tuple[str, str]]:
    """Every setting by its dotted name, with its description."""
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            for key, inner in section.model_fields.items():
                yield f"{name}.{key}", inner.description or ""
        else:
            yield name, field.description or ""


def variable(name: str) -> str:
    """The environment variable of a setting: `store.url` → `FAILONCE_STORE__URL`."""
    return PREFIX + name.replace(".", "__").upper()

"""Every setting, with its type, its limits and its description.

A key exists only where something reads it. Durations are a number with its unit (`30s`,
`90m`, `24h`, `7d`), shares lie between 0 and 1.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from failonce.adapters.language_model import Dialect
from failonce.compose import spelling
from failonce.compose.place_settings import FileSettings, PathSettings
from failonce.compose.pull_settings import PullSettings
from failonce.compose.retention_settings import RetentionSettings
from failonce.compose.section import Section
from failonce.compose.server_settings import ServerSettings
from failonce.compose.spelling import OFF, ON, Duration
from failonce.model import Category, KindName, Mode, Safety
from failonce.ports import SignatureOrder

PREFIX: Final = "FAILONCE_"
"""What the environment variables of settings begin with."""


class StoreSettings(Section):
    """Where everything is kept."""

    url: str | None = Field(
        default=None,
        description="URL of the store, such as `sqlite:////home/me/failonce.db`, or of a "
        "PostgreSQL database, such as `postgresql://me:secret@db.example.com/failonce` "
        "(`?schema=NAME` gives it a schema of its own). A repository's `failonce.toml` can name a "
        "file only. Default: `failonce.db` in your data folder.",
    )


class LearningSettings(Section):
    """How far failonce may go on its own."""

    mode: Annotated[Mode | None, BeforeValidator(spelling.mode)] = Field(
        default=None,
        description="`off` records nothing and rests all lessons, `manual` lets a person decide, "
        "`auto` also applies bounded lessons on trial; `accumulate` means `manual`. In a file it "
        "holds where `failonce config mode` set nothing. A repository's "
        "`failonce.toml` can lower it, never raise it to `auto`. Default: `manual`.",
    )
    trial: Duration = Field(
        default=timedelta(hours=168),
        description="How long a lesson that `auto` applied stays on trial; then it ends unless it "
        "has proven itself. Default: `168h`.",
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


class MineSettings(Section):
    """What the search for lessons looks at."""

    min_hits_7d: int = Field(
        default=2,
        ge=1,
        description="Failures of one class in the newest seven days (the shorter of "
        "`mine.windows`) below which it is only counted. Default: 2.",
    )
    top: int = Field(
        default=50,
        ge=1,
        description="Most classes looked at in one run, in the order of `mine.order`. Default: 50.",
    )
    most_calls: int = Field(
        default=100_000,
        ge=1,
        description="Recorded calls that one run reads: of a longer history the newest failures "
        "of each class with all of their sessions, and the newest sessions beside them. A run "
        "takes about 7 kB of memory for each. Default: 100000.",
    )
    order: SignatureOrder = Field(
        default=SignatureOrder.IMPACT,
        description="Which classes are looked at first: `impact`, `recency` or `hits`. "
        "Default: `impact`.",
    )
    windows: Annotated[str, AfterValidator(spelling.window_words)] = Field(
        default="7d/30d",
        description="The two windows that recent failures are counted in, in whole days. Numbers "
        "named after seven and thirty days, such as `hits_7d`, then count these. "
        "Default: `7d/30d`.",
    )
    min_clusters: int = Field(
        default=2,
        ge=1,
        description="Distinct sessions or tasks that a class must have failed in. Reported errors "
        "count by session, else by request, else by two hours. Default: 2.",
    )
    lesson_cost: float = Field(
        default=5.0,
        ge=0,
        le=10_000,
        description="What a lesson costs whoever reads it, in calls. A class whose failures cost "
        "their callers no more calls than that, until they mended them, is not worth one. To judge "
        "a card takes about half a minute, in which an agent makes about five calls. An error "
        "that is only reported costs two. Default: 5.",
    )


class HintSettings(Section):
    """What makes a hint, and how much is said at once."""

    window: Duration = Field(
        default=timedelta(hours=24),
        description="How close together failures must come to make a hint. Default: `24h`.",
    )
    min_occurrences: int = Field(
        default=2,
        ge=1,
        description="Failures within one `hints.window` below which no hint is made. Default: 2.",
    )
    min_confidence: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="How sure a hint must be before `auto` applies it, or a pattern before it is "
        "suggested. Two sessions that it helps and none that it hurts make it 0.6 sure. "
        "Default: 0.6.",
    )
    ttl: Duration = Field(
        default=timedelta(hours=168),
        description="How long a hint that `auto` applied stays on trial, as `learning.trial` is "
        "for all other kinds; and how long a failure counts for what is suggested for a plan. "
        "Default: `168h`.",
    )
    max_suggestions: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Most sentences shown with one call, and most rules or hints suggested for one "
        "plan. Default: 3.",
    )


class AutoInjectSettings(Section):
    """Which hints failonce writes into plans (C17)."""

    retry: bool = Field(
        default=True,
        description="Write into plans that a call is tried again. Default: `true`.",
    )
    timeout: bool = Field(
        default=True,
        description="Write into plans after how long a call is given up. Default: `true`.",
    )
    fallback: bool = Field(
        default=True,
        description="Write into plans which tool answers where one fails. Default: `true`.",
    )
    circuit_breaker: bool = Field(
        default=True,
        description="Write into plans that a tool rests after it failed in a row. Default: `true`.",
    )
    rate_limit: bool = Field(
        default=True,
        description="Write into plans that a tool is called no more often than it bears. "
        "Default: `true`.",
    )
    metrics: bool = Field(
        default=True, description="Write into plans that a call is measured. Default: `true`."
    )


class SkillSettings(Section):
    """When lessons of the other kinds are sure enough."""

    min_confidence: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="How sure a lesson that is no hint must be before `auto` applies it. Four "
        "sessions that it helps and none that it hurts make it 0.71 sure. Default: 0.7.",
    )


class OutcomeSettings(Section):
    """How the effect of lessons in force is measured."""

    holdout: bool = Field(
        default=True,
        description="Leave some sessions without a lesson, to measure what it changes. With "
        "`false` every session gets it, and its effect stays unknown. Default: `true`.",
    )
    holdout_canary: float = Field(
        default=0.5,
        ge=0,
        le=0.9,
        description="Share of sessions without a lesson that was applied by itself and is on "
        "trial. Default: 0.5.",
    )
    holdout_approved: float = Field(
        default=0.1,
        ge=0,
        le=0.9,
        description="Share of sessions without a lesson that a person approved, or that is "
        "proven. Default: 0.1.",
    )


class ClassificationSettings(Section):
    """Your own tables of what failures are, tried before the built-in ones (S25)."""

    category: Annotated[
        Mapping[str, Annotated[Category, BeforeValidator(spelling.cause)]],
        AfterValidator(spelling.patterns),
    ] = Field(
        default={},
        description="Pattern (RE2, in any case) → cause of the failures whose text it finds, such "
        'as `"quota reached" = "rate_limit"`. The first that is found decides, for what is '
        "recorded from then on. `failonce explain` shows what decided. Default: none.",
    )
    kind: Annotated[
        Mapping[str, Annotated[KindName, BeforeValidator(spelling.kind)]],
        AfterValidator(spelling.patterns),
    ] = Field(
        default={},
        description="Pattern (RE2, in any case) → the only kind of lesson that is looked for where "
        'it finds the text of a class, such as `"missing manifest" = "guardrail"`. Default: none.',
    )


class ReviewSettings(Section):
    """Who may decide."""

    self_approval: bool = Field(
        default=True,
        description="Let whoever proposed or edited a lesson approve it too. With `false` somebody "
        "else has to. A repository's `failonce.toml` cannot set it to `true`. Default: `true`.",
    )


class ImpactSettings(Section):
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


class ModelSettings(Section):
    """The language model that writes tools, where there is one."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The model that writes tools that an agent is missing, as its server calls it. "
        "What it writes is tried in the sandbox and waits for a person. Default: none, and nobody "
        "is asked. A repository's `failonce.toml` cannot set this section.",
    )
    protocol: Dialect = Field(
        default=Dialect.OPENAI,
        description="How its server is spoken to: `openai` (chat completions, which most servers "
        "offer) or `anthropic`. Default: `openai`.",
    )
    url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Where the server is, such as `http://127.0.0.1:8080/v1`. Default: that of "
        "the protocol's own company.",
    )
    key: str | None = Field(
        default=None,
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Name of the environment variable that holds the key; the key itself is never "
        "stored. It is not sent over `http://` to another machine. Default: no key.",
    )
    temperature: float = Field(
        default=0.3, ge=0, le=2, description="How freely it writes. Default: 0.3."
    )
    max_tokens: int = Field(
        default=2000, ge=100, le=100_000, description="Most tokens of one answer. Default: 2000."
    )
    timeout: Duration = Field(
        default=timedelta(seconds=60),
        description="How long one answer may take. Default: `60s`.",
    )
    budget_tokens: int = Field(
        default=200_000,
        ge=0,
        description="Most tokens a day (UTC), questions and answers together. Default: 200000.",
    )
    budget_money: float | None = Field(
        default=None,
        ge=0,
        description="US dollars a day (UTC) after which nothing is asked; the last request may go "
        "beyond it. It needs a known price. Default: no limit but the tokens.",
    )
    price_in: float | None = Field(
        default=None,
        ge=0,
        description="US dollars for a million tokens of questions. Default: the published price, "
        "known only at the company's own URL.",
    )
    price_out: float | None = Field(
        default=None,
        ge=0,
        description="The same for answers. Both prices are given, or none. Default: as above.",
    )


class ToolSettings(Section):
    """Tools that were written for an agent, and the sandbox that they run in."""

    most: int = Field(
        default=50,
        ge=0,
        le=1000,
        description="Learned tools, waiting or in force, beyond which none is added. Default: 50.",
    )
    safety_mode: Safety = Field(
        default=Safety.CHANGING,
        description="How far generated code may be allowed to reach, by whoever approves it: "
        "`nothing` but its arguments, `reading` files, the `network`, or `changing` files and "
        "starting programs; each with those before it. More is refused. Default: `changing`.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10), description="How long one run may take. Default: `10s`."
    )
    memory_mb: int = Field(
        default=512,
        ge=16,
        le=65_536,
        description="How much memory one run may take, in MiB. Default: 512.",
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names and passes it
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: `reading` asks files and the environment, each by itself."""
        return (init_settings,)

    project: str | None = Field(
        default=None,
        description="Name of the project for calls that name none. Default: the path of the git "
        "root of the working directory, else of the working directory.",
    )
    store: StoreSettings = StoreSettings()
    learning: LearningSettings = LearningSettings()
    mine: MineSettings = MineSettings()
    hints: HintSettings = HintSettings()
    auto_inject: AutoInjectSettings = AutoInjectSettings()
    skill: SkillSettings = SkillSettings()
    outcome: OutcomeSettings = OutcomeSettings()
    review: ReviewSettings = ReviewSettings()
    impact: ImpactSettings = ImpactSettings()
    tools: ToolSettings = ToolSettings()
    classification: ClassificationSettings = ClassificationSettings()
    model: ModelSettings = ModelSettings()
    paths: PathSettings = PathSettings()
    files: FileSettings = FileSettings()
    retention: RetentionSettings = RetentionSettings()
    server: ServerSettings = ServerSettings()
    pr: PullSettings = PullSettings()


def described() -> Iterator[tuple[str, str]]:
    """Every setting by its dotted name, with its description."""
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for key, inner in section.model_fields.items():
                yield f"{name}.{key}", inner.description or ""
        else:
            yield name, field.description or ""


def variable(name: str) -> str:
    """The environment variable of a setting: `store.url` → `FAILONCE_STORE__URL`."""
    return PREFIX + name.replace(".", "__").upper()

"""The one reader of settings, and the place where the parts are put together.

    config = configure()              files and environment → settings, each with its origin
    with opened(config) as parts:     settings → store, review, loop

A setting is taken from the first of: the command line, the environment (`FAILONCE_STORE__URL`),
`failonce.toml` in the project's root, `failonce/config.toml` in the user's configuration folder,
its default. Unknown keys are refused, so that a typo cannot pass for a decision.

The rooms that mine, make tools and mend repositories are a quarter of the program, and most
commands ask none of them: they are loaded where `Parts` is asked for them.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from failonce.adapters.clock import SystemClock
from failonce.adapters.in_force import Projections, Publisher, file_beside
from failonce.adapters.sql_store import open_store
from failonce.adapters.wording import TemplateWording
from failonce.adapters.workspace import FileWorkspace, Places
from failonce.compose import plugins, spelling
from failonce.compose.reading import Configuration, configure
from failonce.errors import ToolFailed
from failonce.evidence.redact import Clean, Redactor
from failonce.kinds.hint import HANDLERS
from failonce.kinds.registry import KINDS
from failonce.measuring import Measuring
from failonce.model import Recording, Reject, ToolSpec
from failonce.ports import Clock, Store, Wording
from failonce.review import Review
from failonce.signature.masks import SCHEME_VERSION

if TYPE_CHECKING:
    from failonce.developing import Developing
    from failonce.loop import Loop
    from failonce.patching import Patches

__all__ = [
    "Configuration",
    "Parts",
    "SystemClock",
    "TimedRedactor",
    "assemble",
    "configure",
    "opened",
]


class TimedRedactor:
    """Redaction that knows how many seconds it took."""

    def __init__(self) -> None:
        self._redactor = Redactor()
        self.seconds = 0.0

    def clean(self, recording: Recording) -> Clean:
        """The recording without secrets."""
        start = perf_counter()
        try:
            return self._redactor.clean(recording)
        finally:
            self.seconds += perf_counter() - start

    def name(self, name: str) -> str:
        """A project's name and the like, as the cleaned recording has it."""
        return self._redactor.name(name)

    def tool(self, spec: ToolSpec) -> ToolSpec:
        """The tool's description of itself without secrets."""
        start = perf_counter()
        try:
            return self._redactor.tool(spec)
        finally:
            self.seconds += perf_counter() - start

    def reject(self, reject: Reject) -> Reject:
        """The rejected input without secrets."""
        return self._redactor.reject(reject)


KINDS.elsewhere = HANDLERS.elsewhere = plugins.load


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a surface calls, over one store."""

    config: Configuration
    store: Store
    clock: Clock
    wording: Wording
    redactor: TimedRedactor
    review: Review
    files: FileWorkspace
    """The skill files of the configured project, and all others that lessons stand in."""
    publisher: Publisher | None = None
    """Who keeps the file that calls ask; None where the store is no file."""

    def catch_up(self) -> None:
        """Bring the files up to date with what a process decided that died before it had.

        Costs next to nothing where there is nothing to do. Raises `FailonceError` where they
        cannot be written; what was decided stands all the same.
        """
        if self.publisher is not None and not self.config.off and self.publisher.behind():
            self.review.project()

    @cached_property
    def loop(self) -> "Loop":
        """From recordings to lessons, with this machine's sandbox."""
        from failonce.compose.sandbox import sandbox_for  # noqa: PLC0415 - see above
        from failonce.loop import Loop  # noqa: PLC0415

        return Loop(
            review=self.review,
            clock=self.clock,
            wording=self.wording,
            cleaner=self.redactor,
            policy=self.config.policy,
            sandbox=sandbox_for(self.config),
        )

    def developing(self) -> "Developing":
        """What finds or makes a tool that is missing, with the model that the settings name.

        Raises `BadSetting` where that cannot be used.
        """
        if self.loop.making is None:
            raise ToolFailed("There is no sandbox here to try a tool in. failonce doctor says why.")
        from failonce.compose.modelled import author, budget  # noqa: PLC0415 - see above
        from failonce.developing import Developing  # noqa: PLC0415

        return Developing(
            making=self.loop.making,
            review=self.review,
            taking=self.loop.taking,
            clock=self.clock,
            author=author(self.config),
            budget=budget(self.config),
        )

    def patches(self) -> "Patches":
        """What tries scripts that mend a repository."""
        from failonce.adapters.sandbox.copies import FolderCopies  # noqa: PLC0415 - see above
        from failonce.compose.sandbox import sandbox_for  # noqa: PLC0415
        from failonce.patching import Patches  # noqa: PLC0415

        return Patches(review=self.review, copies=FolderCopies(sandbox_for(self.config)))


def assemble(
    config: Configuration, store: Store, *, actor: str | None = None, via: str = ""
) -> Parts:
    """The parts over a store that is open; `actor` is who decides, by default the user.

    `via` is from where, empty at the machine itself.
    """
    clock, redactor = SystemClock(), TimedRedactor()
    publisher = _publisher(config, store, clock)
    files = FileWorkspace(
        config.skills,
        project=config.project,
        places=_places(config),
        facts=Measuring(store=store, clock=clock),
    )
    wording = TemplateWording(config.settings.paths.templates)
    review = Review(
        store=store,
        clock=clock,
        workspace=files if publisher is None else Projections(files, publisher),
        policy=config.policy,
        actor=_user() if actor is None else actor,
        via=via,
    )
    return Parts(
        config=config,
        store=store,
        clock=clock,
        wording=wording,
        redactor=redactor,
        review=review,
        files=files,
        publisher=publisher,
    )


def _places(config: Configuration) -> Places:
    """Where lessons stand beside the skill files."""
    files = config.settings.files
    return Places(
        root=config.root,
        blocks=spelling.places(files.blocks),
        agent_skills=spelling.places(files.agent_skills),
        yaml=files.yaml,
        budget=files.budget,
    )


@runtime_checkable
class _Filed(Protocol):
    """A store that is a file, beside which others find what is in force."""

    @property
    def path(self) -> Path: ...


def _publisher(config: Configuration, store: Store, clock: Clock) -> Publisher | None:
    if not isinstance(store, _Filed):
        return None
    return Publisher(store, file_beside(store.path), policy=config.policy, clock=clock)


@contextmanager
def opened(
    config: Configuration,
    *,
    actor: str | None = None,
    via: str = "",
    patience_s: float = 30.0,
) -> Iterator[Parts]:
    """The parts over the store that the settings name, closed at the end.

    `patience_s` is how long a write waits for another process.
    """
    store = open_store(config.url, scheme=SCHEME_VERSION, patience_s=patience_s)
    try:
        yield assemble(config, store, actor=actor, via=via)
    finally:
        store.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process without an entry in the user database
        return "unknown"

"""Recordings from the paths that a command names; what cannot be read is told and passed over."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from failonce.adapters.importers.registry import detect, importer
from failonce.adapters.sources import STDIN, Input, sources
from failonce.adapters.whereabouts import project_of
from failonce.errors import BadInput
from failonce.model import Offer, Recording, Reject
from failonce.ports import Clock, Importer
from failonce.surfaces.cli.output import warn
from failonce.surfaces.cli.progress import Bar
from failonce.surfaces.cli.rejects import Rejects
from failonce.surfaces.hooks.passing import is_block


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The inputs that paths name, and how many of the paths themselves cannot be read."""

    inputs: Sequence[Input]
    named: frozenset[str]
    """Names of the inputs that were given themselves, not found in a folder."""
    missing: int


def at_home(recording: Recording) -> Recording:
    """The recording under the project that its folder belongs to, where that is on this machine.

    Coding agents say where a call was made, which may be any folder of a project.
    """
    home = _home(recording.call.project)
    if home == recording.call.project:
        return recording
    return replace(recording, call=replace(recording.call, project=home))


@lru_cache(maxsize=1024)
def _home(project: str) -> str:
    try:
        return (
            project_of(project)
            if Path(project).is_absolute() and Path(project).is_dir()
            else project
        )
    except (OSError, ValueError):  # its settings cannot be read, which whoever needs them says
        return project


def find(paths: Sequence[str], clock: Clock, rejects: Rejects) -> Found:
    """Look at all paths; one that is not there is named, and the others go on."""
    inputs: list[Input] = []
    missing = 0
    for path in paths:
        folder = path != STDIN and Path(path).is_dir()
        try:
            for item in sources([path], stdin=sys.stdin.buffer, clock=clock):
                if isinstance(item, Input):
                    inputs.append(item)
                else:
                    rejects.add(item)
                    missing += not folder
        except BadInput as error:
            warn(f"failonce: {error}")
            missing += 1
    named = frozenset("standard input" if p == STDIN else str(Path(p)) for p in paths)
    return Found(inputs=inputs, named=named, missing=missing)


class Reader:
    """Reads inputs one after the other; counts what it had to leave."""

    def __init__(self, found: Found, rejects: Rejects, format_name: str | None) -> None:
        self._found = found
        self._rejects = rejects
        self._chosen = importer(format_name) if format_name else None
        self.sources = 0
        self.skipped = 0
        """Files in folders whose format nobody knows."""
        self.python = 0
        """Those of them that are Python."""
        self.failed = 0
        """Inputs named by the user that could not be read."""
        self.offers: list[Offer] = []
        """The tools that the last input defined; whoever wants them takes them."""

    def each(
        self, bar: Bar, keep: Callable[[Recording], bool]
    ) -> Iterator[tuple[Input, Iterator[Recording]]]:
        """Each input that can be read, with those of its recordings that `keep` likes."""
        for source in self._found.inputs:
            chosen = self._importer(source)
            if chosen is not None:
                self.sources += 1
                self.offers = []
                yield source, self._recordings(source, chosen, bar, keep)
            source.close()
            bar.finished(source)

    def _importer(self, source: Input) -> Importer | None:
        try:
            return self._chosen or detect(source.head(), source.name)
        except BadInput as error:
            if source.name in self._found.named:
                self._leave(source, error)
            else:
                self.skipped += 1
                self.python += source.name.endswith(".py")
            return None

    def _recordings(
        self, source: Input, chosen: Importer, bar: Bar, keep: Callable[[Recording], bool]
    ) -> Iterator[Recording]:
        try:
            for item in chosen.read(source):
                bar.step(source)
                if isinstance(item, Reject):
                    self._rejects.add(item)
                elif isinstance(item, Offer):
                    self.offers.append(item)
                elif not is_block(item.text, item.tags) and keep(found := at_home(item)):
                    yield found
        except BadInput as error:
            self._leave(source, error)

    def _leave(self, source: Input, error: BadInput) -> None:
        """An input, or the rest of it, that cannot be read."""
        reason = str(error).removeprefix(f"{source.name}: ")
        self._rejects.add(Reject(source=source.name, line=0, reason=reason, raw=""))
        self.failed += source.name in self._found.named

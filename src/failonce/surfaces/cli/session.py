"""Settings and store for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from failonce.compose import Configuration, Parts, configure, opened
from failonce.errors import Refused


@contextmanager
def session(store: str | None) -> Iterator[Parts]:
    """The parts over the store that option, environment or files name."""
    with opened(configure(store=store)) as parts:
        yield parts


@contextmanager
def deciding(store: str | None) -> Iterator[Parts]:
    """The same, for a person's decision; refused where `FAILONCE=off` rests this process."""
    config = configure(store=store)
    if config.off:
        raise Refused("FAILONCE=off rests failonce here, so nothing was changed. Unset it first.")
    with opened(config) as parts:
        yield parts


def named(project: str | None, config: Configuration) -> str | None:
    """The project that an option names; `.` is the one of the working directory."""
    return config.project if project == "." else project

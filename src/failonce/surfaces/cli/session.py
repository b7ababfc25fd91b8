"""Settings and store for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from failonce.compose import Configuration, Parts, configure, opened
from failonce.compose.calling import drain
from failonce.errors import FailonceError, Refused
from failonce.surfaces.cli.output import warn


@contextmanager
def session(store: str | None) -> Iterator[Parts]:
    """The parts over the store that option, environment or files name."""
    with opened(configure(store=store)) as parts:
        _catch_up(parts)
        yield parts


@contextmanager
def deciding(store: str | None) -> Iterator[Parts]:
    """The same, for a person's decision; refused where `FAILONCE=off` rests this process."""
    config = configure(store=store)
    if config.off:
        raise Refused("FAILONCE=off rests failonce here, so nothing was changed. Unset it first.")
    with opened(config) as parts:
        _catch_up(parts)
        yield parts


def _catch_up(parts: Parts) -> None:
    """What hooks and hosts left in the spool is taken up now, and what somebody decided who was
    killed before it was in force is put in force."""
    try:
        if not parts.config.off:
            drain(parts.config, parts.clock)
        parts.catch_up()
    except FailonceError as error:  # the command itself may well do without
        warn(f"What is in force could not be brought up to date. {error}")


def named(project: str | None, config: Configuration) -> str | None:
    """The project that an option names; `.` is the one of the working directory."""
    return config.project if project == "." else project

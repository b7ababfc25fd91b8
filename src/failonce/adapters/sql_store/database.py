"""What a store needs of the database that it stands in: all that differs between them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, event, inspect


class Database(Protocol):
    """A database of one kind; every statement outside of its module is portable.

    Nothing is opened before it is asked for. Each block raises the database's own errors; inside
    of `translated` they come out as `StoreError`, saying what to do.
    """

    name: str
    """What people are told of it; never holds a password."""
    path: Path
    """Beside this path lies what this machine keeps of the store."""
    elsewhere: str
    """What to do where it holds something that is not ours, as the end of a sentence."""
    engine: Engine

    def renumber(self, connection: Connection) -> None:
        """Number new rows behind those that came with numbers of their own."""
        ...

    def tenants(self) -> Sequence[str]:
        """The tenants that have a store beside this one, sorted."""
        ...

    def size(self) -> int:
        """The bytes that this store takes."""
        ...

    def translated(self) -> AbstractContextManager[None]:
        """Raise the database's errors inside the block as ours."""
        ...

    def claim(self) -> None:
        """See to it that there is a place for it, readable by its owner alone."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one moment, and waits for nobody."""
        ...

    def writing(self, *, lasting: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that is alone in writing the store, and sees all that was written before.

        It survives the death of every process; where it is `lasting` the loss of power too.
        """
        ...

    def scrub(self) -> bool:
        """Leave nothing in its files of rows that were removed; False where it could not."""
        ...

    def migrating(self) -> AbstractContextManager[Connection]:
        """A lasting transaction in which the schema may be changed."""
        ...

    def announce(self, connection: Connection) -> None:
        """Tell all who listen that this transaction decided something, once it is committed."""
        ...

    def listen(self) -> "News | None":
        """What tells of decisions from now on; None where whoever wants to know has to ask."""
        ...


class News(Protocol):
    """Tells that something was decided. Not shared between threads."""

    alive: bool
    """False once it hears no more; what was decided since has to be asked for."""

    def heard(self) -> bool:
        """Whether anything was decided since this was last asked; costs next to nothing."""
        ...

    def close(self) -> None:
        """Hear no more."""
        ...


def tables_of(connection: Connection) -> frozenset[str]:
    """The names of the tables that are there."""
    return frozenset(inspect(connection).get_table_names())


@contextmanager
def closed_on_error(database: Database) -> Iterator[None]:
    """Let go of the database where the block fails."""
    try:
        yield
    except BaseException:
        database.engine.dispose()
        raise


def watch(engine: Engine, pause: Callable[[], None] | None) -> None:
    """Have `pause` called before and after each statement, by whoever must let others run."""
    if pause is not None:
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, moment, lambda *_: pause())

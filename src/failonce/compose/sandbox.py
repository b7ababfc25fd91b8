"""The sandbox of this machine, which is lent nothing of failonce's own."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from failonce.adapters.sandbox import Bubblewrap
from failonce.adapters.sql_store import store_path
from failonce.compose.reading import Configuration, data_folder, user_file
from failonce.errors import FailonceError


def sandbox_for(config: Configuration) -> Bubblewrap:
    """A sandbox that neither the store, nor failonce's data, nor its settings are lent to.

    The same one for the same folders: what holds is tried once a process.
    """
    protected = [data_folder(), user_file().parent]
    with suppress(FailonceError):  # whoever opens the store says what is wrong with its name
        protected.append(store_path(config.url))
    return _sandbox(tuple(protected), config.packages)


@lru_cache(maxsize=16)
def _sandbox(protected: tuple[Path, ...], packages: Path) -> Bubblewrap:
    return Bubblewrap(protected=protected, packages=packages)

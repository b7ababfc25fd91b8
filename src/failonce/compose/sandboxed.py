"""The sandbox of this machine, as the settings want it."""

from functools import lru_cache
from pathlib import Path

from failonce.adapters.sandbox import Bubblewrap
from failonce.adapters.sql_store import store_path
from failonce.compose.reading import Configuration
from failonce.ports import Sandbox


def sandbox(config: Configuration) -> Sandbox:
    """It; whether it holds is told by `barriers`, which are tried once a process."""
    return _sandbox(store_path(config.url).parent, config.settings.paths.packages)


@lru_cache(maxsize=8)
def _sandbox(folder: Path, packages: Path | None) -> Sandbox:
    return Bubblewrap(protected=(folder,), packages=packages)

"""The sandbox of this machine, which is lent nothing of failonce's own."""

from contextlib import suppress

from failonce.adapters.sandbox import Bubblewrap
from failonce.adapters.sql_store import store_path
from failonce.compose.reading import Configuration, data_folder, user_file
from failonce.errors import FailonceError

PACKAGES = "packages"
"""The folder, in failonce's data folder, of packages that an operator allows: each in a folder of
its name, put there with `pip install --target`."""


def sandbox_for(config: Configuration) -> Bubblewrap:
    """A sandbox that neither the store, nor failonce's data, nor its settings are lent to."""
    protected = [data_folder(), user_file().parent]
    with suppress(FailonceError):  # whoever opens the store says what is wrong with its name
        protected.append(store_path(config.url))
    return Bubblewrap(protected=protected, packages=data_folder() / PACKAGES)

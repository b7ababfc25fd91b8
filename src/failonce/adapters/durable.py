"""What makes a file's place in its folder last."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable; Windows cannot open folders, nor needs it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

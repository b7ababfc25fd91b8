"""What of the recordings stands outside the store: files that name somebody, and copies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from failonce.adapters.in_force import file_beside
from failonce.adapters.spool import folder_beside
from failonce.adapters.sql_store import store_path
from failonce.compose import Parts
from failonce.model import Whose
from failonce.surfaces.hooks.memory import FOLDER

_MOST: Final = 64 << 20
"""Bytes of a file that are looked at."""


def elsewhere(parts: Parts, whose: Whose) -> list[Path]:
    """Files of failonce on this machine that name them."""
    return [path for path in _files(parts) if _names(path, whose)]


def _files(parts: Parts) -> Iterator[Path]:
    store = store_path(parts.config.url)
    folders = (
        parts.config.rejects,
        parts.config.skills,
        folder_beside(store),
        Path(f"{store}{FOLDER}"),
    )
    for folder in folders:
        if folder.is_dir():
            yield from (p for p in sorted(folder.rglob("*")) if p.is_file())
    yield from (p for p in (file_beside(store),) if p.is_file())


def _names(path: Path, whose: Whose) -> bool:
    try:
        with path.open("rb") as file:
            return whose.mentioned(file.read(_MOST).decode("utf-8", "replace"))
    except OSError:  # gone meanwhile, or nobody may read it
        return False


def projections(parts: Parts) -> tuple[str, ...]:
    """What else may hold them, that nobody here can see."""
    settings = parts.config.settings.files
    blocks = f"what lessons were written to ({settings.blocks})" if settings.blocks else ""
    return tuple(
        filter(
            None,
            (
                "the recordings themselves, where they were imported from",
                "backups and copies of the store",
                "packs, reports and training sets that were exported",
                "branches and pull requests",
                "the stores of other tenants",
                blocks,
            ),
        )
    )

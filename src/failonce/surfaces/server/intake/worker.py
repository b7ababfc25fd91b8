"""In a process that stores what comes in: parcels → evidence → one transaction."""

from collections.abc import Sequence

from failonce.compose import Configuration
from failonce.errors import FailonceError
from failonce.surfaces.server.children import end_with_parent
from failonce.surfaces.server.intake.parcel import Parcel, Receipt


def begin(config: Configuration, turn: object) -> None:
    end_with_parent()


def ready() -> None:
    """Nothing; that it was called shows that the process runs."""


def keep(parcels: Sequence[Parcel]) -> list[Receipt | FailonceError]:
    raise NotImplementedError

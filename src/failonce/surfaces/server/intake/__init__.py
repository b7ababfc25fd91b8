"""What comes in: parcels, the queue before the processes that store them, and these processes."""

from failonce.surfaces.server.intake.parcel import Format, Parcel, Receipt, Refused
from failonce.surfaces.server.intake.pool import Intake

__all__ = ["Format", "Intake", "Parcel", "Receipt", "Refused"]

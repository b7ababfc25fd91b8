"""Times, as every record has them."""

from datetime import datetime


def moment(at: datetime | None) -> str | None:
    """A time as ISO 8601."""
    return None if at is None else at.isoformat()

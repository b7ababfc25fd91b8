"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC (port `Clock`)."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

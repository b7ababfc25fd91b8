"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    """A `ports.Clock` for tests: it shows `at` and moves by `advance` alone."""

    def __init__(self, at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        """The moment it shows."""
        return self._now

    def advance(self, **by: float) -> datetime:
        """Move by what `timedelta` understands, such as `days=1`, and show the new moment."""
        self._now += timedelta(**by)
        return self._now

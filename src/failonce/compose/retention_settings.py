"""What is kept, and for how long."""

from datetime import datetime, timedelta

from pydantic import Field, field_validator

from failonce.compose.section import Section
from failonce.compose.spelling import Duration
from failonce.errors import BadSetting
from failonce.model import Horizon

_DAY = timedelta(days=1)


class RetentionSettings(Section):
    """How long what was recorded is kept; what lessons rest on, and the audit, always is."""

    events: Duration | None = Field(
        default=None,
        description="How long recorded calls and errors are kept, such as `90d`; then `failonce "
        "prune` and `failonce serve` remove them, and keep their counts. What a lesson rests on "
        "stays. A repository's `failonce.toml` cannot set this section. Default: for ever.",
    )
    counts: Duration | None = Field(
        default=None,
        description="How long the daily counts of a class of failures are kept, such as `400d`; at "
        "least as long as `retention.events`. Default: for ever.",
    )

    @field_validator("events", "counts")
    @classmethod
    def _days(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < _DAY:
            raise ValueError("it is at least 1d")
        return value

    def agree(self) -> None:
        """Raises `BadSetting` where counts would go before the events that they count."""
        if self.events is not None and self.counts is not None and self.counts < self.events:
            raise BadSetting(
                "`retention.counts` is shorter than `retention.events`, and counts are kept at "
                "least as long as the events that they count. Make it longer."
            )

    def horizon(self, now: datetime) -> Horizon | None:
        """The first days that are kept, None where all are."""
        if self.events is None:
            return None
        counts = None if self.counts is None else (now - self.counts).date()
        return Horizon(events=(now - self.events).date(), counts=counts)

"""What is kept, and for how long."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from failonce.compose.section import Section
from failonce.compose.spelling import Duration
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

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, span in (("events", self.events), ("counts", self.counts)):
            if span is not None and span < _DAY:
                raise ValueError(f"`retention.{name}` is at least 1d")
        if self.counts is not None and (self.events is None or self.counts < self.events):
            raise ValueError(
                "`retention.counts` goes with a `retention.events` that is not longer, for counts "
                "are kept as long as the events that they count"
            )
        return self

    def horizon(self, now: datetime) -> Horizon | None:
        """The first days that are kept, None where all are."""
        if self.events is None:
            return None
        counts = None if self.counts is None else (now - self.counts).date()
        return Horizon(events=(now - self.events).date(), counts=counts)

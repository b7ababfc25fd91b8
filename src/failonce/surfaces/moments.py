"""Times as people write them."""

import re
from datetime import UTC, date, datetime, time, timedelta

from failonce.errors import BadInput


def moment(words: str, now: datetime) -> datetime:
    """The beginning of a day in UTC, or so many days from now.

    Raises `BadInput` for words that are neither.
    """
    days = re.fullmatch(r"([0-9]{1,4})d", words.strip().lower())
    if days is not None:
        return now + timedelta(days=int(days[1]))
    try:
        return datetime.combine(date.fromisoformat(words.strip()), time(), UTC)
    except ValueError:
        raise BadInput(
            f"`{words}` is no day; write one such as 2027-01-31, or 7d for a week on."
        ) from None

"""The values of the model as JSON objects: for `--json`, the API, and the pages' `.json` twins.

One shape for all three: times as ISO 8601, words of enumerations as text, shares as fractions.

lessons outcomes failures tools access      by noun
"""

from failonce.surfaces.records.access import (
    AccountRecord,
    EntryRecord,
    TokenRecord,
    account,
    entry,
    token,
)
from failonce.surfaces.records.failures import (
    GapRecord,
    SampleRecord,
    SignatureRecord,
    gap,
    sample,
    signature,
)
from failonce.surfaces.records.lessons import (
    CheckRecord,
    LessonRecord,
    NumbersRecord,
    TallyRecord,
    lesson,
    tally,
)
from failonce.surfaces.records.moments import moment
from failonce.surfaces.records.outcomes import (
    HealthRecord,
    MinedRecord,
    OutcomeRecord,
    RefusedRecord,
    RefutedRecord,
    WeekRecord,
    WeighedRecord,
    health,
    mined,
    outcome,
    weighed,
)
from failonce.surfaces.records.tools import DayRecord, SuggestionRecord, day, suggestion

__all__ = [
    "AccountRecord",
    "CheckRecord",
    "DayRecord",
    "EntryRecord",
    "GapRecord",
    "HealthRecord",
    "LessonRecord",
    "MinedRecord",
    "NumbersRecord",
    "OutcomeRecord",
    "RefusedRecord",
    "RefutedRecord",
    "SampleRecord",
    "SignatureRecord",
    "SuggestionRecord",
    "TallyRecord",
    "TokenRecord",
    "WeekRecord",
    "WeighedRecord",
    "account",
    "day",
    "entry",
    "gap",
    "health",
    "lesson",
    "mined",
    "moment",
    "outcome",
    "sample",
    "signature",
    "suggestion",
    "tally",
    "token",
    "weighed",
]

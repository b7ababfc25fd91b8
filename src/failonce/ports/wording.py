"""Names, messages and reasons in the user's words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phrase(StrEnum):
    """The texts that a user may word otherwise (S26)."""

    GUARDRAIL_NAME = "guardrail_name"
    GUARDRAIL_MESSAGE = "guardrail_message"
    GUARDRAIL_WARNING = "guardrail_warning"
    GUARDRAIL_REPORTED = "guardrail_reported"
    FIXER_NAME = "fixer_name"
    FIXER_REASON = "fixer_reason"
    HINT_NAME = "hint_name"
    RULE_NAME = "rule_name"
    RULE_TEXT = "rule_text"
    REASON = "reason"
    REASON_REPORTED = "reason_reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What a phrase may speak of. Names come from recorded calls and are data, not text:
    a wording adapter caps them, strips control characters and shows them quoted."""

    tool: str = ""
    argument: str = ""
    replacement: str = ""
    condition: str = ""
    error_type: str = ""
    category: str = ""
    template: str = ""
    steps: str = ""
    handler: str = ""
    witnesses: str = ""
    failures: int = 0
    sessions: int = 0


class Wording(Protocol):
    """Names, messages and reasons in the user's words."""

    def say(self, phrase: Phrase, slots: Slots) -> str:
        """The phrase with its slots filled: one line, at most 300 characters."""

"""The second seed's heuristic of kinds, and the user's words before it."""

import pytest

from failonce.model import KindName
from failonce.projections.pick_kind import pick_kind


@pytest.mark.proves("S25")
@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("no manifest found for addon <id>", KindName.GUARDRAIL),
        ("XPath //field cannot be located in the parent view", KindName.GUARDRAIL),
        ("a required field is missing", KindName.GUARDRAIL),
        ("Invalid value for state", KindName.GUARDRAIL),
        ("403 Forbidden", KindName.GUARDRAIL),
        ("Permission denied on <path>", KindName.GUARDRAIL),
        ("KeyError: <int>", KindName.GUARDRAIL),
        ("ValueError: could not convert", KindName.GUARDRAIL),
        ("deadlock detected", KindName.FIXER),
        ("connection reset by peer", KindName.FIXER),
        ("line too long", KindName.FIXER),
        ("", KindName.FIXER),
    ],
)
def test_words_speak_for_a_guardrail(template: str, kind: KindName) -> None:
    assert pick_kind(template) is kind


@pytest.mark.proves("S25")
def test_own_patterns_come_first_and_in_their_order() -> None:
    own = [("manif.st", KindName.RULE), ("^Deadlock", KindName.HINT), ("lock", KindName.TOOL)]
    assert pick_kind("invalid manifest", own) is KindName.RULE
    assert pick_kind("deadlock detected", own) is KindName.HINT
    assert pick_kind("a deadlock", own) is KindName.TOOL
    assert pick_kind("missing key", own) is KindName.GUARDRAIL

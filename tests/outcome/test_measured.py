"""The outcome in a word and a sentence: counts first, benefits rounded down."""

from dataclasses import replace

import pytest

from failonce.model import State, Unit
from failonce.outcome import words
from failonce.outcome.measured import Word
from failonce.outcome.units import Votes
from failonce.statistics import Row, e_help
from tests.outcome.made import HARMS, HELPS, NOTHING_SEEN, measured

PROMISING = Row(week=0, share=0.5, bad_applied=1, good_applied=19, bad_held=7, good_held=12)


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ((), Word.TOO_EARLY),
        ((PROMISING,), Word.PROMISING),
        ((HELPS,), Word.PROVEN),
        ((NOTHING_SEEN,), Word.NO_EFFECT),
        ((HARMS,), Word.HARMFUL),
    ],
)
def test_one_of_five_words_follows_from_the_numbers_alone(
    rows: tuple[Row, ...], word: Word
) -> None:
    """Section 7."""
    assert measured(State.CANARY, *rows).word is word
    assert measured(State.STABLE, *rows).word is word


def test_a_lesson_that_is_wrong_too_often_is_harmful_in_a_word() -> None:
    assert 3 <= e_help([PROMISING]) < 20
    assert measured(watched=Votes(wrong=2)).word is Word.HARMFUL


def test_the_sentences_of_the_card() -> None:
    """Section 7, to the letter."""
    assert words.sentence(measured(State.CANARY, HELPS)) == (
        "12 days: 5 of 140 sessions failed with it, 38 of 136 without. Prevents at least 50 %."
    )
    assert words.sentence(measured(State.REVERTED, HARMS)) == (
        "Reverted: 17 of 20 sessions failed with it, 5 of 21 without."
    )
    assert words.sentence(measured(State.CANARY, NOTHING_SEEN)).endswith("No effect seen.")


def test_what_is_not_known_is_said() -> None:
    early = measured(State.CANARY, replace(PROMISING, bad_held=2))
    assert words.sentence(early).endswith("Too early to say.")
    assert "has met no call" in words.sentence(measured())
    assert "it met no call while it was in force" in words.sentence(measured(State.REVERTED))
    assert words.sentence(measured(pending=1)).startswith("Not measured yet: 1 session met it")
    assert "nothing was withheld" in words.sentence(measured(helped=3))


def test_a_lesson_that_mends_failures_says_so() -> None:
    """The failure is its own counterfactual, and the limits hold at all looks."""
    seen = measured(recovered=Votes(right=9, wrong=3), unit=Unit.TASK)
    assert words.sentence(seen) == (
        "12 days: it mended what failed in 9 of 12 tasks. Mends at least 34 %."
    )
    assert seen.sure == pytest.approx(0.34, abs=0.001)
    assert measured(recovered=Votes(right=6)).word is Word.PROVEN
    assert measured(recovered=Votes(wrong=80)).word is Word.NO_EFFECT


def test_confidence_is_nothing_until_there_is_evidence() -> None:
    """Section 5: it is the lower end, not a chance that it helps."""
    assert measured().sure == 0.0
    assert measured(State.CANARY, HARMS).sure == 0.0
    assert measured(State.CANARY, HELPS).sure == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("share", "benefit", "bound"),
    [(0.499, "49 %", "50 %"), (0.5, "50 %", "50 %"), (0, "0 %", "0 %")],
)
def test_a_benefit_is_rounded_down_and_a_bound_up(share: float, benefit: str, bound: str) -> None:
    assert (words.at_least(share), words.at_most(share)) == (benefit, bound)

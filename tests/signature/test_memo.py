"""The memo is exact: with it and without it the result is the same."""

from hypothesis import given, settings

from failonce.signature.fingerprint import template
from failonce.signature.masking import mask
from failonce.signature.memo import CHARACTERS, ENTRIES, FOLD, Memo, refold, shape_of
from tests.signature.texts import anything, encodable


@settings(max_examples=500)
@given(anything)
def test_the_memo_changes_no_template(text: str) -> None:
    assert template(text) == mask(text)


@settings(max_examples=50)
@given(anything)
def test_the_memo_changes_no_long_template(text: str) -> None:
    for size in (500, 2_000, 4_000):
        long = ((text or " ") * size)[:size]
        assert template(long) == mask(long)
        assert template(f"{long} status 404") == mask(f"{long} status 404")


@settings(max_examples=500)
@given(encodable)
def test_the_shape_of_a_fold_answers_for_the_text(text: str) -> None:
    data = text.encode()
    shape = shape_of(refold(data.translate(FOLD)))
    assert (shape.pieces[0] if shape.fixed else shape.fill(data)) == mask(text)


def folded(text: str) -> bytes:
    return refold(text.encode().translate(FOLD))


def test_uuids_hashes_pointers_and_lone_numbers_fold_to_one() -> None:
    line = "req {} of {} at 0x{} from /{}:80 in {} ms"
    one = line.format(
        "550e8400-e29b-41d4-a716-446655440000", "9f86d081884c7d65", "7ffd12ab34cd", "10.0.0.1", 7
    )
    two = line.format(
        "0190163d-8694-739b-aea5-966c26f8ad91", "0a1b2c3d4e5f6071", "7f00aa00bb11", "10.10.1.12", 42
    )
    assert folded(one) == folded(two)


def test_lengths_that_a_mask_tells_apart_stay_apart() -> None:
    assert folded("sqlstate 42501") != folded("sqlstate 425011")
    assert folded("code 1234") != folded("code 12345")
    assert folded("at 1730976000") != folded("at 173097600")


def test_two_codes_in_one_text_find_their_places() -> None:
    text = "9f86d081884c7d65 12 HTTP/1.1 404 then exit code 137 in utf-16 after 5 of 7"
    assert template(text) == mask(text)
    other = text.replace("404", "500").replace("137", "1").replace("16", "8").replace("12", "1")
    assert template(other) == mask(other)
    assert "500" in template(other)


def test_a_full_memo_forgets_and_answers_on() -> None:
    asked = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    memo = Memo(double, lambda _: 1)
    for number in range(3 * ENTRIES):
        assert memo[number] == 2 * number
    assert len(memo) <= ENTRIES
    assert memo[3 * ENTRIES - 1] == 2 * (3 * ENTRIES - 1)
    assert len(asked) == 3 * ENTRIES
    assert memo[0] == 0
    assert len(asked) == 3 * ENTRIES + 1


def test_a_memo_of_long_keys_holds_fewer() -> None:
    memo: Memo[str, int] = Memo(len, len)
    for number in range(30):
        assert memo[f"{number:>{CHARACTERS // 8}}"] == CHARACTERS // 8
        assert len(memo) <= 10


def test_a_text_of_many_pointers_is_masked_like_any_other() -> None:
    """Found by a property test on another day: its shape named a run that the text lacks."""
    for times in (1, 5, 20, 40, 100, 200, 290):
        text = ".0x7fe13512cf70" * times
        assert template(text) == mask(text)

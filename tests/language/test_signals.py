"""Facts of an error text, read anew and from what is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language import signals
from failonce.language.signals import Signals, read

_PARTS = st.sampled_from(
    (
        "ValueError:", "E2Error:", "api.v2.Http404Error: ", "ECONNREFUSED", "exit code ", "HTTP ",
        "status_code=", "SQLSTATE[", "code = NotFound", "StatusCode.UNAVAILABLE", "panic: ",
        "retry after ", " seconds", "Traceback (most recent call last)\n", "\n", " ", "Io7Timeout",
        "-32", "Bad Request", "ORA-", "KeyError: '", "4", "5", "0", "9", "04", "30000", "ms", "é",
    )
)  # fmt: skip


@given(st.lists(_PARTS, max_size=14).map("".join))
def test_what_is_remembered_is_what_the_text_says(text: str) -> None:
    """Texts that differ in digits alone share what is remembered, but for facts with digits."""
    remembered = [read(Signals(text=text)) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signals, "_REMEMBERED", -1)
        plain = read(Signals(text=text))
    assert remembered == [plain, plain]


def test_digits_of_a_class_are_its_own() -> None:
    found = [read(Signals(text=f"Http{n}Error: no")).error_type for n in (404, 500, 404)]
    assert found == ["Http404Error", "Http500Error", "Http404Error"]

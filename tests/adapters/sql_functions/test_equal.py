"""SQL gives every text the template and the name that Python gives it."""

from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.language.signals import Signals, read
from failonce.signature.fingerprint import fingerprint, stable_id
from failonce.signature.masks import INPUT_LIMIT
from tests.adapters.sql_functions.seen import (
    DATA,
    LOGS,
    RECORDED,
    differing,
    made,
    recorded,
    storable,
)
from tests.signature.texts import anything


def sql(functions: Any, call: str, *values: object) -> Any:
    return functions.execute(f"select public.{call}", values).fetchone()[0]


@pytest.mark.proves("S11", "S12")
def test_the_worked_example(functions: Any) -> None:
    given = "KeyError: 123456 at 2025-11-07T10:00:00Z"
    assert sql(functions, "normalize_error_message(%s)", given) == "KeyError: <int> at <ts>"


@pytest.mark.proves("S13", "S21")
def test_the_name_is_the_one_that_failonce_gives(functions: Any) -> None:
    call = "error_fingerprint('KeyError', 'sale.order', 'KeyError: partner_id 123')"
    found = sql(functions, call)
    assert isinstance(found, UUID)
    assert str(found) == (
        fingerprint(
            component="sale.order", error_type="KeyError", text="KeyError: partner_id 124"
        ).id
    )


@pytest.mark.proves("S21")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job 0190163d-8694-739b-aea5-966c26f8ad91 lost", "job <uuid> lost"),
        ("at 2025-11-07T10:00:00Z", "at <ts>"),
        ("column field_123456 is unknown", "column field_<int> is unknown"),
        ("token expired at 1730976000123", "token expired at <epoch>"),
        ("KeyError: 'partner_id'", "KeyError: 'partner_id'"),
        ("HTTP 404 for 7", "HTTP 404 for <int>"),
        ("", ""),
    ],
)
def test_the_vectors_of_the_document(functions: Any, text: str, expected: str) -> None:
    assert sql(functions, "normalize_error_message(%s)", text) == expected


def test_what_is_not_there_has_no_template_and_counts_as_empty_in_a_name(functions: Any) -> None:
    assert sql(functions, "normalize_error_message(null)") is None
    found = sql(functions, "error_fingerprint(null, null, null)")
    assert str(found) == fingerprint(component="", error_type="", text="").id


@settings(max_examples=300)
@given(st.lists(anything.map(storable), min_size=1, max_size=20))
def test_any_text(functions: Any, texts: list[str]) -> None:
    assert not differing(functions, texts)


@settings(max_examples=30)
@given(anything.map(storable), st.sampled_from([241, 700, INPUT_LIMIT, INPUT_LIMIT + 9]))
def test_any_long_text(functions: Any, text: str, size: int) -> None:
    long = ((text or " ") * size)[:size]
    assert not differing(functions, [long, f"{long} status 404", f"a {long}"])


@pytest.mark.slow
@pytest.mark.parametrize("count", [2_000, pytest.param(80_000, marks=pytest.mark.torture)])
def test_made_texts(functions: Any, count: int) -> None:
    assert not differing(functions, islice(made(), count))


@pytest.mark.slow
@pytest.mark.proves("S21")
@pytest.mark.skipif(not DATA, reason="FAILONCE_DATA is not set")
@pytest.mark.parametrize(
    ("patterns", "step"), [(LOGS, 10), pytest.param(RECORDED, 1, marks=pytest.mark.torture)]
)
def test_recorded_texts(functions: Any, patterns: Sequence[str], step: int) -> None:
    assert not differing(functions, islice(recorded(patterns), 0, None, step))


@settings(max_examples=100)
@given(st.lists(anything.map(storable), max_size=5))
def test_any_parts_have_the_same_id(functions: Any, parts: list[str]) -> None:
    found = sql(functions, "failonce_id(%s::text[])", ["1", *parts])
    assert str(found) == stable_id(*parts)


@pytest.mark.parametrize("size", [0, 1, 94, 95, 96, 97, 222, 223, 224, 9_000])
def test_texts_that_fill_a_block_have_the_same_id(functions: Any, size: int) -> None:
    assert str(sql(functions, "failonce_id(%s)", ["1", "", "é" * size])) == stable_id(
        "", "é" * size
    )


PARTS = ("KeyError", "a.b.HTTPError", "x::Fault", ": ", "\n", " ", "(", ")", "err", "Exit")
reported = st.lists(st.one_of(anything.map(storable), st.sampled_from(PARTS)), max_size=8)


@settings(max_examples=100)
@given(reported.map("".join))
def test_a_type_is_read_from_a_text_as_failonce_reads_a_class(functions: Any, text: str) -> None:
    python = read(Signals(text=text)).error_type
    if "Traceback" not in text and python != "panic":
        assert sql(functions, "failonce_error_type(%s)", text) == python

"""The stable name of a failure."""

import os
import subprocess
import sys
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.signature.fingerprint import (
    Fingerprint,
    fingerprint,
    fingerprint_of_fold,
    fingerprints,
    seed_fingerprint,
    short_id,
    stable_id,
    template,
)
from failonce.signature.masks import INPUT_LIMIT, SCHEME_VERSION
from failonce.signature.memo import FOLD
from tests.signature.texts import anything


def name(text: str, *, component: str = "billing", error_type: str = "KeyError") -> Fingerprint:
    return fingerprint(component=component, error_type=error_type, text=text)


@given(anything)
def test_the_name_of_a_fold_is_that_of_all_texts_with_it(text: str) -> None:
    """Or there is none."""
    data = text.encode("utf-8", "replace")
    found = fingerprint_of_fold(
        component="billing", error_type="KeyError", folded=data.translate(FOLD)
    )
    assert found in (None, name(data.decode()))


def test_a_fold_has_no_name_where_digits_stay() -> None:
    folded = {t: fingerprint_of_fold(component="", error_type="", folded=t.encode().translate(FOLD))
              for t in ("disk 7 is full", "HTTP 404 from shop")}  # fmt: skip
    assert [found is None for found in folded.values()] == [False, True]


@pytest.mark.proves("S13")
def test_values_do_not_change_the_name_and_words_do() -> None:
    assert name("partner_id 123").id == name("partner_id 124").id
    assert name("no record 123456").id == name("no record 789012").id
    assert name("no record 123456").id != name("no partner 123456").id
    assert name("KeyError: 'partner_id'").id != name("KeyError: 'company_id'").id
    assert name("status 404").id != name("status 500").id


@pytest.mark.proves("S13")
def test_component_and_type_are_part_of_the_name() -> None:
    same = {
        name("x").id,
        name("x", component="shop").id,
        name("x", error_type="ValueError").id,
        name("x", component="billingKeyError", error_type="").id,
        name("KeyErrorx", error_type="").id,
    }
    assert len(same) == 5


@pytest.mark.proves("S13")
def test_the_name_is_a_uuid_and_stays_what_it_is_for_ever() -> None:
    found = name("no record 7 at 2026-11-07T10:00:00Z")
    assert str(UUID(found.id)) == found.id
    assert found.scheme == SCHEME_VERSION == 1
    assert found.template == "no record <int> at <ts>"
    assert found.id == "7656be57-5870-982e-0f21-3c5d38f091cb"


def test_parts_do_not_run_together() -> None:
    assert stable_id("a", "bc") != stable_id("ab", "c") != stable_id("abc")


@given(anything, st.text(max_size=9), st.text(max_size=9))
def test_the_name_depends_on_the_template_alone(text: str, component: str, kind: str) -> None:
    first = fingerprint(component=component, error_type=kind, text=text)
    again = fingerprint(component=component, error_type=kind, text=template(text))
    assert first == again
    assert first.id == stable_id(component, kind, first.template)


@given(st.lists(anything, max_size=12))
def test_a_batch_names_as_a_stream_does(texts: list[str]) -> None:
    texts += texts[:3]
    batch = list(fingerprints(texts, component="c", error_type="e"))
    assert batch == [fingerprint(component="c", error_type="e", text=t) for t in texts]


def test_a_batch_takes_long_texts_and_any_iterable() -> None:
    texts = ["x" * (INPUT_LIMIT + 5), "status 404", "status 500", "a\0b", "y" * 2_000]
    batch = list(fingerprints(iter(texts), component="", error_type=""))
    assert [f.template for f in batch] == [template(t) for t in texts]
    assert list(fingerprints([], component="", error_type="")) == []


@given(st.permutations(["a 1", "b 2", "a 3", "status 404", "status 500", "用户 ４"]))
def test_order_does_not_matter(texts: list[str]) -> None:
    named = {t: name(t).id for t in texts}
    assert named == {t: name(t).id for t in sorted(texts)}


def test_another_process_gives_the_same_names() -> None:
    code = (
        "from failonce.signature.fingerprint import fingerprint as f\n"
        "for t in ('status 404 for 7', 'x 0190163d-8694-739b-aea5-966c26f8ad91', 'é 用 ９'):\n"
        "    print(f(component='c', error_type='e', text=t).id)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().decode().split() == [
        fingerprint(component="c", error_type="e", text=t).id
        for t in ("status 404 for 7", "x 550e8400-e29b-41d4-a716-446655440000", "é 用 8")
    ]


def test_short_ids_are_eight_capitals_and_grow_where_they_collide() -> None:
    one, two = "abcdef12-3400-0000-0000-000000000000", "abcdef12-3500-0000-0000-000000000000"
    assert short_id(one, {}) == "ABCDEF12"
    assert short_id(one, {"ABCDEF12": one}) == "ABCDEF12"
    assert short_id(two, {"ABCDEF12": one}) == "ABCDEF123"
    assert short_id(two, {"ABCDEF12": one, "ABCDEF123": one}) == "ABCDEF1235"
    taken = {one.replace("-", "").upper()[:n]: two for n in range(8, 32)}
    assert short_id(one, taken) == one.replace("-", "").upper()


@pytest.mark.proves("S13")
def test_the_seeds_form_has_the_length_of_a_uuid_and_hashes_what_the_document_says() -> None:
    found = seed_fingerprint(error_type="KeyError", component="billing", text="no record 7")
    assert str(UUID(found)) == found
    assert found.startswith("00000000-0000-0000-0000-")
    # md5 of "KeyError|billing|no record <int>", its last twelve digits
    assert found.endswith("57a431277cb4")
    other = seed_fingerprint(error_type="KeyError", component="billing", text="no record 8")
    assert found == other

"""Values as JSON: read back they are the same, and anything else is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.values import read, written
from failonce.errors import BadInput
from failonce.model import Closing, Evidence, Parameter, ToolSpec
from failonce.testing.samples import START, evidence, exposure, lesson, proposed
from tests.drawn import values

VALUES: list[Any] = [
    evidence(1, signature="f", tags=("a", "b"), duration_ms=1.5),
    exposure(1),
    lesson(1, valid_until=START),
    proposed(lesson(1)).events[0],
    Closing(project="p", session="s", at=START),
    ToolSpec(name="t", parameters=(Parameter(name="a", choices=(1, "x")),), read_only=True),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_what_is_written_is_read(value: Any) -> None:
    """Through JSON text, every field of it."""
    assert read(type(value), json.loads(json.dumps(written(value)))) == value


@given(st.dictionaries(st.text(), values, max_size=4), st.text())
def test_arguments_and_texts_come_back(args: Any, text: str) -> None:
    """Whatever JSON they hold."""
    made = evidence(1, message=text)
    made = replace(made, call=replace(made.call, args=args))
    assert read(Evidence, json.loads(json.dumps(written(made)))) == made


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_is_no_value_is_refused(data: Any) -> None:
    """With our error, and no other."""
    with pytest.raises(BadInput):
        read(Evidence, data)
    with pytest.raises(BadInput):
        read(Evidence, {**written(evidence(1)), "at": data})
    with pytest.raises(BadInput):
        read(Evidence, {**written(evidence(1)), "outcome": data})

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.evidence.bounds import shortened
from failonce.evidence.snapshot import snapshot

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(JSON)
def test_json_is_copied_as_it_is(value):
    assert snapshot(value) == value


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class BrokenMapping(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no")

    def __len__(self) -> int:
        return 1


class Colour(Enum):
    RED = "red"


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


@dataclass
class Point:
    x: int
    y: object


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"abc", "<3 bytes>"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        pytest.param(10**5000, "<huge integer>", id="huge"),
        ((1, 2), [1, 2]),
        ({3, 1}, [1, 3]),
        ({1: {None: 2}}, {"1": {"None": 2}}),
        (Colour.RED, "red"),
        (Point(1, (2,)), {"x": 1, "y": [2]}),
        (PurePosixPath("/a"), "/a"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (Loud("text"), "text"),
        (Broken(), "<Broken that raises RuntimeError>"),
        ({"a": Broken()}, {"a": "<Broken that raises RuntimeError>"}),
        (BrokenMapping(), "<BrokenMapping that raises RuntimeError>"),
    ],
)
def test_everything_else_becomes_json(value, expected):
    assert snapshot(value) == expected


def test_cycles_depth_and_size_are_bounded():
    loop: list[object] = []
    loop.append(loop)
    assert snapshot(loop) == ["<cycle>"]
    shared = [1]
    assert snapshot([shared, shared]) == [[1], [1]]
    deep: object = 0
    for _ in range(5_000):
        deep = [deep]
    assert "nested too deeply" in json.dumps(snapshot(deep))
    assert len(json.dumps(snapshot(list(range(10**6))))) < 20_000
    assert len(json.dumps(snapshot({str(n): n for n in range(10**5)}))) < 40_000
    assert len(str(snapshot("x" * 10**7))) < 70_000


def test_a_snapshot_does_not_follow_later_changes():
    args = {"a": [1]}
    copy = snapshot(args)
    args["a"].append(2)
    assert copy == {"a": [1]}


@given(st.text(), st.integers(0, 200))
def test_shortened_keeps_the_limit_and_is_idempotent(text, limit):
    short = shortened(text, limit + 60)
    assert len(short) <= limit + 60
    assert shortened(short, limit + 60) == short
    assert short == text or (short[0] == text[0] and short[-1] == text[-1])

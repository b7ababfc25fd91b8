"""Failures counted in parts: no sum shows its parts, and the names are those of the loop."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.evidence.redact import Redactor
from failonce.model import Call, Origin, Recording
from failonce.summing import SAMPLES, Counting, Naming, Partial, merge, micros, summed
from failonce.taking import Taking
from failonce.testing import FixedClock
from tests.evidence.redact.made import KEYED, TOKENS
from tests.made import START
from tests.signature.texts import FRAGMENTS

NAMING = Naming(Redactor(), project="p")
TAKING = Taking(clock=FixedClock(START), cleaner=Redactor())
SAID = (
    "ValueError: bad value 17", "HTTP 404 from shop", "HTTP 503 from shop", "exit code 2",
    "exited with status 137", "ENOENT: no such file 5", "error -32601 in call", "SQLSTATE 42P01",
    "ORA-00942: none", "E12Error: odd", "code = NotFound 3", "disk 7 is full", "SQLITE_BUSY 5",
    "404 Not Found", "Traceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 7",
)  # fmt: skip
_PARTS = st.sampled_from([*FRAGMENTS, *SAID, *KEYED.values(), *TOKENS.values(), "Basic ", " "])
texts = st.lists(_PARTS, min_size=1, max_size=8).map("".join)


def log(text: str, n: int = 0, *, tool: str = "web", bad: bool = True, **fields: str) -> Recording:
    return Recording(
        call=Call(tool=tool, **fields),
        text=text,
        flagged=bad,
        at=START + timedelta(hours=7 * n),
        origin=Origin.LOG,
        source="app.log",
        line=n + 1,
    )


def counted(recordings: Sequence[Recording]) -> Partial:
    counting = Counting(NAMING, modified=micros(START), latest=micros(START + timedelta(days=99)))
    for recording in recordings:
        counting.add(recording)
    return counting.partial()


@settings(max_examples=400, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_a_failure_has_the_name_that_the_loop_gives_it(text: str, random) -> None:
    """Also where only its digits are new: what is remembered holds wherever they decide nothing."""
    other = "".join(random.choice("0123456789") if c in "0123456789" else c for c in text)
    for said in (text, other, text):
        recording = log(said)
        (evidence,) = TAKING.evidence([recording], modified=START, project="p")
        named = NAMING.of(recording)
        assert named is not None
        assert (named.signature, named.template) == (evidence.signature, evidence.template)
        assert (named.tool, named.error_type) == ("web", evidence.finding.error_type)


def test_most_names_are_remembered_for_all_digits() -> None:
    """Else a table would be counted by its texts, which is slow."""
    for text in ("ValueError: bad value 17", "disk 7 is full", "user 12 of token 5 missing"):
        assert NAMING.of_fold(log(text)) == NAMING.of(log(text))
    for text in ("HTTP 404 from shop", "exit code 2", "SQLSTATE 42P01", "4111 1111 1111 1111"):
        assert NAMING.of_fold(log(text)) is None


_LOGS = st.lists(
    st.builds(
        log,
        st.sampled_from(SAID),
        st.integers(0, 30),
        tool=st.sampled_from(["web", "db"]),
        bad=st.booleans(),
        session=st.sampled_from(["", "a", "b"]),
        project=st.sampled_from(["", "q", "*"]),
    ),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(_LOGS, st.lists(st.integers(0, 3), min_size=40, max_size=40), st.permutations(range(4)))
def test_neither_the_cut_nor_the_order_can_be_seen(logs, shards, order) -> None:
    """`merge` is associative and commutative, so that any worker may count any part."""
    whole = counted(logs)
    parts = [counted([r for r, k in zip(logs, shards, strict=False) if k == n]) for n in order]
    assert merge(parts) == whole
    assert merge([merge(parts[:2]), merge(parts[2:])]) == whole
    assert merge([merge([]), *reversed(parts)]) == whole
    assert merge(parts).digest == whole.digest


def test_the_digest_is_that_of_the_counts() -> None:
    one, two = counted([log("disk 7 is full")]), counted([log("disk 7 is full")] * 2)
    assert one.digest != two.digest
    assert (
        one.digest == counted([log("disk 9 is full", session="s"), log("fine", bad=False)]).digest
    )


def test_samples_are_bounded_redacted_and_the_same_in_any_order() -> None:
    secret = TOKENS["github-token"] if "github-token" in TOKENS else TOKENS["npm-token"]
    logs = [log(f"no access with {secret} in step {n}", n) for n in range(200)]
    (first,) = summed(counted(logs))
    (second,) = summed(counted(logs[::-1]))
    assert first == second
    assert len(first.samples) == SAMPLES
    assert all("<redacted:" in e.message and secret not in e.message for e in first.samples)
    assert sum(day.hits for day in first.days) == 200
    assert len({e.id for e in first.samples}) == SAMPLES
    assert first.samples[0].source.startswith("app.log:")


def test_good_lines_are_counted_and_amount_to_nothing() -> None:
    partial = counted([log("fine", bad=False), log("disk 7 is full")])
    assert (partial.events, partial.flagged, partial.failures) == (2, 1, 1)


@pytest.mark.parametrize("named", ["", "*"])
def test_what_names_no_project_belongs_to_the_one_that_is_imported_to(named: str) -> None:
    assert {key[0] for key in counted([log("disk 7 is full", project=named)]).classes} == {"p"}


def test_no_time_is_later_than_the_latest() -> None:
    (known,) = counted([log("disk 7 is full", 10_000)]).classes.values()
    assert [c.last for c in known.days.values()] == [micros(START + timedelta(days=99))]

"""The counts of one run: every class with its end, every call in one count."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from failonce.accounting import End, Mined, account, ignored
from failonce.model import Evidence, Verdict
from tests.made import evidence
from tests.proposal.made import read, signature_of

verdicts = st.lists(st.sampled_from(list(Verdict)), max_size=30)


def call(verdict: Verdict, n: int) -> Evidence:
    """One call of that verdict; what failed is of one of three classes."""
    error = "" if verdict is Verdict.GOOD else f"no {n % 3}"
    return evidence("read", {"file": "a"}, error, n=n, verdict=verdict)


@given(verdicts, st.tuples(*[st.sampled_from(End)] * 3), st.integers(0, 5))
def test_whatever_the_ends_of_classes_are_every_call_is_counted_once(
    found: list[Verdict], ends: tuple[End, ...], unread: int
) -> None:
    calls = [call(verdict, n) for n, verdict in enumerate(found)]
    hits = Counter(e.signature for e in calls if e.failed)
    classes = {e.signature: e for e in calls if e.failed}
    run = account(
        "p",
        [
            (replace(signature_of(e), hits=hits[name]), ends[int(e.message[-1])])
            for name, e in classes.items()
        ],
        calls,
        unfailed=sum(not e.failed for e in calls) + unread,
    )
    counts = Counter(found)
    assert run.failures == run.supported + run.gaps + run.below == counts[Verdict.FAILURE]
    assert run.contrast == counts[Verdict.GOOD]
    assert sum(run.ignored.values()) == len(found) - run.failures - run.contrast
    assert (run.unread, run.calls) == (unread, len(found) + unread)
    for end, said in zip(End, (run.supported, run.gaps, run.below), strict=True):
        failed = [e for e in calls if e.failed and ends[int(e.message[-1])] is end]
        assert said == len(failed)


def test_what_is_ignored_is_said_by_what_it_is_in_one_order() -> None:
    counts = Counter({Verdict.INFORMATIVE: 2, Verdict.REJECTION: 1, Verdict.GOOD: 9})
    counts[Verdict.FAILURE] = 3
    assert list(ignored(counts).items()) == [(Verdict.REJECTION, 1), (Verdict.INFORMATIVE, 2)]
    assert ignored({}) == {}


def test_a_run_says_in_a_sentence_why_nothing_came_of_it() -> None:
    assert Mined(project="p").outcome == "nothing, because no failure is recorded"
    assert (
        Mined(project="p", below=2).outcome == "nothing, because every class is below the threshold"
    )
    assert Mined(project="p", gaps=2, classes=3).outcome == (
        "nothing, because none of 3 classes taught a safe lesson"
    )
    assert Mined(project="p", supported=2, known=("FX-1",)).outcome == "0 new lessons, 1 known"


def test_hidden_failures_are_counted_among_failures() -> None:
    open_, hidden = read({"file": "a"}, "no"), read({"file": "b"}, "no")
    hidden = replace(hidden, finding=replace(hidden.finding, hidden=True))
    run = account(
        "p", [(replace(signature_of(open_), hits=2), End.BELOW)], [open_, hidden], unfailed=0
    )
    assert (run.failures, run.hidden) == (2, 1)

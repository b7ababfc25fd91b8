from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.evidence.capture import (
    EXPORTED,
    Fresh,
    Identities,
    Sender,
    Timeline,
    capture,
    outcome,
)
from failonce.evidence.redact import Redactor
from failonce.model import Call, Finding, Outcome, Recording, Trust, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = Finding(verdict=Verdict.GOOD)


def recording(text: str, id: str | None = None, **more) -> Recording:
    return Recording(call=Call(tool="t", session="s"), text=text, id=id, **more)


def ids(recordings: list[Recording]) -> list[str]:
    identities = Identities()
    return [identities.next(one) for one in recordings]


TEXTS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=30)


@given(TEXTS, TEXTS)
def test_the_same_file_adds_nothing_and_a_grown_one_its_growth(before, growth):
    old = ids([recording(text) for text in before])
    new = ids([recording(text) for text in before + growth])
    assert new[: len(old)] == old
    assert len(set(new)) == len(new)


@given(TEXTS)
def test_neither_name_nor_line_nor_default_goes_into_an_id(texts):
    one = [recording(text) for text in texts]
    moved = [replace(r, source="b.log.1.gz", line=n) for n, r in enumerate(one)]
    assert ids(one) == ids(moved)


def test_a_different_history_gives_different_ids():
    assert set(ids([recording("a"), recording("b")])).isdisjoint(
        ids([recording("b"), recording("a")])
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(recording("x"), text="y"),
        replace(recording("x"), flagged=True),
        replace(recording("x"), at=NOON),
        replace(recording("x"), call=Call(tool="u", session="s")),
        replace(recording("x"), call=Call(tool="t", session="s", args={})),
        replace(recording("x"), call=Call(tool="t", session="s", task="k")),
    ],
)
def test_all_that_was_recorded_counts(other):
    assert ids([recording("x")]) != ids([other])


def test_an_id_of_its_own_is_kept_within_project_and_session():
    one = recording("a", "c1")
    elsewhere = replace(one, call=replace(one.call, session="other"))
    assert ids([recording("before"), one])[1] == ids([recording("grown", "c1")])[0]
    assert ids([one]) != ids([elsewhere])


def test_an_exported_event_keeps_the_id_of_its_store():
    (first,) = ids([recording("a", "c1")])
    assert ids([recording("cut", f"{EXPORTED}{first}")]) == [first]
    near = f"{EXPORTED}{first[1:]}"
    assert ids([recording("a", near)]) != [near.removeprefix(EXPORTED)]


@given(TEXTS)
def test_a_start_makes_a_chain_of_its_own(texts):
    def chain(*start):
        identities = Identities(*start)
        return [identities.next(recording(text)) for text in texts]

    assert chain("post", "a") == chain("post", "a")
    assert set(chain("post", "a")).isdisjoint(chain("post", "b") + chain())


def test_fresh_ids_are_never_the_same_but_an_id_of_its_own_is_kept():
    fresh = Fresh("ab" * 8)
    made = [fresh.next(recording("a")) for _ in range(3)]
    assert made == ["ab" * 8 + f"{n:016x}" for n in (1, 2, 3)]
    assert fresh.next(recording("a", "c1")) == ids([recording("b", "c1")])[0]


def test_a_sender_counts_in_the_ids_of_its_events():
    """Its project does, and its name where it is not trusted."""
    one = recording("a", "c1")

    def sent(recording=one, **sender):
        return Identities().next(recording, Sender(**sender))

    assert sent() == sent(source="s", trust=Trust.OPERATOR) == ids([one])[0]
    named = replace(one, call=replace(one.call, project="p"))
    assert sent(project="p") == sent(named) == sent(named, project="q")
    assert sent(named, project="q", confined=True) == sent(project="q") != sent(project="p")
    stranger = {"trust": Trust.UNTRUSTED, "project": "p"}
    assert len({sent(project="p"), *(sent(source=s, **stranger) for s in "ab")}) == 3


def test_a_guessed_year_does_not_make_a_new_event():
    assert ids([recording("a", at=NOON)]) == ids([recording("a", at=NOON.replace(year=2025))])


def test_events_without_a_time_take_the_one_before_or_the_file_s():
    timeline = Timeline(NOON)
    later = NOON + timedelta(hours=1)
    given = [None, later, None]
    assert [timeline.next(recording("a", at=at)) for at in given] == [NOON, later, later]


@pytest.mark.parametrize(
    ("flagged", "verdict", "expected"),
    [
        (True, Verdict.FAILURE, Outcome.FAILURE),
        (False, Verdict.FAILURE, Outcome.FAILURE),
        (None, Verdict.FAILURE, Outcome.FAILURE),
        (True, Verdict.REJECTION, Outcome.BLOCKED),
        (True, Verdict.CASCADE, Outcome.BLOCKED),
        (True, Verdict.INFORMATIVE, Outcome.SUCCESS),
        (False, Verdict.GOOD, Outcome.SUCCESS),
        (None, Verdict.GOOD, Outcome.UNVERIFIED),
    ],
)
def test_outcomes(flagged, verdict, expected):
    assert outcome(flagged, verdict) is expected


def test_evidence_is_made_of_what_was_redacted():
    secret = "hunter" + "2x9"
    raw = Recording(
        call=Call(tool="login", args={"password": secret}),
        text=f"password={secret} refused",
        flagged=True,
        source="a.log",
        line=7,
        tags=("x",),
        attempt=2,
        read_only=True,
    )
    one = capture(
        Redactor().clean(raw),
        id="i",
        at=NOON,
        finding=GOOD,
        project="home",
        signature="sig",
        template="t",
    )
    assert secret not in repr(one)
    assert (one.call.project, one.source, one.signature, one.template) == (
        "home",
        "a.log:7",
        "sig",
        "t",
    )
    assert (one.flagged, one.attempt, one.read_only, one.tags) == (True, 2, True, ("x",))


def test_a_recorded_project_is_not_replaced():
    raw = replace(recording("a"), call=Call(tool="t", project="own"))
    assert (
        capture(Redactor().clean(raw), id="i", at=NOON, finding=GOOD, project="p").call.project
        == "own"
    )

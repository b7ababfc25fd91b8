"""Every count on a card adds up, whatever was recorded."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.guardrail import Guardrail, Strength
from failonce.model import Evidence, KindName, Verdict
from failonce.surfaces.card import Card, build
from failonce.surfaces.card.cases import sums
from failonce.surfaces.card.values import Judged
from tests.surfaces.card.made import BLOCK, ERROR, RENAME, call, material, pressing, waiting

WARN = replace(Guardrail.parse(BLOCK, "read"), strength=Strength.WARN).render()
LESSONS = {
    "fixer": (KindName.FIXER, RENAME, "read"),
    "block": (KindName.GUARDRAIL, BLOCK, "read"),
    "warn": (KindName.GUARDRAIL, WARN, "read"),
    "rule": (KindName.RULE, "Give `file`.", "read"),
    "calls": (KindName.FIXER, pressing(), "start"),
}
_VALUES = st.sampled_from(["a.txt", "b.txt"])
_ARGS = st.dictionaries(st.sampled_from(["path", "file", "mode"]), _VALUES, max_size=3)
_ONE = st.tuples(
    st.sampled_from(["read", "start", "press"]),
    st.one_of(_ARGS, st.just({"force": 1.0})),
    st.sampled_from(["", "", "", ERROR, "brake not pressed", "other"]),
    st.sampled_from([None, None, None, *Verdict]),
    st.sampled_from(["s", "t"]),
)


def history(
    made: Sequence[tuple[str, dict[str, object], str, Verdict | None, str]],
) -> list[Evidence]:
    """The calls session by session, some of them not judged as failures or as good."""
    found: list[Evidence] = []
    for n, (tool, args, error, verdict, session) in enumerate(made):
        e = call(tool, args, error, session=session, n=n)
        if verdict is not None:
            signature = e.signature or f"sig:{tool}:x"
            signed = signature if verdict is Verdict.FAILURE else None
            e = replace(e, finding=replace(e.finding, verdict=verdict), signature=signed)
        found.append(e)
    return sorted(found, key=lambda e: (e.call.session, e.at))


def numbers(text: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r"(?<![\w-])\d[\d,]*(?![\w-])", text)]


@pytest.mark.parametrize("name", LESSONS)
@given(made=st.lists(_ONE, max_size=24))
def test_the_counts_of_a_card_add_up(name: str, made: list[object]) -> None:
    """Calls are good, failed or told apart; failures of its class have one end each."""
    calls = history(made)  # type: ignore[arg-type]
    kind, body, target = LESSONS[name]
    card = build(material(waiting(kind, body, calls, target=target), calls))
    hits = card.hits
    assert hits.calls == sum(e.call.tool == target for e in calls)
    assert hits.calls == hits.good + hits.failures + sum(hits.excluded.values())
    assert hits.own == sum(hits.on_own.values()) + hits.untouched
    assert min(hits.untouched, hits.failures - hits.own) >= 0
    for judged in Judged:
        parts = hits.on_good[judged] + hits.on_own[judged] + hits.on_others[judged]
        assert hits.counts[judged] == parts
        assert len(hits.examples[judged]) == min(20, hits.counts[judged])
    assert hits.on_good[Judged.FALSE_ALARM] == hits.counts[Judged.FALSE_ALARM]
    if hits.calls:
        the_words_say_the_same(card)


def the_words_say_the_same(card: Card) -> None:
    """What a reader adds up from the sentences."""
    total, *rest = list(sums(card))
    whole, *parts = numbers(total)
    assert whole == sum(parts)
    own = next((s for s in rest if s.startswith("It applies to")), None)
    assert (own is None) == (card.hits.own == 0)
    if own is not None:
        about, of, *ends = numbers(own)
        assert (about, of) == (sum(ends), card.hits.failures)


@given(made=st.lists(_ONE, max_size=24))
def test_the_headline_and_the_card_count_the_same(made: list[object]) -> None:
    """Judged and shown on the same history, a lesson has the same figures in both."""
    calls = history(made)  # type: ignore[arg-type]
    for kind, body, target in LESSONS.values():
        if kind is KindName.RULE:
            continue
        one = waiting(kind, body, calls, target=target)
        tally, hits = one.judgement.proof.tally, build(material(one, calls)).hits
        assert tally.good == hits.good
        assert tally.failures == hits.own + sum(hits.on_others.values())
        assert tally.repaired + tally.prevented == hits.counts[Judged.RIGHT]
        assert tally.another == hits.counts[Judged.ANOTHER]
        assert tally.unconfirmed == hits.counts[Judged.UNCLEAR]
        wrong = tally.contradicted + tally.wrongly_blocked + tally.wrongly_changed
        assert wrong == hits.counts[Judged.WRONG]
        shown = hits.counts[Judged.SHOWN] + hits.counts[Judged.FALSE_ALARM]
        assert tally.shown + tally.shown_good == shown

"""The ledger keeps every trail, promotes nothing by itself, and writes the same bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.projections.ledger import (
    CandidateSkill,
    CurriculumReason,
    NeedStatus,
    PromotionGate,
    SkillLedger,
    SkillMode,
    SkillStatus,
    Trail,
    accumulate,
    stable_id,
)

TRAILS = st.builds(
    Trail,
    need_id=st.text(max_size=8),
    source_span=st.text(max_size=8),
    status=st.sampled_from(NeedStatus),
    connected=st.booleans(),
    method=st.none() | st.text(max_size=8),
    method_via_alias=st.booleans(),
    route=st.none() | st.text(max_size=8),
    work_unit_id=st.none() | st.text(max_size=8),
)
SOLVED = Trail(
    need_id="need_1",
    source_span="translate apple to Russian",
    status=NeedStatus.SATISFIED,
    connected=True,
    method="translation",
    route="dictionary",
    work_unit_id="unit_1",
)


@pytest.mark.proves("F7")
def test_ids_are_the_published_hash_of_the_text_alone() -> None:
    text = "translation:translate apple to Russian"
    assert stable_id("skill_", text) == "skill_6d4c56c0ca9e6b18"
    assert stable_id("", "need_1") == "00c0e9dedc46b065"
    ledger = SkillLedger.from_evidence(
        "f", [SOLVED, Trail(need_id="need_1", source_span="", status=NeedStatus.PENDING)]
    )
    assert ledger.skills[0].skill_id == "skill_6d4c56c0ca9e6b18"
    assert ledger.curriculum[0].item_id == "curriculum_00c0e9dedc46b065"


@pytest.mark.proves("F2", "F9")
@given(st.lists(TRAILS, max_size=12))
def test_every_trail_becomes_one_skill_or_one_gap_in_order(trails: list[Trail]) -> None:
    ledger = SkillLedger.from_evidence("frame", trails)
    good = [
        t
        for t in trails
        if t.status is NeedStatus.SATISFIED and t.connected and t.method is not None
    ]
    assert [(s.method, s.source_span) for s in ledger.skills] == [
        (t.method, t.source_span) for t in good
    ]
    assert [c.need_id for c in ledger.curriculum] == [t.need_id for t in trails if t not in good]
    assert len(ledger.skills) + len(ledger.curriculum) == len(trails)


@pytest.mark.proves("F8")
@pytest.mark.parametrize(
    ("method", "connected", "status", "reason"),
    [
        (None, True, NeedStatus.SATISFIED, "no_method"),
        (None, False, NeedStatus.PENDING, "no_method"),
        ("m", False, NeedStatus.SATISFIED, "not_connected"),
        ("m", False, NeedStatus.BLOCKED, "not_connected"),
        ("m", True, NeedStatus.DEFERRED, "not_satisfied"),
    ],
)
def test_three_reasons(
    method: str | None, connected: bool, status: NeedStatus, reason: str
) -> None:
    trail = Trail(need_id="n", source_span="s", status=status, connected=connected, method=method)
    [item] = SkillLedger.from_evidence("f", [trail]).curriculum
    assert item.reason == CurriculumReason(reason)
    assert item.status is status


@pytest.mark.proves("F5", "F6")
@pytest.mark.parametrize("tests", [False, True])
@pytest.mark.parametrize("delta", [False, True])
def test_stable_needs_tests_and_a_measured_difference(tests: bool, delta: bool) -> None:
    gate = PromotionGate(has_tests=tests, has_benchmark_delta=delta)
    both = tests and delta
    assert gate.satisfied is both
    assert gate.status is (SkillStatus.STABLE if both else SkillStatus.PROPOSED)
    skill = CandidateSkill(method="m", source_span="s", gate=gate, status=gate.status)
    assert skill.promotable() is both
    if not both:
        with pytest.raises(ValueError, match="not stable"):
            CandidateSkill(method="m", source_span="s", gate=gate, status=SkillStatus.STABLE)


@pytest.mark.proves("F5")
def test_a_gate_is_open_by_default() -> None:
    assert PromotionGate() == PromotionGate(has_tests=False, has_benchmark_delta=False)


@pytest.mark.parametrize("status", [SkillStatus.DEPRECATED, SkillStatus.RETIRED])
def test_what_was_put_aside_is_not_promotable(status: SkillStatus) -> None:
    gate = PromotionGate(has_tests=True, has_benchmark_delta=True)
    assert not CandidateSkill(method="m", source_span="s", gate=gate, status=status).promotable()


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("off", SkillMode.OFF),
        ("  Accumulate\n", SkillMode.ACCUMULATE),
        ("OFF", SkillMode.OFF),
        ("manual", SkillMode.ACCUMULATE),
        ("auto", SkillMode.ACCUMULATE),
        ("", None),
        ("on", None),
    ],
)
def test_modes_are_read_trimmed_and_in_any_case(text: str, mode: SkillMode | None) -> None:
    assert SkillMode.parse(text) is mode


@pytest.mark.parametrize("slugs", [SkillMode, SkillStatus, NeedStatus, CurriculumReason])
def test_every_status_has_one_fixed_slug(slugs: type) -> None:
    words = {
        SkillMode: "off accumulate",
        SkillStatus: "proposed stable deprecated retired",
        NeedStatus: "pending satisfied deferred blocked rejected",
        CurriculumReason: "no_method not_connected not_satisfied",
    }
    assert " ".join(map(str, slugs)) == words[slugs]


@pytest.mark.proves("F10")
def test_the_written_form_has_the_named_fields_and_no_others() -> None:
    gap = Trail(need_id="need_2", source_span="fly", status=NeedStatus.PENDING)
    bare = Trail(
        need_id="n", source_span="x", status=NeedStatus.SATISFIED, connected=True, method="m"
    )
    text = SkillLedger.from_evidence("frame_1", [gap, SOLVED, bare]).dump()
    header, skill, second, item = map(json.loads, text.splitlines())
    assert header == {
        "record_type": "skill_ledger",
        "frame_id": "frame_1",
        "skill_count": 2,
        "proposed": 2,
        "stable": 0,
        "promotable": 0,
        "curriculum_count": 1,
        "ids": [skill["skill_id"], second["skill_id"], item["item_id"]],
    }
    assert skill == {
        "record_type": "candidate_skill",
        "skill_id": "skill_6d4c56c0ca9e6b18",
        "method": "translation",
        "source_span": "translate apple to Russian",
        "status": "proposed",
        "has_tests": False,
        "has_benchmark_delta": False,
        "promotable": False,
        "route": "dictionary",
        "work_unit": "unit_1",
    }
    assert {"route", "work_unit"}.isdisjoint(second)
    assert item == {
        "record_type": "curriculum_item",
        "item_id": stable_id("curriculum_", "need_2"),
        "need_id": "need_2",
        "source_span": "fly",
        "status": "pending",
        "reason": "no_method",
    }


@pytest.mark.proves("F10")
@given(st.lists(TRAILS, max_size=6))
def test_the_same_trails_give_the_same_bytes(trails: list[Trail]) -> None:
    one = SkillLedger.from_evidence("f", trails).dump()
    assert SkillLedger.from_evidence("f", list(trails)).dump() == one
    assert len(one.splitlines()) == len([*map(json.loads, one.split("\n")[:-1])])


@pytest.mark.proves("F11")
@given(st.lists(TRAILS, max_size=6))
def test_two_events_and_nothing_promoted_at_trace_time(trails: list[Trail]) -> None:
    made = accumulate(SkillMode.ACCUMULATE, "f", trails)
    assert made is not None
    whole, promotable = made.events
    assert (whole.name, whole.payload) == ("skill_ledger", made.ledger.dump())
    assert (promotable.name, promotable.payload) == ("skill_ledger:promotable", "0")


@pytest.mark.proves("F11")
def test_off_gives_neither_ledger_nor_events() -> None:
    assert accumulate(SkillMode.OFF, "f", [SOLVED]) is None

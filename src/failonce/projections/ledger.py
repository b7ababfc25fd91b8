"""The ledger of the fifth seed: what was solved becomes a candidate skill, the rest a gap.

It is a pure projection (F1): it reads evidence that exists and changes neither a decision
nor an answer. Trails come from a caller's own trace, or from failonce's lessons and gaps
(`projections.trails`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from failonce.model import Json


class SkillMode(StrEnum):
    """Whether trails are recorded (F3). The seed's default is `OFF`."""

    OFF = "off"
    ACCUMULATE = "accumulate"

    @classmethod
    def parse(cls, text: str) -> "SkillMode | None":
        """The mode of a slug or of one of our learning modes; None for any other word."""
        return _MODES.get(text.strip().lower())


_MODES = {
    "off": SkillMode.OFF,
    "accumulate": SkillMode.ACCUMULATE,
    "manual": SkillMode.ACCUMULATE,
    "auto": SkillMode.ACCUMULATE,
}


class NeedStatus(StrEnum):
    """Where a need stands (F7)."""

    PENDING = "pending"
    SATISFIED = "satisfied"
    DEFERRED = "deferred"
    BLOCKED = "blocked"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """How far the solution of one need came (F7).

    `connected`: the chain of work reached its end, and the need is not pending.
    """

    need_id: str
    source_span: str
    status: NeedStatus
    connected: bool = False
    method: str | None = None
    method_via_alias: bool = False
    route: str | None = None
    work_unit_id: str | None = None


class SkillStatus(StrEnum):
    """Where a candidate stands (F4)."""

    PROPOSED = "proposed"
    STABLE = "stable"
    DEPRECATED = "deprecated"
    """Superseded; kept for provenance and never selected."""
    RETIRED = "retired"
    """Withdrawn; kept for the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionGate:
    """What promotion needs: tests and a measured difference (F5)."""

    has_tests: bool = False
    has_benchmark_delta: bool = False

    @property
    def satisfied(self) -> bool:
        """True where both are there."""
        return self.has_tests and self.has_benchmark_delta

    @property
    def status(self) -> SkillStatus:
        """Stable where satisfied, else proposed."""
        return SkillStatus.STABLE if self.satisfied else SkillStatus.PROPOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSkill:
    """A method that solved a need (F6). Without a satisfied gate it cannot be stable."""

    method: str
    source_span: str
    route: str | None = None
    work_unit_id: str | None = None
    gate: PromotionGate = PromotionGate()
    status: SkillStatus = SkillStatus.PROPOSED

    def __post_init__(self) -> None:
        if self.status is SkillStatus.STABLE and not self.gate.satisfied:
            raise ValueError("a skill without tests and a measured difference is not stable")

    @property
    def skill_id(self) -> str:
        """Made of method and span alone."""
        return stable_id("skill_", f"{self.method}:{self.source_span}")

    def promotable(self) -> bool:
        """True where the gate is satisfied and nobody has put the skill aside."""
        aside = self.status in (SkillStatus.DEPRECATED, SkillStatus.RETIRED)
        return self.gate.satisfied and not aside


class CurriculumReason(StrEnum):
    """Why a trail is no skill (F8)."""

    NO_METHOD = "no_method"
    NOT_CONNECTED = "not_connected"
    NOT_SATISFIED = "not_satisfied"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumItem:
    """A need to learn for (F7)."""

    need_id: str
    source_span: str
    status: NeedStatus
    reason: CurriculumReason

    @property
    def item_id(self) -> str:
        """Made of the need alone: a gap found again is the same gap."""
        return stable_id("curriculum_", self.need_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLedger:
    """The skills and gaps of one frame, in its order (F9)."""

    frame_id: str
    skills: tuple[CandidateSkill, ...] = ()
    curriculum: tuple[CurriculumItem, ...] = ()

    @classmethod
    def from_evidence(cls, frame_id: str, trails: Sequence[Trail]) -> "SkillLedger":
        """Every trail becomes one candidate or one gap; nothing is dropped (F2).

        No gate is satisfied here: a trace cannot promote itself.
        """
        projected = [_projected(t) for t in trails]
        return cls(
            frame_id=frame_id,
            skills=tuple(p for p in projected if isinstance(p, CandidateSkill)),
            curriculum=tuple(p for p in projected if isinstance(p, CurriculumItem)),
        )

    def count(self, status: SkillStatus) -> int:
        """How many skills stand so."""
        return sum(s.status is status for s in self.skills)

    @property
    def promotable(self) -> int:
        """How many skills may be promoted."""
        return sum(s.promotable() for s in self.skills)

    def records(self) -> Sequence[Mapping[str, Json]]:
        """The header, then the skills, then the gaps, with the fields of F10."""
        header: dict[str, Json] = {
            "record_type": "skill_ledger",
            "frame_id": self.frame_id,
            "skill_count": len(self.skills),
            "proposed": self.count(SkillStatus.PROPOSED),
            "stable": self.count(SkillStatus.STABLE),
            "promotable": self.promotable,
            "curriculum_count": len(self.curriculum),
            "ids": [*(s.skill_id for s in self.skills), *(c.item_id for c in self.curriculum)],
        }
        return [header, *map(_skill_record, self.skills), *map(_item_record, self.curriculum)]

    def dump(self) -> str:
        """The records as JSON lines in ASCII; equal ledgers have equal bytes."""
        return "".join(json.dumps(r) + "\n" for r in self.records())


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """An event for the caller's trace."""

    name: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulated:
    """A ledger and the two events that go with it (F11)."""

    ledger: SkillLedger
    events: tuple[LedgerEvent, LedgerEvent]


def accumulate(mode: SkillMode, frame_id: str, trails: Sequence[Trail]) -> Accumulated | None:
    """The ledger of a trace with its events; None where recording is off.

    The second event counts what may be promoted: 0 at this time, so a trace shows that
    nothing promoted itself.
    """
    if mode is SkillMode.OFF:
        return None
    ledger = SkillLedger.from_evidence(frame_id, trails)
    return Accumulated(ledger=ledger, events=events(ledger))


def events(ledger: SkillLedger) -> tuple[LedgerEvent, LedgerEvent]:
    """`skill_ledger` with the records, and `skill_ledger:promotable` with the count."""
    return (
        LedgerEvent(name="skill_ledger", payload=ledger.dump()),
        LedgerEvent(name="skill_ledger:promotable", payload=str(ledger.promotable)),
    )


def stable_id(prefix: str, text: str) -> str:
    """`prefix` and the 64-bit FNV-1a hash of the UTF-8 bytes of `text`, as 16 hex digits."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{prefix}{value:016x}"


def _projected(trail: Trail) -> CandidateSkill | CurriculumItem:
    if trail.method is None:
        return _gap(trail, CurriculumReason.NO_METHOD)
    if not trail.connected:
        return _gap(trail, CurriculumReason.NOT_CONNECTED)
    if trail.status is not NeedStatus.SATISFIED:
        return _gap(trail, CurriculumReason.NOT_SATISFIED)
    return CandidateSkill(
        method=trail.method,
        source_span=trail.source_span,
        route=trail.route,
        work_unit_id=trail.work_unit_id,
    )


def _gap(trail: Trail, reason: CurriculumReason) -> CurriculumItem:
    return CurriculumItem(
        need_id=trail.need_id,
        source_span=trail.source_span,
        status=trail.status,
        reason=reason,
    )


def _skill_record(skill: CandidateSkill) -> Mapping[str, Json]:
    record: dict[str, Json] = {
        "record_type": "candidate_skill",
        "skill_id": skill.skill_id,
        "method": skill.method,
        "source_span": skill.source_span,
        "status": str(skill.status),
        "has_tests": skill.gate.has_tests,
        "has_benchmark_delta": skill.gate.has_benchmark_delta,
        "promotable": skill.promotable(),
    }
    if skill.route is not None:
        record["route"] = skill.route
    if skill.work_unit_id is not None:
        record["work_unit"] = skill.work_unit_id
    return record


def _item_record(item: CurriculumItem) -> Mapping[str, Json]:
    return {
        "record_type": "curriculum_item",
        "item_id": item.item_id,
        "need_id": item.need_id,
        "source_span": item.source_span,
        "status": str(item.status),
        "reason": str(item.reason),
    }

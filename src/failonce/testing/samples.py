"""Small made-up values of the model, for tests: every field has a default that fits.

evidence(3, project="shop")      evidence of id "e3", three minutes after START
lesson(1, body="…")              a proposed guardrail with a judgement bound to its body
proposed(lesson(1))              the `Change` that puts it in a store
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from failonce.identity import body_digest
from failonce.lifecycle import move
from failonce.model import (
    Action,
    Arm,
    Call,
    Change,
    CheckResult,
    Effect,
    Event,
    Evidence,
    Exposure,
    Finding,
    Gap,
    GapReason,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Outcome,
    Power,
    Proof,
    Proposal,
    Proposer,
    Ruling,
    State,
    Tally,
    Verdict,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Noon, so that an hour more or less is the same day."""


def evidence(
    n: int,
    *,
    signature: str | None = None,
    project: str = "shop",
    session: str = "s1",
    tool: str = "get_item",
    **fields: Any,
) -> Evidence:
    """Evidence of id `e<n>`, `n` minutes after `START`; a failure where it has a signature."""
    failed = signature is not None
    made = Evidence(
        id=f"e{n}",
        at=START + timedelta(minutes=n),
        call=Call(tool=tool, args={"id": n}, session=session, project=project),
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        flagged=failed,
        finding=Finding(
            verdict=Verdict.FAILURE if failed else Verdict.GOOD,
            error_type="KeyError" if failed else "",
        ),
        message=f"no item {n}" if failed else f"item {n}",
        signature=signature,
        template="no item <n>" if failed else "",
        source="log-1",
    )
    return replace(made, **fields)


def proposal(n: int, *, body: str = "tool: get_item\n", **fields: Any) -> Proposal:
    """A guardrail for the tool `get_item`, of key `k<n>`."""
    made = Proposal(
        kind=KindName.GUARDRAIL,
        target="get_item",
        key=f"k{n}",
        project="shop",
        name=f"KeyError in get_item ({n})",
        body=body,
        reason="Invalid arg 'detailed'",
        proposer=Proposer.MINER,
        signatures=("f1",),
        support=("e1", "e2"),
        support_clusters=("s1", "s2"),
    )
    return replace(made, **fields)


def judgement(digest: str) -> Judgement:
    """A judgement that lets a person decide."""
    return Judgement(
        ruling=Ruling.HOLD,
        digest=digest,
        checks=(CheckResult(name="size", passed=True, detail="120 of 4,096 bytes"),),
        proof=Proof(
            tally=Tally(prevented=3, good=40, failures=5),
            wins=3,
            losses=0,
            clusters=3,
            e_value=1.5,
            benefit_low=0.2,
            benefit_high=0.9,
            harm_high=0.05,
            power=Power.UNDERPOWERED,
            missing="two more sessions",
            line="on your own history this would have prevented 3 calls",
        ),
        reasons=("a person decides",),
    )


def lesson(n: int, *, version: int = 1, body: str = "tool: get_item\n", **fields: Any) -> Lesson:
    """A proposed lesson of id `GR-0000000<n>`."""
    made = proposal(n, body=body)
    digest = body_digest(made)
    return replace(
        Lesson(
            id=f"GR-{n:08X}",
            version=version,
            proposal=made,
            judgement=judgement(digest),
            state=State.PROPOSED,
            mode=Mode.MANUAL,
            digest=digest,
            created_at=START,
        ),
        **fields,
    )


def proposed(new: Lesson, *, actor: str = "miner") -> Change:
    """The change that records a new lesson."""
    event = Event(
        at=new.created_at,
        actor=actor,
        action=Action.PROPOSE,
        subject=new.id,
        version=new.version,
        after=new.state,
        mode=new.mode,
        digest=new.digest,
        reason=new.proposal.reason,
    )
    return Change(lessons=(new,), events=(event,))


def moved(old: Lesson, action: Action, *, actor: str = "anna", minutes: int = 5) -> Change:
    """The change that makes a move on a lesson, if nobody moved it in the meantime."""
    after = move(old, action, at=START + timedelta(minutes=minutes), actor=actor, reason="looked")
    return Change(
        lessons=(after.lesson,),
        events=(after.event,),
        expects={old.id: (old.version, old.state)},
    )


def gap(n: int, **fields: Any) -> Gap:
    """An open gap of id `g<n>`, `n` minutes after `START`."""
    made = Gap(
        id=f"g{n}",
        project="shop",
        need=f"f{n}",
        reason=GapReason.INSUFFICIENT_SUPPORT,
        detail="seen in one session",
        at=START + timedelta(minutes=n),
    )
    return replace(made, **fields)


def exposure(n: int, *, minutes: int | None = None, **fields: Any) -> Exposure:
    """An exposure of id `x<n>`, `n` minutes after `START`, of which nothing is known yet."""
    made = Exposure(
        id=f"x{n}",
        lesson="GR-00000001",
        version=1,
        at=START + timedelta(minutes=n if minutes is None else minutes),
        project="shop",
        session="s1",
        unit="s1",
        arm=Arm.APPLIED,
        effect=Effect.UNKNOWN,
        tool="get_item",
    )
    return replace(made, **fields)

"""What an agent may say: a rule that it proposes, a failure, a wrong block.

What it says of a wrong block counts once, so that a lesson is never taken out of force by agents
alone.
"""

from uuid import uuid4

from mcp.types import CallToolResult

from failonce.deciding import Verb
from failonce.errors import Refused
from failonce.lifecycle import WORDS, waits_now
from failonce.model import (
    EVERYONE,
    Action,
    Call,
    KindName,
    Lesson,
    Mode,
    Proposer,
    Recording,
    State,
)
from failonce.ports import SignatureQuery
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.mcp.answers import shown, told
from failonce.surfaces.mcp.asking import LearnRule, ReportFailure, ReportWrong
from failonce.surfaces.mcp.means import AGENT, VIA, Means
from failonce.surfaces.watching.sessions import current
from failonce.surfaces.words import counted


def learn(means: Means, asked: LearnRule) -> CallToolResult:
    """Requirements N6, N7, N13, N14."""
    with means.writing() as parts:
        began = parts.clock.now()
        lesson = parts.review.learn(
            asked.skill_name,
            asked.rule_content,
            reason=asked.reason,
            proposer=Proposer.AGENT,
            project=means.project,
        )
        found = parts.store.lessons(project=means.project)
        now = parts.clock.now()
    rules = sum(x.proposal.kind is KindName.RULE and waits_now(x, now) for x in found)
    became = _known(lesson) if lesson.created_at < began else _new(means, lesson)
    return told(became, f"{pending_phrase(rules)}." if rules else "")


def _new(means: Means, lesson: Lesson) -> str:
    if lesson.in_force:
        until = lesson.valid_until
        file = means.config.skills / f"{lesson.proposal.target}.md"
        return (
            f"{lesson.id} is in force on trial{f' until {until:%Y-%m-%d}' if until else ''}: it "
            f"was written to {file}. A person can take it back: failonce undo {lesson.id}"
        )
    doubts = [c.detail for c in lesson.judgement.checks if not c.passed]
    why = ""
    if lesson.mode is Mode.AUTO and doubts:
        why = f" It is not applied at once: {shown('; '.join(doubts))}."
    return (
        f"{lesson.id} waits for a person; it is not in force, and no file was changed.{why} They "
        f"approve it on the dashboard, or with: failonce approve {lesson.id}"
    )


def _known(lesson: Lesson) -> str:
    """What became of a rule that was proposed before."""
    match lesson.state:
        case State.PROPOSED:
            return (
                f"This rule is known as {lesson.id} and waits for a person: failonce approve "
                f"{lesson.id}"
            )
        case State.REJECTED | State.REVERTED:
            return (
                f"This rule is known as {lesson.id}, and was {WORDS[lesson.state]}. Nothing was "
                "changed; do not propose it again in other words."
            )
        case _:
            stands = "in force" if lesson.in_force else WORDS[lesson.state]
            return f"This rule is known as {lesson.id}, and is {stands}. Nothing was changed."


def wrong(means: Means, asked: ReportWrong) -> CallToolResult:
    """An agent's word counts once until a person looked; a person's as often as they say it."""
    with means.writing() as parts:
        lesson = parts.review.find(asked.lesson)
        if lesson.proposal.project not in (means.project, EVERYONE):
            raise Refused(f"{lesson.id} is a lesson of another project; nothing was changed.")
        events = (entry.event for entry in parts.store.entries(subject=lesson.id))
        said = False
        for event in events:
            if event.action in (Action.APPROVE, Action.AUTO_APPLY):
                said = False
            said = said or (event.action is Action.REPORT_WRONG and event.actor == AGENT)
        if said:
            return told(
                f"An agent reported {lesson.id} before, and that counts once. A person reports it "
                f"with: failonce wrong {lesson.id}"
            )
        after = parts.review.decide(Verb.REPORT_WRONG, lesson.id, reason=asked.reason)
        most = parts.review.policy.wrong_reports
    stands = f"{WORDS[after.state]}{', and in force' if after.in_force else ''}"
    return told(
        f"{after.id} was reported as wrong ({counted(after.wrong_reports, 'report')}; {most} put "
        f"it back in the queue). It is {stands} now. A person takes it out of force at once: "
        f"failonce undo {after.id}"
    )


def failed(means: Means, asked: ReportFailure) -> CallToolResult:
    """Taken in as everything is: redacted, triaged, named, stored."""
    call = Call(tool=asked.tool, args=asked.args, session=current().id, project=means.project)
    recording = Recording(call=call, text=asked.error, flagged=True, id=uuid4().hex, source=VIA)
    with means.writing() as parts:
        now = parts.clock.now()
        (taken,) = parts.loop.evidence([recording], modified=now, project=means.project)
        parts.loop.keep([taken])
        if not taken.failed:
            return told(
                f"Recorded, and taken for {taken.finding.verdict}: that is no failure of the tool, "
                "so nothing is learned from it."
            )
        query = SignatureQuery(project=means.project, ids=(taken.signature or "",))
        known = next(iter(parts.store.signatures(query)), None)
    times = counted(known.hits, "time") if known else "1 time"
    return told(
        f"Recorded as failure {taken.id} of class {taken.signature} (cause: "
        f"{taken.finding.category}), seen {times}. What is known of it: "
        "learning_analyze_failure, learning_suggest_improvement"
    )

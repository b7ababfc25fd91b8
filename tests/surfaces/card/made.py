"""Lessons over small histories, with what their cards are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from failonce.gate import judge as gate
from failonce.gate.judge import Case
from failonce.gate.results import EMPTY
from failonce.history import by_tool
from failonce.identity import body_digest
from failonce.kinds.fixer import parse as parse_fixer
from failonce.kinds.guardrail import Guardrail
from failonce.language.expression import literal
from failonce.language.program import Program, Step
from failonce.model import Args, Evidence, KindName, Lesson, Proposer, State
from failonce.skill import decide
from failonce.surfaces.card import Material
from tests.made import START, evidence, leading, lesson, proposal

RENAME = parse_fixer(
    """\
match:
  component: read
  when: before
  arguments:
  - argument: path
    is: present
  fingerprint: ""
  message_regex: unexpected argument
action:
  type: repair_arguments
  steps:
  - op: rename
    argument: path
    to: file
""",
    "read",
).render()
BLOCK = Guardrail.parse(
    """\
match:
  component: read
  arguments:
  - argument: path
    is: present
  fingerprint: ""
  message_regex: unexpected argument
action:
  type: block
  message: Give file, not path.
""",
    "read",
).render()
ERROR = "unexpected argument 'path'"


def call(
    tool: str,
    args: Args | None,
    error: str = "",
    *,
    session: str = "s",
    n: int = 0,
    read_only: bool | None = None,
    day: int = 0,
) -> Evidence:
    """One recorded call, ten seconds after the one before it."""
    made = evidence(tool, args, error, session=session, n=n)
    at = START + timedelta(days=day, seconds=10 * n)
    return replace(made, at=at, read_only=read_only, message=error or "fine")


def renamed(sessions: int) -> list[Evidence]:
    """In each session a call with `path` fails, and the same with `file` works two calls on."""
    out: list[Evidence] = []
    for s in range(sessions):
        name, session = f"notes-{s}.txt", f"r{s}"
        out += [
            call("read", {"path": name}, ERROR, session=session, n=0, day=s),
            call("look", {"at": "."}, session=session, n=1, day=s),
            call("read", {"file": name}, session=session, n=2, day=s),
            call("read", {"file": f"other-{s}.txt"}, session=session, n=3, day=s),
        ]
    return out


def started(sessions: int) -> list[Evidence]:
    """In each session `start` fails until `press` was called with 1.0."""
    out: list[Evidence] = []
    for s in range(sessions):
        session = f"e{s}"
        out += [
            call("start", {"mode": "go"}, "brake not pressed", session=session, n=0),
            call("status", {}, session=session, n=1),
            call("press", {"force": 1.0}, session=session, n=2),
            call("start", {"mode": "go"}, session=session, n=3),
        ]
    return out


def pressing(tool: str = "press", force: float = 1.0) -> str:
    """The body of a fixer that presses before it starts again."""
    program = Program(steps=(Step(tool=tool, arguments=(("force", literal(force)),)),))
    body = leading("start", program, fingerprint="", message_regex="brake not pressed")
    return body.render()


def waiting(
    kind: KindName,
    body: str,
    calls: Sequence[Evidence],
    *,
    target: str = "read",
    proposer: Proposer = Proposer.MINER,
    taught: Iterable[str] = (),
) -> Lesson:
    """A lesson that waits, judged on `calls`; `taught` are the sessions it came from."""
    failures = [e for e in calls if e.failed and e.call.tool == target]
    clusters = frozenset(taught)
    made = replace(
        proposal(kind, target=target, body=body, proposer=proposer),
        signatures=tuple({e.signature: None for e in failures if e.signature}),
        support=tuple(e.id for e in failures if e.call.cluster in clusters),
        support_clusters=tuple(sorted(clusters)),
    )
    own = [e for e in calls if e.call.tool == target]
    case = Case(
        calls=own,
        recoveries=by_tool(calls).recoveries,
        exam=frozenset(e.call.cluster for e in calls) - clusters,
    )
    judgement = gate.judge(made, case, decide)
    return replace(lesson(made), judgement=judgement)


def material(one: Lesson, calls: Sequence[Evidence] = ()) -> Material:
    """What the card of a lesson over `calls` is made of."""
    support = [e for e in calls if e.id in one.proposal.support]
    return Material(lesson=one, versions=[one], support=support, calls=calls)


def version(one: Lesson, number: int, body: str, state: State) -> Lesson:
    """Another version of a lesson."""
    made = replace(one.proposal, body=body)
    digest = body_digest(made)
    approved = digest if state in (State.CANARY, State.STABLE) else None
    return replace(
        one,
        version=number,
        proposal=made,
        state=state,
        digest=digest,
        approved_digest=approved,
        judgement=replace(one.judgement, proof=EMPTY),
    )

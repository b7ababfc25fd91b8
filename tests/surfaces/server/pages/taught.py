"""A server with lessons that wait, each with recorded calls that it would touch."""

from dataclasses import replace
from datetime import datetime, timedelta

from failonce.model import Call, KindName, Lesson, Proposer, Recording
from failonce.ports import SignatureQuery
from tests.made import START, blocking, proposal
from tests.surfaces.server.made import Served

PROJECT = "shop"
ERROR = "TypeError: id must be a number"


def teach(served: Served, *tools: str, said: str = ERROR) -> list[Lesson]:
    """A guardrail for each of these tools, which failed five times where `id` was given."""
    parts = served.parts("mara")
    for i, tool in enumerate(tools):
        calls = _calls(tool, said, START + timedelta(hours=i))
        list(parts.loop.observe(calls, modified=START, project=PROJECT))
    classes = {s.tool: s for s in parts.store.signatures(SignatureQuery(project=PROJECT))}
    made = []
    for tool in tools:
        known = classes[tool].id
        body = blocking(tool, "id", fingerprint=known, message="Give the number.")
        support = tuple(e.id for e in parts.store.samples(known))
        proposed = proposal(
            KindName.GUARDRAIL,
            target=tool,
            body=body.render(),
            key=tool,
            project=PROJECT,
            signatures=(known,),
        )
        named = replace(proposed, name=f"the number of {tool}", support=support)
        made.append(parts.review.propose(named))
    return made


def rule(served: Served, sentence: str = "Read a file before you edit it.") -> Lesson:
    """A rule that an agent wrote down, which waits."""
    return served.parts("agent").review.learn(
        "editing", sentence, reason="it failed", proposer=Proposer.AGENT, project=PROJECT
    )


def _calls(tool: str, said: str, first: datetime) -> list[Recording]:
    return [
        Recording(
            call=Call(
                tool=tool,
                args={"id": "7"} if i % 2 == 0 else {"number": 7},
                session=f"s{i // 2}",
                project=PROJECT,
            ),
            text=said if i % 2 == 0 else "found",
            flagged=i % 2 == 0,
            at=first + timedelta(minutes=i),
        )
        for i in range(10)
    ]

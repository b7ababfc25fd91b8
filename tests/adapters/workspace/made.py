"""Rules in force, and the files that they are written to."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.identity import body_digest
from failonce.language.transform import Op, Step
from failonce.model import KindName, Lesson, State
from failonce.testing.samples import lesson, proposal
from tests.made import blocking, has, turning

REPOSITORY = Path(__file__).parents[3]


posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and forks of POSIX")


def rule(
    n: int,
    sentence: str = "Call `list` before `get`.",
    *,
    target: str = "card",
    project: str = "shop",
) -> Lesson:
    """A rule in force."""
    said = proposal(n, kind=KindName.RULE, target=target, body=sentence, project=project)
    digest = body_digest(said)
    return replace(
        lesson(n),
        id=f"RU-{n:08X}",
        proposal=said,
        digest=digest,
        approved_digest=digest,
        state=State.CANARY,
    )


def guardrail(n: int) -> Lesson:
    """A guardrail in force."""
    body = blocking("get_item", "path", message_regex="no item (.*)").render()
    return _in_force(n, KindName.GUARDRAIL, body, "GR")


def fixer(n: int) -> Lesson:
    """A fixer in force."""
    change = Step(op=Op.RENAME, argument="path", text="file_path")
    body = turning("get_item", change, when=has("path"), fingerprint="", message_regex="no item")
    return _in_force(n, KindName.FIXER, body.render(), "FX")


def _in_force(n: int, kind: KindName, body: str, letters: str) -> Lesson:
    said = proposal(n, kind=kind, body=body, name="KeyError in get_item")
    digest = body_digest(said)
    return replace(
        lesson(n),
        id=f"{letters}-{n:08X}",
        proposal=said,
        digest=digest,
        approved_digest=digest,
        state=State.CANARY,
    )


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

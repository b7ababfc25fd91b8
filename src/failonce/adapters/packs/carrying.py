"""What may leave with a pack, and what its lessons are on arrival.

Texts that hold a secret, an address of somebody or a path below somebody's home stay behind: those
are of this machine and of nobody else's.
"""

import re
from typing import Final

from failonce.adapters.packs.layout import Carried, Signed
from failonce.adapters.packs.signing import fingerprint
from failonce.errors import UserError
from failonce.evidence.redact import Redactor
from failonce.identity import intact
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import BUILT_IN, behaviour
from failonce.model import Lesson, Proposal, Proposer, State

_HOME: Final = re.compile(r"/home/\w|/Users/\w|/root/|\b[A-Za-z]:\\+Users\\", re.ASCII)
_SCRUB: Final = Redactor(emails=True).text


def carried(lesson: Lesson) -> Carried | str:
    """The lesson as a pack carries it, or why it stays behind."""
    proposal = lesson.proposal
    if not lesson.in_force or not intact(lesson):
        return "it is not in force"
    if lesson.state is State.CANARY and lesson.valid_until is not None:
        return "no person approved it yet"
    if proposal.kind not in {k.name for k in BUILT_IN}:
        return f"only those who have the kind `{proposal.kind}` could read it"
    try:
        patch = isinstance(behaviour(proposal), PatchFixer)
    except UserError as error:
        return str(error)
    if patch:
        return "it mends one repository, and is of no use to another"
    for text in (proposal.target, proposal.key, proposal.name, proposal.body):
        if _SCRUB(text) != text:
            return "it holds what looks like a secret, or somebody's address"
        if _HOME.search(text):
            return "it names a path below somebody's home"
    return Carried(
        kind=proposal.kind,
        target=proposal.target,
        key=proposal.key,
        name=proposal.name,
        body=proposal.body,
        signatures=proposal.signatures,
    )


def proposals(found: Signed, *, project: str) -> list[Proposal]:
    """The lessons of a pack as they are proposed to a project; each says where it is from."""
    return [
        Proposal(
            kind=x.kind,
            target=x.target,
            key=x.key,
            project=project,
            name=x.name,
            body=x.body,
            reason=origin(found),
            proposer=Proposer.IMPORT,
            signatures=x.signatures,
        )
        for x in found.pack.lessons
    ]


def origin(found: Signed) -> str:
    """Whose pack it is, in words."""
    return f"from the pack `{found.pack.name}`, signed by {fingerprint(found.signer)}"

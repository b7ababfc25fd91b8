"""Repository fixers: from a script to a lesson that waits, and from a lesson to what it changes.

A script is tried on the repository that it is proposed for, and again on whatever repository it
is to be applied to: what was true when somebody approved it may not be true there.
"""

from collections.abc import Sequence
from typing import Final

from failonce.errors import BadInput, Refused
from failonce.gate import judge as gate
from failonce.gate.edits import unified
from failonce.gate.patches import Attempt, Patching, tried, undone
from failonce.identity import digest, intact
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.language import pattern
from failonce.model import Edits, KindName, Lesson, Proposal, Proposer, Signature, Tree
from failonce.model.lesson import Action
from failonce.ports import Copies
from failonce.review import Review

_NAME: Final = 80


class Patches:
    """Tries and proposes repository fixers, over one store. Not shared between threads."""

    def __init__(self, *, review: Review, copies: Copies) -> None:
        self._review = review
        self._copies = copies
        self._policy = review.policy

    def propose(
        self,
        script: str,
        tree: Tree,
        signature: Signature,
        *,
        reason: str,
        says: str = "",
        proposer: Proposer = Proposer.PERSON,
    ) -> Lesson:
        """Try a script on a repository and put it before a person, for a class of failures.

        `says` is a pattern for its error instead of the one that its recorded text gives.
        The same script again is the same lesson. Raises `RefusedLesson` with what the gate
        found, `BadInput` where the script is none that can be read. Nothing is written then.
        """
        body = PatchFixer.written(
            script,
            component=signature.tool,
            fingerprint=signature.id,
            message_regex=says or pattern.from_template(signature.template),
        )
        proposal = Proposal(
            kind=KindName.FIXER,
            target=signature.tool,
            key=f"script {digest((script,), size=8)}",
            project=signature.project,
            name=" ".join(f"Patch for {signature.error_type} in {signature.tool}".split())[:_NAME],
            body=body.render(),
            reason=" ".join(reason.split())[:2000],
            proposer=proposer,
            signatures=(signature.id,),
        )
        case = gate.Case(calls=(), recoveries={}, patching=self._on(tree))
        return self._review.propose(proposal, case)

    def tried(self, lesson: Lesson, tree: Tree) -> Attempt:
        """What it would make of a repository, and every check on that. Nothing is changed."""
        return tried(body_of(lesson), self._on(tree, lesson))

    def undone(self, lesson: Lesson, tree: Tree) -> Attempt:
        """What its own way back would make of a repository. Nothing is changed."""
        return undone(body_of(lesson), self._on(tree, lesson))

    def applicable(self, lesson: Lesson) -> None:
        """Raise `Refused` unless it is in force with the bytes that were approved."""
        if not lesson.in_force or not intact(lesson):
            raise Refused(
                f"{lesson.id} is not in force, so it may be tried and not applied: "
                f"failonce approve {lesson.id}"
            )

    def record(self, lesson: Lesson, tree: Tree, done: Edits, *, where: str, back: bool) -> None:
        """Put into the audit what was written to a repository; the digest is that of the diff."""
        lines: Sequence[str] = tuple(unified(tree, done))
        files = f"{len(done)} file{'s' * (len(done) != 1)}"
        self._review.record(
            Action.PATCHED,
            subject=lesson.id,
            reason=f"{'taken back' if back else 'applied'} in {where}: {files}",
            digest=digest(("\n".join(lines),)),
        )

    def _on(self, tree: Tree, lesson: Lesson | None = None) -> Patching:
        """An approved script has what it was granted; others what code has that nobody read."""
        granted = lesson is not None and lesson.in_force and intact(lesson)
        allowed = body_of(lesson).grants if lesson and granted else self._policy.unread
        return Patching(
            copies=self._copies,
            tree=tree,
            allowed=allowed,
            safety=self._policy.safety,
            limits=self._policy.limits,
        )


def body_of(lesson: Lesson) -> PatchFixer:
    """The script of a lesson; raises `BadInput` where it is no repository fixer."""
    body = behaviour(lesson.proposal)
    if not isinstance(body, PatchFixer):
        raise BadInput(f"{lesson.id} mends calls and no repository.")
    return body

"""What a lesson must answer before anyone may put it in force; one function, one question.

Each check returns a `CheckResult` whose detail a reviewer can read. A fatal one refuses the
lesson for everybody; the others keep it from going in force without a person.
"""

import re
from collections.abc import Callable, Iterable

from failonce.errors import UserError
from failonce.identity import slug
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.language.transform import LOSSLESS
from failonce.language.visibility import hidden
from failonce.model import CheckResult, KindName, Proof, Proposal, Proposer

MAX_MATCHED_GOOD = 0.01
"""A guardrail or fixer that touches more of the recorded good calls is refused."""

_IDENTITY = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "key", "apikey",
    "auth", "login", "user", "username", "uid", "account", "card", "owner", "customer", "person",
    "email", "mail", "recipient", "sender", "phone", "address", "iban", "passport", "ssn", "to",
)  # fmt: skip
"""Names of arguments that say who, or prove it: their values are never changed."""

_DESTRUCTIVE = (
    "delete", "remove", "rm", "rmdir", "unlink", "drop", "truncate", "purge", "destroy", "del",
    "erase", "wipe", "kill", "terminate", "cancel", "revoke", "reset", "overwrite", "send",
    "pay", "charge", "transfer", "refund", "buy", "sell", "order", "post", "publish", "deploy",
    "push", "move", "mv", "rename", "replace", "update", "execute", "exec", "run", "submit",
)  # fmt: skip
"""Words in a tool's name that say it cannot be taken back or reaches outside."""


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_TELLING = 6
"""Letters from which a word is looked for inside joined names too, such as `deletefile`."""


def words(name: str) -> list[str]:
    """The words of an identifier in any case style, lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def destructive(tool: str) -> bool:
    """Whether a tool's name says that it cannot be taken back or reaches outside."""
    joined = "".join(words(tool))
    return any(w in _DESTRUCTIVE for w in words(tool)) or any(
        w in joined for w in _DESTRUCTIVE if len(w) >= _TELLING
    )


def identity(argument: str) -> bool:
    """Whether an argument's name says who acts or is acted upon, or proves it."""
    return any(w in _IDENTITY or w.removesuffix("s") in _IDENTITY for w in words(argument))


def form(proposal: Proposal) -> CheckResult:
    """Is the body what its kind reads, to the byte?"""
    try:
        same = behaviour(proposal).render() == proposal.body
    except UserError as error:
        return CheckResult(name="form", passed=False, detail=str(error), fatal=True)
    detail = "the body reads back to the same bytes" if same else "the body holds more than is read"
    return CheckResult(name="form", passed=same, detail=detail, fatal=True)


def visible(proposal: Proposal) -> CheckResult:
    """Can a reviewer see every character?"""
    unseen = hidden(proposal.body + proposal.name + proposal.target)
    detail = f"hidden characters: {', '.join(unseen[:5])}" if unseen else "no hidden characters"
    return CheckResult(name="visible", passed=not unseen, detail=detail, fatal=True)


def target(proposal: Proposal) -> CheckResult:
    """Is the target a name, and for a rule the name of one file below the skills folder?"""
    name = proposal.target
    good = 0 < len(name) <= 128 and not any(c in "\n\r\t" for c in name)
    if proposal.kind is KindName.RULE:
        good = good and name == slug(name)
    detail = "a plain name" if good else f"`{name[:80]!r}` is not a plain name"
    return CheckResult(name="target", passed=good, detail=detail, fatal=True)


def intent(proposal: Proposal) -> CheckResult:
    """Does the repaired call still ask for what the caller asked for?"""
    body = behaviour(proposal)
    lost = isinstance(body, ArgumentsFixer) and not body.repair.keeps_information
    detail = (
        "what an argument asks for would change, not only its form"
        if lost
        else "no argument's information is lost"
    )
    return CheckResult(name="intent", passed=not lost, detail=detail)


def identities(proposal: Proposal) -> CheckResult:
    """Does it leave alone who acts, who is acted upon, and every secret?"""
    body = behaviour(proposal)
    values = [s.argument for s in body.repair.steps] if isinstance(body, ArgumentsFixer) else []
    changed = sorted(n for n in values if identity(n) and not _only_renamed(body, n))
    detail = f"changes {', '.join(changed)}" if changed else "no identity or secret is changed"
    return CheckResult(name="identities", passed=not changed, detail=detail, fatal=True)


def _only_renamed(body: object, name: str) -> bool:
    steps = body.repair.steps if isinstance(body, ArgumentsFixer) else ()
    return all(s.op.value == "rename" for s in steps if s.argument == name)


def no_reaiming(proposal: Proposal) -> CheckResult:
    """Does it keep its hands off what a destructive call is aimed at?"""
    body = behaviour(proposal)
    steps = body.repair.steps if isinstance(body, ArgumentsFixer) else ()
    aims = any(s.op not in LOSSLESS for s in steps) and destructive(proposal.target)
    detail = (
        f"`{proposal.target}` cannot be taken back, and its arguments would change"
        if aims
        else "no destructive call is aimed elsewhere"
    )
    return CheckResult(name="no_reaiming", passed=not aims, detail=detail, fatal=True)


def retry_safe(proposal: Proposal, read_only: bool) -> CheckResult:
    """Can the call run again without doing something twice?

    What the error says of itself does not count: whoever causes it writes its text. Only a
    tool that is recorded as read-only runs again without a person's word.
    """
    body = behaviour(proposal)
    again = isinstance(body, Hint) or (
        isinstance(body, ArgumentsFixer | CallsFixer) and body.moment is Moment.AFTER_FAILURE
    )
    safe = not again or read_only
    detail = (
        "the tool only reads"
        if read_only
        else "the call is not run a second time"
        if safe
        else "the call may have taken effect before it failed, and would run again"
    )
    return CheckResult(name="retry_safe", passed=safe, detail=detail)


def trusted_words(proposal: Proposal) -> CheckResult:
    """Does it hold no text of outside origin: only numbers, names and operations?"""
    body = behaviour(proposal)
    doubt = ""
    if proposal.proposer not in (Proposer.PERSON, Proposer.AGENT):
        if proposal.kind in (KindName.RULE, KindName.GUARDRAIL):
            doubt = "its message quotes recorded text; a person reads it"
        elif isinstance(body, ArgumentsFixer):
            doubt = _foreign(body)
    return CheckResult(name="trusted_words", passed=not doubt, detail=doubt or "typed values only")


def _foreign(body: ArgumentsFixer) -> str:
    """What of recorded text a fixer would write or say, empty where nothing."""
    names = {n for c in body.when.conditions for n in c.path} | body.repair.touched
    odd = sorted(n for n in names if not _NAME.fullmatch(n))
    if odd:
        return f"an argument has an unusual name ({odd[0]!r}); a person reads it"
    if body.repair.literals:
        return f"it writes recorded text ({', '.join(body.repair.literals)}); a person reads it"
    return ""


def broad(proposal: Proposal, proof: Proof) -> CheckResult:
    """Does it touch almost no good call?"""
    if (
        not isinstance(behaviour(proposal), Guardrail | ArgumentsFixer | CallsFixer)
        or not proof.tally.good
    ):
        return CheckResult(name="broad", passed=True, detail="it stops and changes no call")
    wrong = proof.tally.wrongly_blocked + proof.tally.wrongly_changed
    good = wrong <= MAX_MATCHED_GOOD * proof.tally.good
    detail = f"touches {wrong} of {proof.tally.good:,} good calls of this tool"
    return CheckResult(name="broad", passed=good, detail=detail, fatal=True)


def agrees(proof: Proof) -> CheckResult:
    """Did callers later do what the repair does?"""
    t = proof.tally
    good = t.contradicted <= t.repaired
    detail = f"{t.repaired} repairs confirmed by the caller, {t.contradicted} contradicted"
    return CheckResult(name="agrees", passed=good, detail=detail, fatal=True)


STATIC: tuple[Callable[[Proposal], CheckResult], ...] = (form, visible, target)
"""Checks that need the proposal alone; the later ones may rely on them."""

DEEPER: tuple[Callable[[Proposal], CheckResult], ...] = (
    intent,
    identities,
    no_reaiming,
    trusted_words,
)


def first_refusal(results: Iterable[CheckResult]) -> CheckResult | None:
    """The first fatal check that failed."""
    return next((r for r in results if r.fatal and not r.passed), None)

"""What a lesson must answer before anyone may put it in force; one function, one question.

Each check returns a `CheckResult` whose detail a reviewer can read. A fatal one refuses the
lesson for everybody; the others keep it from going in force without a person.
"""

from collections.abc import Callable, Iterable

from failonce.errors import UserError
from failonce.identity import slug
from failonce.kinds.fixer import Fixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.language.category import ATTRIBUTES
from failonce.language.visibility import hidden
from failonce.model import Category, CheckResult, KindName, Proof, Proposal, Proposer

MAX_MATCHED_GOOD = 0.01
"""A guardrail or fixer that touches more of the recorded good calls is refused."""

_IDENTITY = (
    "password", "passwd", "secret", "token", "credential", "api_key", "apikey", "auth",
    "user", "username", "user_id", "account", "account_id", "card", "card_id", "owner",
    "email", "recipient", "to_address", "iban",
)  # fmt: skip
"""Names of arguments that say who, or prove it: their values are never changed."""

_DESTRUCTIVE = (
    "delete", "remove", "rm", "rmdir", "unlink", "drop", "truncate", "purge", "destroy",
    "erase", "wipe", "kill", "terminate", "cancel", "revoke", "reset", "overwrite", "send",
    "pay", "transfer", "refund", "buy", "sell", "order", "post", "publish", "deploy", "push",
)  # fmt: skip
"""Words in a tool's name that say it cannot be taken back or reaches outside."""


def words(name: str) -> list[str]:
    """The words of an identifier in any case style, lower case."""
    spaced = "".join(f" {c}" if c.isupper() else c if c.isalnum() else " " for c in name)
    return spaced.lower().split()


def destructive(tool: str) -> bool:
    """Whether a tool's name says that it cannot be taken back or reaches outside."""
    return any(word in _DESTRUCTIVE for word in words(tool))


def identity(argument: str) -> bool:
    """Whether an argument's name says who acts or is acted upon, or proves it."""
    joined = "_".join(words(argument))
    return joined in _IDENTITY or any(word in _IDENTITY for word in words(argument))


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
    lost = isinstance(body, Fixer) and not body.repair.keeps_information
    detail = "it leaves an argument out" if lost else "no argument's information is lost"
    return CheckResult(name="intent", passed=not lost, detail=detail)


def identities(proposal: Proposal) -> CheckResult:
    """Does it leave alone who acts, who is acted upon, and every secret?"""
    body = behaviour(proposal)
    values = [s.argument for s in body.repair.steps] if isinstance(body, Fixer) else []
    changed = sorted(n for n in values if identity(n) and not _only_renamed(body, n))
    detail = f"changes {', '.join(changed)}" if changed else "no identity or secret is changed"
    return CheckResult(name="identities", passed=not changed, detail=detail, fatal=True)


def _only_renamed(body: object, name: str) -> bool:
    steps = body.repair.steps if isinstance(body, Fixer) else ()
    return all(s.op.value == "rename" for s in steps if s.argument == name)


def no_reaiming(proposal: Proposal) -> CheckResult:
    """Does it keep its hands off what a destructive call is aimed at?"""
    body = behaviour(proposal)
    steps = body.repair.steps if isinstance(body, Fixer) else ()
    aims = any(s.op.value != "rename" for s in steps) and destructive(proposal.target)
    detail = (
        f"`{proposal.target}` cannot be taken back, and its arguments would change"
        if aims
        else "no destructive call is aimed elsewhere"
    )
    return CheckResult(name="no_reaiming", passed=not aims, detail=detail, fatal=True)


def retry_safe(proposal: Proposal, category: Category, read_only: bool) -> CheckResult:
    """Can the call run again without doing something twice?"""
    attributes = ATTRIBUTES[category]
    is_hint = isinstance(behaviour(proposal), Hint)
    safe = not is_hint or read_only or not attributes.side_effect_possible
    detail = (
        "the failure says that nothing ran, or the tool only reads"
        if safe
        else f"a {category.value} failure may have happened after the call took effect"
    )
    return CheckResult(name="retry_safe", passed=safe, detail=detail)


def trusted_words(proposal: Proposal) -> CheckResult:
    """Does it hold no text of outside origin: only numbers, names and operations?"""
    body = behaviour(proposal)
    doubt = ""
    if proposal.proposer not in (Proposer.PERSON, Proposer.AGENT):
        if proposal.kind in (KindName.RULE, KindName.GUARDRAIL):
            doubt = "its message quotes recorded text; a person reads it"
        elif isinstance(body, Fixer) and body.repair.literals:
            doubt = (
                f"it writes recorded text ({', '.join(body.repair.literals)}); a person reads it"
            )
    return CheckResult(name="trusted_words", passed=not doubt, detail=doubt or "typed values only")


def broad(proposal: Proposal, proof: Proof) -> CheckResult:
    """Does it touch almost no good call?"""
    if not isinstance(behaviour(proposal), Guardrail | Fixer) or not proof.tally.good:
        return CheckResult(name="broad", passed=True, detail="touches no good call")
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

"""What a lesson must answer before anyone may put it in force; one function, one question.

Each check returns a `CheckResult` whose detail a reviewer can read. A fatal one refuses the
lesson for everybody; the others keep it from going in force without a person.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from failonce.errors import UserError
from failonce.identity import slug
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.language.expression import Combined, Read, Source
from failonce.language.program import BLAMED, Program
from failonce.language.reading import Basis, Does, SideEffect, effects, reads
from failonce.language.tool_names import spec_of
from failonce.language.transform import LOSSLESS
from failonce.language.visibility import hidden
from failonce.model import CheckResult, KindName, Proof, Proposal, Proposer, ToolSpec

MAX_MATCHED_GOOD = 0.01
"""A guardrail or fixer that touches more of the recorded good calls is refused."""

_IDENTITY = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "key", "apikey",
    "auth", "login", "user", "username", "uid", "account", "card", "owner", "customer", "person",
    "email", "mail", "recipient", "sender", "phone", "address", "iban", "passport", "ssn",
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
    own = words(argument)
    if own == ["to"]:
        return True  # whom it goes to; `travel_to` is a place
    return any(w in _IDENTITY or w.removesuffix("s") in _IDENTITY for w in own)


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
    """Does the repaired call still ask for what the caller asked for?

    A value of the call may become a function of what it was, or what a look brought for it;
    a literal never, and less or more by what a look brought only under a person's eyes.
    """
    body = behaviour(proposal)
    if isinstance(body, CallsFixer):
        return _intent_of(body)
    lost = isinstance(body, ArgumentsFixer) and not body.repair.keeps_information
    detail = (
        "what an argument asks for would change, not only its form"
        if lost
        else "no argument's information is lost"
    )
    return CheckResult(name="intent", passed=not lost, detail=detail)


def _intent_of(body: CallsFixer) -> CheckResult:
    program = body.program
    fixed = [n for n, e in program.arguments if isinstance(e, Read) and e.source is Source.VALUE]
    if fixed:
        detail = f"`{fixed[0]}` would be the same whatever was asked for"
        return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
    limits = [f"{n} = {e}" for n, e in program.arguments if isinstance(e, Combined)]
    if limits:
        detail = f"the call asks for less or more than it did: {limits[0]}"
        return CheckResult(name="intent", passed=False, detail=detail)
    used = {r.name for r in program.reads() if r.source is Source.ARGUMENT}
    lost = sorted(set(program.leave_out) - used)
    if lost:
        detail = f"what `{lost[0]}` asked for would be dropped"
        return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
    if program.arguments and not program.steps and not program.looks:
        detail = "what an argument asks for would change, not only its form"
        return CheckResult(name="intent", passed=False, detail=detail)
    return CheckResult(name="intent", passed=True, detail="the call asks for what it asked for")


def identities(proposal: Proposal) -> CheckResult:
    """Does it leave alone who acts, who is acted upon, and every secret?"""
    body = behaviour(proposal)
    changed: list[str] = []
    if isinstance(body, ArgumentsFixer):
        names = [s.argument for s in body.repair.steps]
        changed = sorted(n for n in names if identity(n) and not _only_renamed(body, n))
    elif isinstance(body, CallsFixer | Guardrail):
        changed = sorted(_identities_of(body))
    detail = f"changes {', '.join(changed)}" if changed else "no identity or secret is changed"
    return CheckResult(name="identities", passed=not changed, detail=detail, fatal=True)


def _identities_of(body: CallsFixer | Guardrail) -> set[str]:
    """Names that say who, where a program gives them a value of its own or of elsewhere."""
    program = body.program if isinstance(body, CallsFixer) else body.look
    steps = (*program.looks, *program.steps)
    own = {n for n, _ in program.arguments if identity(n)}
    given = {
        n
        for s in (*steps, *(s.undo for s in steps if s.undo is not None))
        for n, e in s.arguments
        if identity(n) and not (isinstance(e, Read) and e.source in _CALLS_OWN and not e.then)
    }
    hidden_marks = {n for s in steps for n, e in s.arguments if "<redacted:" in str(e)}
    return own | given | hidden_marks


_CALLS_OWN = (Source.ARGUMENT, Source.BLAMED)


def _only_renamed(body: ArgumentsFixer, name: str) -> bool:
    return all(s.op.value == "rename" for s in body.repair.steps if s.argument == name)


def no_reaiming(proposal: Proposal) -> CheckResult:
    """Does it keep its hands off what a destructive call is aimed at?"""
    body = behaviour(proposal)
    aims = False
    if isinstance(body, ArgumentsFixer):
        aims = any(s.op not in LOSSLESS for s in body.repair.steps) and destructive(proposal.target)
    elif isinstance(body, CallsFixer):
        aims = bool(body.program.steps or body.program.arguments) and final(proposal.target)
    detail = (
        f"`{proposal.target}` cannot be taken back, and it would hit something else"
        if aims
        else "no destructive call is aimed elsewhere"
    )
    return CheckResult(name="no_reaiming", passed=not aims, detail=detail, fatal=True)


def final(tool: str) -> bool:
    """Whether what a tool does to a thing cannot be taken back (`rm`, `delete_user`)."""
    return SideEffect.DESTRUCTIVE in effects(ToolSpec(name=tool))


def inserted(proposal: Proposal, known: Mapping[str, ToolSpec]) -> CheckResult:
    """Does what it calls by itself leave no trace?

    A look must be known to read. A step that is taken back after the call in any case leaves
    none; any other is for a person, and one that destroys or reaches others with a warning.
    """
    body = behaviour(proposal)
    if not isinstance(body, CallsFixer | Guardrail):
        return CheckResult(name="inserted", passed=True, detail="it makes no call of its own")
    program = body.program if isinstance(body, CallsFixer) else body.look
    specs = {t: spec_of(t, known) or ToolSpec(name=t) for t in program.tools}
    strong = sorted(t for t in program.tools if effects(specs[t]))
    if strong:
        what = ", ".join(sorted(effects(specs[strong[0]])))
        detail = f"WARNING: it would call `{strong[0]}` by itself, which is {what}"
        return CheckResult(name="inserted", passed=False, detail=detail)
    unsure = sorted(s.tool for s in program.looks if _writes(specs[s.tool]))
    if unsure:
        detail = f"it would look with `{unsure[0]}`, which is not known to read only"
        return CheckResult(name="inserted", passed=False, detail=detail)
    acting = [s.tool for s in program.steps if not s.back]
    if acting:
        does = "changes something" if _writes(specs[acting[0]]) else "reads, as its name says"
        detail = f"it would call `{acting[0]}` by itself, which {does}"
        return CheckResult(name="inserted", passed=False, detail=detail)
    quoted = sorted(_quoted(program))
    if quoted:
        detail = f"it would give {quoted[0]!r}, a text from recorded calls"
        return CheckResult(name="inserted", passed=False, detail=detail)
    done = "only looks" if not program.steps else "what it does is taken back after the call"
    return CheckResult(name="inserted", passed=True, detail=done if program.tools else "nothing")


def _writes(spec: ToolSpec) -> bool:
    return reads(spec).does is Does.WRITES or reads(spec).basis in (
        Basis.NOTHING,
        Basis.CONTRADICTED,
    )


def _quoted(program: Program) -> set[str]:
    """Texts that steps would write, where a step acts; a look's choice is only asked with."""
    steps = (*program.steps, *(s.undo for s in program.steps if s.undo is not None))
    reads_ = [e for s in steps for _, e in s.arguments if isinstance(e, Read)]
    undone = {id(e) for s in program.steps if s.undo for _, e in s.undo.arguments}
    return {
        str(r.value)
        for r in reads_
        if r.source is Source.VALUE and isinstance(r.value, str) and id(r) not in undone
    }


def retry_safe(proposal: Proposal, read_only: bool, idle: int | None) -> CheckResult:
    """Can the call run again without doing something twice?

    What the error says of itself does not count: whoever causes it writes its text. Only a
    tool that is recorded as read-only runs again without a person's word, or failures that
    were executed again and changed nothing; `idle` is their number, None where one did.
    """
    body = behaviour(proposal)
    again = isinstance(body, Hint) or (
        isinstance(body, ArgumentsFixer | CallsFixer) and body.moment is Moment.AFTER_FAILURE
    )
    seen = idle is not None and idle >= SEEN_IDLE
    safe = not again or read_only or seen
    detail = (
        "the tool only reads"
        if read_only
        else "the call is not run a second time"
        if not again
        else f"executed again, {idle} of these failures changed nothing"
        if seen
        else "the call may have taken effect before it failed, and would run again"
    )
    return CheckResult(name="retry_safe", passed=safe, detail=detail)


SEEN_IDLE = 6
"""Failures that must have been seen to change nothing before the call runs a second time."""


def trusted_words(proposal: Proposal) -> CheckResult:
    """Does it hold no text of outside origin: only numbers, names and operations?"""
    body = behaviour(proposal)
    doubt = ""
    if proposal.proposer not in (Proposer.PERSON, Proposer.AGENT):
        if proposal.kind in (KindName.RULE, KindName.GUARDRAIL):
            doubt = "its message quotes recorded text; a person reads it"
        elif isinstance(body, ArgumentsFixer):
            doubt = _foreign(body)
        elif isinstance(body, CallsFixer):
            odd = sorted(n for n in _names_in(body.program) if not _NAME.fullmatch(n))
            if odd:
                doubt = f"an argument has an unusual name ({odd[0]!r}); a person reads it"
    return CheckResult(name="trusted_words", passed=not doubt, detail=doubt or "typed values only")


def _names_in(program: Program) -> set[str]:
    """Names of arguments and tools that a program writes."""
    steps = (*program.looks, *program.steps)
    return (
        {n for n, _ in program.arguments if n != BLAMED}
        | set(program.tools)
        | {n for s in steps for n, _ in s.arguments}
    )


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
    """Did callers later do what the repair does?

    What a caller does later is a noisy label: it may be after something else by then. So
    witnesses decide, not calls; where calls speak more against it a person is told so.
    """
    t = proof.tally
    good = t.contradicted <= t.repaired
    detail = f"{t.repaired} repairs confirmed by the caller, {t.contradicted} contradicted"
    if not good and proof.wins > proof.losses:
        unit = proof.among(proof.wins)
        detail += f"; {unit} speak for it, {proof.losses} against"
        return CheckResult(name="agrees", passed=False, detail=detail)
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

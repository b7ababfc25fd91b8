"""Is the body what it says it is, to the byte and to the eye?"""

from collections.abc import Iterator, Mapping
from typing import Final

from failonce.errors import UserError
from failonce.identity import slug
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.registry import KINDS, behaviour
from failonce.language import document, pattern
from failonce.language.sentence import sentence
from failonce.language.visibility import hidden
from failonce.model import EVERYONE, CheckResult, Json, KindName, Proposal, Proposer

_ANY_ERROR: Final = ("", "-", "Error", "error: 1", "it failed")
"""Texts that a pattern for one class of failures does not match."""
_NOBODY: Final = (Proposer.MINER, Proposer.IMPORT, Proposer.MODEL)


def form(proposal: Proposal) -> CheckResult:
    """Is the body what its kind reads, to the byte?"""
    try:
        same = behaviour(proposal).render() == proposal.body
    except UserError as error:
        return CheckResult(name="form", passed=False, detail=str(error), fatal=True)
    detail = "the body reads back to the same bytes" if same else "the body holds more than is read"
    return CheckResult(name="form", passed=same, detail=detail, fatal=True)


def visible(proposal: Proposal) -> CheckResult:
    """Can a reviewer see every character, and is what an agent reads one plain sentence?

    YAML writes hidden characters escaped: the values are looked at, not only the body's text.
    """
    seen = (proposal.body, proposal.name, proposal.target, proposal.reason)
    unseen = hidden("".join((*seen, *_texts(proposal))))
    detail = f"hidden characters: {', '.join(unseen[:5])}" if unseen else "no hidden characters"
    if not unseen and any(c in proposal.name + proposal.reason for c in "\n\r"):
        unseen, detail = ("U+000A",), "its name or reason has more than one line"
    if not unseen and proposal.kind is KindName.GUARDRAIL and (wrong := _unfit(proposal)):
        unseen, detail = ("",), wrong
    return CheckResult(name="visible", passed=not unseen, detail=detail, fatal=True)


def _unfit(proposal: Proposal) -> str:
    """Why a guardrail's message is no plain sentence, empty where it is one."""
    body = behaviour(proposal)
    try:
        sentence(body.message if isinstance(body, Guardrail) else "-", "message")
    except UserError as error:
        return str(error)
    return ""


def _texts(proposal: Proposal) -> Iterator[str]:
    """Every text in a body, keys too, as it reads once it is loaded."""
    if not KINDS.find(proposal.kind).yaml:
        return
    waiting: list[Json] = [document.load(proposal.body)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def target(proposal: Proposal) -> CheckResult:
    """Is the target a name, and for a rule the name of one file below the skills folder?"""
    name = proposal.target
    good = 0 < len(name) <= 128 and not any(c in "\n\r\t" for c in name)
    if proposal.kind is KindName.RULE:
        good = good and name == slug(name)
    detail = "a plain name" if good else f"`{name[:80]!r}` is not a plain name"
    return CheckResult(name="target", passed=good, detail=detail, fatal=True)


def about(proposal: Proposal) -> CheckResult:
    """Does it act where it says it does: on its own tool, project and class of failures?"""
    body = behaviour(proposal)
    wrong = ""
    if proposal.kind is not KindName.RULE and body.component != proposal.target:
        wrong = f"it says that it is about `{proposal.target}`, and acts on `{body.component}`"
    elif proposal.project == EVERYONE and proposal.proposer in (
        Proposer.MINER,
        Proposer.IMPORT,
        Proposer.MODEL,
    ):
        wrong = "it would act in all projects; only a person brings a lesson for everybody"
    elif isinstance(body, Guardrail | Hint | ArgumentsFixer | CallsFixer):
        wrong = _of_another_class(proposal, body)
    detail = wrong or "it acts where it says"
    return CheckResult(name="about", passed=not wrong, detail=detail, fatal=True)


def _of_another_class(
    proposal: Proposal, body: Guardrail | Hint | ArgumentsFixer | CallsFixer
) -> str:
    vague = body.message_regex and any(pattern.matches(body.message_regex, e) for e in _ANY_ERROR)
    if vague and not body.fingerprint:
        return "its pattern matches any failure, and tells no class apart"
    expects = isinstance(body, Guardrail) and bool(body.expects)
    named = body.fingerprint in ("", *proposal.signatures)
    if expects and proposal.signatures and not named:
        return "it expects another failure than those that it is proposed for"
    return ""

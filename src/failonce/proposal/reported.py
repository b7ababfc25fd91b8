"""What reports of errors alone teach, where nobody recorded the calls (docs/decisions/0021).

A cause that passes makes hints, by the table of C7 to C12: how to run a call of that component.
Any other failure is told to whoever is about to call: a warning that stops nothing. Both wait for
a person, for nothing recorded speaks against them. A class of which it is not known what went
wrong, or in what, teaches nobody anything.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from typing import Final

from failonce.history import Episode
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import MOST_WAIT_MS, Handler, Hint, Learned, Metrics, Retry, injections
from failonce.kinds.words import spread
from failonce.language.category import ATTRIBUTES
from failonce.language.predicate import Predicate
from failonce.language.reading import Does, reads
from failonce.language.sentence import plain_name
from failonce.language.tool_names import spec_of
from failonce.model import (
    UNNAMED,
    Category,
    KindName,
    Origin,
    Proposal,
    Signature,
    ToolSpec,
    Trust,
)
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal.hints import not_twice, pause_s
from failonce.proposal.material import Material
from failonce.proposal.study import Study

KEY: Final = "reported:"
"""What the keys of these lessons begin with."""
MOST: Final = 3
"""Classes of one component that are taught, those with the most impact: of warnings no more are
shown with one call (C16)."""
KEPT: Final = 1_000
"""Reports that a lesson names as its evidence, the newest."""

TELLING: Final = 12
"""Letters of an error's text, beside what is masked, from which it is told by its words."""

_MASK: Final = re.compile(r"<[^<>]{0,80}>")
_TYPE: Final = re.compile(r"(?:HTTP|MCP|exit) -?\d{1,6}")
_PLACE: Final = re.compile(r"(?:([\w.-]{1,80}): )?(?:[A-Z]{3,7} )?/?")
"""What stands before the name of a place that is asked over HTTP: `GET /`, and before that the
service where OpenTelemetry tells it: `checkout: GET /`."""
_PART: Final = re.compile(r"[{}<>:*]")


def mine(study: Study, answered: Set[str], wording: Wording) -> Iterator[Proposal]:
    """Lessons for classes of which only reports are recorded and that nothing else answers.

    In order of impact; what runs calls in a certain way is proposed once for a component.
    """
    taught: Counter[str] = Counter()
    around: set[tuple[str, str]] = set()
    for s in study.signatures.values():
        own = study.episodes.get(s.id, ())
        if s.id in answered or not only_reports(own) or lacking(s) or taught[s.tool] >= MOST:
            continue
        material = Material(signature=s, episodes=own)
        passes = ATTRIBUTES[s.category].transient
        found = [] if passes else [_warning(material, wording)]
        for handler in _handlers(material, study):
            if handler.advises or (s.tool, handler.key) not in around:
                around.add((s.tool, handler.key))
                found.append(_hint(material, handler, wording))
        taught[s.tool] += bool(found)
        yield from found


def only_reports(episodes: Sequence[Episode]) -> bool:
    """Whether nothing but reports is recorded of a class."""
    return bool(episodes) and all(e.failure.origin is Origin.LOG for e in episodes)


def is_one(proposal: Proposal) -> bool:
    """Whether reports alone taught it."""
    return proposal.key.startswith(KEY)


def lacking(s: Signature) -> str:
    """What reports of a class would have to say before they could teach; empty where nothing."""
    if s.tool == UNNAMED:
        return "its reports do not say what failed: name the `component`"
    if not _callable(s.tool):
        return (
            "its component is named like a sentence, which no caller is: report it under a plain "
            "name"
        )
    if s.category is Category.UNKNOWN and not _plain_type(s.error_type):
        return (
            "its reports tell neither the type nor the cause of the error: report the exception "
            "itself, or name its cause under `classification.category`"
        )
    return ""


def untaught(s: Signature) -> str:
    """Why a class of which only reports are recorded got no lesson, and what would help."""
    why = lacking(s)
    if why:
        return why
    why = (
        "hints need failures that come close together, and are made once for a component"
        if ATTRIBUTES[s.category].transient
        else f"the {MOST} classes of `{s.tool}` with more impact are answered first"
    )
    return (
        f"only errors are reported of it, and {why}; record its calls too, with their arguments "
        "and those that worked (`failonce.watch`, or send them to `/api/calls`)"
    )


def _callable(name: str) -> bool:
    """Whether it is a name of something that is called: `sync-orders`, `GET /orders/{id}`."""
    place = _PLACE.match(name)
    service = place[1] if place and place[1] else ""
    rest = name[place.end() :] if place else name
    return plain_name(_PART.sub("", f"{service}.{rest}" if service else rest))


def _plain_type(name: str) -> str:
    """The type of an error where it is a name; whoever reports it may write a sentence there."""
    return name if plain_name(name) or _TYPE.fullmatch(name) else ""


# ------------------------------------------------------------------------ hints


def _handlers(material: Material, study: Study) -> Iterator[Handler]:
    """What the cause asks for, with what reports tell of parameters, else the usual ones.

    Nothing that is known to change something is run a second time.
    """
    s = material.signature
    tool = spec_of(s.tool, study.specs) or ToolSpec(name=s.tool)
    pause_ms = _pause_s(material) * 1000
    for handler in injections(s.category, Learned(delay_ms=pause_ms or None)):
        if not isinstance(handler, Retry):
            yield handler
        elif not not_twice(tool):
            known = reads(tool).does is Does.READS or tool.idempotent is True
            yield replace(
                handler,
                max_wait_ms=max(MOST_WAIT_MS, handler.delay_ms),
                assume_idempotent=not known,
            )


def _pause_s(material: Material) -> float:
    """The pause that the operator's own reports name, as a rule; 0 for none."""
    return pause_s([e for e in material.episodes if e.failure.trust is Trust.OPERATOR])


def _hint(material: Material, handler: Handler, wording: Wording) -> Proposal:
    known = _tells(material.signature.template)
    hint = Hint(
        component=material.signature.tool,
        fingerprint="" if known else material.signature.id,
        message_regex=material.regex(),
        handler=handler,
    )
    slots = replace(_slots(material), handler=handler.key, steps=_basis(material, handler))
    return _propose(
        material,
        kind=KindName.HINT,
        what=handler.key,
        name=wording.say(Phrase.HINT_NAME, slots),
        body=hint.render(),
        reason=wording.say(Phrase.REASON_REPORTED, slots),
    )


def _tells(template: str) -> bool:
    """Whether its words alone say which failures are meant.

    The same error of a call whose arguments are known has another fingerprint, as they are
    masked in it (docs/decisions/0004); a pattern finds both.
    """
    return sum(map(str.isalpha, _MASK.sub("", template))) >= TELLING


def _basis(material: Material, handler: Handler) -> str:
    """What its numbers were taken from."""
    if isinstance(handler, Metrics):
        return "what it counts tells how many calls work, which no report does"
    if isinstance(handler, Retry) and _pause_s(material):
        return "the pause is the one that was asked for (Retry-After), the rest usual values"
    return "its numbers are usual values and not learned, as reports tell none"


# --------------------------------------------------------------------- warnings


def _warning(material: Material, wording: Wording) -> Proposal:
    slots = _slots(material)
    guardrail = Guardrail(
        component=material.signature.tool,
        when=Predicate(),
        fingerprint=material.signature.id,
        message_regex=material.regex(),
        strength=Strength.WARN,
        message=wording.say(Phrase.GUARDRAIL_REPORTED, slots),
    )
    steps = "for which arguments nobody recorded, so it warns before every call and stops none"
    return _propose(
        material,
        kind=KindName.GUARDRAIL,
        what="warning",
        name=wording.say(Phrase.GUARDRAIL_NAME, slots),
        body=guardrail.render(),
        reason=wording.say(Phrase.REASON_REPORTED, replace(slots, steps=steps)),
    )


# ------------------------------------------------------------------------- both


def _slots(material: Material) -> Slots:
    reports = [e.failure for e in material.episodes]
    return replace(
        material.slots(),
        error_type=_plain_type(material.signature.error_type),
        failures=len(reports),
        witnesses=spread(reports),
    )


def _propose(
    material: Material, *, kind: KindName, what: str, name: str, body: str, reason: str
) -> Proposal:
    newest = sorted(material.episodes, key=lambda e: (e.failure.at, e.failure.id))[-KEPT:]
    return replace(material, episodes=newest).propose(
        kind=kind,
        key=f"{KEY}{what}:{material.signature.id}",
        name=name,
        body=body,
        reason=reason,
    )
